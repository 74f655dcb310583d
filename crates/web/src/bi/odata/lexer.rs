//! The words of a `$filter`, with where they stand.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::problem::Problem;

/// Bytes of a filter at most: some hundred comparisons.
const TEXT_MAX: usize = 8_000;

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, an operator, a function.
    Name(String),
    /// A text in quotes.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// A day.
    Day(Date),
    /// A moment with its offset.
    Moment(Timestamp),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// The end.
    End,
}

/// A word at its place: characters before it.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: usize,
}

/// Cuts a text into words.
///
/// # Errors
/// What is no word, and where.
pub(super) fn words(option: &'static str, text: &str) -> Result<Vec<Placed>, Problem> {
    if text.len() > TEXT_MAX {
        let (ru, en) = (format!("длиннее {TEXT_MAX} байт"), format!("it is longer than {TEXT_MAX} bytes"));
        return Err(Problem::odata_syntax(option, TEXT_MAX, &ru, &en));
    }
    let letters: Vec<char> = text.chars().collect();
    let (mut words, mut at) = (Vec::new(), 0);
    while let Some(letter) = letters.get(at) {
        let from = at;
        let token = match letter {
            ' ' | '\t' => {
                at += 1;
                continue;
            }
            '(' => single(&mut at, Token::Open),
            ')' => single(&mut at, Token::Close),
            ',' => single(&mut at, Token::Comma),
            '\'' => quoted(option, &letters, &mut at)?,
            '-' | '0'..='9' => number(option, &letters, &mut at)?,
            letter if letter.is_alphabetic() || "_$@".contains(*letter) => {
                let rest = letters[at..].iter().take_while(|it| it.is_alphanumeric() || "_$@./:".contains(**it));
                let name: String = rest.collect();
                at += name.chars().count();
                Token::Name(name)
            }
            other => {
                let (ru, en) = (format!("знак «{other}» здесь не ожидается"), format!("\"{other}\" is not expected"));
                return Err(Problem::odata_syntax(option, from, &ru, &en));
            }
        };
        words.push(Placed { token, at: from });
    }
    words.push(Placed { token: Token::End, at });
    Ok(words)
}

fn single(at: &mut usize, token: Token) -> Token {
    *at += 1;
    token
}

/// A text; a quote in it is doubled.
fn quoted(option: &'static str, letters: &[char], at: &mut usize) -> Result<Token, Problem> {
    let from = *at;
    let mut text = String::new();
    *at += 1;
    while let Some(letter) = letters.get(*at) {
        *at += 1;
        if *letter != '\'' {
            text.push(*letter);
        } else if letters.get(*at) == Some(&'\'') {
            text.push('\'');
            *at += 1;
        } else {
            return Ok(Token::Text(text));
        }
    }
    Err(Problem::odata_syntax(option, from, "текст не закрыт кавычкой", "the text has no closing quote"))
}

/// A number, a day or a moment.
fn number(option: &'static str, letters: &[char], at: &mut usize) -> Result<Token, Problem> {
    let from = *at;
    let part = |it: &&char| it.is_ascii_alphanumeric() || "-+.:".contains(**it);
    let mut text: String = letters[from..].iter().take_while(part).collect();
    let mut count = text.chars().count();
    // A plus sign in a query is read as a space by many: the offset of a moment.
    let offset: String = letters[from + count..].iter().take(6).collect();
    if text.contains('T') && offset.starts_with(' ') && offset.chars().nth(3) == Some(':') {
        text = format!("{text}{}", offset.replacen(' ', "+", 1));
        count += 6;
    }
    *at += count;
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        let ru = format!("«{shown}» — не число, не день и не момент со смещением");
        let en = format!("\"{shown}\" is no number, no day and no moment with an offset");
        Problem::odata_syntax(option, from, &ru, &en)
    };
    if text.contains('T') {
        return text.parse().map(Token::Moment).map_err(|_| wrong());
    }
    if text.len() == 10 && text.matches('-').count() == 2 {
        return text.parse().map(Token::Day).map_err(|_| wrong());
    }
    if let Ok(number) = text.parse() {
        return Ok(Token::Int(number));
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte));
    text.parse().ok().filter(|number: &f64| plain && number.is_finite()).map(Token::Double).ok_or_else(wrong)
}
