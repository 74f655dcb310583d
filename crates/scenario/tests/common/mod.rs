//! A loader as small as can be: every step is decided against a growing register.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests fails as a test does")]
#![expect(unreachable_pub, reason = "shared by test binaries, each of which is its own crate")]

use domain::decide;
use domain::event::{Cause, Claim, CommandId, Data, Event, SCHEMA_VERSION, Target};
use domain::expand::hex;
use domain::id::Seq;
use domain::payload::{ImportMark, LogOpened};
use domain::plan::Plan;
use jiff::Timestamp;
use jiff::civil::date;
use plan_import::{Profile, import};
use register::{Applied, Register, Stored, parse};
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
}

impl Loader {
    pub fn new() -> Self {
        let mut loader = Self { register: Register::new(), applied: Vec::new() };
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
        let events = decide(&step.command, &step.actor, &self.register, step.today)
            .unwrap_or_else(|refusal| panic!("{} at {} is refused: {refusal:?}\n{step:?}", step.command_id, step.at));
        let cause = Cause {
            command: CommandId::new(&step.command_id).unwrap(),
            sha256: hex(&Sha256::digest(step.body())),
            person: step.actor.person.clone(),
            role: step.actor.role,
            behalf: None,
            decided_at: self.register.last_seq(),
            claim: Some(Claim { recorded_at: step.at, importer: "loader".parse().unwrap() }),
        };
        for (part, event) in events.iter().enumerate() {
            self.store(event, &cause, u16::try_from(part).unwrap());
        }
        events
    }

    fn store(&mut self, event: &Event, cause: &Cause, part: u16) {
        let loaded_at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let (_, payload) = event.encode(cause, part, loaded_at).unwrap();
        let stored = Stored { seq: self.register.last_seq().next(), recorded_at: loaded_at, payload: &payload };
        let parsed = parse(&stored).unwrap();
        self.applied.push(self.register.apply(&parsed).unwrap());
    }
}
