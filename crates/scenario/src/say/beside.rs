//! What is said beside the obligations.

use domain::command::{Command, EnrolSchool, GrantAuthority};
use domain::payload::{
    AmendChange, AmendOp, ClassOpened, CoordinatorAppointed, Direction, MonitoringOpened, PeriodClosed, PlanAmended,
    SchoolWithdrawn, Wave,
};

use crate::codes::code;
use crate::details::CHECKLIST;
use crate::dice::Dice;
use crate::note::{AMENDED_ROW, AMENDED_TO};
use crate::org::Org;
use crate::people::{Who, coordinator_code};
use crate::story::Beside;
use crate::world::World;

const DIRECTIONS: [Direction; 4] =
    [Direction::Agro, Direction::Pedagogical, Direction::Technological, Direction::NaturalScience];

impl World {
    pub(super) fn say_beside(&self, org: Org, beside: Beside) -> Command {
        let region = self.region_of(org).code.clone();
        let plan = self.plan_code.clone();
        let of = self.code_of(org);
        let mut dice = Dice::of(self.settings.seed, &[self.seed_of(org), 0xbe]);
        match beside {
            Beside::Grant { first, last } => Command::GrantAuthority(GrantAuthority {
                grant: code(&format!("leave-{of}")),
                to: self.actor(org, Who::Vice).person,
                scope: None,
                acts: [].into(),
                valid_from: Some(self.days.date(first)),
                valid_to: self.days.date(last),
                basis: format!("Приказ о возложении обязанностей № {}-лс", 10 + dice.below(200)),
            }),
            Beside::Class => Command::OpenClass(ClassOpened {
                class: code(&format!("class-{of}")),
                school: self.org_code(org),
                grade: *dice.pick(&[7, 8, 10]),
                direction: *dice.pick(&DIRECTIONS),
                pupils: 12 + dice.below(14),
            }),
            Beside::Coordinator => {
                let municipality = &self.municipalities[self.municipality_of(org)];
                Command::AppointCoordinator(CoordinatorAppointed {
                    person: code(&coordinator_code(municipality)),
                    municipality: Some(municipality.code.clone()),
                    org: None,
                    basis: "Приказ министерства образования от 26.09.2022".to_owned(),
                })
            }
            Beside::Monitoring(wave) => {
                let name = match wave {
                    Wave::T0 => "t0",
                    Wave::H1 => "h1",
                    Wave::Info => "info",
                    Wave::Y => "y",
                };
                let checklist = (wave != Wave::Info).then(|| code(CHECKLIST));
                let monitoring = code(&format!("{region}-{name}"));
                Command::OpenMonitoring(MonitoringOpened { monitoring, region, wave, checklist })
            }
            Beside::Enrol { school } => Command::EnrolSchool(EnrolSchool {
                plan,
                region,
                school: self.org_code(Org::School(school)),
                directions: [Direction::Agro].into(),
                joined_on: self.days.date(self.joins(school).unwrap_or(0)),
                basis: "Приказ о включении в список участников проекта № 1240-а".to_owned(),
            }),
            Beside::Leave { school } => Command::WithdrawSchool(SchoolWithdrawn {
                plan,
                region,
                school: self.org_code(Org::School(school)),
                left_on: self.days.date(self.leaves(school).unwrap_or(0)),
                basis: "Приказ об исключении из списка участников проекта № 561-а".to_owned(),
            }),
            Beside::Amend => {
                let op = AmendOp { row: code(AMENDED_ROW), change: AmendChange::Move, due: Some(AMENDED_TO) };
                let basis = "Приказ о переносе срока разработки планов № 640-а".to_owned();
                Command::AmendPlan(PlanAmended { plan, region, ops: vec![op], basis })
            }
            Beside::ClosePeriod => Command::ClosePeriod(PeriodClosed {
                region,
                period: format!("{}.H1", self.plan.school_year),
                basis: "Отчёт за первое полугодие".to_owned(),
            }),
        }
    }
}
