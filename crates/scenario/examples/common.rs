//! A loader as small as can be: every step is decided against a growing register.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails as a test does")]
#![expect(unreachable_pub, reason = "shared by test binaries, each of which is its own crate")]

use domain::actor::Actor;
use domain::command::Command;
use domain::decide::{carry_many, carry_undo, decide, under_grant};
use domain::event::{Cause, Claim, CommandId, Data, Event, EventId, SCHEMA_VERSION, Target};
use domain::expand::hex;
use domain::id::Seq;
use domain::payload::{ImportMark, LogOpened};
use domain::plan::Plan;
use domain::refusal::Refusal;
use jiff::Timestamp;
use jiff::civil::date;
use plan_import::{Profile, import};
use register::{Applied, BulkAct, Register, Stored, parse};
use scenario::{PLAN_PROFILE, PLAN_TEXT, Settings, Step};
use sha2::{Digest, Sha256};

/// The real plan.
pub fn plan() -> Plan {
    let profile = Profile::parse(PLAN_PROFILE).unwrap();
    import(PLAN_TEXT, Some(&profile), None).unwrap()
}

pub fn settings(schools: u32) -> Settings {
    Settings { schools, ..Settings::default() }
}

/// A register that is loaded step by step, as a history is imported.
pub struct Loader {
    pub register: Register,
    pub applied: Vec<Applied>,
    pub feed: Vec<String>,
}

impl Loader {
    pub fn new() -> Self {
        let mut loader = Self { register: Register::new(), applied: Vec::new(), feed: Vec::new() };
        let opened = LogOpened { epoch: "test".to_owned(), schema: SCHEMA_VERSION };
        let mark = ImportMark { source: "scenario".to_owned() };
        for (key, data) in [("open", Data::LogOpened(opened)), ("import", Data::ImportOpened(mark))] {
            let cause = Cause {
                command: CommandId::new(key).unwrap(),
                sha256: hex(&Sha256::digest(key)),
                person: "loader".parse().unwrap(),
                role: domain::actor::Role::Importer,
                behalf: None,
                decided_at: Seq::NONE,
                claim: None,
            };
            loader.store(&Event { target: Target::Log, occurred_on: date(2022, 8, 1), data }, &cause, 0);
        }
        loader
    }

    /// Decides a step and applies what it leads to.
    pub fn take(&mut self, step: &Step) -> Vec<Event> {
        let acting = under_grant(&step.actor, step.grant.as_ref(), step.command.act(), &self.register, step.today);
        let decided = acting.and_then(|acting| Ok((self.decided(step, &acting)?, acting)));
        let (events, acting) = decided
            .unwrap_or_else(|refusal| panic!("{} at {} is refused: {refusal:?}\n{step:?}", step.command_id, step.at));
        let cause = Cause {
            command: CommandId::new(&step.command_id).unwrap(),
            sha256: hex(&Sha256::digest(step.body())),
            person: acting.person.clone(),
            role: acting.role,
            behalf: acting.behalf.clone(),
            decided_at: self.register.last_seq(),
            claim: Some(Claim { recorded_at: step.at, importer: "loader".parse().unwrap() }),
        };
        for (part, event) in &events {
            self.store(event, &cause, *part);
        }
        events.into_iter().map(|(_, event)| event).collect()
    }

    fn decided(&self, step: &Step, acting: &Actor) -> Result<Vec<(u16, Event)>, Refusal> {
        match &step.command {
            Command::ApplyToMany(body) => carry_many(body, acting, &self.register, step.today),
            Command::Undo(body) => {
                let named: EventId = body.event.parse().unwrap();
                let acts = self.register.bulk_acts().iter().filter(|act| act.event == named);
                let region = |act: &BulkAct| self.register.standing_of(act.obligations[0].0).region.clone();
                let facts: Vec<_> = acts.map(|act| (act.event, region(act))).collect();
                carry_undo(body, &facts, acting, step.today)
            }
            command => Ok((0..).zip(decide(command, acting, &self.register, step.today)?).collect()),
        }
    }

    fn store(&mut self, event: &Event, cause: &Cause, part: u16) {
        let loaded_at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (_, payload) = event.encode(cause, part, loaded_at).unwrap();
        let stored = Stored { seq: self.register.last_seq().next(), recorded_at: loaded_at, payload: &payload };
        let at = cause.claim.as_ref().map_or(loaded_at, |c| c.recorded_at);
        self.feed.push(format!(
            "{{\"seq\":{},\"recordedat\":\"{at}\",{}",
            self.register.last_seq().next().get(),
            &String::from_utf8_lossy(&payload)[1..]
        ));
        let parsed = parse(&stored).unwrap();
        self.applied.push(self.register.apply(&parsed).unwrap());
    }
}
