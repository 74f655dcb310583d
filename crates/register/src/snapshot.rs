//! A register read back from a snapshot: what can be derived was not stored, and is made again.

use domain::ledger::Ledger;
use serde::{Deserialize, Serialize, Serializer};

use crate::bulk::BulkActs;
use crate::columns::Columns;
use crate::plans::Activations;
use crate::registry::{Persons, Registry, Types};
use crate::{LogState, Register};

/// The fields of [`Register`], in its order.
#[derive(Deserialize)]
pub(crate) struct Loaded {
    log: LogState,
    types: Types,
    persons: Persons,
    registry: Registry,
    plans: Activations,
    ledger: StoredLedger,
    bulk: BulkActs,
    columns: Columns,
}

/// The ledger as JSON, since its shapes are those of events and not of a snapshot.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct StoredLedger(String);

/// Writes the ledger into a snapshot.
pub(crate) fn ledger<S: Serializer>(ledger: &Ledger, to: S) -> Result<S::Ok, S::Error> {
    StoredLedger(serde_json::to_string(ledger).map_err(serde::ser::Error::custom)?).serialize(to)
}

impl TryFrom<Loaded> for Register {
    type Error = &'static str;

    fn try_from(loaded: Loaded) -> Result<Self, &'static str> {
        let Loaded { log, types, persons, registry, plans, ledger, bulk, columns } = loaded;
        let promised: u64 = plans.blocks().iter().map(|block| u64::from(block.len)).sum();
        if !columns.is_even() || u64::try_from(columns.len()) != Ok(promised) {
            return Err("the columns of the snapshot do not fit its blocks");
        }
        let ledger = serde_json::from_str(&ledger.0).map_err(|_| "the ledger of the snapshot cannot be read")?;
        Ok(Self { log, types, persons, registry, plans, ledger, bulk, columns })
    }
}
