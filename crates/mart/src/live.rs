//! Rows of the live state.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bi::{Feed, Overdue, Ready, Set, Source, Tally};
use board::Step;
use domain::id::Seq;
use indicators::Change;
use jiff::civil::Date;
use projector::{Fact, Replica, State};
use tokio::sync::broadcast;

use crate::ddl::{EVENTS, TOTALS};
use crate::load::{Load, Stamp};
use crate::rows::{Ask, NoRows, Reach, Rows};

/// How long the state may take to reach a position that the log holds, before the caller asks again.
const CATCH_UP: Duration = Duration::from_secs(30);

/// Rows of one look, some hundredths of a second.
const PIECE: usize = 10_000;
const PIECE_ORDINALS: u32 = 10_000;
/// Tries to tell everything while plans and places change.
const TRIES: usize = 3;

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
    known: Option<Known>,
}

/// What is kept from load to load; without it the next one looks at everything.
#[derive(Debug)]
struct Known {
    /// The days at whose end the last rows were judged.
    days: Vec<Date>,
    overdue: Overdue,
    /// Rows of the small sets.
    small: u64,
}

impl Live {
    /// Rows of a feed and the state behind it.
    #[must_use]
    pub fn new(feed: Arc<Feed>, replica: Replica) -> Self {
        let steps = feed.latest().follow();
        Self { feed, replica, steps, known: None }
    }

    /// The rows of values that changed behind a position; `None` where that is not known.
    fn changes(&self, after: Seq, ready: &Ready) -> Option<Vec<Change>> {
        let mut rows: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut at = after;
        for step in self.feed.latest().since(after)?.iter().filter(|step| step.to <= ready.shown.seq) {
            // A row that changed twice is written once.
            let changed = step.rows.as_ref()?.iter();
            rows.extend(changed.flat_map(|change| change.rows.iter().map(|row| (change.subject, *row))));
            at = step.to;
        }
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
        let (after, known) = match ask {
            Ask::Everything => (Seq::NONE, None),
            Ask::Current { after } => (after, None),
            Ask::Since { after } | Ask::Totals { after } => {
                let known = self.known.take().filter(|known| known.days == ready.shown.days());
                (after, self.changes(after, &ready).zip(known))
            }
        };
        let maker = Maker { feed: Arc::clone(&self.feed), ready, after };
        // Whoever goes away meanwhile leaves nothing behind that is half known.
        let make = move || match known {
            Some((changes, known)) => maker.since(&changes, known, matches!(ask, Ask::Totals { .. })),
            None => maker.whole(),
        };
        let outcome = tokio::task::spawn_blocking(make).await.map_err(|error| NoRows(error.to_string()))?;
        let (load, known) = outcome.map_err(|error| match error {
            Unmade::Spool(error) => NoRows(format!("the rows on their way cannot be kept: {error}")),
            Unmade::Unsteady => NoRows("plans and places changed while they were told".to_owned()),
        })?;
        self.known = Some(known);
        Ok(load)
    }

    async fn changed(&mut self) {
        // What was missed is found by the positions.
        if let Err(broadcast::error::RecvError::Closed) = self.steps.recv().await {
            std::future::pending::<()>().await;
        }
    }

    fn is_current(&self) -> bool {
        self.replica.status().caught_up
    }

    fn lag(&self, seq: Seq) -> u64 {
        self.replica.watermark().get().saturating_sub(seq.get())
    }
}

/// Why no load was made.
enum Unmade {
    Spool(io::Error),
    /// What everything hangs on changed again and again.
    Unsteady,
}

impl From<io::Error> for Unmade {
    fn from(error: io::Error) -> Self {
        Self::Spool(error)
    }
}

/// Makes one load.
struct Maker {
    feed: Arc<Feed>,
    ready: Ready,
    after: Seq,
}

impl Maker {
    /// What events behind the position changed, in one short look.
    fn since(self, changes: &[Change], mut known: Known, totals: bool) -> Result<(Load, Known), Unmade> {
        let values = totals.then(|| Tally::of_values(&self.ready.shown));
        let made = self.look(|source| {
            let scope = Scope::of(source.state(), self.after);
            if scope.wide {
                return Ok(None);
            }
            let mut load = Load::new(stamp(source));
            load.some(set("v_indicator"), [source.indicators(changes)])?;
            touched(source, scope.obligations, &mut load, &mut known.overdue)?;
            for name in SMALL.into_iter().filter(|_| scope.small) {
                load.whole(set(name), source.frames(set(name)))?;
            }
            load.some(set(EVENTS), source.events_after(self.after))?;
            if let Some(values) = &values {
                load.whole(set(TOTALS), [source.totals(values, &known.overdue)])?;
            }
            if scope.small {
                known.small = small_rows(&load);
            }
            load.stamp.rows_total += known.small;
            Ok::<_, io::Error>(Some(load))
        })?;
        match made {
            Some(load) => Ok((load, known)),
            None => self.whole(),
        }
    }

    /// All rows, in many short looks: nobody waits for long.
    ///
    /// The values are of one position, since they do not change; so are the events. Obligations go on changing between
    /// the looks: those that were touched are told again in the last one.
    fn whole(self) -> Result<(Load, Known), Unmade> {
        (0..TRIES).find_map(|_| self.try_whole().transpose()).unwrap_or(Err(Unmade::Unsteady))
    }

    fn try_whole(&self) -> Result<Option<(Load, Known)>, Unmade> {
        let values = Tally::of_values(&self.ready.shown);
        let mut overdue = Overdue::default();
        let (before, obligations, past, stamped) = self.look(|source| {
            let state = source.state();
            let past = self.after == Seq::NONE || Scope::of(state, self.after).past;
            (state.watermark, u32::try_from(state.register.len()).unwrap_or(u32::MAX), past, stamp(source))
        });
        let mut load = Load::new(stamped);
        load.whole(set("v_indicator"), pieces(&self.ready).map(|piece| self.look(|source| source.indicators(&piece))))?;
        let ordinals =
            (0..obligations).step_by(PIECE).map(|from| from..obligations.min(from.saturating_add(PIECE_ORDINALS)));
        load.whole(
            set("v_obligation"),
            ordinals.map(|piece| {
                let ordinals: Vec<u32> = piece.collect();
                let frame = self.look(|source| source.obligations(&ordinals));
                overdue.note(ordinals, &frame);
                frame
            }),
        )?;
        let mut at = if past { Seq::NONE } else { self.after };
        let events = std::iter::from_fn(|| {
            let (last, frame) = self.look(|source| source.events(at, PIECE));
            at = last;
            (frame.height() > 0).then_some(frame)
        });
        if past {
            load.whole(set(EVENTS), events)?;
        } else {
            load.some(set(EVENTS), events)?;
        }
        let ended = self.look(|source| {
            let scope = Scope::of(source.state(), before);
            if scope.wide {
                return Ok(false);
            }
            touched(source, scope.obligations, &mut load, &mut overdue)?;
            for name in SMALL {
                load.whole(set(name), source.frames(set(name)))?;
            }
            load.whole(set(TOTALS), [source.totals(&values, &overdue)])?;
            load.stamp = stamp(source);
            Ok::<_, io::Error>(true)
        })?;
        let (days, small) = (self.ready.shown.days().to_vec(), small_rows(&load));
        load.stamp.rows_total += small;
        Ok(ended.then_some((load, Known { days, overdue, small })))
    }

    fn look<R>(&self, look: impl FnOnce(&Source<'_>) -> R) -> R {
        self.feed.look(&self.ready, look)
    }
}

/// Tells obligations that events touched.
fn touched(source: &Source<'_>, ordinals: BTreeSet<u32>, load: &mut Load, overdue: &mut Overdue) -> io::Result<()> {
    let ordinals: Vec<u32> = ordinals.into_iter().collect();
    let frame = source.obligations(&ordinals);
    overdue.note(ordinals, &frame);
    load.some(set("v_obligation"), [frame])
}

/// All values, in pieces of about [`PIECE`] rows.
fn pieces(ready: &Ready) -> impl Iterator<Item = Vec<Change>> + '_ {
    let mut all = ready.shown.values.every_row();
    std::iter::from_fn(move || {
        let (mut piece, mut rows) = (Vec::new(), 0);
        while rows < PIECE
            && let Some(change) = all.next()
        {
            rows += change.rows.len();
            piece.push(change);
        }
        (!piece.is_empty()).then_some(piece)
    })
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
        if let Some(ordinal) = fact.obligation {
            self.touch(state, ordinal);
        } else if let Some(act) = register.bulk_act_behind(fact.seq) {
            let ordinals = act.obligations.iter().map(|(ordinal, _)| *ordinal);
            ordinals.for_each(|ordinal| self.touch(state, ordinal));
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

/// The rows of the small sets in a load that has all of them.
fn small_rows(load: &Load) -> u64 {
    load.parts.iter().filter(|part| SMALL.contains(&part.set.name.as_str())).map(|part| part.rows).sum()
}

/// Where the state is; the rows of the small sets are not counted yet.
fn stamp(source: &Source<'_>) -> Stamp {
    Stamp {
        epoch: source.epoch().to_owned(),
        seq: source.seq(),
        last_event: event_at(source.state(), source.seq()),
        as_of: source.as_of(),
        rows_total: u64::try_from(source.large_rows()).unwrap_or(u64::MAX),
    }
}

fn set(name: &str) -> &'static Set {
    bi::contract().set(name).expect("the contract has the sets that are named here: a test names them all")
}
