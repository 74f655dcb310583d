//! Lateness, computed: a pure function of state, calendar and the as-of day. There is no "overdue" event.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::calendar::days_between;
use crate::obligation::{Obligation, Phase};
use crate::region::{RegionRules, TimelinessBasis};

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

    /// The local day of an instant.
    #[must_use]
    pub fn day_of(&self, instant: jiff::Timestamp) -> Date {
        self.zone.to_datetime(instant).date()
    }

    /// The day that an obligation really ends on: stated, moved, then the weekend rule.
    #[must_use]
    pub fn effective_due(&self, obligation: &Obligation) -> Option<Date> {
        obligation.due().map(|due| self.rules.calendar.roll(due, self.rules.weekend_rule))
    }

    /// The day on which it was done, by the region's basis; `None` while nothing valid is in.
    #[must_use]
    pub fn done_on(&self, obligation: &Obligation) -> Option<Date> {
        let counting = obligation.counting().filter(|_| obligation.phase.is_done())?;
        Some(match self.rules.timeliness_basis {
            TimelinessBasis::Occurred => counting.counts_on,
            TimelinessBasis::Recorded => self.day_of(counting.recorded_at),
        })
    }

    /// How it stands to its deadline at the end of `as_of`.
    #[must_use]
    pub fn timeliness(&self, obligation: &Obligation, as_of: Date) -> Timeliness {
        if !obligation.phase.counts() || obligation.phase == Phase::Unscheduled {
            return Timeliness::None;
        }
        let Some(due) = self.effective_due(obligation) else { return Timeliness::None };
        let days = |from, to| u32::try_from(days_between(from, to)).unwrap_or(0);
        if let Some(done) = self.done_on(obligation) {
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
