//! Cuts a wording into numbers, words and marks.

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits, with their count: `09` is not `9`.
    Number {
        /// Its value; 0 where it would not fit.
        value: u32,
        /// How many digits it is written with.
        digits: usize,
    },
    /// Letters, in lower case, «ё» as «е».
    Word(String),
    /// Anything else but a space; every dash is `-`.
    Mark(char),
}

/// One token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// A space stands before it.
    pub(super) spaced: bool,
    /// Its first byte in the wording as given.
    pub(super) from: usize,
    /// The byte behind it.
    pub(super) to: usize,
}

impl Token {
    /// The word, where it is one.
    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Value and number of digits, where it is a number.
    pub(super) fn number(&self) -> Option<(u32, usize)> {
        match self.kind {
            Kind::Number { value, digits } => Some((value, digits)),
            _ => None,
        }
    }

    /// Whether it is this mark.
    pub(super) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Digit,
    Letter,
    Mark,
}

fn class(c: char) -> Class {
    match c {
        c if c.is_whitespace() => Class::Space,
        '0'..='9' => Class::Digit,
        c if c.is_alphabetic() => Class::Letter,
        _ => Class::Mark,
    }
}

/// Whether a character is a hyphen, a dash or a minus.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{ff0d}')
}

/// A letter in the form in which words are compared.
fn fold(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| if c == 'ё' { 'е' } else { c })
}

/// Cuts a text; spaces only divide.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut spaced = false;
    let mut open = Class::Space;
    for (at, c) in text.char_indices() {
        let now = class(c);
        let to = at + c.len_utf8();
        match (now, found.last_mut()) {
            (Class::Space, _) => spaced = true,
            (Class::Digit | Class::Letter, Some(last)) if now == open => {
                last.to = to;
                match &mut last.kind {
                    Kind::Number { value, digits } => {
                        *value = value.saturating_mul(10).saturating_add(c.to_digit(10).unwrap_or(0));
                        *digits += 1;
                    }
                    Kind::Word(word) => word.extend(fold(c)),
                    Kind::Mark(_) => {}
                }
            }
            _ => {
                let kind = match now {
                    Class::Digit => Kind::Number { value: c.to_digit(10).unwrap_or(0), digits: 1 },
                    Class::Letter => Kind::Word(fold(c).collect()),
                    _ => Kind::Mark(if is_dash(c) { '-' } else { c }),
                };
                found.push(Token { kind, spaced, from: at, to });
                spaced = false;
            }
        }
        open = now;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_divide_and_dashes_are_alike() {
        let all = tokens("До 10.10.2022 – 14");
        let words: Vec<String> = all
            .iter()
            .map(|t| match &t.kind {
                Kind::Number { value, digits } => format!("{value}/{digits}"),
                Kind::Word(word) => word.clone(),
                Kind::Mark(mark) => mark.to_string(),
            })
            .collect();
        assert_eq!(words, ["до", "10/2", ".", "10/2", ".", "2022/4", "-", "14/2"]);
        assert!(all[6].spaced && all[7].spaced && !all[4].spaced);
    }

    #[test]
    fn a_number_too_long_saturates() {
        assert_eq!(tokens("99999999999999999999")[0].number(), Some((u32::MAX, 20)));
    }
}
