//! The year itself: every act of every story, in the order of time, made when it is asked for.

use domain::command::{Accept, Command, Correct, Excuse, MoveDeadline, Retract, Return, Schedule, Submit};
use domain::id::ObligationId;
use domain::payload::{ExcuseReason, FreeText};

use crate::days::{day_of, instant};
use crate::details::Report;
use crate::dice::{Dice, count, index};
use crate::people::Who;
use crate::step::Step;
use crate::story::{Beat, Doing};
use crate::world::{Org, World};

/// Bits of an intent, from its lowest: the act within its story, the slot, the organisation; above them
/// stand the seconds.
const BEAT_BITS: u32 = 6;
const SLOT_BITS: u32 = 12;
const ORG_BITS: u32 = 18;

/// The steps of a year in the order of time; see [`year`].
#[derive(Clone, Debug)]
pub struct Year<'w> {
    world: &'w World,
    /// Seconds, organisation, slot and act of every step, sorted: eight bytes each.
    intents: std::vec::IntoIter<u64>,
}

/// Tells the year of a world: the steps of people from September to August, in the order of time.
///
/// Every story is told once to learn its moments, and again act by act as the steps are taken, so that
/// a nation's year needs eight bytes a step and not its commands. Each step can be decided against the
/// state that the steps before it, and [`World::setup`], lead to; none is refused. A step that
/// [repeats](Step::repeat) an earlier one carries the same key and body.
#[must_use]
pub fn year(world: &World) -> Year<'_> {
    let mut intents = Vec::with_capacity(world.obligations() * 3 / 2);
    for org in world.orgs() {
        let offset = world.region_of(org).offset;
        for slot in 0..world.notes_of(org).len() {
            let story = world.story(org, slot);
            let beats = story.iter().enumerate();
            intents.extend(beats.map(|(at, beat)| pack(world.number(org), slot, at, beat.at - offset)));
        }
    }
    // The act is the lowest part: acts of one story at one moment stay in their order.
    intents.sort_unstable();
    Year { world, intents: intents.into_iter() }
}

fn pack(org: u32, slot: usize, beat: usize, utc: i32) -> u64 {
    let seconds = u64::from(u32::try_from(utc).unwrap_or(0));
    let low = (u64::from(org) << SLOT_BITS | u64::from(count(slot))) << BEAT_BITS | u64::from(count(beat));
    seconds << (ORG_BITS + SLOT_BITS + BEAT_BITS) | low
}

fn unpack(intent: u64) -> (u32, usize, usize) {
    let part = |shift: u32, bits: u32| u32::try_from(intent >> shift & ((1 << bits) - 1)).unwrap_or(0);
    let (beat, slot) = (part(0, BEAT_BITS), part(BEAT_BITS, SLOT_BITS));
    (part(BEAT_BITS + SLOT_BITS, ORG_BITS), index(slot), index(beat))
}

impl Iterator for Year<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let (org, slot, beat) = unpack(self.intents.next()?);
        let org = self.world.org(org);
        let story = self.world.story(org, slot);
        Some(self.world.step_of(org, slot, &story, beat))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.intents.size_hint()
    }
}

impl ExactSizeIterator for Year<'_> {}

impl World {
    fn step_of(&self, org: Org, slot: usize, story: &[Beat], at: usize) -> Step {
        let beat = &story[at];
        let (told, repeat) = match beat.doing {
            Doing::Repeat { of } => (of, true),
            _ => (at, false),
        };
        let region = self.region_of(org);
        let template = &self.template_of(org).slots[slot];
        let id = template.id(&self.plan_code, &self.org_code(org));
        Step {
            at: instant(beat.at, region.offset),
            today: self.days.date(day_of(beat.at)),
            region: region.code.clone(),
            actor: self.actor(org, beat.by),
            grant: None,
            command_id: format!("{}/{}/{}/{}/{told}", self.settings.seed, id.org, id.row, id.item),
            command: self.command(org, slot, id, &story[told], told),
            repeat,
        }
    }

    fn command(&self, org: Org, slot: usize, obligation: ObligationId, beat: &Beat, at: usize) -> Command {
        let note = &self.notes_of(org)[slot];
        let mut dice = Dice::of(self.settings.seed, &[self.seed_of(org), note.seed, 0x03, u64::from(count(at))]);
        let words = &self.places.words;
        let mut said = |from: &[String]| FreeText(dice.pick(from).clone());
        match beat.doing {
            // A repeat is told as the act that it repeats; that is never a repeat itself.
            Doing::Submit { .. } | Doing::Repeat { .. } => self.submit(org, slot, obligation, beat, &mut dice),
            Doing::Schedule { due } => {
                let basis = format!("График на 2022-2023 учебный год, строка {}", obligation.row);
                Command::Schedule(Schedule { obligation, due: Some(self.days.date(due)), term: None, basis })
            }
            Doing::Move { due } => {
                let basis = format!("Письмо министерства № {}-исх", 300 + dice.below(6000));
                Command::MoveDeadline(MoveDeadline { obligation, due: self.days.date(due), basis })
            }
            Doing::Excuse { reason } => {
                let basis = format!("{} № {}", excuse_document(reason), 20 + dice.below(400));
                Command::Excuse(Excuse { obligation, reason, basis, from: None, until: None })
            }
            Doing::Accept => Command::Accept(Accept { obligation, partial: false, comment: None }),
            Doing::Return { reason } => {
                let comment = Some(said(&words.return_notes));
                Command::Return(Return { obligation, reason, comment, rework_due: None })
            }
            Doing::CorrectDay { on } => {
                let (occurred_on, reason) = (Some(self.days.date(on)), said(&words.correct_reasons));
                Command::Correct(Correct { obligation, event: None, occurred_on, items: None, reason })
            }
            Doing::CorrectItems { attempt } => {
                let items = Report::checklist_again(self, org, slot, self.days.date(day_of(beat.at)), attempt);
                let (items, reason) = (Some(items), said(&words.correct_reasons));
                Command::Correct(Correct { obligation, event: None, occurred_on: None, items, reason })
            }
            Doing::Retract => {
                Command::Retract(Retract { obligation, event: None, reason: said(&words.retract_reasons) })
            }
        }
    }

    fn submit(&self, org: Org, slot: usize, obligation: ObligationId, beat: &Beat, dice: &mut Dice) -> Command {
        let (on, attempt) = match beat.doing {
            Doing::Submit { on, attempt } => (on, attempt),
            _ => (day_of(beat.at), 0),
        };
        let occurred_on = self.days.date(on);
        let mut report = Report::new(self, org, slot, occurred_on, attempt);
        let words = &self.places.words;
        let behalf = beat.by == Who::Coordinator && self.notes_of(org)[slot].task == crate::note::Task::Personal;
        let comment = if behalf {
            Some(FreeText(dice.pick(&words.behalf_notes).clone()))
        } else {
            (on < day_of(beat.at) && dice.chance(400)).then(|| FreeText(dice.pick(&words.submit_notes).clone()))
        };
        let (details, evidence) = (report.details(), report.evidence());
        Command::Submit(Submit { obligation, occurred_on, details, evidence, comment })
    }
}

fn excuse_document(reason: ExcuseReason) -> &'static str {
    match reason {
        ExcuseReason::Quarantine => "Приказ о карантине",
        ExcuseReason::Emergency => "Распоряжение об отмене занятий",
        ExcuseReason::Renovation => "Приказ о капитальном ремонте",
        ExcuseReason::NotApplicable => "Решение министерства",
    }
}
