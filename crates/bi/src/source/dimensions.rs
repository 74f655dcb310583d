//! The small sets that others point at: organisations, periods, definitions, rows of plans.

use std::collections::BTreeMap;

use domain::id::RowNo;
use domain::payload::OrgKind;
use domain::period::{Part, PeriodCode, SchoolYearPeriods};
use indicators::{COUNTRY, Catalogue, DIRECTIONS, direction_names};
use jiff::civil::Date;
use register::Register;

use super::places::{COUNTRY_KEY, UNKNOWN_KEY, direction_key, municipality_key, region_key};
use super::{Source, UNKNOWN, day, index, int, number, set, text};
use crate::frame::{Cell, Frame};

/// A row of `v_org`.
#[derive(Default)]
struct OrgRow<'s> {
    key: i64,
    code: &'s str,
    names: (&'s str, &'s str),
    kind: &'s str,
    region: Option<u32>,
    municipality: Option<u32>,
    now: Option<u32>,
    from: Option<Date>,
    to: Option<Date>,
}

impl Source<'_> {
    pub(super) fn orgs(&self) -> Frame {
        let register = &self.state.register;
        let mut frame = Frame::new(set("org"));
        let nobody = ("не указано", "not named");
        self.push_org(&mut frame, &OrgRow { code: UNKNOWN, names: nobody, kind: "unknown", ..OrgRow::default() });
        let (code, ru, en) = COUNTRY;
        let country = OrgRow { key: COUNTRY_KEY, code, names: (ru, en), kind: "country", ..OrgRow::default() };
        self.push_org(&mut frame, &country);
        for (region, it) in (0..).zip(register.regions()) {
            let rules = it.clockwork.rules();
            let (code, names) = (it.code.as_str(), (rules.name_ru.as_str(), rules.name_en.as_str()));
            let of_region = OrgRow { region: Some(region), ..OrgRow::default() };
            self.push_org(&mut frame, &OrgRow { key: region_key(region), code, names, kind: "region", ..of_region });
            for (_, code) in DIRECTIONS {
                let (key, names) = (direction_key(region, code), direction_names(code).unwrap_or((code, code)));
                self.push_org(&mut frame, &OrgRow { key, code, names, kind: "direction", ..of_region });
            }
        }
        for (number, it) in (0..).zip(register.municipalities()) {
            let (key, names) = (municipality_key(number), (it.name_ru.as_str(), it.name_en.as_str()));
            let (region, place) = (Some(it.region), Some(number));
            let row = OrgRow { key, code: it.code.as_str(), names, kind: "municipality", region, ..OrgRow::default() };
            self.push_org(&mut frame, &OrgRow { municipality: place, now: place, ..row });
        }
        for (number, it) in (0..).zip(register.orgs()).filter(|(number, _)| self.sees_org(*number)) {
            let names = (it.name_ru.as_str(), it.name_en.as_str());
            let kind = if it.kind == OrgKind::School { "school" } else { "authority" };
            for version in self.places.versions(number).iter() {
                let row = OrgRow { key: version.key, code: it.code.as_str(), names, kind, ..OrgRow::default() };
                let row = OrgRow { region: Some(it.region), municipality: version.municipality, ..row };
                self.push_org(&mut frame, &OrgRow { now: it.municipality, from: version.from, to: version.to, ..row });
            }
        }
        frame
    }

    fn push_org(&self, frame: &mut Frame, row: &OrgRow<'_>) {
        let register = &self.state.register;
        let place = |number: Option<u32>| number.map(|number| &register.municipalities()[index(number)]);
        let region = row.region.map(|number| &register.regions()[index(number)]);
        let (municipality, now) = (place(row.municipality), place(row.now));
        frame.push(&[
            ("org_key", Cell::Int(row.key)),
            ("org_code", Cell::Text(row.code)),
            ("org_name", Cell::Text(row.names.0)),
            ("org_name_en", Cell::Text(row.names.1)),
            ("org_kind", Cell::Text(row.kind)),
            ("region_code", Cell::Text(region.map_or(UNKNOWN, |it| it.code.as_str()))),
            ("region_name", text(region.map(|it| it.clockwork.rules().name_ru.as_str()))),
            ("municipality_code", text(municipality.map(|it| it.code.as_str()))),
            ("municipality_name", text(municipality.map(|it| it.name_ru.as_str()))),
            ("current_municipality_name", text(now.map(|it| it.name_ru.as_str()))),
            ("valid_from", day(row.from)),
            ("valid_to", day(row.to)),
            ("is_current", Cell::Bool(row.to.is_none())),
        ]);
    }

    /// The periods of the school years that regions have or values are told for.
    pub(super) fn periods(&self) -> Frame {
        let mut frame = Frame::new(set("period"));
        let mut years: BTreeMap<String, (PeriodCode, Option<&SchoolYearPeriods>)> = BTreeMap::new();
        for school_year in self.shown.values.school_years() {
            years.insert(school_year.to_string(), (PeriodCode { school_year, part: Part::Y }, None));
        }
        let regions = self.state.register.regions().iter().rev();
        for year in regions.flat_map(|region| &region.clockwork.rules().school_years) {
            let code = PeriodCode { school_year: year.school_year, part: Part::Y };
            years.insert(year.school_year.to_string(), (code, Some(year)));
        }
        frame.push(&[
            ("period_key", Cell::Int(0)),
            ("period_code", Cell::Text(UNKNOWN)),
            ("period_label", Cell::Text("не указан")),
            ("period_label_en", Cell::Text("not named")),
            ("school_year", Cell::Text(UNKNOWN)),
            ("period_part", Cell::Text(UNKNOWN)),
            ("starts_on", Cell::Empty),
            ("ends_on", Cell::Empty),
        ]);
        for (of, days) in years.values() {
            for part in Part::ALL {
                let period = PeriodCode { school_year: of.school_year, part };
                let (code, year) = (period.to_string(), period.school_year.to_string());
                frame.push(&[
                    ("period_key", Cell::Int(period_key(&period))),
                    ("period_code", Cell::Text(&code)),
                    ("period_label", Cell::Text(&label_of(&period))),
                    ("period_label_en", Cell::Text(&format!("{year}, {}", part_words(part).1))),
                    ("school_year", Cell::Text(&year)),
                    ("period_part", Cell::Text(&part.to_string())),
                    ("starts_on", day(days.map(|days| days.start_of(part)))),
                    ("ends_on", day(days.map(|days| days.end_of(part)))),
                ]);
            }
        }
        frame
    }

    pub(super) fn definitions(&self) -> Frame {
        let catalogue = &self.shown.catalogue;
        let mut frame = Frame::new(set("indicator_def"));
        let it = catalogue.composite();
        frame.push(&[
            ("indicator_key", Cell::Int(indicator_key(catalogue, &it.id, it.version))),
            ("indicator_code", Cell::Text(&it.id)),
            ("indicator_version", Cell::Int(i64::from(it.version))),
            ("indicator_name", Cell::Text(&it.name_ru)),
            ("indicator_name_en", Cell::Text(&it.name_en)),
            ("unit_code", Cell::Text("share")),
            ("better_code", Cell::Text("up")),
            ("target_ratio", Cell::Empty),
            ("weight", Cell::Empty),
            ("numerator_text", Cell::Text(&it.numerator_ru)),
            ("denominator_text", Cell::Text(&it.denominator_ru)),
        ]);
        // Where a version is told anew for some levels, the first stands for it.
        for variants in catalogue.definitions().chunk_by(|a, b| a.id == b.id && a.version == b.version) {
            let Some(it) = variants.first() else { continue };
            frame.push(&[
                ("indicator_key", Cell::Int(indicator_key(catalogue, &it.id, it.version))),
                ("indicator_code", Cell::Text(&it.id)),
                ("indicator_version", Cell::Int(i64::from(it.version))),
                ("indicator_name", Cell::Text(&it.name_ru)),
                ("indicator_name_en", Cell::Text(&it.name_en)),
                ("unit_code", Cell::Text(it.unit.as_str())),
                ("better_code", Cell::Text(it.better.as_str())),
                ("target_ratio", number(it.target)),
                ("weight", Cell::Double(it.weight)),
                ("numerator_text", Cell::Text(&it.numerator.ru)),
                ("denominator_text", Cell::Text(&it.denominator.ru)),
            ]);
        }
        frame
    }

    pub(super) fn plan_rows(&self) -> Frame {
        let register = &self.state.register;
        let mut frame = Frame::new(set("plan_row"));
        for (number, imported) in register.plans().iter().enumerate() {
            let year = imported.plan.school_year.to_string();
            let rows = imported
                .plan
                .activities
                .iter()
                .flat_map(|activity| activity.rows.iter().map(move |row| (activity, row)));
            for (order, (activity, row)) in (1_i64..).zip(rows) {
                let no = row.row.to_string();
                let kind = serde_json::to_value(row.deadline.kind).unwrap_or_default();
                frame.push(&[
                    ("plan_row_key", Cell::Int(plan_row_key(register, number, &row.row))),
                    ("plan_code", Cell::Text(imported.code().as_str())),
                    ("school_year", Cell::Text(&year)),
                    ("activity_no", int(activity.no)),
                    ("activity_title", Cell::Text(&activity.title)),
                    ("activity_title_en", Cell::Text(&activity.title_en)),
                    ("row_no", Cell::Text(&no)),
                    ("row_order", Cell::Int(order)),
                    ("title", Cell::Text(&row.result)),
                    ("title_en", Cell::Text(&row.profile.result_en)),
                    ("deadline_raw", Cell::Text(&row.deadline.raw)),
                    ("deadline_kind", Cell::Text(kind.as_str().unwrap_or(UNKNOWN))),
                ]);
            }
        }
        frame
    }
}

/// The key of a period: first year × 10 + part.
pub(super) fn period_key(period: &PeriodCode) -> i64 {
    let part = match period.part {
        Part::T0 => 0,
        Part::H1 => 1,
        Part::H2 => 2,
        Part::Y => 9,
    };
    i64::from(period.school_year.first_year()) * 10 + part
}

fn part_words(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::T0 => ("входной мониторинг", "input wave"),
        Part::H1 => ("I полугодие", "semester I"),
        Part::H2 => ("II полугодие", "semester II"),
        Part::Y => ("год", "year"),
    }
}

/// A period for people who read Russian.
pub(super) fn label_of(period: &PeriodCode) -> String {
    format!("{}, {}", period.school_year, part_words(period.part).0)
}

/// The key of an indicator's version: its place among all ids, times 1,000, and its version; the composite has no number
/// in its id and comes first.
pub(super) fn indicator_key(catalogue: &Catalogue, id: &str, version: u16) -> i64 {
    if catalogue.composite().id == id {
        return i64::from(version);
    }
    // A letter and two digits.
    let letter = id.bytes().next().map_or(0, i64::from);
    let digits = id.get(1..).and_then(|digits| digits.parse::<i64>().ok()).unwrap_or_default();
    (letter * 100 + digits) * 100_000 + i64::from(version)
}

/// The key of a row: number of the plan, and place of the row in it.
pub(super) fn plan_row_key(register: &Register, plan: usize, row: &RowNo) -> i64 {
    let rows = register.plans()[plan].plan.rows().position(|known| known.row == *row);
    let number = i64::try_from(plan).unwrap_or_default() + 1;
    rows.map_or(UNKNOWN_KEY, |at| number * 1_000 + i64::try_from(at).unwrap_or_default() + 1)
}
