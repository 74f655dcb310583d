//! The language of an answer, by `Accept-Language`.

use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, HeaderValue};
use domain::refusal::Words;

/// The language of texts in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Speech {
    /// Russian, unless English is asked for.
    #[default]
    Ru,
    /// English.
    En,
}

impl Speech {
    /// The language that a client asks for.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if prefers_english(headers.get(ACCEPT_LANGUAGE)) { Self::En } else { Self::Ru }
    }

    /// The words of this language.
    pub(crate) fn pick(self, words: &Words) -> &str {
        match self {
            Self::Ru => &words.ru,
            Self::En => &words.en,
        }
    }

    /// The language's tag.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// Whether English comes before Russian in an `Accept-Language`.
fn prefers_english(header: Option<&HeaderValue>) -> bool {
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let mut languages = text.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    languages.find_map(|one| match one.split('-').next() {
        Some("en") => Some(true),
        Some("ru") => Some(false),
        _ => None,
    }) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_the_request_is_spoken() {
        let english = |header: &'static str| prefers_english(Some(&HeaderValue::from_static(header)));
        assert!(english("en-GB,en;q=0.9,ru;q=0.1"));
        assert!(!english("ru-RU,ru;q=0.9,en;q=0.1"));
        assert!(!english("de"));
        assert!(!prefers_english(None));
    }
}
