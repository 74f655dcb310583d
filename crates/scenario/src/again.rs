//! The same plan in a later school year, and the calendar of years whose decrees nobody knows yet.

use domain::calendar::{SpecialDay, WorkCalendar};
use domain::deadline::{Deadline, SchoolYear};
use domain::plan::{DueRule, Items, MeasuredPeriod, Month, Plan, Share};
use jiff::civil::{Date, date};

use crate::codes::code;

/// The last year whose transfers of days off are decreed in the embedded calendar.
const DECREED: i16 = 2023;

/// Public holidays by law (статья 112 ТК РФ): first and last day of each.
const HOLIDAYS: [((i8, i8), i8, &str, &str); 8] = [
    ((1, 1), 6, "Новогодние каникулы", "New Year holidays"),
    ((1, 7), 7, "Рождество Христово", "Christmas Day"),
    ((1, 8), 8, "Новогодние каникулы", "New Year holidays"),
    ((2, 23), 23, "День защитника Отечества", "Defender of the Fatherland Day"),
    ((3, 8), 8, "Международный женский день", "International Women's Day"),
    ((5, 1), 1, "Праздник Весны и Труда", "Spring and Labour Day"),
    ((5, 9), 9, "День Победы", "Victory Day"),
    ((6, 12), 12, "День России", "Russia Day"),
];

/// The work calendar until a year: as decreed, later with weekends and the holidays of the law alone.
pub(crate) fn calendar(until: i16) -> WorkCalendar {
    let mut calendar = WorkCalendar::russia();
    for year in DECREED + 1..=until {
        for ((month, first), last, name_ru, name_en) in HOLIDAYS {
            let special = SpecialDay::PublicHoliday { name_ru: name_ru.to_owned(), name_en: name_en.to_owned() };
            calendar.days.extend((first..=last).map(|day| (date(year, month, day), special.clone())));
        }
        let unity = SpecialDay::PublicHoliday {
            name_ru: "День народного единства".to_owned(),
            name_en: "National Unity Day".to_owned(),
        };
        calendar.days.insert(date(year, 11, 4), unity);
    }
    calendar
}

/// The plan moved by whole years: code, school year, every day and every year in its words.
///
/// What was odd about the document stays with the first year: nobody read another one. None where the
/// years lie beyond those that a school year may have.
pub(crate) fn moved(plan: &Plan, years: u8) -> Option<Plan> {
    let by = i16::from(years);
    if by == 0 {
        return Some(plan.clone());
    }
    let first = plan.school_year.first_year();
    let words = |text: &str| moved_words(text, first, by);
    let mut moved = plan.clone();
    moved.school_year = SchoolYear::starting(first.checked_add(by)?)?;
    moved.title = words(&plan.title);
    moved.title_en = words(&plan.title_en);
    moved.anomalies.clear();
    moved.code = plan.code.as_ref().map(|known| {
        let renamed = words(known.as_str());
        // A code that names no year still needs one of its own.
        code(&if renamed == known.as_str() { format!("{known}-{}", moved.school_year) } else { renamed })
    });
    for activity in &mut moved.activities {
        activity.title = words(&activity.title);
        activity.title_en = words(&activity.title_en);
        for row in &mut activity.rows {
            for text in [&mut row.result, &mut row.result_raw, &mut row.profile.result_en] {
                *text = words(text);
            }
            move_deadline(&mut row.deadline, by, &words);
            if let Some(MeasuredPeriod::Other(period)) = &mut row.profile.measures {
                *period = words(period);
            }
            row.profile.shares.iter_mut().for_each(|share| move_share(share, by));
        }
    }
    Some(moved)
}

fn move_deadline(deadline: &mut Deadline, by: i16, words: &impl Fn(&str) -> String) {
    deadline.raw = words(&deadline.raw);
    let days = [&mut deadline.start, &mut deadline.end].into_iter().flatten();
    days.chain(&mut deadline.dates).for_each(|day| *day = later(*day, by));
}

fn move_share(share: &mut Share, by: i16) {
    if let DueRule::On(day) = &mut share.due {
        *day = later(*day, by);
    }
    if let Items::Months { first, last } = &mut share.items {
        for month in [first, last] {
            *month = Month::of(later(month.first_day(), by));
        }
    }
}

/// The same day so many years later; 29 February becomes the 28th.
fn later(day: Date, years: i16) -> Date {
    day.checked_add(jiff::Span::new().years(years)).unwrap_or(day)
}

/// A text with the years of a school year, and the one behind it, moved.
fn moved_words(text: &str, first: i16, by: i16) -> String {
    let years = (first..=first + 2).rev();
    years.fold(text.to_owned(), |text, year| text.replace(&year.to_string(), &(year + by).to_string()))
}

#[cfg(test)]
mod tests {
    use domain::calendar::WeekendRule;

    use super::*;

    #[test]
    fn later_years_have_weekends_and_the_holidays_of_the_law() {
        let calendar = calendar(2026);
        for day in [date(2024, 1, 8), date(2025, 5, 1), date(2026, 11, 4), date(2026, 3, 1)] {
            assert!(!calendar.is_working(day), "{day}");
        }
        for day in [date(2024, 1, 9), date(2025, 5, 2), date(2026, 11, 3)] {
            assert!(calendar.is_working(day), "{day}");
        }
        assert_eq!(calendar.roll(date(2026, 3, 8), WeekendRule::Following), date(2026, 3, 9));
        assert_eq!(super::calendar(2023), WorkCalendar::russia());
    }

    #[test]
    fn words_move_with_their_years() {
        assert_eq!(moved_words("clusters-2022-2023", 2022, 2), "clusters-2024-2025");
        assert_eq!(moved_words("10.10.2022-14.10.2023 № 1064", 2022, 1), "10.10.2023-14.10.2024 № 1064");
        assert_eq!(later(date(2024, 2, 29), 1), date(2025, 2, 28));
    }
}
