//! A value in one sentence, in Russian and English.

use domain::period::{Part, PeriodCode};
use indicators::definition::{Better, Unit};
use indicators::{Definition, Level, Status, ValueRow};

/// A sentence in both languages.
pub(super) struct Sentence {
    pub(super) ru: String,
    pub(super) en: String,
}

/// What a value says.
pub(super) fn sentence(ru: &ValueRow<'_>, en: &ValueRow<'_>, of: Option<&Definition>, period: &PeriodCode) -> Sentence {
    let (when_ru, when_en) = when(period);
    let (name_ru, name_en) = of
        .map_or(("Достижение показателей", "Indicator achievement"), |known| {
            (&known.name_ru, &known.name_en)
        });
    let id = ru.indicator;
    let head_ru = format!("{} — {id} «{name_ru}» {when_ru}", ru.org_name);
    let head_en = format!("{}: {id} \"{name_en}\", {when_en}", en.org_name);
    match ru.status {
        Status::Suppressed => Sentence {
            ru: format!("{head_ru}: не показывается, потому что за ним стоит меньше пяти человек."),
            en: format!("{head_en}: not shown, since fewer than five people stand behind it."),
        },
        Status::NotApplicable => Sentence {
            ru: format!("{head_ru}: не применяется."),
            en: format!("{head_en}: not applicable."),
        },
        Status::NoData if of.is_none() => Sentence {
            ru: format!(
                "{head_ru}: недостаточно данных: показатели с данными весят {} из {}.",
                ru_number(ru.denominator),
                ru_number(ru.weight)
            ),
            en: format!(
                "{head_en}: not enough data: indicators with data weigh {} of {}.",
                number(ru.denominator),
                number(ru.weight)
            ),
        },
        Status::NoData => Sentence {
            ru: format!("{head_ru}: данных ещё нет."),
            en: format!("{head_en}: there is no data yet."),
        },
        Status::Ok => {
            let (value_ru, value_en) = value(ru, of);
            let (aim_ru, aim_en) = aim(ru, of);
            let (by_ru, by_en) = match (of.map(|known| known.unit), ru.level) {
                (None, _) => ("взвешенное среднее по показателям", "the mean of its indicators by weight"),
                (_, Level::School | Level::Publisher) => ("", ""),
                _ => ("сумма по организациям", "summed over organisations"),
            };
            let ratio = |text: fn(Option<f64>) -> String| format!("{} / {}", text(ru.numerator), text(ru.denominator));
            let note = |by: &str| if by.is_empty() { String::new() } else { format!(" ({by})") };
            Sentence {
                ru: format!("{head_ru}: {} = {value_ru}{}{aim_ru}.", ratio(ru_number), note(by_ru)),
                en: format!("{head_en}: {} = {value_en}{}{aim_en}.", ratio(number), note(by_en)),
            }
        }
    }
}

fn when(period: &PeriodCode) -> (String, String) {
    let year = period.school_year;
    match period.part {
        Part::T0 => (format!("на входе {year} учебного года"), format!("input monitoring of {year}")),
        Part::H1 => (format!("за I полугодие {year} учебного года"), format!("semester I of {year}")),
        Part::H2 => (format!("за II полугодие {year} учебного года"), format!("semester II of {year}")),
        Part::Y => (format!("за {year} учебный год"), format!("school year {year}")),
    }
}

fn value(row: &ValueRow<'_>, of: Option<&Definition>) -> (String, String) {
    match of.map_or(Unit::Share, |known| known.unit) {
        Unit::Share => {
            let percent = row.value.map(|value| value * 100.0);
            (format!("{} %", ru_number(percent)), format!("{}%", number(percent)))
        }
        Unit::Days => (format!("{} дн.", ru_number(row.value)), format!("{} days", number(row.value))),
        Unit::Points => (format!("{} п. п.", ru_number(row.value)), format!("{} p.p.", number(row.value))),
    }
}

fn aim(row: &ValueRow<'_>, of: Option<&Definition>) -> (String, String) {
    let (Some(target), Some(achieved), Some(of)) = (row.target, row.achievement, of) else {
        return (String::new(), String::new());
    };
    let sign = match of.better {
        Better::Up => "≥",
        Better::Down => "≤",
    };
    let (target_ru, target_en) = value(&ValueRow { value: Some(target), ..*row }, Some(of));
    let percent = Some(achieved * 100.0);
    (
        format!("; цель {sign} {target_ru}, достигнута на {} %", ru_number(percent)),
        format!("; target {sign} {target_en}, reached by {}%", number(percent)),
    )
}

/// A number with at most two digits behind the point.
fn number(number: Option<f64>) -> String {
    let text = format!("{:.2}", number.unwrap_or_default());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn ru_number(of: Option<f64>) -> String {
    number(of).replace('.', ",").replace('-', "−")
}
