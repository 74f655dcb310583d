//! The state rules (`domain.md` 8): what one obligation counts at the end of a day. Days are days
//! since 1970-01-01.

use domain::obligation::Phase;

/// What an obligation counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
pub(super) struct Judged {
    pub(super) counts: bool,
    pub(super) is_due: bool,
    pub(super) is_done: bool,
    pub(super) is_on_time: bool,
    /// Days of delay up to the cap; 0 where not late.
    pub(super) late_days: i32,
}

/// The days that judge an obligation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Against {
    /// Its effective day; that of the school year's end where none is set.
    pub(super) due: i32,
    /// The as-of day.
    pub(super) today: i32,
    /// Cap of the delay.
    pub(super) cap: i32,
}

/// Judges an obligation; `done_on` is the day that decides timeliness, while a valid report is in.
pub(super) fn judge(phase: Phase, done_on: Option<i32>, against: Against) -> Judged {
    let counts = phase.counts();
    let is_done = done_on.is_some();
    let delay = done_on.unwrap_or(against.today).saturating_sub(against.due).max(0);
    Judged {
        counts,
        is_done,
        is_due: counts && (is_done || delay > 0),
        is_on_time: counts && is_done && delay == 0,
        late_days: if counts { delay.min(against.cap) } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: i32 = 100;

    #[track_caller]
    fn check(phase: Phase, done_on: Option<i32>, today: i32, expect: (bool, bool, bool, i32)) {
        let judged = judge(phase, done_on, Against { due: DUE, today, cap: 60 });
        let found = (judged.is_due, judged.is_done, judged.is_on_time, judged.late_days);
        assert_eq!(found, expect, "{phase:?}, done {done_on:?}, today {today}");
    }

    #[test]
    fn every_state_of_the_table_counts_as_it_says() {
        check(Phase::Open, None, DUE, (false, false, false, 0)); // not yet due: the last day is included
        check(Phase::Accepted, Some(90), 95, (true, true, true, 0)); // done before it is due
        check(Phase::Submitted, Some(DUE), 130, (true, true, true, 0)); // done on the last day
        check(Phase::Accepted, Some(DUE + 4), 130, (true, true, false, 4)); // done late
        check(Phase::Open, None, DUE + 10, (true, false, false, 10)); // overdue, open
        check(Phase::Returned, None, DUE + 1, (true, false, false, 1)); // returned is not done
        check(Phase::Returned, None, DUE, (false, false, false, 0)); // and not yet due
        check(Phase::Open, None, DUE + 61, (true, false, false, 60)); // capped
        for gone in [Phase::Excused, Phase::Cancelled, Phase::NotApplicable] {
            check(gone, None, DUE + 10, (false, false, false, 0)); // out of N and D
        }
    }
}
