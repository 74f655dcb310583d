//! What makes two bodies the same command: the act and the JSON, whatever its spaces and order of keys.

use domain::command::Act;
use domain::expand::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 over the act's name and the canonical JSON of its body (keys sorted, no spaces), hexadecimal.
///
/// # Errors
/// The body is not JSON.
pub fn fingerprint_of_body(act: Act, body: &[u8]) -> Result<String, serde_json::Error> {
    let value: Value = serde_json::from_slice(body)?;
    let mut canonical = Vec::with_capacity(body.len());
    write(&value, &mut canonical)?;
    let hash = Sha256::new().chain_update(act.as_str()).chain_update([0]).chain_update(&canonical).finalize();
    Ok(hex(&hash))
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => serde_json::to_writer(out, value),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
            Ok(())
        }
        Value::Object(fields) => {
            // Sorted here, since a build may keep the order in which the keys came.
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (at, (name, field)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                write(field, out)?;
            }
            out.push(b'}');
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_spaces_do_not_make_another_command() {
        let one = fingerprint_of_body(Act::Accept, br#"{"a":1,"b":[{"y":null,"x":"z"}]}"#).unwrap();
        let two = fingerprint_of_body(Act::Accept, b"{ \"b\": [ {\"x\":\"z\",\"y\":null} ],\n \"a\": 1 }").unwrap();
        assert_eq!(one, two);
        assert_eq!(one.len(), 64);
    }

    #[test]
    fn another_value_or_another_act_is_another_command() {
        let one = fingerprint_of_body(Act::Accept, br#"{"a":1}"#).unwrap();
        assert_ne!(one, fingerprint_of_body(Act::Accept, br#"{"a":2}"#).unwrap());
        assert_ne!(one, fingerprint_of_body(Act::Excuse, br#"{"a":1}"#).unwrap());
        assert!(fingerprint_of_body(Act::Accept, b"{not json").is_err());
    }
}
