//! The filters of files: few, the same names for every set, each only where the set has what it filters by.

use std::collections::BTreeSet;

use ::bi::{Column, Compare, Filter, Set, Value};
use domain::period::PeriodCode;
use register::Register;

use super::files::Form;
use crate::Face;
use crate::answer::position;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::{LEVEL, Param, Query, param};
use crate::territory::is_place;
use crate::values::{known_indicator, known_period, level};

/// A filter, and the columns of which a set must have one.
struct By {
    param: Param,
    columns: &'static [&'static str],
}

const BY: [By; 6] = [
    By {
        param: param("period", "code of a period, such as 2022-2023.H1; of obligations: the semester of the deadline"),
        columns: &["period_code", "due_period"],
    },
    By { param: param("region", "code of a region"), columns: &["region_code"] },
    By {
        param: param("within", "code of an organisation, a municipality or a region: its own rows and those inside"),
        columns: &["org_code"],
    },
    By { param: param("indicator", "code of an indicator, such as I01"), columns: &["indicator_code"] },
    By { param: LEVEL, columns: &["level"] },
    By {
        param: param("updated_after", "rows that events behind this position changed, `<seq>` or `<epoch>:<seq>`"),
        columns: &["version_seq", "stream_seq"],
    },
];

const DIALECT: Param = param("dialect", "excel-ru: `;` and decimal comma, for a Russian Excel; plain: RFC 4180");

impl By {
    fn column(&self, set: &'static Set) -> Option<&'static Column> {
        self.columns.iter().find_map(|name| set.column(name))
    }
}

/// The parameters of a set in a form.
pub(super) fn params(set: &'static Set, form: Form) -> Vec<Param> {
    let by = BY.iter().filter(|by| by.column(set).is_some()).map(|by| by.param);
    by.chain((form == Form::Csv).then_some(DIALECT)).collect()
}

/// The parameters of a form, of whatever set.
pub(super) fn all(form: Form) -> Vec<Param> {
    BY.iter().map(|by| by.param).chain((form == Form::Csv).then_some(DIALECT)).collect()
}

/// What is asked for, checked.
#[derive(Debug, Default)]
pub(super) struct Filters {
    /// Which rows; `None`: all.
    pub(super) filter: Option<Filter>,
    /// Name and value, as they were given.
    pub(super) given: Vec<(String, String)>,
    /// Places that were named.
    places: Vec<String>,
}

impl Filters {
    /// Reads the filters of a set; mistakes are noted in the query.
    ///
    /// # Errors
    /// A position of another log.
    pub(super) async fn read(query: &mut Query, face: &Face, set: &'static Set) -> Result<Self, Problem> {
        let (mut filters, mut all) = (Self::default(), Vec::new());
        for by in &BY {
            let (name, Some(column)) = (by.param.name, by.column(set)) else { continue };
            let Some(text) = query.text(name) else { continue };
            filters.given.push((name.to_owned(), text.clone()));
            let equal = |text: String| Filter::Is(column, Compare::Eq, Value::Text(text));
            match name {
                "updated_after" => {
                    let after = position(query, name, face)?.unwrap_or_default();
                    let after = i64::try_from(after.get()).unwrap_or(i64::MAX);
                    all.push(Filter::Is(column, Compare::Gt, Value::Int(after)));
                }
                "within" => {
                    let names = ["org_code", "municipality_code", "region_code"];
                    let places = names.iter().filter_map(|name| set.column(name));
                    let is = |column| Filter::Is(column, Compare::Eq, Value::Text(text.clone()));
                    all.push(Filter::Any(places.map(is).collect()));
                    filters.places.push(text);
                }
                "region" => {
                    all.push(equal(text.clone()));
                    filters.places.push(text);
                }
                "indicator" => {
                    known_indicator(query, &face.shown_now(None).await?.catalogue, &text);
                    all.push(equal(text));
                }
                "level" => all.extend(level(query).map(|level| equal(level.as_str().to_owned()))),
                _ => {
                    let period = query.parsed::<PeriodCode>(name);
                    if let Some(period) = &period {
                        face.gate.replica().read(|state| known_period(query, &state.register, period));
                    }
                    all.extend(period.map(|period| equal(period.to_string())));
                }
            }
        }
        face.gate.replica().read(|state| filters.know_places(query, &state.register));
        filters.filter = (!all.is_empty()).then_some(Filter::All(all));
        Ok(filters)
    }

    /// Refuses places outside a territory.
    ///
    /// # Errors
    /// 403.
    pub(super) fn check(&self, face: &Face, caller: &Caller) -> Result<(), Problem> {
        let may = |register: &Register| self.places.iter().all(|code| caller.may_ask(register, code));
        if face.gate.replica().read(|state| may(&state.register)) { Ok(()) } else { Err(Problem::outside_territory()) }
    }

    fn know_places(&self, query: &mut Query, register: &Register) {
        for (name, code) in &self.given {
            if name == "region" && register.region_index(code).is_none() {
                let regions: BTreeSet<&str> = register.regions().iter().map(|region| region.code.as_str()).collect();
                query.not_one_of("region", code, &regions.into_iter().collect::<Vec<_>>().join(", "));
            }
            if name == "within" && !is_place(register, code) {
                query.not_one_of("within", code, "коды из набора org / codes of the set org");
            }
        }
    }
}
