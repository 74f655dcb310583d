//! People at a register: commands are decided against it, and their events applied.

use domain::actor::{Actor, Role, Scope};
use domain::command::{Act, ApplyToMany, Command};
use domain::decide;
use domain::decide::{Undoing, resolve_many, single, snapshots, under_grant};
use domain::event::{Cause, CommandId, Data, Event, Target};
use domain::payload::{BulkClosed, BulkOpened, BulkRefused, FreeText, SnapshotRow};
use domain::refusal::Refusal;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::support::{Log, PLAN};
use crate::{Applied, Register, Stored, parse};

/// A log that people write into by commands.
#[derive(Clone)]
pub(super) struct Play {
    pub(super) log: Log,
    pub(super) applied: Vec<Applied>,
    commands: usize,
}

/// Somebody with the territory that their role usually has.
pub(super) fn person(code: &str, role: Role) -> Actor {
    let scope = match role {
        Role::School => Scope::Org("pogranichny-s01".parse().unwrap()),
        Role::Coordinator => Scope::Municipality("pogranichny".parse().unwrap()),
        _ => Scope::All,
    };
    Actor::new(code.parse().unwrap(), role, scope)
}

pub(super) fn head_of(school: &str) -> Actor {
    Actor { scope: Scope::Org(school.parse().unwrap()), ..person(&format!("head-{school}"), Role::School) }
}

/// The `n`-th day of October 2022; counted on beyond its end.
pub(super) fn october(n: i32) -> Date {
    date(2022, 10, 1).saturating_add(jiff::Span::new().days(n - 1))
}

/// A body about an obligation, `<row>/<organisation>/<item>`.
pub(super) fn on(short: &str, more: &Value) -> Value {
    let mut body = more.clone();
    body["obligation"] = json!(format!("{PLAN}/{short}"));
    body
}

impl Play {
    /// People behind a log, with a checklist approved.
    pub(super) fn behind(log: Log) -> Self {
        let mut play = Self { log, applied: Vec::new(), commands: 0 };
        let list = json!({
            "checklist": "v1", "title": "Самодиагностика", "basis": "№ 2",
            "items": [{"item": "1", "text": "т", "max": 5}, {"item": "2", "text": "т", "max": 5}]
        });
        play.act(&person("ministry-1", Role::Ministry), Act::ApproveChecklist, &list, date(2022, 9, 1)).unwrap();
        play
    }

    /// Decides a command and forgets what it would lead to.
    pub(super) fn would(&self, who: &Actor, act: Act, body: &Value, today: Date) -> Result<Vec<Event>, Refusal> {
        let command = Command::read(act, body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{act}: {error}"));
        decide(&command, who, &self.log.register, today)
    }

    /// Decides a command and applies its events.
    pub(super) fn act(&mut self, who: &Actor, act: Act, body: &Value, today: Date) -> Result<Vec<Applied>, Refusal> {
        let events = self.would(who, act, body, today)?;
        let cause = self.cause(who);
        Ok(events.iter().zip(0..).map(|(event, part)| self.push(event, &cause, part, today)).collect())
    }

    /// The same under a grant.
    pub(super) fn act_under(
        &mut self,
        grant: &str,
        who: &Actor,
        act: Act,
        body: &Value,
        today: Date,
    ) -> Result<Vec<Applied>, Refusal> {
        let who = under_grant(who, Some(&grant.parse().unwrap()), act, &self.log.register, today)?;
        self.act(&who, act, body, today)
    }

    /// Does one act on many, as the service does: what it is about, each one, the outcome.
    pub(super) fn many(&mut self, who: &Actor, body: &Value, today: Date) -> Result<Vec<Applied>, Refusal> {
        let command: ApplyToMany = serde_json::from_value(body.clone()).unwrap();
        let ids = resolve_many(&command, &self.log.register, today)?;
        let cause = self.cause(who);
        let bulk = Target::Bulk("primorye".parse().unwrap());
        let opened = Data::BulkOpened(BulkOpened { act: command.act.clone(), obligations: ids.clone() });
        let mut done =
            vec![self.push(&Event { target: bulk.clone(), occurred_on: today, data: opened }, &cause, 0, today)];
        let mut closed = BulkClosed { applied: 0, refused: Vec::new() };
        for id in ids {
            let one = single(&command, &id)?;
            match decide(&one.command, who, &self.log.register, today) {
                Ok(events) => {
                    for event in &events {
                        let part = u16::try_from(done.len()).unwrap();
                        done.push(self.push(event, &cause, part, today));
                    }
                    closed.applied += 1;
                }
                Err(refusal) => {
                    let (code, words) = (refusal.code().to_owned(), refusal.words());
                    closed.refused.push(BulkRefused { obligation: id, code, ru: words.ru, en: words.en });
                }
            }
        }
        let closed = Event { target: bulk, occurred_on: today, data: Data::BulkClosed(closed) };
        let part = u16::try_from(done.len()).unwrap();
        done.push(self.push(&closed, &cause, part, today));
        Ok(done)
    }

    /// Closes a period of the region with a snapshot, as the service does: in one batch.
    pub(super) fn close_period(&mut self, period: &str, rows: &[SnapshotRow], today: Date) -> Vec<Applied> {
        let who = person("ministry-1", Role::Ministry);
        let body = json!({"region": "primorye", "period": period, "basis": "№ 19"});
        let mut events = self.would(&who, Act::ClosePeriod, &body, today).unwrap();
        let as_of = format!("{today}T02:00:00Z").parse().unwrap();
        events.extend(snapshots(&events[0], rows, self.register().last_seq(), as_of));
        let cause = self.cause(&who);
        events.iter().zip(0..).map(|(event, part)| self.push(event, &cause, part, today)).collect()
    }

    /// Takes one event back.
    pub(super) fn undo(&mut self, who: &Actor, taken: &Applied, today: Date) -> Result<Applied, Refusal> {
        let (recorded_at, payload) = self.log.events[usize::try_from(taken.seq.get()).unwrap() - 1].clone();
        let parsed = parse(&Stored { seq: taken.seq, recorded_at, payload: &payload }).unwrap();
        let reason = FreeText("ошибка".into());
        let (seq, event) = (taken.seq, taken.event);
        let undoing = Undoing { seq, event, data: parsed.data(), due_before: None, reason: &reason };
        let back = match (undoing.of_bulk(today), taken.obligation) {
            (Some(event), _) => event,
            (None, Some(ordinal)) => undoing.of_obligation(&self.log.register.standing_of(ordinal), today)?,
            (None, None) => panic!("nothing to take back"),
        };
        let cause = self.cause(who);
        Ok(self.push(&back, &cause, 0, today))
    }

    pub(super) fn cause(&mut self, who: &Actor) -> Cause {
        self.commands += 1;
        Cause {
            command: CommandId::new(&format!("command-{}", self.commands)).unwrap(),
            sha256: "0".repeat(64),
            person: who.person.clone(),
            role: who.role,
            behalf: who.behalf.clone(),
            decided_at: self.log.register.last_seq(),
            claim: None,
        }
    }

    /// Stores an event on a day: at noon there, or behind the event before it.
    pub(super) fn push(&mut self, event: &Event, cause: &Cause, part: u16, today: Date) -> Applied {
        self.log.now = self.log.now.max(format!("{today}T02:00:00Z").parse().unwrap());
        let applied = self.log.try_push_part(event, cause, part).unwrap();
        self.applied.push(applied);
        applied
    }

    pub(super) fn register(&self) -> &Register {
        &self.log.register
    }
}
