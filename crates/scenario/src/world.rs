//! The world in which the year happens: regions, municipalities, schools, authorities.

use std::ops::Range;

use domain::expand::{Expansion, expand};
use domain::id::{MunicipalityCode, OrgCode, PlanCode, RegionCode};
use domain::payload::MunicipalityRef;
use domain::plan::Plan;

use crate::Settings;
use crate::again::{calendar, moved};
use crate::character::{Character, Climate, Mishap};
use crate::codes::{authority_code, code, school_code};
use crate::days::{DAY, Day, Days, Local};
use crate::dice::{Dice, count, hash};
use crate::note::{Note, notes};
use crate::places::{MunicipalityEntry, Places, RegionEntry, shared_out};
use crate::transfer::Transfer;

/// The region that the plan was written for.
pub(crate) const HOME_REGION: &str = "primorye";
/// The municipality that the plan was written for.
pub(crate) const HOME_MUNICIPALITY: &str = "pogranichny";
/// The schools of the home region when there is a whole nation.
const HOME_SCHOOLS: u32 = 510;
/// The most schools that one municipality stands for.
const MUNICIPALITY_MAX: u32 = 20;
/// The most schools that the home region alone stands for.
const REGION_MAX: u32 = 600;
/// The most schools of a world: their number has 18 bits in an intent.
const SCHOOLS_MAX: u32 = 200_000;

/// A region of the world.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) code: RegionCode,
    pub(crate) name_ru: String,
    pub(crate) name_en: String,
    pub(crate) zone: String,
    /// Seconds ahead of UTC.
    pub(crate) offset: i32,
    pub(crate) climate: Climate,
    pub(crate) schools: Range<usize>,
    pub(crate) municipalities: Range<usize>,
}

impl Region {
    /// Whether the plan was written for it.
    pub(crate) fn is_home(&self) -> bool {
        self.code.as_str() == HOME_REGION
    }
}

/// A municipality of the world.
#[derive(Clone, Debug)]
pub(crate) struct Municipality {
    pub(crate) code: MunicipalityCode,
    pub(crate) name_ru: String,
    pub(crate) name_en: String,
    pub(crate) place_ru: String,
    pub(crate) place_en: String,
    pub(crate) region: usize,
    pub(crate) seed: u64,
    pub(crate) climate: Climate,
    pub(crate) schools: Range<usize>,
}

impl Municipality {
    /// Whether the plan was written for it.
    pub(crate) fn is_home(&self) -> bool {
        self.code.as_str() == HOME_MUNICIPALITY
    }

    /// What an organisation of it is registered with.
    pub(crate) fn reference(&self) -> MunicipalityRef {
        MunicipalityRef { code: self.code.clone(), name_ru: self.name_ru.clone(), name_en: self.name_en.clone() }
    }
}

/// A school of the world; its code and name follow from its municipality and number.
#[derive(Clone, Debug)]
pub(crate) struct School {
    pub(crate) municipality: usize,
    /// From 1 within its municipality.
    pub(crate) number: u32,
    pub(crate) seed: u64,
    pub(crate) character: Character,
    /// Level of its first self-diagnosis, in thousandths of the points.
    pub(crate) level: i32,
    pub(crate) mishap: Option<Mishap>,
}

/// An authority of one region.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) region: usize,
    /// Which of [`Expansion::authorities`] it plays.
    pub(crate) role: usize,
    pub(crate) code: OrgCode,
    pub(crate) seed: u64,
}

/// Regions, schools and authorities of a story, the plan that they follow, and the people.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) settings: Settings,
    /// Which of the story's school years it is, from 0.
    pub(crate) nth: u8,
    /// Seed of what this year throws; places and people are thrown by that of the settings.
    pub(crate) luck: u64,
    pub(crate) plan: Plan,
    pub(crate) plan_code: PlanCode,
    pub(crate) expansion: Expansion,
    pub(crate) places: Places,
    pub(crate) days: Days,
    /// First and last day of the school year.
    pub(crate) year: (Day, Day),
    /// From this moment on nothing is told: behind the year, or where the next one is laid out.
    pub(crate) end: Local,
    pub(crate) regions: Vec<Region>,
    pub(crate) municipalities: Vec<Municipality>,
    pub(crate) schools: Vec<School>,
    pub(crate) authorities: Vec<Authority>,
    pub(crate) school_notes: Vec<Note>,
    pub(crate) authority_notes: Vec<Vec<Note>>,
    /// The school that changes its municipality.
    pub(crate) transfer: Option<Transfer>,
}

/// Builds the world of a story in its first school year.
///
/// Up to 20 schools are those of one municipality, up to 600 those of its krai, more those of a
/// nation of 85 regions in which the krai has its 510. No school and more than 200,000 schools count
/// as 1 and as 200,000. A plan without a code is told as `plan`.
#[must_use]
pub fn world(settings: &Settings, plan: &Plan) -> World {
    built(settings, plan.clone(), 0)
}

/// Builds the world of each school year of a story, one at a time: the same places and people, the plan moved
/// by whole years with a code of its own.
///
/// Each is laid out and told like the first, behind the one before it: [`World::setup`], then
/// [`year`](crate::year()). No year counts as one.
pub fn years<'p>(settings: &Settings, plan: &'p Plan) -> impl Iterator<Item = World> + use<'p> {
    let settings = *settings;
    (0..settings.years.max(1)).map_while(move |nth| Some(built(&settings, moved(plan, nth)?, nth)))
}

fn built(settings: &Settings, plan: Plan, nth: u8) -> World {
    let settings =
        Settings { schools: settings.schools.clamp(1, SCHOOLS_MAX), years: settings.years.max(1), ..*settings };
    let places = Places::read();
    let expansion = expand(&plan);
    let days = Days::new(plan.school_year, &calendar(plan.school_year.second_year()));
    let code = plan.code.clone().unwrap_or_else(|| code("plan"));
    let year = (days.on((9, 1)), days.on((8, 31)));
    // The next year is laid out on 29 August: by then this one is over in every zone.
    let end = if nth + 1 < settings.years { days.on((8, 28)) + 1 } else { year.1 + 1 };
    let mut world = World {
        settings,
        nth,
        luck: if nth == 0 { settings.seed } else { Dice::of(settings.seed, &[u64::from(nth), 0x9e]).bits() },
        plan_code: code,
        school_notes: notes(&expansion, &expansion.school, &days),
        authority_notes: expansion.authorities.iter().map(|(_, slots)| notes(&expansion, slots, &days)).collect(),
        plan,
        expansion,
        year,
        end: end * DAY,
        days,
        places,
        regions: Vec::new(),
        municipalities: Vec::new(),
        schools: Vec::new(),
        authorities: Vec::new(),
        transfer: None,
    };
    world.populate();
    world.transfer = world.found_transfer();
    world
}

impl World {
    fn populate(&mut self) {
        let total = self.settings.schools;
        let entries = self.places.regions.clone();
        let home = entries.iter().position(|entry| entry.code == HOME_REGION).unwrap_or(0);
        if total <= REGION_MAX {
            self.add_region(&entries[home], total);
            return;
        }
        let mut weights: Vec<u32> = entries.iter().map(|entry| entry.weight).collect();
        weights[home] = 0;
        // One for every other region, the rest by weight.
        let others = count(entries.len()) - 1;
        let mut parts = shared_out(total - HOME_SCHOOLS - others, &weights);
        for part in &mut parts {
            *part += 1;
        }
        parts[home] = HOME_SCHOOLS;
        for (entry, schools) in entries.iter().zip(parts) {
            self.add_region(entry, schools);
        }
    }

    fn add_region(&mut self, entry: &RegionEntry, schools: u32) {
        let seed = hash(&entry.code);
        let mut dice = Dice::of(self.settings.seed, &[seed, 0x7e]);
        let home = entry.code == HOME_REGION;
        let municipalities = if !home {
            self.places.districts_of(entry, schools, &mut dice)
        } else if schools <= MUNICIPALITY_MAX {
            self.places.primorye.iter().filter(|one| one.code == HOME_MUNICIPALITY).cloned().collect()
        } else {
            self.places.primorye.clone()
        };
        let order = if home { 880 } else { 500 + dice.below(500) };
        let at = self.regions.len();
        let (first_school, first_municipality) = (self.schools.len(), self.municipalities.len());
        let weights: Vec<u32> = municipalities.iter().map(|one| one.weight).collect();
        for (one, schools) in municipalities.iter().zip(shared_out(schools, &weights)).filter(|(_, n)| *n > 0) {
            self.add_municipality(one, at, schools);
        }
        self.regions.push(Region {
            code: code(&entry.code),
            name_ru: entry.name_ru.clone(),
            name_en: entry.name_en.clone(),
            zone: entry.zone.clone(),
            offset: entry.utc_hours * 3600,
            climate: Climate::of(order, &mut dice),
            schools: first_school..self.schools.len(),
            municipalities: first_municipality..self.municipalities.len(),
        });
        for role in 0..self.expansion.authorities.len() {
            let code = authority_code(&entry.code, self.expansion.authorities[role].0.as_str());
            self.authorities.push(Authority { region: at, role, seed: hash(&code), code: crate::codes::code(&code) });
        }
    }

    fn add_municipality(&mut self, entry: &MunicipalityEntry, region: usize, schools: u32) {
        let seed = hash(&entry.code);
        let mut dice = Dice::of(self.settings.seed, &[seed, 0x3a]);
        let home = entry.code == HOME_MUNICIPALITY;
        let climate = if home { Climate::of(820, &mut dice) } else { Climate::thrown(&mut dice) };
        let first = self.schools.len();
        for number in 1..=schools {
            let school_seed = hash(&school_code(&entry.code, number));
            let mut dice = Dice::of(self.settings.seed, &[school_seed, 0x5c]);
            let cast = (u64::from(number) + self.settings.seed % 10) % 10;
            let cast = usize::try_from(cast).unwrap_or(0);
            let character = if home && number <= 10 { Character::CAST[cast] } else { climate.character(&mut dice) };
            let mishap = match cast {
                _ if self.nth > 0 => Mishap::thrown(&mut Dice::of(self.luck, &[school_seed, 0x5c])),
                1 if home => Some(Mishap::Quarantine(140 + dice.between(0, 40))),
                5 if home => Some(Mishap::Renovation),
                _ => Mishap::thrown(&mut dice),
            };
            // From year to year a little of what was gained stays.
            let level = character.level(&mut dice) + i32::from(self.nth) * 20;
            let municipality = self.municipalities.len();
            self.schools.push(School { municipality, number, seed: school_seed, character, level, mishap });
        }
        self.municipalities.push(Municipality {
            code: code(&entry.code),
            name_ru: entry.name_ru.clone(),
            name_en: entry.name_en.clone(),
            place_ru: entry.place_ru.clone(),
            place_en: entry.place_en.clone(),
            region,
            seed,
            climate,
            schools: first..self.schools.len(),
        });
    }

    /// How many schools there are.
    #[must_use]
    pub fn schools(&self) -> usize {
        self.schools.len()
    }

    /// How many municipalities have schools here.
    #[must_use]
    pub fn municipalities(&self) -> usize {
        self.municipalities.len()
    }

    /// The regions of the world, in the order in which they are configured.
    pub fn regions(&self) -> impl Iterator<Item = &RegionCode> {
        self.regions.iter().map(|region| &region.code)
    }

    /// How many obligations the plan makes in this world.
    #[must_use]
    pub fn obligations(&self) -> usize {
        let of_authorities: usize = self.authority_notes.iter().map(Vec::len).sum();
        self.schools.len() * self.school_notes.len() + self.regions.len() * of_authorities
    }
}
