//! The task that keeps a database up with the rows: connects, catches up, follows, and begins anew after any trouble.

use std::convert::Infallible;
use std::time::Duration;

use bi::Contract;
use domain::id::Seq;
use metrics::{counter, gauge, histogram};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::apply::{make_entrance, step};
use crate::connect::{Address, check_version};
use crate::ddl;
use crate::error::{Doing as _, MartError};
use crate::load::Load;
use crate::place::{Place, found, switch, views_print};
use crate::rebuild::{rebuild, sweep};
use crate::rows::{Ask, Reach, Rows};

/// The lock of whoever writes.
pub(crate) const WRITER: i64 = 0x7665_6b68_6162_6931;
/// How long the first failure is waited after; doubled with each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// How long at most.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A failure that lasts is told this often.
const TELL_AGAIN: Duration = Duration::from_mins(5);
/// How often the schema is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often the moment for which the rows hold is moved while nothing happens, and totals are made while much does.
const MINUTE: Duration = Duration::from_mins(1);
/// Without an event for so long it is quiet, and the totals are made.
const QUIET: Duration = Duration::from_secs(1);
/// The totals look at every value: they may take this part of the time, but are never later than [`MINUTE`].
const TOTALS_SHARE: u32 = 10;

/// Keeps one database up.
#[derive(Debug)]
pub struct Sink<R> {
    address: Address,
    rows: R,
    contract: &'static Contract,
    /// Something of the schema is broken: build it anew.
    broken: bool,
    /// How far the database was when it was last seen.
    seen: Seq,
    told: Option<(String, Instant)>,
}

/// What a connection has to look after.
struct Watch {
    place: Place,
    views: String,
    /// Old tables are left.
    litter: bool,
    looked: Instant,
    /// When the totals were made, and how long that took.
    totals: (Instant, Duration),
    /// The totals are older than the rows.
    stale: bool,
    moved: Instant,
}

impl<R: Rows> Sink<R> {
    /// A sink for rows.
    #[must_use]
    pub fn new(address: Address, rows: R) -> Self {
        Self { address, rows, contract: bi::contract(), broken: false, seen: Seq::NONE, told: None }
    }

    /// Keeps the database up until it is told to stop; whatever goes wrong is told and tried again.
    pub async fn run(mut self, stop: CancellationToken) {
        info!("keeping {} up in the database {}", ddl::PROMISE, self.address);
        let mut pause = PAUSE;
        while let Some(ended) = stop.run_until_cancelled(self.session()).await {
            let Err(error) = ended;
            gauge!("vekha_mart_lag_events").set(measure(self.rows.lag(self.seen)));
            counter!("vekha_mart_failures_total", "kind" => error.kind()).increment(1);
            if self.told.is_none() {
                pause = PAUSE;
            }
            self.tell(&error);
            self.broken |= error.is_broken_schema();
            if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Tells a failure once, and again while it lasts.
    fn tell(&mut self, error: &MartError) {
        let text = projector::chain(error);
        let known = self.told.as_ref().is_some_and(|(told, at)| *told == text && at.elapsed() < TELL_AGAIN);
        if !known {
            warn!("{} is not kept up: {text}. What to do: {}. Trying again", ddl::PROMISE, error.advice());
            self.told = Some((text, Instant::now()));
        }
    }

    /// One connection, to its end.
    async fn session(&mut self) -> Result<Infallible, MartError> {
        let (mut client, line) = self.address.connect().await?;
        line.drive(self.keep_up(&mut client)).await
    }

    async fn keep_up(&mut self, client: &mut Client) -> Result<Infallible, MartError> {
        let mut watch = self.begin(client).await?;
        if self.told.take().is_some() {
            info!("{} is kept up again, as of event {}", ddl::PROMISE, watch.place.seq);
        }
        loop {
            gauge!("vekha_mart_lag_events").set(measure(self.rows.lag(watch.place.seq)));
            let wait = if watch.stale { QUIET } else { LOOK };
            let quiet = timeout(wait, self.rows.changed()).await.is_err();
            if watch.looked.elapsed() >= LOOK {
                self.look(client, &mut watch).await?;
            }
            let after = watch.place.seq;
            let ask = if watch.totals_due(quiet) { Ask::Totals { after } } else { Ask::Since { after } };
            let moves_on = watch.moved.elapsed() >= MINUTE && self.rows.is_current();
            if !quiet || matches!(ask, Ask::Totals { .. }) || moves_on {
                self.follow(client, &mut watch, ask).await?;
            }
        }
    }

    /// Brings the database to where the state is.
    async fn begin(&mut self, client: &mut Client) -> Result<Watch, MartError> {
        check_version(client).await?;
        client
            .batch_execute(
                "SET client_min_messages = warning; SET TimeZone = 'UTC'; SET lock_timeout = '30s'; \
                 SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3",
            )
            .await
            .doing("take settings")?;
        let locked = client.query_one("SELECT pg_try_advisory_lock($1)", &[&WRITER]).await.doing("lock")?;
        if !locked.get::<_, bool>(0) {
            return Err(MartError::Busy);
        }
        found(client, self.contract).await?;
        make_entrance(client, self.contract).await?;
        let place = if let Some(place) = self.known(client).await? {
            self.resume(client, place).await?
        } else {
            self.anew(client).await?
        };
        self.broken = false;
        self.seen = place.seq;
        let (views, now) = (views_print(client).await?, Instant::now());
        Ok(Watch { place, views, litter: true, looked: now, totals: (now, Duration::ZERO), stale: false, moved: now })
    }

    /// Where the database is, if it can go on from there.
    async fn known(&mut self, client: &mut Client) -> Result<Option<Place>, MartError> {
        let Some(place) = Place::read(client, self.contract).await? else { return Ok(None) };
        if self.broken || !place.is_ours(client, self.contract).await? {
            info!("the tables are not those of this version: they are built anew");
            return Ok(None);
        }
        match self.rows.reach(&place.epoch, place.seq, &place.last_event).await? {
            Reach::Held => Ok(Some(place)),
            Reach::Beyond | Reach::OtherEpoch => {
                info!("the database holds another log, or is ahead of this one: it is filled anew");
                Ok(None)
            }
        }
    }

    /// Builds everything anew.
    async fn anew(&mut self, client: &mut Client) -> Result<Place, MartError> {
        let begun = Instant::now();
        let mut load = self.rows.load(Ask::Everything).await?;
        let started = Instant::now();
        let place = rebuild(client, self.contract, &mut load).await?;
        self.wrote(&load, load.rows(), started.elapsed());
        all_there(&format!("stands anew, as of event {}", place.seq), started - begun, started.elapsed());
        Ok(place)
    }

    /// Goes on from where the database is. Nothing is known of what happened meanwhile, so all rows are compared.
    async fn resume(&mut self, client: &mut Client, place: Place) -> Result<Place, MartError> {
        let mut transaction = client.transaction().await.doing("begin")?;
        switch(&mut transaction, self.contract, place.generation).await?;
        transaction.commit().await.doing("commit")?;
        let begun = Instant::now();
        let mut load = self.rows.load(Ask::Current { after: place.seq }).await?;
        let started = Instant::now();
        let (next, written) = step(client, self.contract, &place, &mut load).await?;
        self.wrote(&load, written, started.elapsed());
        let said = format!("goes on at event {}, {written} rows written", next.seq);
        all_there(&said, started - begun, started.elapsed());
        Ok(next)
    }

    /// Writes what changed.
    async fn follow(&mut self, client: &mut Client, watch: &mut Watch, ask: Ask) -> Result<(), MartError> {
        let began = Instant::now();
        let mut load = self.rows.load(ask).await?;
        let totals = load.parts.iter().any(|part| part.set.name == ddl::TOTALS);
        if totals {
            // What was made with everything else says nothing about the totals alone.
            let alone = matches!(ask, Ask::Totals { .. });
            watch.totals = (Instant::now(), if alone { began.elapsed() } else { Duration::ZERO });
        }
        let idle = load.rows() == 0 && watch.moved.elapsed() < MINUTE;
        if idle {
            return Ok(());
        }
        let started = Instant::now();
        let (place, written) = step(client, self.contract, &watch.place, &mut load).await?;
        self.wrote(&load, written, started.elapsed());
        watch.stale = !totals && (watch.stale || place.seq != watch.place.seq);
        watch.moved = Instant::now();
        watch.place = place;
        self.seen = watch.place.seq;
        Ok(())
    }

    /// Looks at the schema: what a hand changed is put right, old tables are dropped.
    async fn look(&mut self, client: &mut Client, watch: &mut Watch) -> Result<(), MartError> {
        watch.looked = Instant::now();
        watch.place.check(Place::read(client, self.contract).await?.as_ref(), self.contract)?;
        if !watch.place.is_ours(client, self.contract).await? {
            self.broken = true;
            return Err(MartError::Changed);
        }
        if views_print(client).await? != watch.views {
            warn!("a view of {} was changed by hand: it is put right", ddl::PROMISE);
            let mut transaction = client.transaction().await.doing("begin")?;
            switch(&mut transaction, self.contract, watch.place.generation).await?;
            transaction.commit().await.doing("commit")?;
            watch.views = views_print(client).await?;
        }
        if watch.litter {
            watch.litter = sweep(client, self.contract, watch.place.generation).await?;
        }
        Ok(())
    }

    fn wrote(&self, load: &Load, written: u64, took: Duration) {
        counter!("vekha_mart_rows_total").increment(written);
        histogram!("vekha_mart_seconds").record(took);
        gauge!("vekha_mart_lag_events").set(measure(self.rows.lag(load.stamp.seq)));
    }
}

/// Tells that all rows are there, and what their making and their writing took.
fn all_there(said: &str, made: Duration, took: Duration) {
    info!(made_ms = made.as_millis(), took_ms = took.as_millis(), "{} {said}", ddl::PROMISE);
}

impl Watch {
    /// The totals wait until it is quiet, but not for ever, and never take much of the time.
    fn totals_due(&self, quiet: bool) -> bool {
        let (made, took) = self.totals;
        let rested = made.elapsed() >= (took * TOTALS_SHARE).min(MINUTE);
        self.stale && rested && (quiet || made.elapsed() >= MINUTE)
    }
}

/// A count as a measure: exact to 2^53.
fn measure(count: u64) -> f64 {
    let high = u32::try_from(count >> 32).unwrap_or(u32::MAX);
    let low = u32::try_from(count & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}
