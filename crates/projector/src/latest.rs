//! The latest moment of each block of events: an instant is found in a long log without looking at all of it.

/// Events of one block: a nation's thirty million make some seven thousand blocks.
const BLOCK: usize = 4_096;

/// The latest moment of each block, nanoseconds since 1970-01-01T00:00:00Z. Moments run forward within spans only: the
/// claims of an importer lie before what the log recorded earlier.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latest {
    blocks: Vec<i64>,
}

impl Latest {
    /// Takes in the moments of a column from a row on; those before it are known.
    pub(crate) fn extend(&mut self, moments: &[i64], from: usize) {
        // Sliced first: a zip would count up to there, for each event anew.
        for (moment, at) in moments.get(from..).unwrap_or_default().iter().zip(from..) {
            let block = at / BLOCK;
            match self.blocks.get_mut(block) {
                Some(latest) => *latest = (*latest).max(*moment),
                None => self.blocks.push(*moment),
            }
        }
    }

    /// The first row whose moment lies behind an instant and that counts; a block that holds none is passed over.
    pub(crate) fn first_after(&self, moments: &[i64], instant: i128, counts: impl Fn(&usize) -> bool) -> Option<usize> {
        let later = |moment: i64| i128::from(moment) > instant;
        let blocks =
            self.blocks.iter().zip(0..).filter(|(latest, _)| later(**latest)).map(|(_, block): (_, usize)| block);
        blocks
            .flat_map(|block| block * BLOCK..((block + 1) * BLOCK).min(moments.len()))
            .find(|at| later(moments[*at]) && counts(at))
    }
}
