//! Reads one deadline wording: words in, dates and doubts out.
//!
//! Far more wordings are known than one plan uses, because plans are written by hand. Nothing fails:
//! a wording that names no possible day gives [`DeadlineKind::Invalid`] with a note that says why.

mod lexicon;
mod phrases;
mod span;
pub(crate) mod token;

use domain::deadline::{Deadline, DeadlineKind, Granularity, SchoolYear};
use domain::plan::AnomalyKind;
use jiff::ToSpan;
use jiff::civil::Date;

use self::phrases::Source;
use self::span::{Days, Form, Stretch};
use self::token::Token;

/// Something about a wording that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What sort of oddity.
    pub kind: AnomalyKind,
    /// How the wording was read, or should be written.
    pub reading: String,
    /// Why a person should look, in Russian.
    pub reason: String,
    /// Why a person should look, in English.
    pub reason_en: String,
}

impl Issue {
    fn new(kind: AnomalyKind, reading: impl Into<String>, reason: &str, reason_en: &str) -> Self {
        Self { kind, reading: reading.into(), reason: reason.to_owned(), reason_en: reason_en.to_owned() }
    }
}

/// Reads a wording.
///
/// `year` completes dates without a year, bounds continuous work, and is what dates are held
/// against; without it such dates are invalid and bounds stay open.
#[must_use]
pub fn parse(text: &str, year: Option<SchoolYear>) -> (Deadline, Vec<Issue>) {
    let tokens = token::tokens(text);
    let mut reader = Reader { text, tokens: &tokens, year, issues: Vec::new() };
    let mut deadline = reader.read();
    reader.hold_against_year(&deadline);
    if deadline.kind == DeadlineKind::Invalid {
        deadline = Deadline { note: deadline.note, ..Deadline::new(text, DeadlineKind::Invalid) };
    }
    (deadline, reader.issues)
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token],
    year: Option<SchoolYear>,
    issues: Vec<Issue>,
}

/// What stands before a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lead {
    /// «до», «не позднее», «к», «по»: the end.
    Until,
    /// «с», «начиная с», «не ранее»: the beginning.
    From,
    /// «после»: the beginning is the day behind it.
    After,
    /// «от»: the date of a document, not a deadline.
    OfDocument,
    /// Anything else.
    Plain,
}

/// What stands between two stretches of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// A dash or «по».
    Range,
    /// A comma, a semicolon, «и».
    List,
    /// Nothing.
    Bare,
}

impl Reader<'_> {
    fn read(&mut self) -> Deadline {
        if self.tokens.is_empty() {
            return self.invalid("the wording is empty", "срок не указан");
        }
        let mut found = span::stretches(self.tokens);
        span::complete(&mut found);
        found.retain(|one| self.lead(one) != Lead::OfDocument);
        let continuous = phrases::is_continuous(self.tokens);
        if let Some(recurrence) = phrases::recurrence(self.tokens) {
            let mut deadline = self.unbounded(DeadlineKind::Recurring, &found);
            deadline.recurrence = Some(recurrence);
            return deadline;
        }
        if let Some((relative, at)) = phrases::relative(self.tokens, self.text)
            && found.first().is_none_or(|first| first.to > at)
        {
            return Deadline { relative: Some(relative), ..Deadline::new(self.text, DeadlineKind::Relative) };
        }
        let document = phrases::document(self.tokens, self.text);
        let on_demand = phrases::is_on_demand(self.tokens);
        let whole_years = found.iter().all(|one| matches!(one.form, Form::SchoolYear(_) | Form::CalendarYear));
        let (kind, schedule_ref) = match document {
            _ if on_demand && whole_years => (DeadlineKind::OnDemand, None),
            Some((Source::Schedule, name)) => (DeadlineKind::BySchedule, Some(name)),
            Some((Source::Regulation, name)) => (DeadlineKind::ByRegulation, Some(name)),
            None if on_demand => (DeadlineKind::OnDemand, None),
            None => (DeadlineKind::Continuous, None),
        };
        let school_year = matches!(found.as_slice(), [Stretch { form: Form::SchoolYear(_), .. }]);
        if continuous || (school_year && kind == DeadlineKind::Continuous) {
            let deadline = self.unbounded(kind, &found);
            return Deadline { continuous: true, schedule_ref, ..deadline };
        }
        if !found.is_empty() && !(whole_years && kind != DeadlineKind::Continuous) {
            let explicit = self.explicit(&found);
            return Deadline { schedule_ref, ..explicit };
        }
        if kind == DeadlineKind::Continuous {
            return self.invalid("the wording is not understood: it names no time", "срок не распознан");
        }
        Deadline { schedule_ref, ..Deadline::new(self.text, kind) }
    }

    fn invalid(&mut self, why: &str, why_ru: &str) -> Deadline {
        let reason = format!("срок непонятен: {why_ru}");
        let reason_en = format!("the deadline names no day: {why}");
        self.issues.push(Issue::new(AnomalyKind::InvalidDeadline, "", &reason, &reason_en));
        Deadline { note: Some(why.to_owned()), ..Deadline::new(self.text, DeadlineKind::Invalid) }
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).and_then(Token::word).unwrap_or_default()
    }

    /// What stands before a stretch; «числа» and the like were handled before.
    fn lead(&self, one: &Stretch) -> Lead {
        let back = |n: usize| one.from.checked_sub(n).map_or("", |at| self.word(at));
        match back(1) {
            "до" | "к" | "ко" | "позднее" | "позже" | "по" | "срок" => Lead::Until,
            "с" | "со" | "ранее" | "раньше" | "начиная" => Lead::From,
            "после" => Lead::After,
            "от" => Lead::OfDocument,
            _ => Lead::Plain,
        }
    }

    /// What joins a stretch to the one before it.
    fn link(&self, before: &Stretch, after: &Stretch) -> Link {
        let between = &self.tokens[before.to..after.from];
        if between.is_empty() {
            return Link::Bare;
        }
        let listed = between.iter().any(|t| {
            t.is_mark(',') || t.is_mark(';') || t.is_mark('/') || matches!(t.word(), Some("и" | "или" | "а" | "также"))
        });
        let ranged = between.iter().any(|t| t.is_mark('-'))
            || between.iter().any(|t| matches!(t.word(), Some("по" | "позднее" | "позже")))
            || (self.lead(before) == Lead::From && self.lead(after) == Lead::Until);
        if ranged && !(listed && self.lead(before) == Lead::Until) { Link::Range } else { Link::List }
    }

    /// Work without a date of its own: bounded by the stretches named, else by the school year.
    fn unbounded(&mut self, kind: DeadlineKind, found: &[Stretch]) -> Deadline {
        let days: Vec<(Lead, Days)> = found
            .iter()
            .filter_map(|one| Some((self.lead(one), span::resolve(one, self.year).ok()?)))
            .collect();
        let mut deadline = Deadline::new(self.text, kind);
        if let (Some((lead, first)), Some((_, last))) = (days.first(), days.last()) {
            deadline.start = (*lead != Lead::Until).then_some(first.start);
            deadline.end = (days.len() > 1 || *lead != Lead::From).then_some(last.end);
            deadline.granularity = Some(first.granularity);
        }
        if deadline.start.is_none() || deadline.end.is_none() {
            deadline.bounds_inferred = self.year.is_some();
            deadline.start = deadline.start.or(self.year.map(SchoolYear::start));
            deadline.end = deadline.end.or(self.year.map(SchoolYear::end));
        }
        if deadline.start.zip(deadline.end).is_some_and(|(start, end)| end < start) {
            return self.invalid("the end stands before the start", "окончание раньше начала");
        }
        deadline
    }

    /// Days, months and the like that the wording names.
    fn explicit(&mut self, found: &[Stretch]) -> Deadline {
        let mut days = Vec::with_capacity(found.len());
        for one in found {
            match span::resolve(one, self.year) {
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
        let exclusive = matches!(self.word(one.from.saturating_sub(1)), "до" | "к" | "ко");
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
        const HELPERS: [&str; 40] = [
            "до", "с", "со", "по", "к", "ко", "не", "позднее", "позже", "ранее", "раньше", "начиная", "включительно", "в",
            "во", "на", "за", "срок", "сроки", "срока", "дата", "г", "года", "год", "течение", "течении", "период", "и",
            "или", "а", "также", "далее", "затем", "после", "месяц", "месяца", "день", "дня", "числа", "учебного",
        ];
        let unread: Vec<&str> = self
            .tokens
            .iter()
            .enumerate()
            .filter(|(at, _)| !found.iter().any(|one| (one.from..one.to).contains(at)))
            .filter(|(_, t)| t.number().is_some() || t.word().is_some_and(|w| !HELPERS.contains(&w)))
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

    fn hold_against_year(&mut self, deadline: &Deadline) {
        let Some(year) = self.year.filter(|_| deadline.kind != DeadlineKind::Invalid) else { return };
        let named = deadline.start.iter().chain(&deadline.end).chain(&deadline.dates);
        let outside: Vec<String> = named.filter(|day| !year.contains(**day)).map(|day| dotted(*day)).collect();
        if !outside.is_empty() {
            let reason = format!("дата вне {year} учебного года");
            let reason_en = format!("a date outside the school year {year}");
            self.issues.push(Issue::new(AnomalyKind::OutsideSchoolYear, outside.join(", "), &reason, &reason_en));
        }
    }
}

fn dotted(day: Date) -> String {
    format!("{:02}.{:02}.{}", day.day(), day.month(), day.year())
}

#[cfg(test)]
mod tests;
