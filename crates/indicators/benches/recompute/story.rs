//! The story of crate `scenario` in memory: decided, encoded and applied as the loader does, without a broker.

use domain::actor::{Actor, Role};
use domain::command::Command;
use domain::decide::{carry_many, carry_undo, decide, under_grant};
use domain::event::{Cause, Claim, CommandId, Data, Event, EventId, SCHEMA_VERSION, Target};
use domain::expand::hex;
use domain::id::Seq;
use domain::payload::{ImportMark, LogOpened};
use domain::refusal::Refusal;
use jiff::Timestamp;
use jiff::civil::date;
use register::{BulkAct, Register, Stored, parse};
use scenario::{PLAN_PROFILE, PLAN_TEXT, Settings, Step, world, year};
use sha2::{Digest, Sha256};

use crate::Failed;

/// Tells the year of so many schools.
pub(crate) fn told(schools: u32) -> Result<Register, Failed> {
    let profile = plan_import::Profile::parse(PLAN_PROFILE)?;
    let plan = plan_import::import(PLAN_TEXT, Some(&profile), None)?;
    let world = world(&Settings { schools, ..Settings::default() }, &plan);
    let mut loader = Loader::new()?;
    for step in world.setup().chain(year(&world)).filter(|step| !step.repeat) {
        loader.take(&step)?;
    }
    Ok(loader.register)
}

struct Loader {
    register: Register,
    /// The log's time of every event.
    loaded_at: Timestamp,
}

impl Loader {
    fn new() -> Result<Self, Failed> {
        let mut loader = Self { register: Register::new(), loaded_at: "2026-01-01T00:00:00Z".parse()? };
        let opened = LogOpened { epoch: "bench".to_owned(), schema: SCHEMA_VERSION };
        let mark = ImportMark { source: "scenario".to_owned() };
        for (key, data) in [("open", Data::LogOpened(opened)), ("import", Data::ImportOpened(mark))] {
            let cause = Cause {
                command: CommandId::new(key)?,
                sha256: hex(&Sha256::digest(key)),
                person: "loader".parse()?,
                role: Role::Importer,
                behalf: None,
                decided_at: Seq::NONE,
                claim: None,
            };
            loader.store(&Event { target: Target::Log, occurred_on: date(2022, 8, 1), data }, &cause, 0)?;
        }
        Ok(loader)
    }

    /// Decides a step and applies what it leads to.
    fn take(&mut self, step: &Step) -> Result<(), Failed> {
        let register = &self.register;
        let acting = under_grant(&step.actor, step.grant.as_ref(), step.command.act(), register, step.today);
        let decided = acting.and_then(|acting| Ok((self.decided(step, &acting)?, acting)));
        let (events, acting) =
            decided.map_err(|refusal| format!("{} is refused: {}", step.command_id, refusal.words().en))?;
        let cause = Cause {
            command: CommandId::new(&step.command_id)?,
            sha256: hex(&Sha256::digest(step.body())),
            person: acting.person.clone(),
            role: acting.role,
            behalf: acting.behalf.clone(),
            decided_at: self.register.last_seq(),
            claim: Some(Claim { recorded_at: step.at, importer: "loader".parse()? }),
        };
        events.iter().try_for_each(|(part, event)| self.store(event, &cause, *part))
    }

    fn decided(&self, step: &Step, acting: &Actor) -> Result<Vec<(u16, Event)>, Refusal> {
        match &step.command {
            Command::ApplyToMany(body) => carry_many(body, acting, &self.register, step.today),
            Command::Undo(body) => {
                let named: Option<EventId> = body.event.parse().ok();
                let acts = self.register.bulk_acts().iter().filter(|act| Some(act.event) == named);
                let region = |act: &BulkAct| {
                    act.obligations.first().map(|(of, _)| self.register.standing_of(*of).region.clone())
                };
                let facts: Vec<_> = acts.filter_map(|act| Some((act.event, region(act)?))).collect();
                carry_undo(body, &facts, acting, step.today)
            }
            command => Ok((0..).zip(decide(command, acting, &self.register, step.today)?).collect()),
        }
    }

    fn store(&mut self, event: &Event, cause: &Cause, part: u16) -> Result<(), Failed> {
        let (_, payload) = event.encode(cause, part, self.loaded_at)?;
        let seq = self.register.last_seq().next();
        let stored = Stored { seq, recorded_at: self.loaded_at, payload: &payload };
        self.register.apply(&parse(&stored)?)?;
        Ok(())
    }
}
