//! What stands before the year: regions, organisations, the plan and its activation.

use domain::actor::{Actor, Role, Scope};
use domain::calendar::WeekendRule;
use domain::command::{ActivatePlan, Command, ConfigureRegion, ImportPlan, RegisterOrganisations};
use domain::deadline::SchoolYear;
use domain::id::OrgCode;
use domain::limits::ORGANISATIONS_PER_COMMAND_MAX;
use domain::payload::{AnomalyResolved, AuthorityRef, OrgKind, OrgRegistered, PlanApproved};
use domain::period::SchoolYearPeriods;
use domain::region::{RegionRules, TimelinessBasis};
use jiff::civil::date;

use crate::again::calendar;
use crate::checklist::Edition;
use crate::codes::{authority_code, code};
use crate::days::{BACKDATE_DAYS, DAY, day_of};
use crate::dice::{Dice, count};
use crate::org::Org;
use crate::people::ministry_code;
use crate::step::Step;
use crate::world::{Municipality, Region, School, World};

/// Who configures regions and keeps the registry.
pub(crate) const ADMIN: &str = "admin-vekha";

/// 9:00 of 29 August in UTC: the same day in every region, and before any step of the year.
const START: i32 = 28 * DAY + 9 * 3600;

impl World {
    /// The commands that lay out the world, in their order, all before the first step of the year.
    ///
    /// Region rules first, then organisations by the thousand, the plan, and its activation in every
    /// region. They are made one at a time: one command can hold a thousand organisations. A later year finds
    /// regions and organisations there: it brings its plan, its checklist and the activations.
    pub fn setup(&self) -> impl Iterator<Item = Step> + '_ {
        let first = if self.nth == 0 { &self.regions[..] } else { &[] };
        let regions = first.iter().map(|region| {
            let rules = self.rules(region);
            self.step(region, "configure", false, Command::ConfigureRegion(Box::new(ConfigureRegion { rules })))
        });
        let chunks = first.iter().enumerate().flat_map(|(at, region)| self.registrations(at, region));
        let import = self.regions.iter().take(1).map(|region| {
            let plan = self.plan.clone();
            self.step(region, "import", true, Command::ImportPlan(Box::new(ImportPlan { plan })))
        });
        let checklist = self.regions.iter().take(1).map(|region| {
            self.step(region, "checklist", true, Command::ApproveChecklist(self.approved_checklist(Edition::Autumn)))
        });
        let activations = self
            .regions
            .iter()
            .map(|region| self.step(region, "activate", true, Command::ActivatePlan(self.activation(region))));
        let settled = self.regions.iter().take(1).flat_map(|region| self.settled(region));
        let steps = regions.chain(chunks).chain(import).chain(settled).chain(checklist).chain(activations);
        steps.zip(START..).map(|(step, moment)| Step { at: self.days.instant(moment, 0), ..step })
    }

    fn step(&self, region: &Region, what: &str, by_ministry: bool, command: Command) -> Step {
        let person = if by_ministry { ministry_code(region) } else { ADMIN.to_owned() };
        let role = if by_ministry { Role::Ministry } else { Role::Admin };
        Step {
            at: self.days.instant(START, 0),
            today: self.days.date(day_of(START)),
            region: region.code.clone(),
            actor: Actor::new(code(&person), role, Scope::All),
            grant: None,
            command_id: format!("{}/setup/{what}/{}", self.key(), region.code),
            command,
            repeat: false,
        }
    }

    /// What the ministry of the first region settles about the plan: its odd places, and its approval.
    fn settled(&self, region: &Region) -> Vec<Step> {
        let resolved = |row: &str, field: &str, found: &str, value: &str, rule: &str| {
            Command::ResolveAnomaly(AnomalyResolved {
                plan: self.plan_code.clone(),
                row: self.plan.row(&code(row)).map(|row| row.row.clone()),
                field: field.to_owned(),
                found: found.to_owned(),
                value: value.to_owned(),
                rule: rule.to_owned(),
            })
        };
        let chair = resolved(
            "14.1",
            "chair",
            "shkuryatskaya-mv",
            "shkuratskaya-mv",
            "Опечатка: председатель совещаний — одно лицо",
        );
        let year =
            resolved("12.1", "title", "на 2022 год", "на 2022-2023 учебный год", "План составлен на учебный год");
        let first = self.plan.school_year.first_year();
        let order = format!("Приказ министерства образования Приморского края от 26.08.{first} № 870-а");
        let approved = Command::ApprovePlan(PlanApproved { plan: self.plan_code.clone(), order });
        let steps = [("settle-14", chair), ("settle-12", year), ("approve", approved)];
        // What was odd about the document is settled once.
        let settled = if self.nth == 0 { 0 } else { 2 };
        steps.into_iter().skip(settled).map(|(what, command)| self.step(region, what, true, command)).collect()
    }

    /// The rules of a region: the federal calendar, the school year, the policies of the first plan.
    fn rules(&self, region: &Region) -> RegionRules {
        let first = self.plan.school_year.first_year();
        RegionRules {
            name_ru: region.name_ru.clone(),
            name_en: region.name_en.clone(),
            weekend_rule: WeekendRule::Following,
            timeliness_basis: TimelinessBasis::Occurred,
            due_soon_days: 5,
            lateness_cap_days: 60,
            rework_working_days: 3,
            calendar: calendar(first + i16::from(self.settings.years)),
            backdate_days: u16::try_from(BACKDATE_DAYS).ok(),
            school_years: (first..).take(usize::from(self.settings.years)).filter_map(semesters).collect(),
            ..RegionRules::standard(region.code.clone(), &region.zone)
        }
    }

    fn registrations<'w>(&'w self, at: usize, region: &'w Region) -> impl Iterator<Item = Step> + 'w {
        let authorities = (0..self.authorities.len()).filter(move |one| self.authorities[*one].region == at);
        let orgs: Vec<Org> = authorities.map(Org::Authority).chain(region.schools.clone().map(Org::School)).collect();
        let chunks = orgs.len().div_ceil(ORGANISATIONS_PER_COMMAND_MAX);
        (0..chunks).map(move |chunk| {
            let orgs = orgs.iter().skip(chunk * ORGANISATIONS_PER_COMMAND_MAX).take(ORGANISATIONS_PER_COMMAND_MAX);
            let organisations = orgs.map(|org| self.registered(region, *org)).collect();
            let command = Command::RegisterOrganisations(RegisterOrganisations { organisations });
            self.step(region, &format!("register-{chunk}"), false, command)
        })
    }

    fn registered(&self, region: &Region, org: Org) -> OrgRegistered {
        let (kind, (name_ru, name_en), municipality) = match org {
            Org::School(at) => {
                let school = &self.schools[at];
                let municipality = &self.municipalities[school.municipality];
                (OrgKind::School, self.school_name(school, municipality), Some(municipality.reference()))
            }
            Org::Authority(at) => (OrgKind::Authority, self.authority_name(region, at), None),
            Org::Municipality(_) | Org::Region(_) => unreachable!("only schools and authorities are registered"),
        };
        let code = self.org_code(org);
        OrgRegistered { code, kind, name_ru, name_en, region: region.code.clone(), municipality }
    }

    /// Numbered schools stand in the centre, the others in the villages around it.
    fn school_name(&self, school: &School, municipality: &Municipality) -> (String, String) {
        let total = count(municipality.schools.len());
        let town = municipality.place_ru.starts_with("г.");
        let central = if town { total - total / 6 } else { total.div_ceil(3) };
        if school.number <= central {
            let (number, ru, en) = (school.number, &municipality.place_ru, &municipality.place_en);
            let gymnasium = town && school.number.is_multiple_of(9);
            return if gymnasium {
                (format!("МБОУ «Гимназия № {number}» {ru}"), format!("Gymnasium No. {number}, {en}"))
            } else {
                (format!("МБОУ СОШ № {number} {ru}"), format!("School No. {number}, {en}"))
            };
        }
        let villages = &self.places.words.villages;
        // The home municipality has its own villages, first in the list; others begin anywhere.
        let home = municipality.code.as_str() == crate::world::HOME_MUNICIPALITY;
        let first = if home { 0 } else { Dice::of(municipality.seed, &[0x51]).below(count(villages.len())) };
        let at = crate::dice::index(first + school.number - central - 1);
        let village = &villages[at % villages.len()];
        // More schools than villages: the number tells them apart.
        let again = if at >= villages.len() * 2 { format!(" № {}", school.number) } else { String::new() };
        (format!("МБОУ СОШ{again} с. {}", village.ru), format!("School{} of {}", again.replace('№', "No."), village.en))
    }

    fn authority_name(&self, region: &Region, at: usize) -> (String, String) {
        let role = self.expansion.authorities[self.authorities[at].role].0.as_str();
        if region.is_home() {
            let known = self.plan.organisations.iter().find(|org| org.code.as_str() == role);
            let (ru, en) = known.map_or((role, role), |org| {
                let ru = if org.name_ru.is_empty() { &org.abbr } else { &org.name_ru };
                (ru, if org.name_en.is_empty() { role } else { &org.name_en })
            });
            return (ru.to_owned(), en.to_owned());
        }
        let (ru, en) = match role {
            "mo-pk" => ("Министерство образования", "Ministry of Education"),
            "pk-iro" => ("Институт развития образования", "Institute for the Development of Education"),
            "rmc" => ("Региональный модельный центр", "Regional Model Centre"),
            "rcod" => ("Региональный центр «РЦОД»", "Regional centre RCOD"),
            "oo-apmo" => ("Управление образования", "Education department"),
            other => (other, other),
        };
        (format!("{ru} ({})", region.name_ru), format!("{en} ({})", region.name_en))
    }

    fn activation(&self, region: &Region) -> ActivatePlan {
        let year = self.plan.school_year.first_year();
        let roles = self.expansion.authorities.iter().map(|(role, _)| role);
        let authorities = roles.map(|role| AuthorityRef {
            role: role.clone(),
            org: code(&authority_code(region.code.as_str(), role.as_str())),
        });
        ActivatePlan {
            plan: self.plan_code.clone(),
            region: region.code.clone(),
            schools: region
                .schools
                .clone()
                .filter(|at| self.joins(*at).is_none())
                .map(|at| self.org_code(Org::School(at)))
                .collect::<Vec<OrgCode>>(),
            authorities: authorities.filter(|one| one.role != one.org).collect(),
            basis: format!("Концепция кластерной политики в системе образования на {}-{} годы", year, year + 2),
        }
    }
}

/// The semesters of a school year that begins in that calendar year.
fn semesters(first: i16) -> Option<SchoolYearPeriods> {
    let school_year = SchoolYear::starting(first)?;
    Some(SchoolYearPeriods {
        school_year,
        h1_start: school_year.start(),
        h1_end: date(first, 12, 31),
        h2_end: school_year.end(),
    })
}
