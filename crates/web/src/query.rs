//! Parameters, checked: an unknown one, a wrong value or one given twice is a problem, never ignored.

use std::fmt::Display;
use std::str::FromStr;

use domain::refusal::Invalid;
use jiff::Timestamp;

use crate::problem::Problem;

/// One parameter of an endpoint, for the check and for the description of the interface alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is, in English.
    pub(crate) about: &'static str,
}

pub(crate) const fn param(name: &'static str, about: &'static str) -> Param {
    Param { name, about }
}

/// The parameters that every read takes.
pub(crate) const COMMON: [Param; 2] = [
    param("min_seq", "answer from a state that has seen this position, `<seq>` or `<epoch>:<seq>`"),
    param("wait", "milliseconds to wait for min_seq, at most 2000"),
];
pub(crate) const CURSOR: Param = param("cursor", "`next` of the page before");
pub(crate) const LIMIT: Param = param("limit", "rows of a page at most");
pub(crate) const AS_OF: Param = param("as_of", "the state at an instant, RFC 3339 with offset; without it, now");
pub(crate) const ON: Param =
    param("on", "judge at the end of this local day, with what is known at as_of; without it, the day of as_of");
pub(crate) const LEVEL: Param = param("level", "country, region, municipality, school, direction or publisher");
pub(crate) const WITHIN: Param = param("within", "code of an organisation, a municipality or a region");
pub(crate) const LANG: Param = param("lang", "language of names: ru or en");

/// The parameters of one request, taken one by one; mistakes are collected and told together.
#[derive(Debug)]
pub(crate) struct Query {
    given: Vec<(String, String)>,
    mistakes: Vec<Invalid>,
}

impl Query {
    /// Reads a raw query; `known` and the parameters of every read are taken, no others.
    pub(crate) fn read(raw: Option<&str>, known: &[Param]) -> Self {
        let mut query = Self { given: Vec::new(), mistakes: Vec::new() };
        for pair in raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                query.wrong(name, "ожидается текст UTF-8", "UTF-8 text is expected");
                continue;
            };
            let names = || known.iter().chain(&COMMON).map(|param| param.name);
            if !names().any(|known| known == name) {
                let all = names().collect::<Vec<_>>().join(", ");
                query.wrong(
                    &name,
                    &format!("такого параметра нет; есть: {all}"),
                    &format!("there is no such parameter; there are: {all}"),
                );
            } else if query.given.iter().any(|(earlier, _)| *earlier == name) {
                query.wrong(&name, "указан дважды", "it is given twice");
            } else {
                query.given.push((name, value));
            }
        }
        query
    }

    /// Notes a mistake.
    pub(crate) fn wrong(&mut self, name: &str, ru: &str, en: &str) {
        let shown: String = name.chars().take(80).collect();
        let told =
            Invalid::at(format!("?{shown}"), format!("Параметр {shown}: {ru}."), format!("Parameter {shown}: {en}."));
        self.mistakes.push(told);
    }

    /// The text of a parameter; an empty one counts as not given.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.given.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.clone())
    }

    /// A parameter of a type whose own error says what is expected.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let error = error.to_string();
                self.wrong(name, &error, &error);
                None
            }
        }
    }

    /// One of some words.
    pub(crate) fn one_of(&mut self, name: &str, allowed: &[&'static str]) -> Option<&'static str> {
        let text = self.text(name)?;
        let found = allowed.iter().copied().find(|word| *word == text);
        if found.is_none() {
            let all = allowed.join(", ");
            self.not_one_of(name, &text, &all);
        }
        found
    }

    /// Notes that a value is none of those that are allowed.
    pub(crate) fn not_one_of(&mut self, name: &str, given: &str, allowed: &str) {
        let given: String = given.chars().take(80).collect();
        self.wrong(
            name,
            &format!("значения «{given}» нет; допустимы: {allowed}"),
            &format!("there is no \"{given}\"; allowed are: {allowed}"),
        );
    }

    /// A whole number between bounds.
    pub(crate) fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(
                name,
                &format!("ожидается целое число от {least} до {most}"),
                &format!("a whole number from {least} to {most} is expected"),
            );
        }
        number
    }

    /// An instant.
    pub(crate) fn instant(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        // A plus sign in a query is read as a space by many; an instant has no other space.
        let instant = text.replace(' ', "+").parse().ok();
        if instant.is_none() {
            self.wrong(
                name,
                "ожидается момент RFC 3339 со смещением, например 2022-12-31T23:59:59+10:00",
                "an RFC 3339 instant with offset is expected, such as 2022-12-31T23:59:59+10:00",
            );
        }
        instant
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Every mistake that was noted.
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(Problem::bad_query(self.mistakes)) }
    }
}

pub(crate) fn decoded(raw: &str) -> Option<String> {
    let spaced = raw.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Param; 2] = [AS_OF, LIMIT];

    #[test]
    fn every_mistake_is_told_together() {
        let mut query = Query::read(Some("as_of=yesterday&limit=0&planet=1&limit=2"), &KNOWN);
        query.instant("as_of");
        query.number("limit", 1, 10);
        let problem = query.done().unwrap_err().body(crate::speech::Speech::En);
        assert_eq!(problem["errors"].as_array().map(Vec::len), Some(4), "{problem}");
    }

    #[test]
    fn values_are_decoded_and_empty_ones_are_not_given() {
        let mut query = Query::read(Some("as_of=2022-12-31T23%3A59%3A59%2B10%3A00&limit="), &KNOWN);
        assert_eq!(query.instant("as_of"), "2022-12-31T13:59:59Z".parse().ok());
        assert_eq!(query.number("limit", 1, 10), None);
        assert!(query.done().is_ok());
    }
}
