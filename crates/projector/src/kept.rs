//! Registers of the past that stay in memory, and those that are being made.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::{Record, Seq};
use register::Register;

use crate::batch;
use crate::error::HistoryError;

/// Most registers that are kept, however small they are.
const REGISTERS_MAX: usize = 16;

/// Most obligations of all registers that are kept: two of a nation's, a quarter of a gigabyte each. The one that was
/// used last is kept even if it has more.
const OBLIGATIONS_MAX: usize = 4_500_000;

/// Earlier registers, the last used at the end.
#[derive(Debug)]
pub(crate) struct Kept {
    registers: Mutex<Vec<Arc<Register>>>,
    obligations_max: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self::with_room_for(OBLIGATIONS_MAX)
    }
}

impl Kept {
    pub(crate) fn with_room_for(obligations_max: usize) -> Self {
        Self { registers: Mutex::default(), obligations_max }
    }

    /// The last one at a position or before it.
    pub(crate) fn nearest(&self, seq: Seq) -> Option<Arc<Register>> {
        let mut registers = self.registers();
        let fitting = registers.iter().enumerate().filter(|(_, known)| known.last_seq() <= seq);
        let (at, _) = fitting.max_by_key(|(_, known)| known.last_seq())?;
        let found = registers.remove(at);
        registers.push(Arc::clone(&found));
        Some(found)
    }

    pub(crate) fn put(&self, register: Arc<Register>) {
        let mut registers = self.registers();
        registers.retain(|known| known.last_seq() != register.last_seq());
        registers.push(register);
        let mut obligations: usize = registers.iter().map(|known| known.len()).sum();
        while registers.len() > 1 && (registers.len() > REGISTERS_MAX || obligations > self.obligations_max) {
            obligations -= registers.remove(0).len();
        }
    }

    fn registers(&self) -> MutexGuard<'_, Vec<Arc<Register>>> {
        self.registers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A register on its way to a position. Whoever asked may go away: then what was done is kept, and the next one who
/// asks goes on from there.
pub(crate) struct Unfinished {
    register: Register,
    kept: Arc<Kept>,
}

impl Unfinished {
    pub(crate) fn new(register: Register, kept: &Arc<Kept>) -> Self {
        Self { register, kept: Arc::clone(kept) }
    }

    /// How far it has come.
    pub(crate) fn reached(&self) -> Seq {
        self.register.last_seq()
    }

    /// Applies what the log holds next; parsed side by side, as in the projector.
    pub(crate) fn apply(mut self, records: &[Record]) -> Result<Self, HistoryError> {
        for parsed in batch::parse_all(records) {
            let applied = parsed.and_then(|parsed| self.register.apply(&parsed));
            applied.map_err(|error| HistoryError::Event(Box::new(error)))?;
        }
        Ok(self)
    }

    /// It has arrived: it is kept, and given.
    pub(crate) fn finish(mut self) -> Arc<Register> {
        let register = Arc::new(std::mem::take(&mut self.register));
        self.kept.put(Arc::clone(&register));
        register
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A panic may have left an event half applied.
        if self.reached() > Seq::NONE && !std::thread::panicking() {
            self.kept.put(Arc::new(std::mem::take(&mut self.register)));
        }
    }
}
