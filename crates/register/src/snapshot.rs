//! A register read back from a snapshot: what can be derived was not stored, and is made again.

use serde::Deserialize;

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
    columns: Columns,
}

impl TryFrom<Loaded> for Register {
    type Error = &'static str;

    fn try_from(loaded: Loaded) -> Result<Self, &'static str> {
        let Loaded { log, types, persons, registry, plans, columns } = loaded;
        let promised: u64 = plans.blocks().iter().map(|block| u64::from(block.len)).sum();
        if !columns.is_even() || u64::try_from(columns.len()) != Ok(promised) {
            return Err("the columns of the snapshot do not fit its blocks");
        }
        Ok(Self { log, types, persons, registry, plans, columns })
    }
}
