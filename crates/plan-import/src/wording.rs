//! Reads one deadline wording: words in, dates and doubts out.
//!
//! Far more wordings are known than one plan uses, because plans are written by hand. Nothing fails:
//! a wording that names no possible day gives [`DeadlineKind::Invalid`] with a note that says why.

mod calendar;
mod explicit;
mod lexicon;
mod phrases;
mod reference;
mod span;
pub(crate) mod token;

use domain::deadline::{Deadline, DeadlineKind, SchoolYear};
use domain::plan::AnomalyKind;
use jiff::civil::Date;

use self::calendar::Days;
use self::reference::Source;
use self::span::{Form, Stretch};
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
        let document = reference::document(self.tokens, self.text);
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
        // A mere year beside «по графику» bounds nothing that is not bounded anyway.
        if !found.is_empty() && (!whole_years || kind == DeadlineKind::Continuous) {
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

    /// What stands before a stretch, over a time of day («до 18:00 26.09.2022») and «начала».
    fn lead(&self, one: &Stretch) -> Lead {
        let mut from = one.from;
        while from >= 3 && self.tokens[from - 2].is_mark(':') && self.tokens[from - 1].number().is_some() {
            from -= 3;
        }
        let back = |n: usize| from.checked_sub(n).map_or("", |at| self.word(at));
        let edge = back(1).starts_with("начал");
        match back(if edge { 2 } else { 1 }) {
            "до" | "к" | "ко" | "позднее" | "позже" | "по" | "срок" | "конца" | "концу" | "конец" | "конце" => {
                Lead::Until
            }
            "от" if reference::document(self.tokens, self.text).is_some() => Lead::OfDocument,
            "с" | "со" | "от" | "ранее" | "раньше" | "начиная" => Lead::From,
            "после" => Lead::After,
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
        let days: Vec<(Lead, Days)> =
            found.iter().filter_map(|one| Some((self.lead(one), calendar::resolve(one, self.year).ok()?))).collect();
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

    fn hold_against_year(&mut self, deadline: &Deadline) {
        let Some(year) = self.year.filter(|_| deadline.kind != DeadlineKind::Invalid) else { return };
        let named = deadline.start.iter().chain(&deadline.end).chain(&deadline.dates);
        let mut outside: Vec<String> = named.filter(|day| !year.contains(**day)).map(|day| dotted(*day)).collect();
        outside.dedup();
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
