//! Which columns of a table are made.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::definition::Catalogue;

use super::spec::TableSpec;

/// All columns of a table, or those that somebody named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted(Option<Arc<BTreeSet<String>>>);

impl Wanted {
    /// What the definitions of a catalogue read.
    pub(crate) fn by(catalogue: &Catalogue, table: &TableSpec) -> Self {
        Self(Some(Arc::new(catalogue.columns_of(table.name))))
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.0.as_ref().is_none_or(|named| named.contains(column))
    }

    /// Whether there is nothing to make.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.as_ref().is_some_and(|named| named.is_empty())
    }
}
