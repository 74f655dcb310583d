//! Codes that the story gives to organisations.

use crate::world::HOME_REGION;

/// A code that this crate makes out of its own data.
pub(crate) fn code<T: std::str::FromStr>(raw: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    raw.parse().expect("codes are made of a-z, 0-9 and dashes, and are short: a test builds them all")
}

/// The code of a school: its municipality and its number there.
pub(crate) fn school_code(municipality: &str, number: u32) -> String {
    format!("{municipality}-s{number:02}")
}

/// The code of whoever plays an authority of the plan in a region; the home region keeps the plan's.
pub(crate) fn authority_code(region: &str, role: &str) -> String {
    let part = match role {
        _ if region == HOME_REGION => return role.to_owned(),
        "mo-pk" => "mo",
        "pk-iro" => "iro",
        "oo-apmo" => "oo",
        other => other,
    };
    format!("{region}-{part}")
}
