//! Kinds of day: what makes a date differ from the plain week, and by which act.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a date is to people who work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A plain working day.
    Working,
    /// A working day before a holiday, an hour shorter.
    Shortened,
    /// A day of the weekend with work, because its rest went to another day.
    WorkingWeekend,
    /// A plain day of the weekend.
    Weekend,
    /// A public holiday («нерабочий праздничный день»).
    PublicHoliday,
    /// The rest of another day, transferred to this one.
    TransferredDayOff,
    /// A weekday without work of which the calendar does not say why.
    DayOff,
}

impl DayKind {
    /// Whether people work on such a day.
    #[must_use]
    pub fn is_working(self) -> bool {
        match self {
            Self::Working | Self::Shortened | Self::WorkingWeekend => true,
            Self::Weekend | Self::PublicHoliday | Self::TransferredDayOff | Self::DayOff => false,
        }
    }
}

/// Days of work in a plain week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Week {
    /// Monday to Friday.
    #[default]
    FiveDay,
    /// Monday to Saturday, as schools may teach.
    SixDay,
}

impl Week {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    pub(super) fn is_plain(&self) -> bool {
        *self == Self::FiveDay
    }
}

/// Why one date differs from the plain week. The variant says the kind and what is known only then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SpecialDay {
    /// A public holiday, of the country or of a region.
    PublicHoliday {
        /// Its name in Russian.
        name_ru: String,
        /// Its name in English.
        name_en: String,
    },
    /// A day off, transferred here.
    TransferredDayOff {
        /// The day whose rest it is.
        #[schemars(with = "String")]
        from: Date,
        /// The act that transfers it.
        basis: String,
        /// The day of that act, see [`SpecialDay::is_in_time_for`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        decreed_on: Option<Date>,
    },
    /// A day of the weekend that is worked.
    WorkingWeekend {
        /// The day that its rest went to, where the act names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        to: Option<Date>,
        /// The act that transfers it.
        basis: String,
        /// The day of that act, see [`SpecialDay::is_in_time_for`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        decreed_on: Option<Date>,
        /// It stands before a holiday and is an hour shorter.
        #[serde(default)]
        shortened: bool,
    },
    /// A working day before a holiday, an hour shorter.
    Shortened,
}

impl SpecialDay {
    /// Its kind, without what belongs to it.
    #[must_use]
    pub fn kind(&self) -> DayKind {
        match self {
            Self::PublicHoliday { .. } => DayKind::PublicHoliday,
            Self::TransferredDayOff { .. } => DayKind::TransferredDayOff,
            Self::WorkingWeekend { .. } => DayKind::WorkingWeekend,
            Self::Shortened => DayKind::Shortened,
        }
    }

    /// Whether it holds for its date: an act later than the day that it is about changes nothing, so that
    /// a transfer in the middle of a year does not rewrite deadlines that have passed.
    #[must_use]
    pub fn is_in_time_for(&self, day: Date) -> bool {
        match self {
            Self::TransferredDayOff { decreed_on, .. } | Self::WorkingWeekend { decreed_on, .. } => {
                decreed_on.is_none_or(|decreed| decreed <= day)
            }
            Self::PublicHoliday { .. } | Self::Shortened => true,
        }
    }
}
