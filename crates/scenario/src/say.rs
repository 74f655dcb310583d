//! The words of an act: a beat of a story as the command that a person sends.

mod beside;
mod many;
mod report;

use domain::actor::Actor;
use domain::command::{
    Accept, Acknowledge, AddCo, AttachEvidence, Command, Confirm, Correct, DeclineProposal, Delegate, Excuse,
    InterimReport, MoveDeadline, Reassign, RejectEvidence, Remind, Reopen, ReportPart, RequestExtension, Retract,
    Return, Schedule, WithReason, Withdraw,
};
use domain::event::CommandId;
use domain::id::{EntityCode, ObligationId};
use domain::payload::{Channel, ExcuseReason, FreeText};
use domain::plan::Holder;

use crate::days::{Day, Local, day_of};
use crate::details::Report;
use crate::dice::{Dice, count};
use crate::org::Org;
use crate::people::Who;
use crate::step::Step;
use crate::story::{Beat, Doing};
use crate::world::World;

/// A beat about to be put into words.
struct Speaker<'w> {
    world: &'w World,
    org: Org,
    slot: usize,
    story: &'w [Beat],
    /// The beat that is told: for a repeat the one that it repeats.
    told: usize,
    obligation: ObligationId,
    dice: Dice,
}

impl World {
    /// A beat of a story as a step.
    pub(crate) fn step_of(&self, org: Org, slot: usize, story: &[Beat], at: usize) -> Step {
        let beat = &story[at];
        let (told, repeat) = match beat.doing {
            Doing::Repeat { of } => (of, true),
            _ => (at, false),
        };
        let region = self.region_of(org);
        let (actor, grant) = self.acting(org, &story[told]);
        Step {
            at: self.days.instant(beat.at, region.offset),
            today: self.days.date(day_of(beat.at)),
            region: region.code.clone(),
            actor,
            grant,
            command_id: self.command_id(org, slot, told),
            command: self.command(org, slot, story, told),
            repeat,
        }
    }

    /// Who acts in a beat, and under which grant: the deputy for a head on leave.
    fn acting(&self, org: Org, beat: &Beat) -> (Actor, Option<EntityCode>) {
        if beat.by == Who::Head && self.is_away(org, beat.at) {
            let grant = self.leave_code(org);
            return (self.actor(org, Who::Vice, beat.at), Some(grant));
        }
        (self.actor(org, beat.by, beat.at), None)
    }

    fn command_id(&self, org: Org, slot: usize, told: usize) -> String {
        let (key, of) = (self.key(), self.code_of(org));
        match self.template_of(org).slots.get(slot).filter(|_| slot < self.notes_of(org).len()) {
            Some(slot) => format!("{key}/{of}/{}/{}/{told}", slot.row, slot.item),
            None => format!("{key}/{of}/beside/{told}"),
        }
    }

    fn command(&self, org: Org, slot: usize, story: &[Beat], told: usize) -> Command {
        if let Doing::Beside(beside) = story[told].doing {
            return self.say_beside(org, beside, story[told].at);
        }
        let note = &self.notes_of(org)[slot];
        let parts = [self.seed_of(org), note.seed, 0x03, u64::from(count(told))];
        let dice = Dice::of(self.luck, &parts);
        let obligation = self.template_of(org).slots[slot].id(&self.plan_code, &self.org_code(org));
        Speaker { world: self, org, slot, story, told, obligation, dice }.say()
    }
}

impl Speaker<'_> {
    fn beat(&self) -> &Beat {
        &self.story[self.told]
    }

    fn date(&self, day: Day) -> jiff::civil::Date {
        self.world.days.date(day)
    }

    fn today(&self) -> jiff::civil::Date {
        self.date(day_of(self.beat().at))
    }

    fn pick(&mut self, from: &[String]) -> FreeText {
        FreeText(self.dice.pick(from).clone())
    }

    /// The head's deputy of the school.
    fn vice(&self) -> domain::id::PersonCode {
        self.world.actor(self.org, Who::Vice, self.beat().at).person
    }

    /// Id of the event that an earlier beat made.
    fn event_of(&self, beat: usize) -> String {
        let person = self.world.acting(self.org, &self.story[beat]).0.person;
        let key = CommandId::new(&self.world.command_id(self.org, self.slot, beat));
        key.expect("the story's keys are short and visible ASCII").event_id(&person, 0).to_string()
    }

    fn say(mut self) -> Command {
        let obligation = self.obligation.clone();
        match self.beat().doing {
            // A repeat is told as the act that it repeats; that is never a repeat itself.
            Doing::Submit { .. } | Doing::Repeat { .. } => self.submit(),
            Doing::Attach => {
                let evidence = vec![Report::new(self.world, self.org, self.slot, self.today(), 9).shown()];
                Command::AttachEvidence(AttachEvidence { obligation, event: None, evidence })
            }
            Doing::Note(noted) => self.note(noted),
            Doing::ForAll { .. } | Doing::Undo { .. } | Doing::MoveAll { .. } | Doing::AcceptAll | Doing::RemindAll => {
                self.many()
            }
            Doing::Beside(beside) => self.world.say_beside(self.org, beside, self.beat().at),
            Doing::Confirm { of } => {
                let (proposal, obligation) = (self.event_of(of), Some(obligation));
                Command::Confirm(Confirm { proposal, obligation, comment: None })
            }
            Doing::DeclineProposal { of } => {
                let (proposal, obligation) = (self.event_of(of), Some(obligation));
                let reason = self.pick(&self.world.places.words.proposal_refusals);
                Command::DeclineProposal(DeclineProposal { proposal, obligation, reason })
            }
            Doing::Schedule { .. }
            | Doing::Move { .. }
            | Doing::AskExtension { .. }
            | Doing::DeclineExtension
            | Doing::AskExcuse { .. }
            | Doing::DeclineExcuse
            | Doing::Excuse { .. }
            | Doing::RevokeExcuse => self.term(),
            Doing::Acknowledge
            | Doing::Remind
            | Doing::Interim { .. }
            | Doing::Reassign
            | Doing::AddCo
            | Doing::GivePart
            | Doing::Delegate { .. } => self.people(),
            Doing::Withdraw
            | Doing::Accept
            | Doing::Return { .. }
            | Doing::Reopen { .. }
            | Doing::RejectEvidence { .. }
            | Doing::CorrectDay { .. }
            | Doing::CorrectItems { .. }
            | Doing::Retract => self.control(),
        }
    }

    fn term(&mut self) -> Command {
        let (obligation, words) = (self.obligation.clone(), &self.world.places.words);
        let letter = |dice: &mut Dice| format!("Письмо министерства № {}-исх", 300 + dice.below(6000));
        match self.beat().doing {
            Doing::Schedule { due } => {
                let basis = format!("График на {} учебный год, строка {}", self.world.plan.school_year, obligation.row);
                Command::Schedule(Schedule { obligation, due: Some(self.date(due)), term: None, basis })
            }
            Doing::AskExtension { wanted } => {
                let (wanted, reason) = (self.date(wanted), self.pick(&words.extension_reasons));
                Command::RequestExtension(RequestExtension { obligation, wanted, reason })
            }
            Doing::DeclineExtension => {
                let reason = self.pick(&words.extension_refusals);
                Command::DeclineExtension(WithReason { obligation, reason })
            }
            Doing::DeclineExcuse => {
                let reason = self.pick(&words.excuse_refusals);
                Command::DeclineExcuse(WithReason { obligation, reason })
            }
            Doing::RevokeExcuse => {
                let reason = self.pick(&words.excuse_revocations);
                Command::RevokeExcuse(WithReason { obligation, reason })
            }
            Doing::AskExcuse { reason, until } => Command::RequestExcuse(self.release(reason, until)),
            Doing::Excuse { reason, until } => Command::Excuse(self.release(reason, until)),
            Doing::Move { due } => {
                let (due, basis) = (self.date(due), letter(&mut self.dice));
                Command::MoveDeadline(MoveDeadline { obligation, due, basis })
            }
            other => unreachable!("{other:?} is no act on a term"),
        }
    }

    fn release(&mut self, reason: ExcuseReason, until: Option<Day>) -> Excuse {
        let basis = format!("{} № {}", excuse_document(reason), 20 + self.dice.below(400));
        let until = until.map(|day| self.date(day));
        Excuse { obligation: self.obligation.clone(), reason, basis, from: None, until }
    }

    fn people(&mut self) -> Command {
        let (obligation, words) = (self.obligation.clone(), &self.world.places.words);
        let holder = Holder::Person(self.vice());
        let order = |dice: &mut Dice| format!("Приказ № {}-од", 10 + dice.below(300));
        match self.beat().doing {
            Doing::Acknowledge => Command::Acknowledge(Acknowledge { obligation }),
            Doing::Remind => {
                let channel = *self.dice.pick(&[Channel::Messenger, Channel::Email, Channel::Edms]);
                Command::Remind(Remind { obligation, channel, deadline_version: None })
            }
            Doing::Interim { percent } => {
                let text = self.pick(&words.interim_notes);
                Command::ReportInterim(InterimReport { obligation, text, percent: Some(percent) })
            }
            Doing::Reassign => {
                let basis = order(&mut self.dice);
                Command::Reassign(Reassign { obligation, holder, basis })
            }
            Doing::AddCo => Command::AddCo(AddCo { obligation, who: holder, due: None }),
            Doing::GivePart => {
                let text = self.pick(&words.part_notes);
                Command::ReportPart(ReportPart { obligation, who: None, text })
            }
            Doing::Delegate { until } => {
                let (until, basis) = (self.date(until), order(&mut self.dice));
                Command::Delegate(Delegate { obligation, to: self.vice(), from: None, until, basis })
            }
            other => unreachable!("{other:?} is no act about people"),
        }
    }

    fn control(&mut self) -> Command {
        let (obligation, words) = (self.obligation.clone(), &self.world.places.words);
        match self.beat().doing {
            Doing::Withdraw => Command::Withdraw(Withdraw { obligation }),
            Doing::Accept => Command::Accept(Accept { obligation, partial: false, comment: None }),
            Doing::Return { reason } => {
                let comment = Some(self.pick(&words.return_notes));
                Command::Return(Return { obligation, reason, comment, rework_due: None })
            }
            Doing::Reopen { reason } => {
                let comment = Some(self.pick(&words.reopen_notes));
                Command::Reopen(Reopen { obligation, reason, comment, rework_due: None })
            }
            Doing::RejectEvidence { reason } => {
                let comment = Some(self.pick(&words.reopen_notes));
                Command::RejectEvidence(RejectEvidence { obligation, event: None, reason, comment, rework_due: None })
            }
            Doing::CorrectDay { on } => {
                let (occurred_on, reason) = (Some(self.date(on)), self.pick(&words.correct_reasons));
                Command::Correct(Correct { obligation, event: None, occurred_on, items: None, reason })
            }
            Doing::CorrectItems { attempt } => {
                let items = Report::checklist_again(self.world, self.org, self.slot, self.today(), attempt);
                let (items, reason) = (Some(items), self.pick(&words.correct_reasons));
                Command::Correct(Correct { obligation, event: None, occurred_on: None, items, reason })
            }
            Doing::Retract => {
                let reason = self.pick(&words.retract_reasons);
                Command::Retract(Retract { obligation, event: None, reason })
            }
            other => unreachable!("{other:?} is no act on a report"),
        }
    }
}

/// A local moment on the clock of the world.
fn moment_of(world: &World, org: Org, at: Local) -> jiff::Timestamp {
    world.days.instant(at, world.region_of(org).offset)
}

fn excuse_document(reason: ExcuseReason) -> &'static str {
    match reason {
        ExcuseReason::Quarantine => "Приказ о карантине",
        ExcuseReason::Emergency => "Распоряжение об отмене занятий",
        ExcuseReason::Renovation => "Приказ о капитальном ремонте",
        ExcuseReason::NotApplicable => "Решение министерства",
    }
}
