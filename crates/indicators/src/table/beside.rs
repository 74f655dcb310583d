//! The tables beside `obligations`: what reports and accompanying facts tell.

use domain::period::Part;
use polars::error::PolarsError;
use polars::prelude::DataFrame;

use super::frame::{codes, conditions, days, indexes, parts, wholes};
use super::spec::{DIRECTION, OBLIGATION, ON, UNIT};

/// Rows of the table `facts`.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) unit: Vec<u32>,
    obligation: Vec<u32>,
    direction: Vec<u8>,
    part: Vec<Option<Part>>,
    on: Vec<i32>,
    is_evidenced: Vec<bool>,
    is_retracted: Vec<bool>,
}

/// What a row of a small table belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    pub(super) unit: u32,
    pub(super) obligation: u32,
    pub(super) part: Option<Part>,
}

impl Facts {
    pub(super) fn push(&mut self, of: Of, direction: u8, on: i32, is_evidenced: bool, is_retracted: bool) {
        self.unit.push(of.unit);
        self.obligation.push(of.obligation);
        self.direction.push(direction);
        self.part.push(of.part);
        self.on.push(on);
        self.is_evidenced.push(is_evidenced);
        self.is_retracted.push(is_retracted);
    }

    pub(super) fn into_frame(self) -> Result<DataFrame, PolarsError> {
        let len = self.unit.len();
        let columns = vec![
            indexes(UNIT, self.unit),
            indexes(OBLIGATION, self.obligation),
            codes(DIRECTION, self.direction),
            parts("part", &self.part),
            days(ON, self.on),
            conditions("is_evidenced", self.is_evidenced.into_iter()),
            conditions("is_retracted", self.is_retracted.into_iter()),
        ];
        DataFrame::new(len, columns)
    }
}

/// Rows of a small table: what they belong to, and the columns of their own.
#[derive(Clone, Debug, Default)]
struct Keys {
    unit: Vec<u32>,
    obligation: Vec<u32>,
    part: Vec<Option<Part>>,
}

impl Keys {
    fn push(&mut self, of: Of) {
        self.unit.push(of.unit);
        self.obligation.push(of.obligation);
        self.part.push(of.part);
    }

    /// The frame with the columns of its own behind the keys.
    fn into_frame(self, own: Vec<polars::prelude::Column>) -> Result<DataFrame, PolarsError> {
        let len = self.unit.len();
        let keys = [indexes(UNIT, self.unit), indexes(OBLIGATION, self.obligation), parts("part", &self.part)];
        DataFrame::new(len, keys.into_iter().chain(own).collect())
    }
}

/// Rows of the table `surveys`.
#[derive(Clone, Debug, Default)]
pub(super) struct Surveys {
    keys: Keys,
    is_parents: Vec<bool>,
    eligible: Vec<i64>,
    responded: Vec<i64>,
}

impl Surveys {
    pub(super) fn push(&mut self, of: Of, is_parents: bool, eligible: u32, responded: u32) {
        self.keys.push(of);
        self.is_parents.push(is_parents);
        self.eligible.push(i64::from(eligible));
        self.responded.push(i64::from(responded));
    }

    pub(super) fn into_frame(self) -> Result<DataFrame, PolarsError> {
        self.keys.into_frame(vec![
            conditions("is_parents", self.is_parents.into_iter()),
            wholes("eligible", self.eligible),
            wholes("responded", self.responded),
        ])
    }
}

/// Rows of the table `link_checks`.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    keys: Keys,
    on: Vec<i32>,
    is_after_due: Vec<bool>,
    made: Vec<i64>,
    good: Vec<i64>,
}

impl Checks {
    pub(super) fn push(&mut self, of: Of, on: i32, is_after_due: bool, made: i64, good: i64) {
        self.keys.push(of);
        self.on.push(on);
        self.is_after_due.push(is_after_due);
        self.made.push(made);
        self.good.push(good);
    }

    pub(super) fn into_frame(self) -> Result<DataFrame, PolarsError> {
        self.keys.into_frame(vec![
            days(ON, self.on),
            conditions("is_after_due", self.is_after_due.into_iter()),
            wholes("made", self.made),
            wholes("good", self.good),
        ])
    }
}

/// Rows of the table `activities`.
#[derive(Clone, Debug, Default)]
pub(super) struct Activities {
    keys: Keys,
    direction: Vec<u8>,
    on: Vec<i32>,
    is_reported: Vec<bool>,
}

impl Activities {
    pub(super) fn push(&mut self, of: Of, direction: u8, on: i32, is_reported: bool) {
        self.keys.push(of);
        self.direction.push(direction);
        self.on.push(on);
        self.is_reported.push(is_reported);
    }

    pub(super) fn into_frame(self) -> Result<DataFrame, PolarsError> {
        self.keys.into_frame(vec![
            codes(DIRECTION, self.direction),
            days(ON, self.on),
            conditions("is_reported", self.is_reported.into_iter()),
        ])
    }
}

/// Rows of the table `recommendations`.
#[derive(Clone, Debug, Default)]
pub(super) struct Recommendations {
    keys: Keys,
    on: Vec<i32>,
    is_due: Vec<bool>,
    is_closed: Vec<bool>,
}

impl Recommendations {
    pub(super) fn push(&mut self, of: Of, on: i32, is_due: bool, is_closed: bool) {
        self.keys.push(of);
        self.on.push(on);
        self.is_due.push(is_due);
        self.is_closed.push(is_closed);
    }

    pub(super) fn into_frame(self) -> Result<DataFrame, PolarsError> {
        self.keys.into_frame(vec![
            days(ON, self.on),
            conditions("is_due", self.is_due.into_iter()),
            conditions("is_closed", self.is_closed.into_iter()),
        ])
    }
}

/// Rows of the table `participation`.
#[derive(Clone, Debug, Default)]
pub(super) struct Participation {
    keys: Keys,
    took_part: Vec<bool>,
}

impl Participation {
    pub(super) fn push(&mut self, of: Of, took_part: bool) {
        self.keys.push(of);
        self.took_part.push(took_part);
    }

    pub(super) fn into_frame(self) -> Result<DataFrame, PolarsError> {
        self.keys.into_frame(vec![conditions("took_part", self.took_part.into_iter())])
    }
}
