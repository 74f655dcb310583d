//! Organisations and territories with their keys: who belonged where, and when.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::id::Seq;
use indicators::Level;
use jiff::civil::Date;
use register::Register;

use super::{UNKNOWN, index};
use crate::beside::Transfer;

/// A version of an organisation: it belonged to one municipality all the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    pub(super) key: i64,
    pub(super) municipality: Option<u32>,
    /// Position of the event that began it; [`Seq::NONE`] for the first.
    since: Seq,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

/// Codes and names of one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'s> {
    pub(super) key: i64,
    pub(super) region_code: &'s str,
    pub(super) region_name: Option<&'s str>,
    pub(super) municipality: Option<u32>,
}

/// Every place that rows name. It is made for each look at the state, so it holds only what is rare: who moved.
#[derive(Debug)]
pub(super) struct Places<'s> {
    register: &'s Register,
    /// By number of the organisation that moved, its versions in the order of time.
    moved: HashMap<u32, Vec<Version>>,
    municipalities: HashMap<(u32, &'s str), u32>,
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

impl<'s> Places<'s> {
    pub(super) fn of(register: &'s Register, transfers: &[Transfer]) -> Self {
        let municipalities: HashMap<(u32, &str), u32> =
            (0..).zip(register.municipalities()).map(|(number, it)| ((it.region, it.code.as_str()), number)).collect();
        let mut moved: HashMap<u32, Vec<Version>> = HashMap::new();
        for transfer in transfers {
            let region = register.orgs()[index(transfer.org)].region;
            let to = municipalities.get(&(region, transfer.to.as_str())).copied();
            let known = moved.entry(transfer.org).or_insert_with(|| vec![first_of(register, transfer.org)]);
            // The last of a hundred moves stands for all behind it.
            if let Some(last) = known.last_mut().filter(|last| last.key % VERSIONS < VERSIONS - 1) {
                last.to = transfer.day.yesterday().ok();
                let (key, since, from) = (last.key + 1, transfer.seq, Some(transfer.day));
                known.push(Version { key, municipality: to, since, from, to: None });
            }
        }
        Self { register, moved, municipalities }
    }

    /// The versions of an organisation, in the order of time.
    pub(super) fn versions(&self, org: u32) -> Cow<'_, [Version]> {
        match self.moved.get(&org) {
            Some(known) => Cow::Borrowed(known),
            None => Cow::Owned(vec![first_of(self.register, org)]),
        }
    }

    /// The version at a position.
    pub(super) fn at(&self, org: u32, seq: Seq) -> Version {
        self.found(org, |known| known.partition_point(|version| version.since <= seq))
    }

    /// The version on a day; without one, the last.
    pub(super) fn on(&self, org: u32, day: Option<Date>) -> Version {
        let began = |version: &Version, day: Date| version.from.is_none_or(|from| from <= day);
        self.found(org, |known| day.map_or(known.len(), |day| known.partition_point(|version| began(version, day))))
    }

    /// The last of so many versions as `count` tells; the first begins before everything.
    fn found(&self, org: u32, count: impl FnOnce(&[Version]) -> usize) -> Version {
        let moved = self.moved.get(&org).and_then(|known| known.get(count(known).saturating_sub(1)));
        moved.copied().unwrap_or_else(|| first_of(self.register, org))
    }

    /// The place that a row of values is about.
    pub(super) fn of_row(
        &self,
        level: Level,
        org: &str,
        (region, municipality): (Option<&str>, Option<&str>),
        at: Option<Seq>,
    ) -> Place<'s> {
        let register = self.register;
        let region = region.and_then(|code| register.region_index(code));
        let of_code = |code: &str| self.municipalities.get(&(region?, code)).copied();
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
            region_code: names.map_or(UNKNOWN, |it| it.code.as_str()),
            region_name: names.map(|it| it.clockwork.rules().name_ru.as_str()),
            municipality,
        }
    }
}

/// The only version of an organisation that never moved, and the first of one that did.
fn first_of(register: &Register, org: u32) -> Version {
    let (key, municipality) = ((i64::from(org) + 1) * VERSIONS, register.orgs()[index(org)].home);
    Version { key, municipality, since: Seq::NONE, from: None, to: None }
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
