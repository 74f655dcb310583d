//! Codes and identifiers: parsed once, at the edge.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::CODE_BYTES_MAX;

/// Why a text is not a code of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{raw}\" is not {what}: expected {expected}")]
pub struct BadCode {
    /// What was wanted, with its article: "an organisation code".
    pub what: &'static str,
    /// The text as given, shortened to 80 characters.
    pub raw: String,
    /// The form that is accepted.
    pub expected: &'static str,
}

impl BadCode {
    fn new(what: &'static str, raw: &str, expected: &'static str) -> Self {
        Self { what, raw: raw.chars().take(80).collect(), expected }
    }
}

fn is_code(raw: &str) -> bool {
    (1..=CODE_BYTES_MAX).contains(&raw.len()) && raw.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The code as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadCode;
            fn from_str(raw: &str) -> Result<Self, BadCode> {
                if $fits(raw) { Ok(Self(raw.into())) } else { Err(BadCode::new($what, raw, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadCode;
            fn try_from(raw: String) -> Result<Self, BadCode> {
                raw.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

code!(
    /// Code of a school or authority, unique in the log: 1 to 64 of `a-z`, `0-9`, `-`.
    OrgCode, "an organisation code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Code of a plan, unique in the log.
    PlanCode, "a plan code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Code of a person; names live in a directory outside the log (152-ФЗ).
    PersonCode, "a person code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Code of a region (`primorye`).
    RegionCode, "a region code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Code of a municipality: its transliterated name (`pogranichny`).
    MunicipalityCode, "a municipality code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Code of an item within a row (`agro`, `7`, `2022-10`); `-` where a row has one item only.
    ItemCode, "an item code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Code of something else that events name: a grant, a checklist's version, a monitoring, a class.
    EntityCode, "a code", "1 to 64 of a-z, 0-9 and -", is_code
);
code!(
    /// Number of a result row, `<activity>.<row>`; a derived publication ends in `p` (`8.3p`).
    RowNo, "a row number", "a number such as 5.1, or 8.3p for a derived publication", is_row
);

fn is_row(raw: &str) -> bool {
    let stem = raw.strip_suffix('p').unwrap_or(raw);
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    stem.split_once('.').is_some_and(|(activity, row)| number(activity) && number(row))
}

impl ItemCode {
    /// The item of a row that has one item only.
    #[must_use]
    pub fn none() -> Self {
        Self("-".into())
    }
}

impl RowNo {
    /// The row as a subject token: `5-1`.
    #[must_use]
    pub fn token(&self) -> String {
        self.0.replace('.', "-")
    }

    /// Order of the plan: activity, row, then derived publications behind their row.
    #[must_use]
    pub fn sort_key(&self) -> (u16, u16, bool) {
        let (stem, derived) = self.0.strip_suffix('p').map_or((&*self.0, false), |s| (s, true));
        let (activity, row) = stem.split_once('.').unwrap_or((stem, "0"));
        (activity.parse().unwrap_or(0), row.parse().unwrap_or(0), derived)
    }
}

/// Names one obligation: `<plan>/<row>/<organisation>/<item>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ObligationId {
    /// The plan that asks for it.
    pub plan: PlanCode,
    /// The row of the plan.
    pub row: RowNo,
    /// Whose obligation it is.
    pub org: OrgCode,
    /// Which of the row's items.
    pub item: ItemCode,
}

impl fmt::Display for ObligationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.plan, self.row, self.org, self.item)
    }
}

impl FromStr for ObligationId {
    type Err = BadCode;
    fn from_str(raw: &str) -> Result<Self, BadCode> {
        let mut parts = raw.split('/');
        let mut next = || parts.next().unwrap_or_default();
        let (plan, row, org, item) = (next(), next(), next(), next());
        if parts.next().is_some() || item.is_empty() {
            return Err(BadCode::new("an obligation id", raw, "<plan>/<row>/<organisation>/<item>"));
        }
        Ok(Self { plan: plan.parse()?, row: row.parse()?, org: org.parse()?, item: item.parse()? })
    }
}

impl TryFrom<String> for ObligationId {
    type Error = BadCode;
    fn try_from(raw: String) -> Result<Self, BadCode> {
        raw.parse()
    }
}

impl From<ObligationId> for String {
    fn from(id: ObligationId) -> Self {
        id.to_string()
    }
}

/// Position of an event in the log: 1 is the first, 0 is "before anything".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const NONE: Self = Self(0);
    /// The first event.
    pub const FIRST: Self = Self(1);

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The position before this one; 0 before the first.
    #[must_use]
    pub const fn prev(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u64> for Seq {
    fn from(seq: u64) -> Self {
        Self(seq)
    }
}

impl From<Seq> for u64 {
    fn from(seq: Seq) -> Self {
        seq.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_take_what_the_contract_allows_and_nothing_else() {
        for good in ["a", "mo-pk", "pogranichny-s01", "-", &"x".repeat(64)] {
            assert!(good.parse::<OrgCode>().is_ok(), "{good}");
        }
        for bad in ["", "A", "школа", "a.b", "a b", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<OrgCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn rows_are_numbers_of_the_plan() {
        for good in ["1.1", "20.1", "8.3p"] {
            assert!(good.parse::<RowNo>().is_ok(), "{good}");
        }
        for bad in ["", "1", "1.", ".1", "a.1", "1.1x", "1.1pp", "1234.1"] {
            assert!(bad.parse::<RowNo>().is_err(), "{bad}");
        }
    }

    #[test]
    fn rows_sort_as_in_the_plan() {
        let mut rows: Vec<RowNo> = ["10.1", "8.3p", "9.1", "8.3", "20.1"].iter().map(|r| r.parse().unwrap()).collect();
        rows.sort_by_key(RowNo::sort_key);
        let sorted: Vec<&str> = rows.iter().map(RowNo::as_str).collect();
        assert_eq!(sorted, ["8.3", "8.3p", "9.1", "10.1", "20.1"]);
    }

    #[test]
    fn an_obligation_id_reads_back_as_written() {
        let raw = "clusters-2022-2023/5.1/pogranichny-s01/7";
        assert_eq!(raw.parse::<ObligationId>().unwrap().to_string(), raw);
        for bad in ["", "a/1.1/b", "a/1.1/b/c/d", "a/x/b/c"] {
            assert!(bad.parse::<ObligationId>().is_err(), "{bad}");
        }
    }
}
