//! A reckoning in words: one whole sentence in Russian and one in English.

use jiff::civil::{Date, Weekday};

use super::Timeliness;
use super::steps::{DayTold, Reckoning};
use crate::calendar::{DayKind, WeekendRule, days_between};
use crate::plan::DueRule;
use crate::refusal::Words;
use crate::region::TimelinessBasis;

/// The languages of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tongue {
    Ru,
    En,
}

use Tongue::{En, Ru};

impl Reckoning {
    /// The whole way from the stated day to the verdict in words.
    #[must_use]
    pub fn sentence(&self) -> Words {
        let tell = |tongue: Tongue| format!("{}; {}.", tongue.deadline(self), tongue.verdict(self));
        Words::new(tell(Ru), tell(En))
    }
}

impl Tongue {
    fn deadline(self, told: &Reckoning) -> String {
        let mut days: Vec<(String, Date)> = Vec::new();
        days.extend(told.stated.map(|day| (self.source(&told.source), day)));
        days.extend(told.moves.iter().map(|step| (self.moved(step.basis.as_deref()), step.to)));
        if told.held_days > 0 {
            days.push((self.held(told.held_days), told.before_roll.on));
        }
        if let (None, Some((words, _))) = (told.stated, days.first_mut()) {
            words.insert_str(0, self.pick("Срок ", "The deadline "));
        }
        let texts: Vec<String> = days.into_iter().map(|(words, day)| format!("{words} {}", self.date(day))).collect();
        let due = format!("{} ({}){}", texts.join("; "), self.told(&told.before_roll), self.rolled(told));
        match (told.cut_off.map(|cut_off| cut_off.strftime("%H:%M")), self) {
            (None, _) => due,
            (Some(until), Ru) => format!("{due}, до {until} ({})", told.zone),
            (Some(until), En) => format!("{due}, until {until} ({})", told.zone),
        }
    }

    fn source(self, source: &DueRule) -> String {
        let (ru, en) = match source {
            DueRule::Plan => ("Срок по плану", "Due by the plan on"),
            DueRule::EachMonthEnd => ("Срок на конец месяца", "Due at the end of the month,"),
            DueRule::Scheduled => ("Срок по графику", "Due by the schedule on"),
            DueRule::On(_) => ("Срок по профилю плана", "Due by the plan's profile on"),
            DueRule::AfterDelivery { row, days } => {
                let days = u32::from(*days);
                return match self {
                    Ru => format!("Срок через {} после вручения по строке {row}:", self.days(days)),
                    En => format!("Due {} after the delivery of row {row}:", self.days(days)),
                };
            }
        };
        self.pick(ru, en).to_owned()
    }

    fn moved(self, basis: Option<&str>) -> String {
        match (self, basis) {
            (Ru, Some(basis)) => format!("перенесён ({basis}) на"),
            (Ru, None) => "перенесён на".to_owned(),
            (En, Some(basis)) => format!("moved ({basis}) to"),
            (En, None) => "moved to".to_owned(),
        }
    }

    fn held(self, days: u16) -> String {
        let days = self.days(u32::from(days));
        match self {
            Ru => format!("продлён на {days} (на время приостановки) до"),
            En => format!("longer by {days} on hold, until"),
        }
    }

    fn rolled(self, told: &Reckoning) -> String {
        let rule = match told.weekend_rule {
            WeekendRule::Following => self.pick("следующий рабочий день", "next working day"),
            WeekendRule::Preceding => self.pick("предшествующий рабочий день", "previous working day"),
            WeekendRule::None if told.before_roll.kind.is_working() => return String::new(),
            WeekendRule::None => {
                let stays = ", с нерабочего дня по правилам региона не переносится";
                return self.pick(stays, ", not moved off a day without work by the region's rules").to_owned();
            }
        };
        if told.rolled_over.is_empty() {
            return String::new();
        }
        let (to, day) = (self.date(told.effective.on), self.told(&told.effective));
        match self {
            Ru => format!(" по правилу «{rule}» — {to} ({day})"),
            En => format!(", by the rule “{rule}” on {to} ({day})"),
        }
    }

    /// The day of the week, and what else the calendar says.
    fn told(self, day: &DayTold) -> String {
        let weekday = self.weekday(day.on.weekday());
        let basis = day.basis.as_deref().unwrap_or_default();
        let name = match self {
            Ru => day.name_ru.as_deref(),
            En => day.name_en.as_deref(),
        };
        match (day.kind, self) {
            (DayKind::Working | DayKind::Weekend, _) => weekday.to_owned(),
            (DayKind::PublicHoliday, _) => format!("{weekday}, {}", name.unwrap_or_default()),
            (DayKind::Shortened, Ru) => format!("{weekday}, предпраздничный день"),
            (DayKind::Shortened, En) => format!("{weekday}, the day before a holiday"),
            (DayKind::DayOff, Ru) => format!("{weekday}, нерабочий день по календарю"),
            (DayKind::DayOff, En) => format!("{weekday}, a day off by the calendar"),
            (DayKind::WorkingWeekend, Ru) if basis.is_empty() => format!("{weekday}, рабочий день"),
            (DayKind::WorkingWeekend, Ru) => format!("{weekday}, рабочий день: {basis}"),
            (DayKind::WorkingWeekend, En) if basis.is_empty() => format!("{weekday}, a working day"),
            (DayKind::WorkingWeekend, En) => format!("{weekday}, a working day: {basis}"),
            (DayKind::TransferredDayOff, Ru) => {
                let from = day.transferred_from.map(|from| format!(" с {}", self.date(from))).unwrap_or_default();
                format!("{weekday}, выходной перенесён{from}: {basis}")
            }
            (DayKind::TransferredDayOff, En) => {
                let from = day.transferred_from.map(|from| format!(" from {}", self.date(from))).unwrap_or_default();
                format!("{weekday}, a day off transferred{from}: {basis}")
            }
        }
    }

    fn verdict(self, told: &Reckoning) -> String {
        let days = self.days(told.verdict.days);
        let (as_of, due) = (self.date(told.as_of), told.effective.on);
        match (told.verdict.timeliness, self) {
            (Timeliness::None, _) => self.pick("в расчёт не входит", "not counted").to_owned(),
            (Timeliness::Late(_), Ru) => format!("{} — позже на {days}", self.done(told)),
            (Timeliness::Late(_), En) => format!("{}, {days} late", self.done(told)),
            (Timeliness::OnTime, Ru) => format!("{} — в срок", self.done(told)),
            (Timeliness::OnTime, En) => format!("{}, on time", self.done(told)),
            (Timeliness::Early, Ru) => format!("{} — раньше начала{}, в срок", self.done(told), self.start(told)),
            (Timeliness::Early, En) => format!("{}, before the start{}, on time", self.done(told), self.start(told)),
            (Timeliness::Overdue(_), Ru) => format!("не сдано, на {as_of} просрочено на {days}"),
            (Timeliness::Overdue(_), En) => format!("not done, overdue by {days} on {as_of}"),
            (Timeliness::DueToday, Ru) => format!("не сдано, {as_of} — последний день"),
            (Timeliness::DueToday, En) => format!("not done, {as_of} is the last day"),
            (Timeliness::InWindow | Timeliness::DueSoon | Timeliness::Upcoming, _) => {
                let left = u32::try_from(days_between(told.as_of, due)).unwrap_or(0);
                let (remain, days) = (plural(left, ["остался", "осталось", "осталось"]), self.days(left));
                match self {
                    Ru => format!("не сдано, на {as_of} {remain} {days}"),
                    En => format!("not done, {days} left on {as_of}"),
                }
            }
        }
    }

    fn done(self, told: &Reckoning) -> String {
        let on = told.counted.map(|counted| self.date(counted.on)).unwrap_or_default();
        let kept = told.counted.is_some_and(|counted| counted.kept_by_rework);
        let done = match (told.clock, told.cut_off, self) {
            (TimelinessBasis::Occurred, _, Ru) => format!("сдано {on}"),
            (TimelinessBasis::Occurred, _, En) => format!("done on {on}"),
            (TimelinessBasis::Recorded, None, Ru) => format!("отчёт поступил {on}"),
            (TimelinessBasis::Recorded, None, En) => format!("reported on {on}"),
            (TimelinessBasis::Recorded, Some(_), Ru) => format!("отчёт считается поступившим {on}"),
            (TimelinessBasis::Recorded, Some(_), En) => format!("counted as reported on {on}"),
        };
        if !kept {
            return done;
        }
        match self {
            Ru => format!("{done} (день первого отчёта: доработка пришла в срок)"),
            En => format!("{done} (the day of the first report: its rework came in time)"),
        }
    }

    fn start(self, told: &Reckoning) -> String {
        told.start_on.map(|day| format!(" ({})", self.date(day))).unwrap_or_default()
    }

    fn days(self, count: u32) -> String {
        let word = match self {
            Ru => plural(count, ["день", "дня", "дней"]),
            En if count == 1 => "day",
            En => "days",
        };
        format!("{count} {word}")
    }

    fn date(self, day: Date) -> String {
        match self {
            Ru => day.strftime("%d.%m.%Y").to_string(),
            En => day.to_string(),
        }
    }

    fn weekday(self, day: Weekday) -> &'static str {
        match day {
            Weekday::Monday => self.pick("понедельник", "Monday"),
            Weekday::Tuesday => self.pick("вторник", "Tuesday"),
            Weekday::Wednesday => self.pick("среда", "Wednesday"),
            Weekday::Thursday => self.pick("четверг", "Thursday"),
            Weekday::Friday => self.pick("пятница", "Friday"),
            Weekday::Saturday => self.pick("суббота", "Saturday"),
            Weekday::Sunday => self.pick("воскресенье", "Sunday"),
        }
    }

    fn pick<'t>(self, ru: &'t str, en: &'t str) -> &'t str {
        match self {
            Ru => ru,
            En => en,
        }
    }
}

/// The Russian form for a number: one, two to four, many.
fn plural(count: u32, [one, few, many]: [&'static str; 3]) -> &'static str {
    match (count % 10, count % 100) {
        (_, 11..=14) => many,
        (1, _) => one,
        (2..=4, _) => few,
        _ => many,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::calendar::WorkCalendar;
    use crate::obligation::{Obligation, Phase};
    use crate::payload::DeadlineMoved;
    use crate::region::RegionRules;
    use crate::timeliness::Clockwork;
    use crate::timeliness::tests::with_report;

    fn rules() -> RegionRules {
        let rules = RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok");
        RegionRules { calendar: WorkCalendar::russia(), ..rules }
    }

    fn due(day: Date) -> Obligation {
        Obligation { stated_due: Some(day), ..Obligation::default() }
    }

    fn done(obligation: &Obligation, occurred_on: Date, recorded_at: &str) -> Obligation {
        with_report(obligation, occurred_on, recorded_at.parse().unwrap())
    }

    fn check(
        rules: RegionRules,
        obligation: &Obligation,
        source: &DueRule,
        moves: &[DeadlineMoved],
        as_of: Date,
        expect: (&str, &str),
    ) {
        let told = Clockwork::new(rules).unwrap().reckon(obligation, source, moves, as_of).unwrap().sentence();
        assert_eq!((told.ru.as_str(), told.en.as_str()), expect);
    }

    #[test]
    fn a_late_report_is_explained() {
        let on = date(2022, 11, 2);
        let obligation = done(&due(date(2022, 10, 30)), on, "2022-11-02T01:00:00Z");
        check(
            rules(),
            &obligation,
            &DueRule::Plan,
            &[],
            date(2022, 12, 1),
            (
                "Срок по плану 30.10.2022 (воскресенье) по правилу «следующий рабочий день» — 31.10.2022 (понедельник); \
             сдано 02.11.2022 — позже на 2 дня.",
                "Due by the plan on 2022-10-30 (Sunday), by the rule “next working day” on 2022-10-31 (Monday); \
             done on 2022-11-02, 2 days late.",
            ),
        );
    }

    #[test]
    fn an_open_obligation_tells_what_is_left() {
        let obligation = due(date(2022, 9, 26));
        let ask = |as_of, ru, en| check(rules(), &obligation, &DueRule::Plan, &[], as_of, (ru, en));
        ask(
            date(2022, 9, 5),
            "Срок по плану 26.09.2022 (понедельник); не сдано, на 05.09.2022 остался 21 день.",
            "Due by the plan on 2022-09-26 (Monday); not done, 21 days left on 2022-09-05.",
        );
        ask(
            date(2022, 9, 26),
            "Срок по плану 26.09.2022 (понедельник); не сдано, 26.09.2022 — последний день.",
            "Due by the plan on 2022-09-26 (Monday); not done, 2022-09-26 is the last day.",
        );
        ask(
            date(2022, 9, 27),
            "Срок по плану 26.09.2022 (понедельник); не сдано, на 27.09.2022 просрочено на 1 день.",
            "Due by the plan on 2022-09-26 (Monday); not done, overdue by 1 day on 2022-09-27.",
        );
    }

    #[test]
    fn a_moved_deadline_names_its_orders_and_the_decree_of_the_day_off() {
        let moves = [("Приказ № 1", date(2023, 2, 20)), ("Приказ № 2", date(2023, 2, 24))]
            .map(|(basis, due)| DeadlineMoved { due, basis: basis.to_owned() });
        let obligation = Obligation { moved_due: Some(date(2023, 2, 24)), ..due(date(2023, 2, 1)) };
        let on = date(2023, 2, 27);
        let obligation = done(&obligation, on, "2023-02-27T01:00:00Z");
        check(
            rules(),
            &obligation,
            &DueRule::Scheduled,
            &moves,
            date(2023, 3, 1),
            (
                "Срок по графику 01.02.2023; перенесён (Приказ № 1) на 20.02.2023; перенесён (Приказ № 2) на 24.02.2023 \
             (пятница, выходной перенесён с 01.01.2023: Постановление Правительства РФ от 29.08.2022 № 1505) \
             по правилу «следующий рабочий день» — 27.02.2023 (понедельник); сдано 27.02.2023 — в срок.",
                "Due by the schedule on 2023-02-01; moved (Приказ № 1) to 2023-02-20; moved (Приказ № 2) to 2023-02-24 \
             (Friday, a day off transferred from 2023-01-01: Постановление Правительства РФ от 29.08.2022 № 1505), \
             by the rule “next working day” on 2023-02-27 (Monday); done on 2023-02-27, on time.",
            ),
        );
    }

    #[test]
    fn the_clock_of_the_log_and_its_cut_off_are_named() {
        let rules =
            RegionRules { timeliness_basis: TimelinessBasis::Recorded, cut_off: Some(time(18, 0, 0, 0)), ..rules() };
        let on = date(2023, 5, 2);
        // 18:00 in Vladivostok.
        let obligation = done(&due(date(2023, 5, 1)), on, "2023-05-02T08:00:00Z");
        let delivery = DueRule::AfterDelivery { row: "8.3".parse().unwrap(), days: 10 };
        check(
            rules,
            &obligation,
            &delivery,
            &[],
            date(2023, 5, 4),
            (
                "Срок через 10 дней после вручения по строке 8.3: 01.05.2023 (понедельник, Праздник Весны и Труда) \
             по правилу «следующий рабочий день» — 02.05.2023 (вторник), до 18:00 (Asia/Vladivostok); \
             отчёт считается поступившим 03.05.2023 — позже на 1 день.",
                "Due 10 days after the delivery of row 8.3: 2023-05-01 (Monday, Spring and Labour Day), \
             by the rule “next working day” on 2023-05-02 (Tuesday), until 18:00 (Asia/Vladivostok); \
             counted as reported on 2023-05-03, 1 day late.",
            ),
        );
    }

    #[test]
    fn other_rules_early_work_rework_and_excuses_have_their_words() {
        let rule = |weekend_rule| RegionRules { weekend_rule, ..rules() };
        let saturday = due(date(2022, 11, 5));
        let early = Obligation { start_on: Some(date(2022, 11, 1)), ..saturday.clone() };
        let early = done(&early, date(2022, 10, 28), "2022-10-28T01:00:00Z");
        check(
            rule(WeekendRule::Preceding),
            &early,
            &DueRule::Plan,
            &[],
            date(2022, 12, 1),
            (
                "Срок по плану 05.11.2022 (суббота) по правилу «предшествующий рабочий день» — 03.11.2022 \
             (четверг, предпраздничный день); сдано 28.10.2022 — раньше начала (01.11.2022), в срок.",
                "Due by the plan on 2022-11-05 (Saturday), by the rule “previous working day” on 2022-11-03 \
             (Thursday, the day before a holiday); done on 2022-10-28, before the start (2022-11-01), on time.",
            ),
        );
        let mut reworked = done(&saturday, date(2022, 11, 9), "2022-11-03T01:00:00Z");
        reworked.live[0].counts_on = date(2022, 11, 3);
        check(
            rule(WeekendRule::None),
            &reworked,
            &DueRule::Plan,
            &[],
            date(2022, 12, 1),
            (
                "Срок по плану 05.11.2022 (суббота), с нерабочего дня по правилам региона не переносится; \
             сдано 03.11.2022 (день первого отчёта: доработка пришла в срок) — в срок.",
                "Due by the plan on 2022-11-05 (Saturday), not moved off a day without work by the region's rules; \
             done on 2022-11-03 (the day of the first report: its rework came in time), on time.",
            ),
        );
        let excused = Obligation { phase: Phase::Excused, ..due(date(2022, 10, 10)) };
        check(
            rules(),
            &excused,
            &DueRule::EachMonthEnd,
            &[],
            date(2022, 12, 1),
            (
                "Срок на конец месяца 10.10.2022 (понедельник); в расчёт не входит.",
                "Due at the end of the month, 2022-10-10 (Monday); not counted.",
            ),
        );
    }

    #[test]
    fn days_are_declined() {
        let check = |count, expect: &str| assert_eq!(Ru.days(count), expect);
        check(1, "1 день");
        check(2, "2 дня");
        check(5, "5 дней");
        check(11, "11 дней");
        check(12, "12 дней");
        check(21, "21 день");
        check(104, "104 дня");
        check(111, "111 дней");
    }
}
