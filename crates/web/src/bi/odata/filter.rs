//! `$filter`: a recursive descent, bounded in depth, that ends in a filter of the set's columns.

use ::bi::{Column, Compare, Filter, Kind, Part, Set, Value};

use super::lexer::{Placed, Token, words};
use crate::problem::Problem;

/// Parentheses and negations in each other at most.
const DEPTH_MAX: usize = 32;
/// The option that is read.
const OPTION: &str = "$filter";
/// Functions and operators of the standard that are not answered here.
const UNSUPPORTED: [&str; 45] = [
    "add",
    "sub",
    "mul",
    "div",
    "divby",
    "mod",
    "has",
    "any",
    "all",
    "case",
    "cast",
    "isof",
    "concat",
    "indexof",
    "length",
    "substring",
    "tolower",
    "toupper",
    "trim",
    "matchespattern",
    "date",
    "day",
    "fractionalseconds",
    "hour",
    "maxdatetime",
    "mindatetime",
    "minute",
    "month",
    "now",
    "second",
    "time",
    "totaloffsetminutes",
    "totalseconds",
    "year",
    "ceiling",
    "floor",
    "round",
    "geo.distance",
    "geo.intersects",
    "geo.length",
    "hassubset",
    "hassubsequence",
    "duration",
    "binary",
    "substringof",
];

/// Reads a filter.
///
/// # Errors
/// 400 with the place of what is wrong, 501 for what the standard has and this service has not.
pub(super) fn read(set: &'static Set, text: &str) -> Result<Filter, Problem> {
    let mut parser = Parser { set, words: words(OPTION, text)?, next: 0, depth: 0 };
    let filter = parser.either()?;
    match parser.peek().clone() {
        Token::End => Ok(filter),
        Token::Name(name) => Err(parser.unknown(&name)),
        _ => Err(parser.wrong("здесь ожидается конец, and или or", "the end, and or or is expected here")),
    }
}

/// Reads `name=value,…` or the value alone: the key of an entity.
///
/// # Errors
/// As [`read`]; a column of the key is missing, or another is named.
pub(super) fn read_key(set: &'static Set, text: &str) -> Result<Filter, Problem> {
    // In a key stands `=`, in a filter `eq`: a text in quotes is left alone.
    let mut quoted = false;
    let mut spelled = String::new();
    for letter in text.chars() {
        quoted ^= letter == '\'';
        if letter == '=' && !quoted { spelled.push_str(" eq ") } else { spelled.push(letter) }
    }
    let mut parser = Parser { set, words: words("key", &spelled)?, next: 0, depth: 0 };
    let mut parts = Vec::new();
    if let ([only], false) = (set.key.as_slice(), matches!(parser.peek(), Token::Name(_))) {
        let column = set.column(only).ok_or_else(|| Problem::no_entity_set(text))?;
        parts.push((column, parser.value(column)?));
    } else {
        loop {
            let column = parser.column()?;
            parser.expect(&Token::Name("eq".to_owned()), "=")?;
            parts.push((column, parser.value(column)?));
            if *parser.peek() != Token::Comma {
                break;
            }
            parser.advance();
        }
    }
    parser.expect(&Token::End, ")")?;
    let whole =
        parts.len() == set.key.len() && set.key.iter().all(|name| parts.iter().any(|(column, _)| column.name == *name));
    if !whole {
        let key = set.key.join(", ");
        return Err(parser.wrong(&format!("ключ набора: {key}"), &format!("the key of the set is: {key}")));
    }
    Ok(Filter::All(parts.into_iter().map(|(column, value)| Filter::Is(column, Compare::Eq, value)).collect()))
}

struct Parser {
    set: &'static Set,
    words: Vec<Placed>,
    next: usize,
    depth: usize,
}

/// One side of a comparison.
enum Side {
    Column(&'static Column),
    Value(Value),
}

impl Parser {
    fn peek(&self) -> &Token {
        self.words.get(self.next).map_or(&Token::End, |word| &word.token)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn at(&self) -> usize {
        self.words.get(self.next).or(self.words.last()).map_or(0, |word| word.at)
    }

    fn wrong(&self, ru: &str, en: &str) -> Problem {
        Problem::odata_syntax(OPTION, self.at(), ru, en)
    }

    /// A name that means nothing here: something of the standard, or a mistake.
    fn unknown(&self, name: &str) -> Problem {
        let small = name.to_ascii_lowercase();
        if UNSUPPORTED.contains(&small.as_str()) || name.contains('/') || name.starts_with(['$', '@']) {
            return Problem::not_supported(name);
        }
        let shown: String = name.chars().take(80).collect();
        if self.set.column(name).is_some() {
            let (ru, en) = (format!("«{shown}» здесь не на месте"), format!("\"{shown}\" is out of place here"));
            return self.wrong(&ru, &en);
        }
        let all: Vec<&str> = self.set.columns.iter().map(|column| column.name.as_str()).collect();
        let all = all.join(", ");
        self.wrong(
            &format!("«{shown}» — не столбец; есть: {all}"),
            &format!("\"{shown}\" is no column; there are: {all}"),
        )
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(name) if name.eq_ignore_ascii_case(word))
    }

    fn expect(&mut self, token: &Token, shown: &str) -> Result<(), Problem> {
        if self.peek() == token {
            self.advance();
            return Ok(());
        }
        Err(self.wrong(&format!("здесь ожидается {shown}"), &format!("{shown} is expected here")))
    }

    fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth <= DEPTH_MAX {
            return Ok(());
        }
        let (ru, en) = (format!("вложенность больше {DEPTH_MAX}"), format!("it is nested deeper than {DEPTH_MAX}"));
        Err(self.wrong(&ru, &en))
    }

    fn either(&mut self) -> Result<Filter, Problem> {
        let mut any = vec![self.both()?];
        while self.is_word("or") {
            self.advance();
            any.push(self.both()?);
        }
        Ok(one_or(any, Filter::Any))
    }

    fn both(&mut self) -> Result<Filter, Problem> {
        let mut all = vec![self.single()?];
        while self.is_word("and") {
            self.advance();
            all.push(self.single()?);
        }
        Ok(one_or(all, Filter::All))
    }

    fn single(&mut self) -> Result<Filter, Problem> {
        if self.is_word("not") {
            self.deeper()?;
            self.advance();
            let inside = self.single()?;
            self.depth -= 1;
            return Ok(Filter::Not(Box::new(inside)));
        }
        if *self.peek() == Token::Open {
            self.deeper()?;
            self.advance();
            let inside = self.either()?;
            self.expect(&Token::Close, ")")?;
            self.depth -= 1;
            return Ok(inside);
        }
        if let Token::Name(name) = self.peek()
            && self.words.get(self.next + 1).is_some_and(|word| word.token == Token::Open)
            && !self.is_word("in")
        {
            let name = name.clone();
            return self.function(&name);
        }
        self.comparison()
    }

    fn function(&mut self, name: &str) -> Result<Filter, Problem> {
        let part = match name.to_ascii_lowercase().as_str() {
            "contains" => Part::Inside,
            "startswith" => Part::Start,
            "endswith" => Part::End,
            _ => return Err(self.unknown(name)),
        };
        self.advance();
        self.advance();
        let column = self.column()?;
        if column.kind != Kind::Text {
            let (ru, en) = (format!("{} — не текст", column.name), format!("{} is no text", column.name));
            return Err(self.wrong(&ru, &en));
        }
        self.expect(&Token::Comma, ",")?;
        let Token::Text(text) = self.peek().clone() else {
            return Err(self.wrong("здесь ожидается текст в кавычках", "a text in quotes is expected here"));
        };
        self.advance();
        self.expect(&Token::Close, ")")?;
        Ok(Filter::Has(column, part, text))
    }

    fn comparison(&mut self) -> Result<Filter, Problem> {
        let left = self.side(None)?;
        if let (Side::Column(column), true) = (&left, self.is_word("in")) {
            self.advance();
            return self.list(column);
        }
        let Some(compare) = self.compare() else {
            return match left {
                Side::Column(column) if column.kind == Kind::Bool => {
                    Ok(Filter::Is(column, Compare::Eq, Value::Bool(true)))
                }
                _ => Err(match self.peek().clone() {
                    Token::Name(name) => self.unknown(&name),
                    _ => self.wrong(
                        "здесь ожидается eq, ne, gt, ge, lt, le или in",
                        "eq, ne, gt, ge, lt, le or in is expected here",
                    ),
                }),
            };
        };
        self.advance();
        match left {
            Side::Column(column) => match self.side(Some(column))? {
                Side::Value(value) => Ok(Filter::Is(column, compare, value)),
                Side::Column(_) => Err(Problem::not_supported("column eq column")),
            },
            Side::Value(_) => {
                let at = self.next;
                let column = self.column()?;
                // The value is read again, now that its kind is known.
                let after = std::mem::replace(&mut self.next, at - 2);
                let value = self.value(column)?;
                self.next = after;
                Ok(Filter::Is(column, turned(compare), value))
            }
        }
    }

    fn list(&mut self, column: &'static Column) -> Result<Filter, Problem> {
        self.expect(&Token::Open, "(")?;
        let mut values = vec![self.value(column)?];
        while *self.peek() == Token::Comma {
            self.advance();
            values.push(self.value(column)?);
        }
        self.expect(&Token::Close, ")")?;
        Ok(Filter::In(column, values))
    }

    fn compare(&self) -> Option<Compare> {
        let all = [
            ("eq", Compare::Eq),
            ("ne", Compare::Ne),
            ("gt", Compare::Gt),
            ("ge", Compare::Ge),
            ("lt", Compare::Lt),
            ("le", Compare::Le),
        ];
        all.into_iter().find(|(word, _)| self.is_word(word)).map(|(_, compare)| compare)
    }

    fn side(&mut self, beside: Option<&'static Column>) -> Result<Side, Problem> {
        match (self.peek(), beside) {
            (Token::Name(name), _) if !is_literal(name) => self.column().map(Side::Column),
            (_, Some(column)) => self.value(column).map(Side::Value),
            (Token::Open | Token::Close | Token::Comma | Token::End, None) => {
                Err(self.wrong("здесь ожидается столбец или значение", "a column or a value is expected here"))
            }
            (_, None) => {
                self.advance();
                Ok(Side::Value(Value::Null))
            }
        }
    }

    fn column(&mut self) -> Result<&'static Column, Problem> {
        let Token::Name(name) = self.peek().clone() else {
            return Err(self.wrong("здесь ожидается столбец", "a column is expected here"));
        };
        let called = self.words.get(self.next + 1).is_some_and(|word| word.token == Token::Open);
        let column = self.set.column(&name).filter(|_| !called).ok_or_else(|| self.unknown(&name))?;
        self.advance();
        Ok(column)
    }

    /// A value of a column's kind.
    fn value(&mut self, column: &'static Column) -> Result<Value, Problem> {
        let value = match (self.peek().clone(), column.kind) {
            (Token::Name(name), _) if name.eq_ignore_ascii_case("null") => Value::Null,
            (Token::Name(name), Kind::Bool) if is_literal(&name) => Value::Bool(name.eq_ignore_ascii_case("true")),
            (Token::Text(text), Kind::Text) => Value::Text(text),
            (Token::Int(number), Kind::Int | Kind::Double) => Value::Int(number),
            (Token::Double(number), Kind::Int | Kind::Double) => Value::Double(number),
            (Token::Day(day), Kind::Date) => Value::Day(day),
            (Token::Moment(at), Kind::Instant) => Value::Moment(at),
            (Token::Name(name), _) if !is_literal(&name) && self.set.column(&name).is_none() => {
                return Err(self.unknown(&name));
            }
            (_, kind) => {
                let (ru, en) = expected(kind);
                let (ru, en) = (format!("{} — {ru}", column.name), format!("{} wants {en}", column.name));
                return Err(self.wrong(&ru, &en));
            }
        };
        self.advance();
        Ok(value)
    }
}

fn is_literal(name: &str) -> bool {
    ["true", "false", "null"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

fn one_or(mut filters: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    if filters.len() == 1 { filters.remove(0) } else { join(filters) }
}

/// The comparison with its sides changed.
fn turned(compare: Compare) -> Compare {
    match compare {
        Compare::Eq => Compare::Eq,
        Compare::Ne => Compare::Ne,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
    }
}

fn expected(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text => ("текст в кавычках, 'так'", "a text in quotes, 'like this'"),
        Kind::Int | Kind::Double => ("число", "a number"),
        Kind::Bool => ("true или false", "true or false"),
        Kind::Date => ("день, 2022-10-12 без кавычек", "a day, 2022-10-12 without quotes"),
        Kind::Instant => (
            "момент со смещением, 2022-10-12T00:00:00Z без кавычек",
            "a moment with offset, 2022-10-12T00:00:00Z without quotes",
        ),
    }
}
