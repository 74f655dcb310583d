//! How obligations changed: what each began as, and what became of it, in a few bytes each.

use domain::obligation::Phase;
use domain::plan::Holder;
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;

use super::shape::{Link, Object, Since, Value};
use crate::source::index;

/// What an obligation looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Looks {
    phase: Phase,
    due: Option<Date>,
    moves: u16,
    responsible: Responsible,
}

/// Who must act, without a person's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Responsible {
    SchoolHead,
    /// An organisation, by its place among those that were met.
    Org(u32),
    Person,
}

/// One attribute that changed.
#[derive(Clone, Copy, Debug)]
enum Became {
    Phase(Phase),
    Due(Option<Date>),
    Moves(u16),
    Responsible(Responsible),
}

/// All obligations over time.
#[derive(Debug, Default)]
pub(super) struct Course {
    born: Vec<(Timestamp, Looks)>,
    now: Vec<Looks>,
    became: Vec<(u32, Timestamp, Became)>,
    /// Codes of organisations that must act in another's place.
    orgs: Vec<String>,
}

impl Course {
    /// Notes the obligations that an event made.
    pub(super) fn grow(&mut self, register: &Register, at: Timestamp) {
        let (from, to) = (self.now.len(), register.len());
        for ordinal in (from..to).filter_map(|ordinal| u32::try_from(ordinal).ok()) {
            let looks = self.looks(register, ordinal);
            self.born.push((at, looks));
            self.now.push(looks);
        }
    }

    /// Notes what an event made of an obligation.
    pub(super) fn look(&mut self, register: &Register, ordinal: u32, at: Timestamp) {
        let looks = self.looks(register, ordinal);
        let before = std::mem::replace(&mut self.now[index(ordinal)], looks);
        let mut became = |it| self.became.push((ordinal, at, it));
        if looks.phase != before.phase {
            became(Became::Phase(looks.phase));
        }
        if looks.due != before.due {
            became(Became::Due(looks.due));
        }
        if looks.moves != before.moves {
            became(Became::Moves(looks.moves));
        }
        if looks.responsible != before.responsible {
            became(Became::Responsible(looks.responsible));
        }
    }

    fn looks(&mut self, register: &Register, ordinal: u32) -> Looks {
        let standing = register.standing_of(ordinal);
        let obligation = &standing.obligation;
        let responsible = match obligation.matters().holder.as_ref().unwrap_or(&standing.share.holder) {
            Holder::SchoolHead => Responsible::SchoolHead,
            Holder::Person(_) => Responsible::Person,
            Holder::Org(code) => {
                let known = self.orgs.iter().position(|known| known == code.as_str()).unwrap_or_else(|| {
                    self.orgs.push(code.as_str().to_owned());
                    self.orgs.len() - 1
                });
                Responsible::Org(u32::try_from(known).unwrap_or(u32::MAX))
            }
        };
        let due = standing.clockwork.effective_due(obligation);
        Looks { phase: obligation.phase, due, moves: obligation.moves, responsible }
    }

    /// Tells every obligation with its course.
    ///
    /// # Errors
    /// Those of `tell`.
    pub(super) fn tell<E>(
        mut self,
        register: &Register,
        mut tell: impl FnMut(&Object) -> Result<(), E>,
    ) -> Result<(), E> {
        // Stable: what happened to one obligation stays in the order of the log.
        self.became.sort_by_key(|(ordinal, ..)| *ordinal);
        let mut rest = self.became.as_slice();
        for (ordinal, (born, looks)) in (0_u32..).zip(&self.born) {
            let own = rest.partition_point(|(of, ..)| *of <= ordinal);
            let (changes, others) = rest.split_at(own);
            rest = others;
            let first = [
                Became::Phase(looks.phase),
                Became::Due(looks.due),
                Became::Moves(looks.moves),
                Became::Responsible(looks.responsible),
            ];
            let first = first.into_iter().map(|it| (*born, it));
            let changes = first.chain(changes.iter().map(|(_, at, it)| (*at, *it)));
            let attributes = changes.map(|(time, it)| self.since(time, it)).collect();
            tell(&Object { attributes, ..object(register, ordinal) })?;
        }
        Ok(())
    }

    fn since(&self, time: Timestamp, became: Became) -> Since {
        let (name, value) = match became {
            Became::Phase(phase) => ("phase", Value::Text(phase.as_str().into())),
            Became::Due(due) => ("due_effective", Value::Text(due.map_or("none".into(), |due| due.to_string().into()))),
            Became::Moves(moves) => ("moved_count", Value::Int(moves.into())),
            Became::Responsible(who) => ("responsible", Value::Text(self.responsible(who).into())),
        };
        Since { name, time, value }
    }

    fn responsible(&self, who: Responsible) -> String {
        match who {
            Responsible::SchoolHead => "school-head".to_owned(),
            Responsible::Person => "named-person".to_owned(),
            Responsible::Org(at) => self.orgs.get(index(at)).cloned().unwrap_or_default(),
        }
    }
}

/// An obligation and what it belongs to.
fn object(register: &Register, ordinal: u32) -> Object {
    let id = register.id_of(ordinal);
    let mut relationships = vec![Link { object: row_id(register, ordinal), qualifier: "of_row" }];
    let org = &register.orgs()[index(register.block_of(ordinal).org)];
    relationships.extend(super::school_id(org).map(|object| Link { object, qualifier: "for_school" }));
    Object { id: format!("obligation:{id}"), of: "obligation", attributes: Vec::new(), relationships }
}

/// The row of the plan behind an obligation: `8.3` for the publication `8.3p` too.
pub(super) fn row_id(register: &Register, ordinal: u32) -> String {
    let (plan, slot) = (&register.plans()[register.block_of(ordinal).plan], register.slot_of(ordinal).0);
    format!("row:{}/{}", plan.code(), plan.expansion.shares[slot.share].0)
}
