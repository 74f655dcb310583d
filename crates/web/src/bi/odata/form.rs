//! In which form an answer is wanted: `$format`, `Accept`, `OData-MaxVersion`.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

use crate::problem::Problem;

/// How much an answer says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Metadata {
    /// Rows and nothing else.
    None,
    /// What a client needs that knows the model.
    #[default]
    Minimal,
    /// Types and addresses too.
    Full,
}

/// The form of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// How much is said of the rows.
    pub(super) metadata: Metadata,
    /// Whole numbers of 64 bits are texts, since numbers of JavaScript do not hold them.
    pub(super) big_as_text: bool,
}

impl Form {
    /// The form that a client takes.
    ///
    /// # Errors
    /// 415 for a `$format` and 406 for an `Accept` that we do not have.
    pub(super) fn of_rows(format: Option<&str>, headers: &HeaderMap) -> Result<Self, Problem> {
        if let Some(format) = format {
            let form = if format.eq_ignore_ascii_case("json") { Some(Self::default()) } else { Self::of(format) };
            return form.ok_or_else(|| Problem::no_format(format));
        }
        let Some(accept) = headers.get(ACCEPT).map(|value| value.to_str().unwrap_or("?")) else {
            return Ok(Self::default());
        };
        accept.split(',').find_map(Self::of).ok_or_else(|| Problem::not_acceptable(accept, "application/json"))
    }

    /// The form of one media type, where it is one of ours.
    fn of(media: &str) -> Option<Self> {
        let mut parts = media.split(';').map(str::trim);
        let kind = parts.next()?.to_ascii_lowercase();
        if !["application/json", "application/*", "*/*"].contains(&kind.as_str()) {
            return None;
        }
        let mut form = Self::default();
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
            match name.strip_prefix("odata.").unwrap_or(&name) {
                "metadata" => {
                    form.metadata = match value.as_str() {
                        "none" => Metadata::None,
                        "minimal" => Metadata::Minimal,
                        "full" => Metadata::Full,
                        _ => return None,
                    }
                }
                "ieee754compatible" => form.big_as_text = value == "true",
                "streaming" | "q" | "charset" => {}
                // Such as `odata=verbose`, the form of version 3.
                _ => return None,
            }
        }
        Some(form)
    }

    /// Its media type.
    pub(super) fn media(self) -> &'static str {
        match (self.metadata, self.big_as_text) {
            (Metadata::None, false) => "application/json;odata.metadata=none",
            (Metadata::None, true) => "application/json;odata.metadata=none;IEEE754Compatible=true",
            (Metadata::Minimal, false) => "application/json;odata.metadata=minimal",
            (Metadata::Minimal, true) => "application/json;odata.metadata=minimal;IEEE754Compatible=true",
            (Metadata::Full, false) => "application/json;odata.metadata=full",
            (Metadata::Full, true) => "application/json;odata.metadata=full;IEEE754Compatible=true",
        }
    }
}

/// Refuses a client that takes no XML: the model has no other form here.
///
/// # Errors
/// 415 for a `$format` and 406 for an `Accept` without XML.
pub(super) fn wants_xml(format: Option<&str>, headers: &HeaderMap) -> Result<(), Problem> {
    let fits = |media: &str| {
        let kind = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        ["application/xml", "application/*", "*/*", "text/xml"].contains(&kind.as_str())
    };
    if let Some(format) = format {
        let fits = format.eq_ignore_ascii_case("xml") || fits(format);
        return if fits { Ok(()) } else { Err(Problem::no_format(format)) };
    }
    let accept = headers.get(ACCEPT).map_or("*/*", |value| value.to_str().unwrap_or("?"));
    if accept.split(',').any(fits) { Ok(()) } else { Err(Problem::not_acceptable(accept, "application/xml")) }
}

/// The version that is spoken with a client: 4.01, or 4.0 with one that knows no more.
///
/// # Errors
/// A client that knows neither.
pub(super) fn version(headers: &HeaderMap) -> Result<&'static str, Problem> {
    let Some(most) = headers.get("odata-maxversion") else { return Ok("4.01") };
    let number = most.to_str().ok().and_then(|text| text.trim().parse::<f32>().ok());
    match number {
        Some(most) if most >= 4.01 => Ok("4.01"),
        Some(most) if most >= 4.0 => Ok("4.0"),
        _ => Err(Problem::header("OData-MaxVersion", "4.0, 4.01")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn clients_get_the_first_form_that_we_have() {
        let form = |accept: &'static str| {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            Form::of_rows(None, &headers).map(|form| form.metadata).ok()
        };
        // As Power Query asks.
        let power = "application/json;odata.metadata=minimal;q=1.0, application/json;odata=minimalmetadata;q=0.9, \
            application/atomsvc+xml;q=0.8, application/atom+xml;q=0.8, application/xml;q=0.7, text/plain;q=0.7";
        assert_eq!(form(power), Some(Metadata::Minimal));
        assert_eq!(form("application/atom+xml, application/json;metadata=full"), Some(Metadata::Full));
        assert_eq!(form("*/*"), Some(Metadata::Minimal));
        assert_eq!(form("application/json;odata=verbose"), None);
        assert_eq!(form("text/html"), None);
    }

    #[test]
    fn the_older_version_is_spoken_with_who_knows_no_other() {
        let version = |most: &'static str| {
            let headers = [("odata-maxversion".parse().unwrap(), HeaderValue::from_static(most))];
            version(&HeaderMap::from_iter(headers)).ok()
        };
        assert_eq!((version("4.0"), version("4.01"), version("5.0")), (Some("4.0"), Some("4.01"), Some("4.01")));
        assert_eq!((version("3.0"), version("x")), (None, None));
    }
}
