//! Lateness, computed: a pure function of state, calendar and the as-of day. There is no "overdue" event.

mod control;
mod sentence;
mod steps;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::calendar::days_between;
use crate::obligation::{Obligation, Phase};
use crate::region::{RegionRules, TimelinessBasis};

pub use self::control::Control;
pub use self::steps::{Counted, DayTold, Move, Reckoning, Verdict};

/// How an obligation stands to its deadline on a given day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// It has no date, or does not count.
    None,
    /// Nothing done; the deadline is far, or the window has not opened.
    Upcoming,
    /// Nothing done; the window is open.
    InWindow,
    /// Nothing done; the deadline is near.
    DueSoon,
    /// Nothing done; today is the last day.
    DueToday,
    /// Nothing done; the deadline passed so many days ago.
    Overdue(u32),
    /// Done before the window opened.
    Early,
    /// Done by the deadline, that day included.
    OnTime,
    /// Done so many days after the deadline.
    Late(u32),
}

impl Timeliness {
    /// The name in answers and filters, without the days.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Upcoming => "upcoming",
            Self::InWindow => "in_window",
            Self::DueSoon => "due_soon",
            Self::DueToday => "due_today",
            Self::Overdue(_) => "overdue",
            Self::Early => "early",
            Self::OnTime => "on_time",
            Self::Late(_) => "late",
        }
    }

    /// All names.
    pub const NAMES: [&'static str; 9] =
        ["none", "upcoming", "in_window", "due_soon", "due_today", "overdue", "early", "on_time", "late"];

    /// Days late, of a late or overdue obligation; otherwise 0.
    #[must_use]
    pub fn days(self) -> u32 {
        match self {
            Self::Overdue(days) | Self::Late(days) => days,
            _ => 0,
        }
    }

    /// Whether it is in time, once that is settled: by being done, or by the deadline having passed.
    #[must_use]
    pub fn in_time(self) -> Option<bool> {
        match self {
            Self::Early | Self::OnTime => Some(true),
            Self::Late(_) | Self::Overdue(_) => Some(false),
            Self::None | Self::Upcoming | Self::InWindow | Self::DueSoon | Self::DueToday => None,
        }
    }
}

impl Serialize for Timeliness {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl fmt::Display for Timeliness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rules of a region with its zone looked up: made once, used for every obligation.
#[derive(Clone, Debug)]
pub struct Clockwork {
    rules: RegionRules,
    zone: TimeZone,
}

/// A region names a zone that the IANA database does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{zone}\" is not an IANA time zone: give one such as Asia/Vladivostok")]
pub struct UnknownZone {
    /// The zone as given.
    pub zone: String,
}

impl Clockwork {
    /// Looks the zone up.
    ///
    /// # Errors
    /// [`UnknownZone`]: fix the region's settings.
    pub fn new(rules: RegionRules) -> Result<Self, UnknownZone> {
        let zone = TimeZone::get(&rules.zone).map_err(|_| UnknownZone { zone: rules.zone.clone() })?;
        Ok(Self { rules, zone })
    }

    /// The rules themselves.
    #[must_use]
    pub fn rules(&self) -> &RegionRules {
        &self.rules
    }

    /// The calendar day of an instant in the region: what people there call today.
    #[must_use]
    pub fn local_day(&self, instant: Timestamp) -> Date {
        self.zone.to_datetime(instant).date()
    }

    /// The day that an instant counts for: from the region's cut-off on, the next one.
    #[must_use]
    pub fn day_of(&self, instant: Timestamp) -> Date {
        let local = self.zone.to_datetime(instant);
        match self.rules.cut_off {
            Some(cut_off) if local.time() >= cut_off => local.date().tomorrow().unwrap_or(local.date()),
            Some(_) | None => local.date(),
        }
    }

    /// The day that an obligation really ends on: stated, moved, then the weekend rule.
    #[must_use]
    pub fn effective_due(&self, obligation: &Obligation) -> Option<Date> {
        obligation.due().map(|due| self.rules.calendar.roll(due, self.rules.weekend_rule))
    }

    /// The day on which it was done, by the region's basis; `None` while nothing valid is in.
    #[must_use]
    pub fn done_on(&self, obligation: &Obligation) -> Option<Date> {
        self.done_on_by(self.rules.timeliness_basis, obligation)
    }

    /// The day on which the log took the report that counts, the cut-off heeded, whatever the region's basis.
    #[must_use]
    pub fn reported_on(&self, obligation: &Obligation) -> Option<Date> {
        self.done_on_by(TimelinessBasis::Recorded, obligation)
    }

    /// The day on which it was done, by one of the two clocks.
    #[must_use]
    pub fn done_on_by(&self, clock: TimelinessBasis, obligation: &Obligation) -> Option<Date> {
        let counting = obligation.counting().filter(|_| obligation.phase.is_done())?;
        Some(match clock {
            TimelinessBasis::Occurred => counting.counts_on,
            TimelinessBasis::Recorded => self.day_of(counting.recorded_at),
        })
    }

    /// «Исполнено в срок»: by the day that the actor claims; `None` until that is settled.
    #[must_use]
    pub fn done_in_time(&self, obligation: &Obligation, as_of: Date) -> Option<bool> {
        self.timeliness_by(TimelinessBasis::Occurred, obligation, as_of).in_time()
    }

    /// «Отчитались в срок»: by the day that the log took the report; `None` until that is settled.
    #[must_use]
    pub fn reported_in_time(&self, obligation: &Obligation, as_of: Date) -> Option<bool> {
        self.timeliness_by(TimelinessBasis::Recorded, obligation, as_of).in_time()
    }

    /// How it stands to its deadline at the end of `as_of`, by the region's basis.
    #[must_use]
    pub fn timeliness(&self, obligation: &Obligation, as_of: Date) -> Timeliness {
        self.timeliness_by(self.rules.timeliness_basis, obligation, as_of)
    }

    /// How it stands to its deadline at the end of `as_of`, by one of the two clocks.
    #[must_use]
    pub fn timeliness_by(&self, clock: TimelinessBasis, obligation: &Obligation, as_of: Date) -> Timeliness {
        let obligation = obligation.on(as_of);
        if !obligation.phase.counts() || obligation.phase == Phase::Unscheduled {
            return Timeliness::None;
        }
        let Some(due) = self.effective_due(&obligation) else { return Timeliness::None };
        let days = |from, to| u32::try_from(days_between(from, to)).unwrap_or(0);
        if let Some(done) = self.done_on_by(clock, &obligation) {
            return match obligation.start_on {
                _ if done > due => Timeliness::Late(days(due, done)),
                Some(start) if done < start => Timeliness::Early,
                _ => Timeliness::OnTime,
            };
        }
        let left = days_between(as_of, due);
        match obligation.start_on {
            _ if left < 0 => Timeliness::Overdue(days(due, as_of)),
            _ if left == 0 => Timeliness::DueToday,
            _ if left <= i32::from(self.rules.due_soon_days) => Timeliness::DueSoon,
            Some(start) if as_of >= start => Timeliness::InWindow,
            _ => Timeliness::Upcoming,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::WorkCalendar;
    use crate::event::EventId;
    use crate::id::Seq;
    use crate::obligation::{PersonIdx, Submission};

    fn clockwork(cut_off: Option<jiff::civil::Time>) -> Clockwork {
        let rules = RegionRules::standard("primorye".parse().unwrap(), "Asia/Vladivostok");
        Clockwork::new(RegionRules { cut_off, calendar: WorkCalendar::russia(), ..rules }).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Due on Monday, 26 September 2022, as row 1.1 says.
    fn open() -> Obligation {
        Obligation { stated_due: Some(date(2022, 9, 26)), ..Obligation::default() }
    }

    fn done(occurred_on: Date, recorded_at: Timestamp) -> Obligation {
        Obligation { phase: Phase::Submitted, ..with_report(&open(), occurred_on, recorded_at) }
    }

    /// An accepted obligation with one report.
    pub(super) fn with_report(obligation: &Obligation, occurred_on: Date, recorded_at: Timestamp) -> Obligation {
        let (seq, event, actor) = (Seq::default(), EventId(1), PersonIdx(0));
        let (behalf, score, evidenced) = (None, None, false);
        let counts_on = occurred_on;
        let report = Submission { seq, event, occurred_on, recorded_at, counts_on, actor, behalf, score, evidenced };
        Obligation { phase: Phase::Accepted, live: [report].into_iter().collect(), ..obligation.clone() }
    }

    #[test]
    fn the_stated_day_is_included() {
        let timeliness = |day| clockwork(None).timeliness(&done(day, at("2022-10-01T00:00:00Z")), date(2022, 10, 1));
        assert_eq!(timeliness(date(2022, 9, 26)), Timeliness::OnTime);
        assert_eq!(timeliness(date(2022, 9, 27)), Timeliness::Late(1));
        assert_eq!(clockwork(None).timeliness(&open(), date(2022, 9, 26)), Timeliness::DueToday);
    }

    #[test]
    fn a_day_of_the_region_ends_at_its_own_midnight_or_cut_off() {
        let midnight = clockwork(None);
        let office = clockwork(Some(time(18, 0, 0, 0)));
        let check = |instant, until_midnight, until_office| {
            let days = (midnight.day_of(at(instant)), office.day_of(at(instant)));
            assert_eq!(days, (until_midnight, until_office), "{instant}");
        };
        let (monday, tuesday) = (date(2022, 9, 26), date(2022, 9, 27));
        check("2022-09-26T17:59:59+10:00", monday, monday);
        check("2022-09-26T18:00:00+10:00", monday, tuesday);
        check("2022-09-26T23:59:59+10:00", monday, tuesday);
        // «18:00 мск» is 1:00 of the next day in Vladivostok.
        check("2022-09-26T18:00:00+03:00", tuesday, tuesday);
        check("2022-09-26T10:59:59+03:00", monday, monday);
        check("2022-09-26T11:00:00+03:00", monday, tuesday);
        assert_eq!(office.local_day(at("2022-09-26T18:00:00+10:00")), monday, "people still call it today");
    }

    #[test]
    fn done_in_time_and_reported_in_time_are_two_figures() {
        let clockwork = clockwork(None);
        let told_late = done(date(2022, 9, 26), at("2022-09-28T09:00:00+10:00"));
        let as_of = date(2022, 10, 1);
        assert_eq!(clockwork.done_in_time(&told_late, as_of), Some(true));
        assert_eq!(clockwork.reported_in_time(&told_late, as_of), Some(false));
        assert_eq!(clockwork.reported_on(&told_late), Some(date(2022, 9, 28)));
        assert_eq!(clockwork.timeliness_by(TimelinessBasis::Recorded, &told_late, as_of), Timeliness::Late(2));
        assert_eq!(clockwork.timeliness(&told_late, as_of), Timeliness::OnTime, "the region counts by the claim");
        assert_eq!(clockwork.done_in_time(&open(), date(2022, 9, 26)), None, "it is not settled yet");
        assert_eq!(clockwork.reported_in_time(&open(), date(2022, 9, 27)), Some(false));
    }

    proptest! {
        #[test]
        fn a_cut_off_moves_an_instant_by_one_day_at_most(seconds in 0..100_000_000i64, hour in 0..24i8) {
            let instant = at("2022-01-01T00:00:00Z") + jiff::SignedDuration::from_secs(seconds);
            let clockwork = clockwork(Some(time(hour, 0, 0, 0)));
            let later = days_between(clockwork.local_day(instant), clockwork.day_of(instant));
            prop_assert!(later == 0 || later == 1);
        }
    }
}
