//! The embedded data: regions, municipalities and names.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::dice::{Dice, count, index};

/// A region of the country.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RegionEntry {
    pub(crate) code: String,
    pub(crate) name_ru: String,
    pub(crate) name_en: String,
    pub(crate) zone: String,
    /// Hours ahead of UTC during the whole of the story: no region changed its clocks in it.
    pub(crate) utc_hours: i32,
    pub(crate) capital_ru: String,
    pub(crate) capital_en: String,
    /// Proportion of schools.
    pub(crate) weight: u32,
}

/// A municipality of Primorsky Krai.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MunicipalityEntry {
    pub(crate) code: String,
    pub(crate) name_ru: String,
    pub(crate) name_en: String,
    pub(crate) place_ru: String,
    pub(crate) place_en: String,
    /// Proportion of schools.
    pub(crate) weight: u32,
}

/// A name that a district of any other region may bear.
#[derive(Clone, Debug, Deserialize)]
struct DistrictEntry {
    name_ru: String,
    code: String,
    place_ru: String,
    place_en: String,
}

/// A name in both languages.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Bilingual {
    pub(crate) ru: String,
    pub(crate) en: String,
}

/// Words that people of the story use and are called by.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Words {
    pub(crate) villages: Vec<Bilingual>,
    pub(crate) surnames_women: Vec<String>,
    pub(crate) surnames_men: Vec<String>,
    pub(crate) return_notes: Vec<String>,
    pub(crate) correct_reasons: Vec<String>,
    pub(crate) retract_reasons: Vec<String>,
    pub(crate) submit_notes: Vec<String>,
    pub(crate) behalf_notes: Vec<String>,
    pub(crate) recommendations: Vec<String>,
    pub(crate) activities: Vec<String>,
    pub(crate) news: Vec<String>,
    pub(crate) interim_notes: Vec<String>,
    pub(crate) extension_reasons: Vec<String>,
    pub(crate) extension_refusals: Vec<String>,
    pub(crate) excuse_refusals: Vec<String>,
    pub(crate) excuse_revocations: Vec<String>,
    pub(crate) reopen_notes: Vec<String>,
    pub(crate) part_notes: Vec<String>,
    pub(crate) proposal_refusals: Vec<String>,
    pub(crate) cancel_reasons: Vec<String>,
    pub(crate) undo_reasons: Vec<String>,
    pub(crate) bulk_notes: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) regions: Vec<RegionEntry>,
    pub(crate) primorye: Vec<MunicipalityEntry>,
    districts: Vec<DistrictEntry>,
    pub(crate) words: Words,
}

#[derive(Deserialize)]
struct RegionsFile {
    regions: Vec<RegionEntry>,
}

#[derive(Deserialize)]
struct MunicipalitiesFile {
    municipalities: Vec<MunicipalityEntry>,
}

#[derive(Deserialize)]
struct DistrictsFile {
    districts: Vec<DistrictEntry>,
}

fn embedded<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).expect("the embedded data has its shape: a test of this crate reads it")
}

impl Places {
    /// Reads the embedded data.
    pub(crate) fn read() -> Self {
        Self {
            regions: embedded::<RegionsFile>(include_str!("../data/regions.json")).regions,
            primorye: embedded::<MunicipalitiesFile>(include_str!("../data/regions_primorye.json")).municipalities,
            districts: embedded::<DistrictsFile>(include_str!("../data/regions_districts.json")).districts,
            words: embedded(include_str!("../data/names.json")),
        }
    }

    /// Makes the municipalities of a region other than Primorsky Krai: its capital and districts.
    pub(crate) fn districts_of(&self, region: &RegionEntry, schools: u32, dice: &mut Dice) -> Vec<MunicipalityEntry> {
        let mut entries = vec![MunicipalityEntry {
            code: format!("{}-city", region.code),
            name_ru: format!("городской округ {}", region.capital_ru),
            name_en: format!("{} urban okrug", region.capital_en),
            place_ru: format!("г. {}", region.capital_ru),
            place_en: region.capital_en.clone(),
            weight: 12 + dice.below(20),
        }];
        let wanted = index((schools / 15).min(count(self.districts.len())));
        let first = index(dice.below(count(self.districts.len())));
        let kind =
            dice.pick(&[("муниципальный район", "municipal district"), ("муниципальный округ", "municipal okrug")]);
        for entry in self.districts.iter().cycle().skip(first).take(wanted) {
            entries.push(MunicipalityEntry {
                code: format!("{}-{}", region.code, entry.code),
                name_ru: format!("{} {}", entry.name_ru, kind.0),
                name_en: format!("{} {}", capitalised(&entry.code), kind.1),
                place_ru: entry.place_ru.clone(),
                place_en: entry.place_en.clone(),
                weight: 3 + dice.below(10),
            });
        }
        entries
    }
}

fn capitalised(code: &str) -> String {
    let mut letters = code.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Shares `total` out by weight, largest remainders first, so that the parts add up to it.
pub(crate) fn shared_out(total: u32, weights: &[u32]) -> Vec<u32> {
    let all: u64 = weights.iter().map(|weight| u64::from(*weight)).sum::<u64>().max(1);
    let exact = |weight: u32| u64::from(total) * u64::from(weight);
    let mut parts: Vec<u32> =
        weights.iter().map(|weight| u32::try_from(exact(*weight) / all).unwrap_or(u32::MAX)).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| (std::cmp::Reverse(exact(weights[*at]) % all), *at));
    let given: u32 = parts.iter().sum();
    for at in order.into_iter().take(index(total.saturating_sub(given))) {
        parts[at] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_country_has_85_regions_and_the_krai_34_municipalities() {
        let places = Places::read();
        let codes: BTreeSet<&str> = places.regions.iter().map(|region| region.code.as_str()).collect();
        assert_eq!((places.regions.len(), codes.len()), (85, 85));
        let codes: BTreeSet<&str> = places.primorye.iter().map(|entry| entry.code.as_str()).collect();
        assert_eq!((places.primorye.len(), codes.len()), (34, 34));
        assert_eq!(places.primorye.iter().map(|entry| entry.weight).sum::<u32>(), 510);
        assert!(codes.contains("pogranichny"));
    }

    #[test]
    fn every_zone_is_known_and_keeps_its_offset_all_year() {
        for region in Places::read().regions {
            let zone = jiff::tz::TimeZone::get(&region.zone).unwrap();
            for day in ["2022-08-01T00:00:00Z", "2023-01-15T00:00:00Z", "2023-09-30T00:00:00Z"] {
                let offset = zone.to_offset(day.parse().unwrap());
                assert_eq!(offset.seconds(), region.utc_hours * 3600, "{}", region.code);
            }
        }
    }

    #[test]
    fn parts_add_up() {
        assert_eq!(shared_out(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(shared_out(0, &[5, 7]), [0, 0]);
        assert_eq!(shared_out(7, &[]), Vec::<u32>::new());
        let places = Places::read();
        let weights: Vec<u32> = places.primorye.iter().map(|entry| entry.weight).collect();
        assert_eq!(shared_out(510, &weights), weights);
    }

    #[test]
    fn a_region_has_its_capital_and_districts_that_differ() {
        let places = Places::read();
        let entries = places.districts_of(&places.regions[2], 1230, &mut Dice::of(1, &[]));
        let codes: BTreeSet<&str> = entries.iter().map(|entry| entry.code.as_str()).collect();
        assert_eq!(codes.len(), entries.len());
        assert!(codes.contains("bashkortostan-city"));
        assert_eq!(places.districts_of(&places.regions[2], 3, &mut Dice::of(1, &[])).len(), 1);
    }
}
