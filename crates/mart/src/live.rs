//! Rows of the live state.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bi::{Feed, Ready, Set, Source};
use board::Step;
use domain::id::Seq;
use indicators::Change;
use jiff::civil::Date;
use projector::{Fact, Replica, State};
use tokio::sync::broadcast;

use crate::ddl::EVENTS;
use crate::load::{Load, Stamp};
use crate::rows::{Ask, NoRows, Reach, Rows};

/// How long the state may take to reach a position that the log holds, before the caller asks again.
const CATCH_UP: Duration = Duration::from_secs(30);

/// Sets that are small: they are written whole where one of their rows may differ.
const SMALL: [&str; 5] = ["v_org", "v_period", "v_indicator_def", "v_plan_row", "v_indicator_published"];

/// Types of events without an obligation that change no row but their own and those of values.
const QUIET: [&str; 9] = [
    "authority.granted",
    "authority.revoked",
    "bulk.closed",
    "bulk.opened",
    "coordinator.appointed",
    "import.closed",
    "import.opened",
    "proposal.declined",
    "proposal.made",
];
/// Types that change rows of the small sets, and none of obligations.
const OF_SMALL: [&str; 12] = [
    "checklist.approved",
    "class.opened",
    "indicator.defined",
    "indicator.snapshot_taken",
    "indicator.target_set",
    "monitoring.opened",
    "org.registered",
    "period.closed",
    "period.reopened",
    "plan.anomaly_resolved",
    "plan.approved",
    "plan.imported",
];
/// Types that change what events of the past are told with.
const OF_EVENTS: [&str; 2] = ["org.transferred", "region.configured"];

/// Makes rows from the service's own state.
#[derive(Debug)]
pub struct Live {
    feed: Arc<Feed>,
    replica: Replica,
    steps: broadcast::Receiver<Arc<Step>>,
    /// The days at whose end the last rows were judged.
    days: Vec<Date>,
}

impl Live {
    /// Rows of a feed and the state behind it.
    #[must_use]
    pub fn new(feed: Arc<Feed>, replica: Replica) -> Self {
        let steps = feed.latest().follow();
        Self { feed, replica, steps, days: Vec::new() }
    }

    /// The rows of values that changed behind a position; `None` where that is not known.
    fn changes(&self, after: Seq, ready: &Ready) -> Option<Vec<Change>> {
        if self.days != ready.shown.days() {
            return None;
        }
        let mut changes = Vec::new();
        let mut at = after;
        for step in self.feed.latest().since(after)?.iter().filter(|step| step.to <= ready.shown.seq) {
            changes.extend_from_slice(step.rows.as_ref()?);
            at = step.to;
        }
        // A row that changed twice is written once.
        let rows: BTreeSet<(usize, usize)> =
            changes.iter().flat_map(|change| change.rows.iter().map(|row| (change.subject, *row))).collect();
        let one = |(subject, row)| Change { subject, rows: vec![row] };
        (at == ready.shown.seq).then(|| rows.into_iter().map(one).collect())
    }
}

impl Rows for Live {
    async fn reach(&mut self, epoch: &str, seq: Seq, last_event: &str) -> Result<Reach, NoRows> {
        if self.replica.epoch().as_str() != epoch {
            return Ok(Reach::OtherEpoch);
        }
        if seq > self.replica.watermark() && self.replica.status().caught_up {
            return Ok(Reach::Beyond);
        }
        if self.replica.wait_for(seq, CATCH_UP).await.is_err() {
            return Err(NoRows(format!("the state has not reached event {seq} yet")));
        }
        let ours = self.replica.read(|state| event_at(state, seq));
        Ok(if ours == last_event { Reach::Held } else { Reach::Beyond })
    }

    async fn load(&mut self, ask: Ask) -> Result<Load, NoRows> {
        let ready = self.feed.ready().await.map_err(|error| NoRows(projector::chain(&error)))?;
        let changes = match ask {
            Ask::Everything | Ask::Current { .. } => None,
            Ask::Since { after } | Ask::Totals { after } => self.changes(after, &ready),
        };
        self.days = ready.shown.days().to_vec();
        let feed = Arc::clone(&self.feed);
        let look = move || feed.look(&ready, |source| make(source, ask, changes.as_deref()));
        let made = tokio::task::spawn_blocking(look).await.map_err(|error| NoRows(error.to_string()))?;
        made.map_err(|error| NoRows(format!("the rows on their way cannot be kept: {error}")))
    }

    async fn changed(&mut self) {
        // What was missed is found by the positions.
        if let Err(broadcast::error::RecvError::Closed) = self.steps.recv().await {
            std::future::pending::<()>().await;
        }
    }

    fn lag(&self, seq: Seq) -> u64 {
        self.replica.watermark().get().saturating_sub(seq.get())
    }
}

fn event_at(state: &State, seq: Seq) -> String {
    state.facts.get(seq).map_or_else(String::new, |fact| fact.event.to_string())
}

/// What events behind a position change.
struct Scope {
    /// All obligations, and all sets but the events.
    wide: bool,
    /// The events of the past too.
    past: bool,
    small: bool,
    obligations: BTreeSet<u32>,
}

impl Scope {
    fn of(state: &State, after: Seq) -> Self {
        let mut scope = Self { wide: false, past: false, small: false, obligations: BTreeSet::new() };
        for fact in state.facts.after(after) {
            scope.add(state, &fact);
        }
        scope
    }

    fn add(&mut self, state: &State, fact: &Fact) {
        let register = &state.register;
        if let Some(act) = register.bulk_act_behind(fact.seq) {
            let ordinals = act.obligations.iter().map(|(ordinal, _)| *ordinal);
            ordinals.for_each(|ordinal| self.touch(state, ordinal));
        } else if let Some(ordinal) = fact.obligation {
            self.touch(state, ordinal);
        } else {
            let name = register.type_name(fact.event_type).unwrap_or_default();
            self.past |= OF_EVENTS.contains(&name);
            self.small |= OF_SMALL.contains(&name);
            self.wide |= !OF_SMALL.contains(&name) && !QUIET.contains(&name);
        }
    }

    /// An obligation and the one whose deadline follows from it.
    fn touch(&mut self, state: &State, ordinal: u32) {
        self.obligations.insert(ordinal);
        if let Some((sibling, _)) = state.register.slot_of(ordinal).0.publication {
            let base = state.register.block_of(ordinal).base;
            self.obligations.insert(base + u32::try_from(sibling).unwrap_or_default());
        }
    }
}

/// Makes a load; `changes` are the values that differ, `None` where all may.
fn make(source: &Source<'_>, ask: Ask, changes: Option<&[Change]>) -> io::Result<Load> {
    let state = source.state();
    let after = match ask {
        Ask::Everything => Seq::NONE,
        Ask::Current { after } | Ask::Since { after } | Ask::Totals { after } => after,
    };
    let scope = Scope::of(state, after);
    let mut load = Load::new(stamp(source));
    match changes.filter(|_| !scope.wide) {
        Some(changes) => {
            load.some(set("v_indicator"), [source.indicators(changes)])?;
            let obligations: Vec<u32> = scope.obligations.into_iter().collect();
            load.some(set("v_obligation"), [source.obligations(&obligations)])?;
            for name in SMALL.into_iter().filter(|_| scope.small) {
                load.whole(set(name), source.frames(set(name)))?;
            }
            if matches!(ask, Ask::Totals { .. }) {
                load.whole(set("v_control_total"), source.frames(set("v_control_total")))?;
            }
        }
        None => {
            for name in ["v_indicator", "v_obligation", "v_control_total"].into_iter().chain(SMALL) {
                load.whole(set(name), source.frames(set(name)))?;
            }
        }
    }
    if after == Seq::NONE || scope.past {
        load.whole(set(EVENTS), source.frames(set(EVENTS)))?;
    } else {
        load.some(set(EVENTS), source.events_after(after))?;
    }
    Ok(load)
}

fn stamp(source: &Source<'_>) -> Stamp {
    let small: usize = SMALL.into_iter().flat_map(|name| source.frames(set(name))).map(|frame| frame.height()).sum();
    Stamp {
        epoch: source.epoch().to_owned(),
        seq: source.seq(),
        last_event: event_at(source.state(), source.seq()),
        as_of: source.as_of(),
        rows_total: u64::try_from(source.large_rows() + small).unwrap_or(u64::MAX),
    }
}

fn set(name: &str) -> &'static Set {
    bi::contract().set(name).expect("the contract has the sets that are named here: a test names them all")
}
