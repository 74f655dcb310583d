//! Loads an earlier system's history: many commands decided against a register of our own, and stored
//! in atomic batches, one on its way while the next is made.
//!
//! The loader is the log's only writer while it runs: it numbers its events ahead of their storage and
//! stops loudly when the log numbers them otherwise. Run again after an interruption, it finds what is
//! stored and goes on behind it.

mod batch;

use bytes::Bytes;
use domain::actor::Actor;
use domain::command::{Act, Command, Undo};
use domain::decide::{carry_many, carry_undo, decide, under_grant};
use domain::event::{Cause, Claim, CommandId, Envelope, Event, EventId};
use domain::id::{EntityCode, PersonCode, RegionCode, Seq};
use domain::refusal::Refusal;
use jiff::Timestamp;
use jiff::civil::Date;
use journal::AppendError;
use register::{ApplyError, Register};
use thiserror::Error;

use crate::appraise::{Appraiser, appraise, snapshot};
use crate::body::fingerprint_of_body;
use crate::error::SubmitError;
use crate::gate::Gate;
use crate::history;
use crate::request::Request;

use batch::Loader;

/// One act of an earlier system's history.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Who acted.
    pub actor: Actor,
    /// The grant that they acted under, where they stood in for somebody.
    pub grant: Option<EntityCode>,
    /// Names the act for ever.
    pub key: CommandId,
    /// What was done.
    pub command: Command,
    /// When the earlier system recorded it.
    pub claimed_at: Timestamp,
    /// The local day of that moment.
    pub today: Date,
}

/// What is loaded, and by whom.
#[derive(Clone, Debug)]
pub struct Import {
    /// Who loads: a person in the role of importer, over everything.
    pub importer: Actor,
    /// The earlier system, as `import.opened` names it.
    pub source: String,
    /// Begins the keys of the commands that open and close the import; the same for the same history.
    pub key: String,
    /// Events of one atomic batch at most; never more than the log's own limit.
    pub batch_events: usize,
}

/// How far a load is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Deeds looked at.
    pub deeds: u64,
    /// Events stored.
    pub events: u64,
}

/// What a load did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Deeds looked at.
    pub deeds: u64,
    /// Deeds that were stored before, and are not stored again.
    pub repeated: u64,
    /// Events stored, those that open and close the import left out.
    pub events: u64,
    /// Position of the last event.
    pub last: Seq,
}

/// Why a load stopped. What was stored stays; run it again when the cause is mended.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The import could not be opened or closed, or an earlier event not be looked up.
    #[error("the import's own command failed")]
    Mark(#[source] SubmitError),
    /// A deed breaks the rules.
    #[error("deed {deed} ({act} on {about}, key {key}) is refused: {}", refusal.words().en)]
    Refused {
        /// Its place in the history, from 1.
        deed: u64,
        /// The act.
        act: Act,
        /// The obligation, or `-`.
        about: String,
        /// Its key.
        key: String,
        /// Why.
        refusal: Refusal,
    },
    /// A deed's key was used before for another command.
    #[error("deed {deed}: its key {key} was used for another command")]
    KeyReused {
        /// Its place in the history, from 1.
        deed: u64,
        /// The key.
        key: String,
    },
    /// The log did not take a batch.
    #[error("the log did not take the events from {first} on")]
    Append {
        /// The position that the first of them should have got.
        first: Seq,
        /// What the log said.
        #[source]
        source: AppendError,
    },
    /// Somebody else writes to the log, or it is not what we read.
    #[error("the log numbers our event {found}, {expected} was expected: somebody else writes")]
    Numbered {
        /// The position that was counted ahead.
        expected: Seq,
        /// The position that the log gave.
        found: Seq,
    },
    /// An event of ours cannot be applied: a mistake of this program.
    #[error("an event of deed {deed} cannot be applied")]
    Apply {
        /// Its place in the history, from 1.
        deed: u64,
        /// Why.
        #[source]
        source: ApplyError,
    },
    /// A command's body or event cannot be JSON: a mistake of this program.
    #[error("deed {deed} cannot be written as JSON")]
    Json {
        /// Its place in the history, from 1.
        deed: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl Gate {
    /// Loads a history, between `import.opened` and `import.closed`.
    ///
    /// Nothing else may write meanwhile. `progress` is called once a batch.
    ///
    /// # Errors
    /// [`LoadError`]: what was stored until then stays stored.
    pub async fn load(
        &self,
        import: &Import,
        deeds: impl IntoIterator<Item = Deed>,
        mut progress: impl FnMut(Progress),
    ) -> Result<Loaded, LoadError> {
        self.catch_up_with_log().await?;
        let mut loader = Loader::new(self, import);
        let mut deeds = deeds.into_iter();
        let mut opened = self.is_importing(&import.source);
        let mut ready = loader.next_batch(&mut deeds, opened).await?;
        if !opened && !ready.is_empty() {
            self.mark(import, Act::OpenImport, "open").await?;
            opened = true;
            // What was made before the import was open was made to see whether there is anything to do.
            ready = loader.renew(ready).await?;
        }
        while !ready.is_empty() {
            let first = ready.first();
            let append = self.journal.append(ready.take_records());
            let (answer, next) = tokio::join!(append, loader.next_batch(&mut deeds, true));
            let seqs = answer.map_err(|source| LoadError::Append { first, source })?;
            check_numbers(first, &seqs)?;
            loader.stored(seqs.len());
            progress(loader.progress());
            ready = next?;
        }
        let mut done = loader.loaded();
        if opened {
            self.catch_up_with_log().await?;
            done.last = self.mark(import, Act::CloseImport, "close").await?;
        }
        tracing::info!(
            deeds = done.deeds,
            events = done.events,
            "loaded {} deeds as {} events",
            done.deeds,
            done.events
        );
        Ok(done)
    }

    fn is_importing(&self, source: &str) -> bool {
        self.replica.read(|state| {
            let span = state.register.import_spans().last();
            span.is_some_and(|span| span.closed.is_none() && span.source == source)
        })
    }

    /// Waits until this process sees all that the log holds.
    async fn catch_up_with_log(&self) -> Result<(), LoadError> {
        let tip = self.journal.tip().await.map_err(|error| LoadError::Mark(crate::gate::no_answer(error)))?;
        loop {
            self.check_fresh().map_err(LoadError::Mark)?;
            // Long replays are waited out; a failed projector ends the wait.
            if self.replica.wait_for(tip.last, self.settings.visible_within).await.is_ok() {
                return Ok(());
            }
        }
    }

    /// Opens or closes the import; the key counts the imports, so that a history may come in parts.
    async fn mark(&self, import: &Import, act: Act, word: &str) -> Result<Seq, LoadError> {
        let spans = self.replica.read(|state| state.register.import_spans().len());
        let nth = if act == Act::OpenImport { spans + 1 } else { spans };
        let key = CommandId::new(&format!("{}.{word}.{nth}", import.key))
            .map_err(|error| LoadError::Mark(SubmitError::Inside { reason: format!("{error}") }))?;
        let body = serde_json::json!({ "source": import.source }).to_string();
        let request = Request {
            actor: import.importer.clone(),
            grant: None,
            key,
            act,
            body: Bytes::from(body),
            if_match: None,
            dry_run: false,
            training: None,
        };
        let receipt = self.submit(request).await.map_err(LoadError::Mark)?;
        Ok(receipt.last_seq().unwrap_or_default())
    }

    /// Whether a deed is in the log already.
    pub(crate) async fn is_stored(&self, number: u64, deed: &Deed, sha256: &str) -> Result<bool, LoadError> {
        let fingerprint = deed.key.fingerprint(&deed.actor.person);
        let seqs = self.replica.read(|state| history::of_command(state, fingerprint));
        for record in history::fetch(&self.journal, &seqs).await.map_err(LoadError::Mark)? {
            let Ok(envelope) = Envelope::read(&record.payload) else { continue };
            if envelope.commandid == deed.key.as_str() && envelope.actor == deed.actor.person.as_str() {
                return if envelope.commandsha256 == sha256 { Ok(true) } else { Err(reused(number, deed)) };
            }
        }
        Ok(false)
    }
}

fn check_numbers(first: Seq, seqs: &[Seq]) -> Result<(), LoadError> {
    let mut expected = first;
    for found in seqs {
        if *found != expected {
            return Err(LoadError::Numbered { expected, found: *found });
        }
        expected = expected.next();
    }
    Ok(())
}

fn reused(number: u64, deed: &Deed) -> LoadError {
    LoadError::KeyReused { deed: number, key: deed.key.as_str().to_owned() }
}

fn refused(number: u64, deed: &Deed, refusal: Refusal) -> LoadError {
    LoadError::Refused {
        deed: number,
        act: deed.command.act(),
        about: deed.command.obligation().map_or_else(|| "-".to_owned(), ToString::to_string),
        key: deed.key.as_str().to_owned(),
        refusal,
    }
}

fn cause(deed: &Deed, acting: &Actor, sha256: String, importer: &PersonCode, at: Seq) -> Cause {
    Cause {
        command: deed.key.clone(),
        sha256,
        person: acting.person.clone(),
        role: acting.role,
        behalf: acting.behalf.clone(),
        decided_at: at,
        claim: Some(Claim { recorded_at: deed.claimed_at, importer: importer.clone() }),
    }
}

/// SHA-256 of a deed as if its command had come over the wire.
fn sha256_of(command: &Command) -> Result<String, serde_json::Error> {
    fingerprint_of_body(command.act(), command.body()?.get().as_bytes())
}

/// A deed's events, each with its part among the command's.
pub(crate) type Parts = Vec<(u16, Event)>;

/// Decides a deed against the loader's own register: the events, and as whom its person acted.
///
/// A command on many is carried as [`Gate`] carries it, within one batch; an undo takes bulk facts back, and
/// nothing else.
fn decided(
    number: u64,
    deed: &Deed,
    register: &Register,
    appraiser: &dyn Appraiser,
) -> Result<(Parts, Actor), LoadError> {
    let acting = under_grant(&deed.actor, deed.grant.as_ref(), deed.command.act(), register, deed.today);
    let decided = acting.and_then(|acting| {
        let events = match &deed.command {
            Command::ApplyToMany(body) => carry_many(body, &acting, register, deed.today)?,
            Command::Undo(body) => carry_undo(body, &bulk_facts(body, register), &acting, deed.today)?,
            command => {
                let mut events = decide(command, &acting, register, deed.today)?;
                appraise(appraiser, register, command)?;
                let taken_at = (register.last_seq(), deed.claimed_at);
                events.extend(snapshot(appraiser, register, command, &events, taken_at)?);
                (0..).zip(events).collect()
            }
        };
        Ok((events, acting))
    });
    decided.map_err(|refusal| refused(number, deed, refusal))
}

/// The bulk facts of the command that an undo names, with their regions.
fn bulk_facts(undo: &Undo, register: &Register) -> Vec<(EventId, RegionCode)> {
    let Ok(named) = undo.event.parse::<EventId>() else { return Vec::new() };
    let acts = register.bulk_acts().iter().filter(|act| act.event.fingerprint() == named.fingerprint());
    acts.filter(|act| !act.retracted)
        .filter_map(|act| act.obligations.first().map(|(of, _)| (act.event, register.standing_of(*of).region.clone())))
        .collect()
}
