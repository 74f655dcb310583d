//! Organisations and territories with their keys: who belonged where, and when.

use std::collections::HashMap;

use domain::id::Seq;
use indicators::Level;
use jiff::civil::Date;
use register::Register;

use super::{UNKNOWN, index};
use crate::beside::Transfer;

/// A version of an organisation: it belonged to one municipality all the time.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) key: i64,
    pub(super) municipality: Option<u32>,
    /// Position of the event that began it; [`Seq::NONE`] for the first.
    since: Seq,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

/// Codes and names of one place.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) key: i64,
    pub(super) region_code: String,
    pub(super) region_name: Option<String>,
    pub(super) municipality: Option<u32>,
}

/// Every place that rows name.
#[derive(Debug)]
pub(super) struct Places {
    /// By number of the organisation, each in the order of time.
    versions: Vec<Vec<Version>>,
    municipalities: HashMap<(u32, String), u32>,
}

/// The place of what is about no organisation.
pub(super) const UNKNOWN_KEY: i64 = 0;
/// The country; other territories count downwards from bases of their own.
pub(super) const COUNTRY_KEY: i64 = -1;
const MUNICIPALITY_BASE: i64 = -10_000_000;
const REGION_BASE: i64 = -20_000_000;
const DIRECTION_BASE: i64 = -30_000_000;
/// Versions of one organisation that have keys of their own.
const VERSIONS: i64 = 100;

impl Places {
    pub(super) fn of(register: &Register, transfers: &[Transfer]) -> Self {
        let municipalities: HashMap<(u32, String), u32> = (0..)
            .zip(register.municipalities())
            .map(|(number, it)| ((it.region, it.code.as_str().to_owned()), number))
            .collect();
        let first = |number: u32| {
            let org = &register.orgs()[index(number)];
            let key = (i64::from(number) + 1) * VERSIONS;
            vec![Version { key, municipality: org.home, since: Seq::NONE, from: None, to: None }]
        };
        let numbers = (0..).take(register.orgs().len());
        let mut versions: Vec<Vec<Version>> = numbers.map(first).collect();
        for moved in transfers {
            let region = register.orgs()[index(moved.org)].region;
            let to = municipalities.get(&(region, moved.to.as_str().to_owned())).copied();
            let known = &mut versions[index(moved.org)];
            // The last of a hundred moves stands for all behind it.
            if let Some(last) = known.last_mut().filter(|last| last.key % VERSIONS < VERSIONS - 1) {
                last.to = moved.day.yesterday().ok();
                let key = last.key + 1;
                known.push(Version { key, municipality: to, since: moved.seq, from: Some(moved.day), to: None });
            }
        }
        Self { versions, municipalities }
    }

    /// The versions of an organisation, in the order of time.
    pub(super) fn versions(&self, org: u32) -> &[Version] {
        &self.versions[index(org)]
    }

    /// The version at a position.
    pub(super) fn at(&self, org: u32, seq: Seq) -> &Version {
        let known = self.versions(org);
        // The first begins before everything.
        &known[known.partition_point(|version| version.since <= seq).saturating_sub(1)]
    }

    /// The version on a day; without one, the last.
    pub(super) fn on(&self, org: u32, day: Option<Date>) -> &Version {
        let known = self.versions(org);
        let until =
            day.map_or(known.len(), |day| known.partition_point(|version| version.from.is_none_or(|from| from <= day)));
        &known[until.saturating_sub(1)]
    }

    /// The place that a row of values is about.
    pub(super) fn of_row(
        &self,
        register: &Register,
        level: Level,
        org: &str,
        (region, municipality): (Option<&str>, Option<&str>),
        at: Option<Seq>,
    ) -> Place {
        let region = region.and_then(|code| register.region_index(code));
        let of_code = |code: &str| self.municipalities.get(&(region?, code.to_owned())).copied();
        let (key, municipality) = match level {
            Level::Country => (COUNTRY_KEY, None),
            Level::Region => (region.map_or(UNKNOWN_KEY, region_key), None),
            Level::Direction => (region.map_or(UNKNOWN_KEY, |region| direction_key(region, org)), None),
            Level::Municipality => {
                let number = of_code(org);
                (number.map_or(UNKNOWN_KEY, municipality_key), number)
            }
            Level::School | Level::Publisher => match register.org_index(org) {
                Some(number) => {
                    let version = at.map_or_else(|| self.on(number, None), |seq| self.at(number, seq));
                    (version.key, municipality.and_then(of_code).or(version.municipality))
                }
                None => (UNKNOWN_KEY, municipality.and_then(of_code)),
            },
        };
        let names = region.map(|number| &register.regions()[index(number)]);
        Place {
            key,
            region_code: names.map_or(UNKNOWN, |it| it.code.as_str()).to_owned(),
            region_name: names.map(|it| it.clockwork.rules().name_ru.clone()),
            municipality,
        }
    }
}

pub(super) fn municipality_key(number: u32) -> i64 {
    MUNICIPALITY_BASE - i64::from(number)
}

pub(super) fn region_key(number: u32) -> i64 {
    REGION_BASE - i64::from(number)
}

pub(super) fn direction_key(region: u32, code: &str) -> i64 {
    let directions = indicators::DIRECTIONS;
    let at = directions.iter().position(|(_, known)| *known == code).unwrap_or(directions.len());
    DIRECTION_BASE - i64::from(region) * 10 - i64::try_from(at).unwrap_or_default()
}
