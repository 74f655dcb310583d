//! Wordings that name their days, months and the like.

use domain::deadline::{Deadline, DeadlineKind, Granularity};
use domain::plan::AnomalyKind;
use jiff::ToSpan;
use jiff::civil::Date;

use super::calendar::{self, Days};
use super::lexicon;
use super::span::{Form, Stretch};
use super::{Issue, Lead, Link, Reader, dotted};

impl Reader<'_> {
    /// Days, months and the like that the wording names.
    pub(super) fn explicit(&mut self, found: &[Stretch]) -> Deadline {
        let mut days = Vec::with_capacity(found.len());
        for one in found {
            match calendar::resolve(one, self.year) {
                Ok(resolved) => days.push(resolved),
                Err((why, why_ru)) => return self.invalid(&why, &why_ru),
            }
        }
        self.report_assumed_year(found, &days);
        self.report_unread(found);
        let mut deadline = match found {
            [one] => self.single(one, days[0]),
            [first, second] => match self.link(first, second) {
                Link::Range => self.range(first, second, days[0], days[1]),
                Link::Bare => self.bare(days[0], days[1]),
                Link::List => self.set(&days),
            },
            _ => self.set(&days),
        };
        if deadline.note.is_none() && days.iter().any(|d| d.year_assumed) {
            deadline.note = Some("the year is taken from the school year".to_owned());
        }
        deadline
    }

    fn single(&mut self, one: &Stretch, days: Days) -> Deadline {
        let of = |kind, start, end| Deadline {
            start,
            end,
            granularity: Some(days.granularity),
            ..Deadline::new(self.text, kind)
        };
        let edge = matches!(one.form, Form::TenDays(3, _));
        let before = self.word(one.from.saturating_sub(1));
        let exclusive = matches!(before, "до" | "к" | "ко") || before.starts_with("начал");
        match self.lead(one) {
            Lead::Until if days.granularity == Granularity::Day || edge || !exclusive => {
                of(DeadlineKind::ByDate, None, Some(days.end))
            }
            Lead::Until => {
                let end = days.start.saturating_sub(1.days());
                let deadline = of(DeadlineKind::ByDate, None, Some(end));
                self.issues.push(Issue::new(
                    AnomalyKind::Assumed,
                    format!("до {} включительно", dotted(end)),
                    "«до» месяца или другого периода прочитано как «до его начала»",
                    "\"until\" a month or another period was read as until the day before it begins",
                ));
                deadline
            }
            Lead::From => of(DeadlineKind::OpenStart, Some(days.start), None),
            Lead::After => of(DeadlineKind::OpenStart, Some(days.end.saturating_add(1.days())), None),
            Lead::OfDocument | Lead::Plain if days.start == days.end => {
                let kind = if one.form == Form::YearEnd { DeadlineKind::ByDate } else { DeadlineKind::OnDate };
                of(kind, (kind == DeadlineKind::OnDate).then_some(days.start), Some(days.end))
            }
            Lead::OfDocument | Lead::Plain => of(DeadlineKind::Window, Some(days.start), Some(days.end)),
        }
    }

    fn range(&mut self, first: &Stretch, second: &Stretch, from: Days, to: Days) -> Deadline {
        let between = &self.tokens[first.to..second.from];
        if let [dash] = between
            && dash.is_mark('-')
            && dash.spaced != self.tokens[second.from].spaced
            && from.granularity == Granularity::Day
        {
            let reading = format!("{}-{}", dotted(from.start), dotted(to.end));
            self.issues.push(Issue::new(
                AnomalyKind::SpaceAfterDash,
                reading,
                "пробел только с одной стороны тире; прочитано как промежуток",
                "a space on one side of the dash only; read as a window",
            ));
        }
        self.window(from, to)
    }

    fn bare(&mut self, from: Days, to: Days) -> Deadline {
        if from.granularity != Granularity::Day {
            return self.set(&[from, to]);
        }
        let reading = format!("{}-{}", dotted(from.start), dotted(to.end));
        self.issues.push(Issue::new(
            AnomalyKind::MissingDash,
            reading,
            "две даты без тире; прочитаны как начало и конец промежутка",
            "two dates with nothing between them; read as the first and last day of a window",
        ));
        Deadline { note: Some("missing dash in the source".to_owned()), ..self.window(from, to) }
    }

    fn window(&mut self, from: Days, to: Days) -> Deadline {
        if to.end < from.start {
            let why = format!("the end, {}, stands before the start, {}", to.end, from.start);
            let why_ru = format!("окончание {} раньше начала {}", dotted(to.end), dotted(from.start));
            return self.invalid(&why, &why_ru);
        }
        Deadline {
            start: Some(from.start),
            end: Some(to.end),
            granularity: Some(from.granularity),
            ..Deadline::new(self.text, DeadlineKind::Window)
        }
    }

    fn set(&self, days: &[Days]) -> Deadline {
        let mut dates: Vec<Date> = days.iter().map(|d| d.end).collect();
        dates.sort_unstable();
        dates.dedup();
        Deadline {
            start: days.iter().map(|d| d.start).min(),
            end: dates.last().copied(),
            granularity: days.first().map(|d| d.granularity),
            dates,
            ..Deadline::new(self.text, DeadlineKind::Set)
        }
    }

    fn report_assumed_year(&mut self, found: &[Stretch], days: &[Days]) {
        let assumed: Vec<String> = found
            .iter()
            .zip(days)
            .filter(|(one, d)| d.year_assumed && matches!(one.form, Form::Day(..)))
            .map(|(_, d)| dotted(d.end))
            .collect();
        if !assumed.is_empty() {
            self.issues.push(Issue::new(
                AnomalyKind::Assumed,
                assumed.join(", "),
                "год не указан и взят из учебного года",
                "the year is not written and was taken from the school year",
            ));
        }
    }

    /// Words and numbers that took no part in the reading.
    fn report_unread(&mut self, found: &[Stretch]) {
        let unread: Vec<&str> = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(at, _)| !found.iter().any(|one| (one.from..one.to).contains(at)))
            .filter(|(_, t)| t.number().is_some() || t.word().is_some_and(|w| !lexicon::is_helper(w)))
            .map(|(_, t)| &self.text[t.from..t.to])
            .collect();
        if !unread.is_empty() {
            self.issues.push(Issue::new(
                AnomalyKind::Assumed,
                format!("без слов: {}", unread.join(" ")),
                "часть слов срока не повлияла на даты",
                "some words of the deadline took no part in the dates",
            ));
        }
    }
}
