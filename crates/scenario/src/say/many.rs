//! What is done for all schools of a municipality.

use domain::command::{ApplyToMany, Command, RecordForAll, Undo};
use domain::id::ObligationId;
use serde_json::json;

use super::Speaker;
use crate::details::{Report, raw};
use crate::org::Org;
use crate::story::Doing;

impl Speaker<'_> {
    pub(super) fn many(&mut self) -> Command {
        let Org::Municipality(municipality) = self.org else {
            unreachable!("only municipalities have stories of many");
        };
        let (at, doing) = (self.beat().at, self.beat().doing);
        match doing {
            Doing::ForAll { on, attempt } => self.for_all(municipality, on, attempt),
            Doing::Undo { of } => {
                let reason = self.pick(&self.world.places.words.undo_reasons);
                Command::Undo(Undo { event: self.event_of(of), reason })
            }
            Doing::MoveAll { due } => {
                let basis = format!("Письмо министерства № {}-исх", 300 + self.dice.below(6000));
                let body = json!({"due": self.date(due), "basis": basis});
                apply("move-deadline", self.of_row(municipality, at), &body)
            }
            Doing::AcceptAll => {
                let waiting = self.world.waiting(municipality, self.slot, at);
                apply("accept", self.of_slot(&waiting), &json!({}))
            }
            _ => {
                let lacking = self.world.lacking(municipality, self.slot, at);
                apply("remind", self.of_slot(&lacking), &json!({"channel": "messenger"}))
            }
        }
    }

    fn for_all(&mut self, municipality: usize, on: i32, attempt: u32) -> Command {
        let occurred_on = self.date(on);
        let mut report = Report::new(self.world, self.org, self.slot, occurred_on, attempt);
        let (details, evidence) = (report.details(), vec![report.shown()]);
        let all = self.world.schools_at(municipality, self.beat().at).count();
        let schools = self.world.recipients(municipality, self.slot, self.beat().at);
        let whole = schools.len() == all;
        let within = whole.then(|| self.world.municipalities[municipality].code.to_string());
        let recipients = if whole { &[][..] } else { &schools };
        Command::RecordForAll(RecordForAll {
            plan: self.obligation.plan.clone(),
            row: self.obligation.row.clone(),
            item: Some(self.obligation.item.clone()),
            within,
            recipients: recipients.iter().map(|school| self.world.org_code(Org::School(*school))).collect(),
            occurred_on,
            details,
            evidence,
            comment: Some(self.pick(&self.world.places.words.bulk_notes)),
        })
    }

    /// The obligations of some schools at this slot.
    fn of_slot(&self, schools: &[usize]) -> Vec<ObligationId> {
        let slot = &self.world.template_of(self.org).slots[self.slot];
        schools.iter().map(|at| slot.id(&self.world.plan_code, &self.world.org_code(Org::School(*at)))).collect()
    }

    /// The obligations of all schools of a municipality at any item of this row.
    fn of_row(&self, municipality: usize, at: i32) -> Vec<ObligationId> {
        let slots = &self.world.template_of(self.org).slots;
        let share = slots[self.slot].share;
        let mut ids = Vec::new();
        for school in self.world.concerned(municipality, self.slot, at) {
            let org = self.world.org_code(Org::School(school));
            let items = slots.iter().filter(|slot| slot.share == share);
            ids.extend(items.map(|slot| slot.id(&self.world.plan_code, &org)));
        }
        ids
    }
}

fn apply(act: &str, obligations: Vec<ObligationId>, body: &serde_json::Value) -> Command {
    let (act, body) = (act.to_owned(), raw(body));
    Command::ApplyToMany(ApplyToMany { act, obligations, filter: None, body, all_or_nothing: false })
}
