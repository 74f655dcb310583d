//! `v_indicator` and `v_indicator_published`.

use std::collections::HashMap;

use board::Shown;
use domain::id::Seq;
use domain::indicator::SumOf;
use domain::ledger::Closing;
use domain::payload::SnapshotRow;
use domain::period::{Part, PeriodCode};
use indicators::{Change, Lang, Level, Selection, Status, ValueRow, Versions};
use jiff::civil::Date;

use super::dimensions::{indicator_key, label_of, period_key};
use super::places::Place;
use super::{FRAME_ROWS, Source, index, int, number, set, text};
use crate::frame::{Cell, Frame};

/// What rows of an indicator's version share.
pub(super) struct Head<'s> {
    name: &'s str,
    /// Whose rows add up in territories; the composite's never do.
    pub(super) sums: Option<SumOf>,
    /// School years for which it is the official version.
    pub(super) official: Box<dyn Fn(PeriodCode) -> bool + 's>,
}

/// What the rows of a period share.
struct PeriodTold {
    code: Option<PeriodCode>,
    key: i64,
    label: String,
    year: String,
    part: String,
    starts_on: Option<Date>,
}

impl PeriodTold {
    fn of(period: &str, starts_on: Option<Date>) -> Self {
        let code: Option<PeriodCode> = period.parse().ok();
        Self {
            key: code.as_ref().map_or(0, period_key),
            label: code.as_ref().map_or_else(|| period.to_owned(), label_of),
            year: code.as_ref().map(|code| code.school_year.to_string()).unwrap_or_default(),
            part: code.as_ref().map(|code| code.part.to_string()).unwrap_or_default(),
            code,
            starts_on,
        }
    }
}

/// Periods that were told already, by their codes: there are few, and millions of rows.
struct Periods(HashMap<String, PeriodTold>);

impl Periods {
    fn told(&mut self, period: &str) -> &PeriodTold {
        if !self.0.contains_key(period) {
            self.0.insert(period.to_owned(), PeriodTold::of(period, None));
        }
        &self.0[period]
    }
}

pub(super) type Heads<'s> = HashMap<(&'s str, u16), Head<'s>>;

impl Source<'_> {
    /// Sorted by period, level, organisation and indicator: who asks for a period reads a part of a file.
    pub(super) fn all_indicators(&self) -> impl Iterator<Item = Frame> + '_ {
        let years: Vec<_> = self.shown.values.school_years().collect();
        let parts = [Part::T0, Part::H1, Part::H2, Part::Y];
        let periods = years.into_iter().flat_map(move |school_year| parts.map(|part| PeriodCode { school_year, part }));
        let rows = periods.flat_map(move |period| {
            let selection = Selection { period: Some(period), versions: Versions::All, ..Selection::default() };
            let rows = self.shown.values.select(&selection);
            rows.filter(|row| self.sees_place(row.level, row.org, row.municipality, row.region))
        });
        let (heads, mut periods) = (self.heads(), self.periods_told());
        let mut rows = rows.peekable();
        let mut begun = false;
        std::iter::from_fn(move || {
            // One frame at least: an empty set has its columns all the same.
            if begun && rows.peek().is_none() {
                return None;
            }
            begun = true;
            let mut frame = Frame::new(set("indicator"));
            for row in rows.by_ref().take(FRAME_ROWS) {
                self.push_value(&mut frame, &row, &heads, &mut periods);
            }
            Some(frame)
        })
    }

    pub(super) fn changed_indicators(&self, changes: &[Change]) -> Frame {
        let (heads, mut periods) = (self.heads(), self.periods_told());
        let mut frame = Frame::new(set("indicator"));
        for change in changes {
            for row in self.shown.values.rows_at(change.subject, &change.rows, Lang::Ru) {
                self.push_value(&mut frame, &row, &heads, &mut periods);
            }
        }
        frame
    }

    fn heads(&self) -> Heads<'_> {
        heads_of(self.shown)
    }

    /// Periods with their first days; those of the first region that has the year.
    fn periods_told(&self) -> Periods {
        let regions = self.state.register.regions().iter().rev();
        let years = regions.flat_map(|region| &region.clockwork.rules().school_years);
        let starts = years.flat_map(|year| Part::ALL.map(|part| (part.code(year.school_year), year.start_of(part))));
        let told = starts.map(|(code, starts_on)| (code.clone(), PeriodTold::of(&code, Some(starts_on))));
        Periods(told.collect())
    }

    fn push_value(&self, frame: &mut Frame, row: &ValueRow<'_>, heads: &Heads<'_>, periods: &mut Periods) {
        let place = self.places.of_row(row.level, row.org, (row.region, row.municipality), None);
        let municipality = self.municipality(&place);
        let head = heads.get(&(row.indicator, row.version));
        let period = periods.told(row.period);
        let official = head.zip(period.code.clone()).is_none_or(|(head, period)| (head.official)(period));
        frame.push(&[
            ("level", Cell::Text(row.level.as_str())),
            ("org_key", Cell::Int(place.key)),
            ("org_code", Cell::Text(row.org)),
            ("org_name", Cell::Text(row.org_name)),
            ("region_code", Cell::Text(place.region_code)),
            ("region_name", text(place.region_name)),
            ("municipality_code", text(municipality.map(|it| it.0))),
            ("municipality_name", text(municipality.map(|it| it.1))),
            ("current_municipality_name", text(municipality.map(|it| it.1))),
            ("period_key", Cell::Int(period.key)),
            ("period_code", Cell::Text(row.period)),
            ("period_label", Cell::Text(&period.label)),
            ("school_year", Cell::Text(&period.year)),
            ("period_part", Cell::Text(&period.part)),
            ("starts_on", super::day(period.starts_on)),
            ("indicator_key", Cell::Int(indicator_key(&self.shown.catalogue, row.indicator, row.version))),
            ("indicator_code", Cell::Text(row.indicator)),
            ("indicator_name", Cell::Text(head.map_or(row.indicator, |head| head.name))),
            ("indicator_version", Cell::Int(i64::from(row.version))),
            ("is_official", Cell::Bool(official)),
            ("is_additive", Cell::Bool(adds(head.and_then(|head| head.sums), row.level))),
            ("numerator", number(row.numerator)),
            ("denominator", number(row.denominator)),
            ("achieved_ratio_row", number(row.value)),
            ("target_ratio", number(row.target)),
            ("achievement", number(row.achievement)),
            ("weight", number(row.weight)),
            ("band_code", text(row.band_code)),
            ("status", Cell::Text(row.status.as_str())),
            ("suppressed", Cell::Bool(row.status == Status::Suppressed)),
            ("as_of", Cell::Moment(self.as_of)),
            ("updated_seq", int(self.seq().get())),
        ]);
    }

    /// What closings reported; `is_in_force` names the latest of each period that was not opened again.
    pub(super) fn published(&self) -> Frame {
        let heads = self.heads();
        let closings = self.state.register.ledger().closings();
        let mut frame = Frame::new(set("indicator_published"));
        let kept: HashMap<Seq, &[SnapshotRow]> =
            self.beside.reported.iter().map(|one| (one.seq, one.rows.as_slice())).collect();
        for closing in closings {
            let later = closings.iter().filter(|one| one.region == closing.region && one.period == closing.period);
            let in_force = closing.reopened.is_none() && later.map(|one| one.seq).max() == Some(closing.seq);
            for row in closing.snapshots.iter().filter_map(|seq| kept.get(seq)).copied().flatten() {
                self.push_published(&mut frame, closing, in_force, row, &heads);
            }
        }
        frame
    }

    fn push_published(
        &self,
        frame: &mut Frame,
        closing: &Closing,
        in_force: bool,
        row: &SnapshotRow,
        heads: &Heads<'_>,
    ) {
        let register = &self.state.register;
        let Some(level) = Level::from_name(&row.level) else { return };
        let places = (Some(closing.region.as_str()), None);
        let place = self.places.of_row(level, &row.org, places, Some(closing.at));
        let municipality = self.municipality(&place);
        if !self.sees_place(level, &row.org, municipality.map(|it| it.0), Some(closing.region.as_str())) {
            return;
        }
        let org = register.org_index(&row.org).map(|number| &register.orgs()[index(number)]);
        let now = org.and_then(|org| org.municipality).or(place.municipality);
        let now = now.map(|number| register.municipalities()[index(number)].name_ru.as_str());
        let head = heads.get(&(row.indicator.as_str(), row.version));
        let period = PeriodTold::of(&closing.period, None);
        let real = |it: Option<domain::number::Real>| number(it.map(domain::number::Real::get));
        let name = self.name_of(level, &row.org, &place);
        frame.push(&[
            ("closing_seq", int(closing.seq.get())),
            ("is_in_force", Cell::Bool(in_force)),
            ("level", Cell::Text(&row.level)),
            ("org_key", Cell::Int(place.key)),
            ("org_code", Cell::Text(&row.org)),
            ("org_name", Cell::Text(name)),
            ("region_code", Cell::Text(closing.region.as_str())),
            ("region_name", text(place.region_name)),
            ("municipality_code", text(municipality.map(|it| it.0))),
            ("municipality_name", text(municipality.map(|it| it.1))),
            ("current_municipality_name", text(now)),
            ("period_key", Cell::Int(period.key)),
            ("period_code", Cell::Text(&closing.period)),
            ("period_label", Cell::Text(&period.label)),
            ("school_year", Cell::Text(&period.year)),
            ("period_part", Cell::Text(&period.part)),
            ("indicator_key", Cell::Int(indicator_key(&self.shown.catalogue, &row.indicator, row.version))),
            ("indicator_code", Cell::Text(&row.indicator)),
            ("indicator_name", Cell::Text(head.map_or(&row.indicator, |head| head.name))),
            ("indicator_version", Cell::Int(i64::from(row.version))),
            ("is_additive", Cell::Bool(adds(head.and_then(|head| head.sums), level))),
            ("numerator", real(row.numerator)),
            ("denominator", real(row.denominator)),
            ("achieved_ratio_row", real(row.value)),
            ("target_ratio", real(row.target)),
            ("achievement", real(row.achievement)),
            ("weight", real(row.weight)),
            ("status", Cell::Text(&row.status)),
            ("suppressed", Cell::Bool(row.status == Status::Suppressed.as_str())),
            ("as_of", Cell::Moment(closing.as_of)),
        ]);
    }

    /// Code and name of a place's municipality.
    fn municipality(&self, place: &Place<'_>) -> Option<(&str, &str)> {
        let it = &self.state.register.municipalities()[index(place.municipality?)];
        Some((it.code.as_str(), &it.name_ru))
    }

    /// What a place is called.
    fn name_of<'n>(&'n self, level: Level, code: &'n str, place: &Place<'n>) -> &'n str {
        let register = &self.state.register;
        match level {
            Level::Country => indicators::COUNTRY.1,
            Level::Region => place.region_name.unwrap_or(code),
            Level::Municipality => self.municipality(place).map_or(code, |(_, name)| name),
            Level::Direction => indicators::direction_names(code).map_or(code, |(ru, _)| ru),
            Level::School | Level::Publisher => {
                register.org_index(code).map_or(code, |number| &register.orgs()[index(number)].name_ru)
            }
        }
    }
}

/// What the rows of each indicator's version share.
pub(super) fn heads_of(shown: &Shown) -> Heads<'_> {
    let catalogue = &*shown.catalogue;
    let composite = catalogue.composite();
    let mut heads: Heads<'_> = HashMap::new();
    let head = Head { name: &composite.name_ru, sums: None, official: Box::new(|_| true) };
    heads.insert((&composite.id, composite.version), head);
    for definition in catalogue.definitions() {
        let official = move |period: PeriodCode| catalogue.is_official(definition, period.school_year);
        let head = Head { name: &definition.name_ru, sums: Some(definition.of), official: Box::new(official) };
        heads.entry((&definition.id, definition.version)).or_insert(head);
    }
    heads
}

/// Whether a level's rows are those that territories sum.
pub(super) fn adds(sums: Option<SumOf>, level: Level) -> bool {
    matches!((sums, level), (Some(SumOf::Schools), Level::School) | (Some(SumOf::Authorities), Level::Publisher))
}
