//! What is said beside the obligations.

use domain::command::{Command, EnrolSchool, GrantAuthority};
use domain::number::Real;
use domain::payload::{
    AmendChange, AmendOp, ClassOpened, CoordinatorAppointed, Direction, MonitoringOpened, OrgTransferred, PeriodClosed,
    PlanAmended, SchoolWithdrawn, TargetSet, Wave,
};

use crate::checklist::Edition;
use crate::codes::code;
use crate::days::Local;
use crate::dice::Dice;
use crate::note::{AMENDED_ROW, AMENDED_TO};
use crate::org::{Org, Passage};
use crate::people::{Who, coordinator_code};
use crate::story::Beside;
use crate::world::World;

impl World {
    pub(super) fn say_beside(&self, org: Org, beside: Beside, at: Local) -> Command {
        let mut dice = Dice::of(self.luck, &[self.seed_of(org), 0xbe]);
        match beside {
            Beside::Grant { first, last } => Command::GrantAuthority(GrantAuthority {
                grant: self.leave_code(org),
                to: self.actor(org, Who::Vice, at).person,
                scope: None,
                acts: [].into(),
                valid_from: Some(self.days.date(first)),
                valid_to: self.days.date(last),
                basis: format!("Приказ о возложении обязанностей № {}-лс", 10 + dice.below(200)),
            }),
            Beside::Class { nth } => Command::OpenClass(self.opened_class(org, nth)),
            Beside::Coordinator => {
                let municipality = &self.municipalities[self.municipality_of(org)];
                Command::AppointCoordinator(CoordinatorAppointed {
                    person: code(&coordinator_code(municipality)),
                    municipality: Some(municipality.code.clone()),
                    org: None,
                    basis: format!("Приказ министерства образования от 26.09.{}", self.plan.school_year.first_year()),
                })
            }
            Beside::Enrol { school, passage } => self.say_enrolled(school, passage),
            Beside::Leave { school, passage } => self.say_withdrawn(school, passage),
            Beside::Checklist | Beside::Monitoring(_) | Beside::Amend | Beside::ClosePeriod { .. } => {
                self.say_regional(org, beside)
            }
            Beside::Target { municipality } => self.say_target(org, municipality),
            Beside::Transfer(transfer) => Command::TransferOrg(OrgTransferred {
                org: self.org_code(Org::School(transfer.school)),
                municipality: self.municipalities[transfer.to].reference(),
                basis: "Закон Приморского края от 27.03.2023 № 318-КЗ".to_owned(),
            }),
        }
    }

    fn opened_class(&self, org: Org, nth: usize) -> ClassOpened {
        let classes = if let Org::School(at) = org { self.classes(at) } else { Vec::new() };
        let (direction, grade, pupils) =
            classes.get(nth).map_or((Direction::Agro, 10, 20), |class| (class.direction, class.grade, class.pupils));
        let number = if nth == 0 { String::new() } else { format!("-{}", nth + 1) };
        let class = code(&format!("class-{}{number}{}", self.code_of(org), self.suffix()));
        ClassOpened { class, school: self.org_code(org), grade, direction, pupils }
    }

    fn say_enrolled(&self, school: usize, passage: Passage) -> Command {
        let school = Org::School(school);
        Command::EnrolSchool(EnrolSchool {
            plan: self.plan_code.clone(),
            region: self.region_of(school).code.clone(),
            school: self.org_code(school),
            directions: [Direction::Agro].into(),
            joined_on: self.days.date(passage.on),
            basis: "Приказ о включении в список участников проекта № 1240-а".to_owned(),
        })
    }

    fn say_withdrawn(&self, school: usize, passage: Passage) -> Command {
        let school = Org::School(school);
        Command::WithdrawSchool(SchoolWithdrawn {
            plan: self.plan_code.clone(),
            region: self.region_of(school).code.clone(),
            school: self.org_code(school),
            left_on: self.days.date(passage.on),
            basis: "Приказ об исключении из списка участников проекта № 561-а".to_owned(),
        })
    }

    /// A target of the ministry's own, or one for a municipality that began late.
    fn say_target(&self, org: Org, municipality: bool) -> Command {
        let of = self.region_of(org);
        let year = self.plan.school_year.first_year();
        let (indicator, target, basis) = if municipality {
            ("I10", 0.9, format!("Соглашение с муниципалитетом от 05.10.{year} № 17"))
        } else {
            ("I17", 0.7, format!("Приказ министерства образования от 01.03.{} № 212-а", year + 1))
        };
        // At home where that is the only one, else the last of the region.
        let municipality = municipality.then(|| self.municipalities[of.municipalities.end - 1].code.clone());
        Command::SetTarget(TargetSet {
            region: of.code.clone(),
            indicator: indicator.to_owned(),
            period: None,
            municipality,
            target: Real::new(target),
            weight: None,
            basis,
        })
    }

    fn say_regional(&self, org: Org, beside: Beside) -> Command {
        let (region, plan) = (self.region_of(org).code.clone(), self.plan_code.clone());
        match beside {
            Beside::Monitoring(wave) => {
                let name = match wave {
                    Wave::T0 => "t0",
                    Wave::H1 => "h1",
                    Wave::Info => "info",
                    Wave::Y => "y",
                };
                let edition = if wave == Wave::T0 { Edition::Autumn } else { Edition::Winter };
                let checklist = (wave != Wave::Info).then(|| self.checklist(edition));
                let monitoring = code(&format!("{region}-{name}{}", self.suffix()));
                Command::OpenMonitoring(MonitoringOpened { monitoring, region, wave, checklist })
            }
            Beside::Amend => {
                let due = Some(self.days.date(self.days.on(AMENDED_TO)));
                let op = AmendOp { row: code(AMENDED_ROW), change: AmendChange::Move, due };
                let basis = "Приказ о переносе срока разработки планов № 640-а".to_owned();
                Command::AmendPlan(PlanAmended { plan, region, ops: vec![op], basis })
            }
            Beside::ClosePeriod { semester } => {
                let year = self.plan.school_year;
                let (period, basis) = if semester {
                    (format!("{year}.H1"), "Отчёт за первое полугодие")
                } else {
                    (year.to_string(), "Отчёт за учебный год")
                };
                Command::ClosePeriod(PeriodClosed { region, period, basis: basis.to_owned() })
            }
            Beside::Checklist => Command::ApproveChecklist(self.approved_checklist(Edition::Winter)),
            other => unreachable!("{other:?} is no act of a region"),
        }
    }
}
