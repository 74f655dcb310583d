//! Numbers that need not be whole: always finite, equal when their bits are.

use std::fmt;
use std::hash::{Hash, Hasher};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A finite number of 64 bits. Written as JSON and read back it has the same bits, and so the same equality: positive
/// and negative zero are two numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real(f64);

impl Real {
    /// Holds a number; `None` for infinities and what is no number.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl From<u32> for Real {
    fn from(whole: u32) -> Self {
        Self(whole.into())
    }
}

impl From<i32> for Real {
    fn from(whole: i32) -> Self {
        Self(whole.into())
    }
}

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(from)?).ok_or_else(|| serde::de::Error::custom("a number is finite"))
    }
}

impl JsonSchema for Real {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Real".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({"type": "number"})
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_finite_numbers_are_held() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Real::new(bad), None);
        }
        assert_eq!(serde_json::from_str::<Real>("14").unwrap(), Real::from(14_u32));
        assert!(serde_json::from_str::<Real>("1e999").is_err());
        assert!(serde_json::from_str::<Real>("\"1\"").is_err());
        assert_ne!(Real::new(0.0), Real::new(-0.0));
    }

    proptest! {
        #[test]
        fn bits_survive_json(bits in any::<u64>()) {
            let Some(number) = Real::new(f64::from_bits(bits)) else { return Ok(()) };
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<Real>(&json).unwrap(), number);
            let value = serde_json::to_value(number).unwrap();
            prop_assert_eq!(serde_json::from_value::<Real>(value).unwrap(), number);
        }
    }
}
