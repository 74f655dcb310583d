//! Work on several threads of this process; whatever the threads, what comes out is the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread; // tidy-ok(pure): scoped, gone when the call returns; nothing is shared but a counter

/// Threads at most: the job is short, and others live on the machine too.
const THREADS_MAX: usize = 8;

/// Does `items` pieces of work, each with a worker's own state; gives back the states.
///
/// Which worker takes which piece is chance, so states must come to the same whatever the order. The first error in
/// the order of workers ends the call; a panic goes on where it was called.
pub(crate) fn fold<S: Send, E: Send>(
    items: usize,
    fresh: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> Result<(), E> + Sync,
) -> Result<Vec<S>, E> {
    let workers = workers(items);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut state = fresh();
        loop {
            let item = next.fetch_add(1, Ordering::Relaxed);
            if item >= items {
                return Ok(state);
            }
            work(&mut state, item)?;
        }
    };
    if workers < 2 {
        return run().map(|state| vec![state]);
    }
    // tidy-ok(pure): scoped, as above
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(run)).collect();
        let own = run();
        let ended =
            others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        std::iter::once(own).chain(ended.collect::<Vec<_>>()).collect()
    })
}

/// Cuts a list into pieces, maps them on several threads, and puts what comes out in order.
pub(crate) fn map<T: Send>(len: usize, piece: usize, of: impl Fn(std::ops::Range<usize>) -> T + Sync) -> Vec<T> {
    let pieces = len.div_ceil(piece);
    let done = fold(pieces, Vec::new, |done: &mut Vec<(usize, T)>, at| {
        done.push((at, of(at * piece..len.min((at + 1) * piece))));
        Ok::<(), std::convert::Infallible>(())
    });
    let mut all: Vec<(usize, T)> = done.unwrap_or_else(|never| match never {}).into_iter().flatten().collect();
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, one)| one).collect()
}

fn workers(items: usize) -> usize {
    if items < 2 {
        return items;
    }
    // tidy-ok(pure): how many threads there are decides how fast it is, and nothing else
    thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX).min(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once_and_in_order() {
        for len in [0, 1, 2, 7, 1_000] {
            let found: Vec<usize> = map(len, 3, Iterator::collect::<Vec<_>>).into_iter().flatten().collect();
            assert_eq!(found, (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let work = |(): &mut (), item: usize| if item == 40 { Err(item) } else { Ok(()) };
        assert_eq!(fold(100, || (), work), Err(40));
    }
}
