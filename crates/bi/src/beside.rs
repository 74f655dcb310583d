//! What rows need beside the state: a few events of the log, by their positions.

use domain::event::{Data, DecodeError, Envelope};
use domain::id::{MunicipalityCode, Seq};
use domain::payload::SnapshotRow;
use jiff::civil::Date;
use projector::{FactFilter, State};

/// An organisation moved to another municipality.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    /// Number of the organisation.
    pub(crate) org: u32,
    pub(crate) seq: Seq,
    /// From this day on.
    pub(crate) day: Date,
    pub(crate) to: MunicipalityCode,
}

/// Values as a closing reported them.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    /// Position of the snapshot's event, which a closing names.
    pub(crate) seq: Seq,
    pub(crate) rows: Vec<SnapshotRow>,
}

/// What the log tells beside the state. Made anew when [`Beside::wanted`] names other positions.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    seqs: Vec<Seq>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) reported: Vec<Reported>,
}

impl Beside {
    /// The positions behind another one where an organisation was transferred.
    #[must_use]
    pub fn transfers_after(state: &State, after: Seq) -> Vec<Seq> {
        let transferred = state.register.type_of("org.transferred");
        let events = transferred.into_iter().flat_map(|number| {
            let filter = FactFilter { event_type: Some(number), ..FactFilter::default() };
            state.facts.matching(after, filter).map(|fact| fact.seq)
        });
        events.collect()
    }

    /// The positions that must be read: transfers of organisations, and the snapshots of closings.
    #[must_use]
    pub fn wanted(state: &State, transfers: &[Seq]) -> Vec<Seq> {
        let closings = state.register.ledger().closings().iter();
        let snapshots = closings.flat_map(|it| it.snapshots.iter().copied());
        let mut seqs: Vec<Seq> = transfers.iter().copied().chain(snapshots).collect();
        seqs.sort_unstable();
        seqs
    }

    /// Whether it was made from these positions.
    #[must_use]
    pub fn is_of(&self, wanted: &[Seq]) -> bool {
        self.seqs == wanted
    }

    /// Reads the events of [`Beside::wanted`], in order.
    ///
    /// # Errors
    /// An event that cannot be read.
    pub fn of<'r>(state: &State, records: impl IntoIterator<Item = (Seq, &'r [u8])>) -> Result<Self, DecodeError> {
        let mut beside = Self::default();
        for (seq, payload) in records {
            let envelope = Envelope::read(payload)?;
            beside.seqs.push(seq);
            match envelope.data()? {
                Data::OrgTransferred(moved) => {
                    beside.transfers.extend(state.register.org_index(moved.org.as_str()).map(|org| Transfer {
                        org,
                        seq,
                        day: envelope.occurredon,
                        to: moved.municipality.code.clone(),
                    }));
                }
                Data::SnapshotTaken(taken) => beside.reported.push(Reported { seq, rows: taken.rows }),
                _ => {}
            }
        }
        Ok(beside)
    }
}
