//! The options of a read: `$name=value`, with or without the sign and in any letters, as version 4.01 wants it.

use ::bi::{Column, Direction, Filter, Set};

use super::filter;
use super::lexer::{Token, words};
use crate::problem::Problem;
use crate::query::decoded;

/// Options that are answered.
const KNOWN: [&str; 8] = ["filter", "select", "orderby", "top", "skip", "count", "skiptoken", "format"];
/// Options of the standard that are not.
const UNSUPPORTED: [&str; 10] =
    ["expand", "search", "apply", "compute", "levels", "deltatoken", "index", "schemaversion", "id", "inlinecount"];
/// Columns that rows may be sorted by.
const ORDER_MAX: usize = 8;

/// What is asked for, checked.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) filter: Option<Filter>,
    /// Columns, in the order of the set; empty: all.
    pub(super) select: Vec<&'static Column>,
    pub(super) order: Vec<(&'static Column, Direction)>,
    pub(super) top: Option<u64>,
    pub(super) skip: u64,
    pub(super) count: bool,
    pub(super) token: Option<Resume>,
    pub(super) format: Option<String>,
    /// The options of the next page: all that stay the same, as they were written.
    pub(super) kept: Vec<String>,
}

/// What a `$skiptoken` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resume {
    /// The snapshot that all pages are of.
    pub(super) snapshot: String,
    /// Rows before the page.
    pub(super) skip: u64,
    /// Rows that are still wanted, from the page on; `None`: all.
    pub(super) left: Option<u64>,
}

impl Resume {
    pub(super) fn text(&self) -> String {
        let left = self.left.map_or_else(|| "all".to_owned(), |left| left.to_string());
        format!("{}.{}.{left}", self.snapshot, self.skip)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (snapshot, skip, left) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = snapshot.len() <= 64 && snapshot.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let left = if left == "all" { None } else { Some(left.parse().ok()?) };
        let token = Self { snapshot: snapshot.to_owned(), skip: skip.parse().ok()?, left };
        (plain && parts.next().is_none()).then_some(token)
    }
}

impl Options {
    /// Reads a raw query; `set`: whose rows, `None` where only `$format` makes sense.
    ///
    /// # Errors
    /// An option that is unknown, given twice, not supported or wrong.
    pub(super) fn read(raw: Option<&str>, set: Option<&'static Set>) -> Result<Self, Problem> {
        let mut options = Self::default();
        let mut seen: Vec<&str> = Vec::new();
        for pair in raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                return Err(Problem::odata_option(name, "ожидается текст UTF-8", "UTF-8 text is expected"));
            };
            let small = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
            let known = KNOWN.into_iter().find(|known| *known == small);
            let Some(known) = known.filter(|known| set.is_some() || *known == "format") else {
                return Err(unknown(&name, &small));
            };
            if seen.contains(&known) {
                return Err(Problem::odata_option(&name, "указан дважды", "it is given twice"));
            }
            seen.push(known);
            if let Some(set) = set {
                options.take(set, known, &value)?;
            }
            if known == "format" {
                options.format = Some(value);
            }
            if !["top", "skip", "skiptoken"].contains(&known) {
                options.kept.push(pair.to_owned());
            }
        }
        Ok(options)
    }

    fn take(&mut self, set: &'static Set, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "filter" => self.filter = Some(filter::read(set, value)?),
            "select" => self.select = select(set, value)?,
            "orderby" => self.order = order(set, value)?,
            "top" => self.top = Some(number("$top", value)?),
            "skip" => self.skip = number("$skip", value)?,
            "count" => {
                self.count = match value.to_ascii_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(Problem::odata_option("$count", "ожидается true или false", "true or false")),
                }
            }
            "skiptoken" => {
                let told = "возьмите @odata.nextLink прошлой страницы";
                let wrong = || Problem::odata_option("$skiptoken", told, "take @odata.nextLink of the page before");
                self.token = Some(Resume::read(value).ok_or_else(wrong)?);
            }
            _ => {}
        }
        Ok(())
    }
}

fn unknown(name: &str, small: &str) -> Problem {
    if UNSUPPORTED.contains(&small) || KNOWN.contains(&small) || name.starts_with(['$', '@']) {
        return Problem::not_supported(name);
    }
    let all = KNOWN.map(|known| format!("${known}")).join(", ");
    Problem::odata_option(
        name,
        &format!("такого параметра нет; есть: {all}"),
        &format!("there is no such option; there are: {all}"),
    )
}

fn number(name: &'static str, text: &str) -> Result<u64, Problem> {
    let fits = text.bytes().all(|byte| byte.is_ascii_digit());
    // A number that is larger than any we hold means the same as the largest.
    let number = fits.then(|| text.parse().unwrap_or(u64::MAX)).filter(|_| !text.is_empty());
    number.ok_or_else(|| Problem::odata_option(name, "ожидается целое число от 0", "a whole number from 0 is expected"))
}

fn column(set: &'static Set, option: &'static str, name: &str) -> Result<&'static Column, Problem> {
    if name.contains(['/', '(', '$']) {
        return Err(Problem::not_supported(&format!("{option}={name}")));
    }
    set.column(name).ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        let all = set.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let ru = format!("столбца «{shown}» нет; есть: {all}");
        Problem::odata_option(option, &ru, &format!("there is no column \"{shown}\"; there are: {all}"))
    })
}

fn select(set: &'static Set, text: &str) -> Result<Vec<&'static Column>, Problem> {
    let mut wanted = Vec::new();
    for name in text.split(',').map(str::trim) {
        if name == "*" {
            return Ok(Vec::new());
        }
        wanted.push(column(set, "$select", name)?);
    }
    Ok(set.columns.iter().filter(|column| wanted.iter().any(|one| one.name == column.name)).collect())
}

fn order(set: &'static Set, text: &str) -> Result<Vec<(&'static Column, Direction)>, Problem> {
    let mut order: Vec<(&'static Column, Direction)> = Vec::new();
    for part in text.split(',') {
        let words = words("$orderby", part)?;
        let names: Vec<&str> = words
            .iter()
            .filter_map(|word| if let Token::Name(name) = &word.token { Some(name.as_str()) } else { None })
            .collect();
        if words.iter().any(|word| word.token == Token::Open) {
            return Err(Problem::not_supported(&format!("$orderby={}", part.trim())));
        }
        let direction = match names.get(1).map(|word| word.to_ascii_lowercase()).as_deref() {
            None | Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(_) => return Err(Problem::odata_option("$orderby", "ожидается asc или desc", "asc or desc")),
        };
        let first = names.first().copied().unwrap_or_default();
        if names.len() > 2 || names.len() + 1 != words.len() || order.len() == ORDER_MAX {
            let ru = format!("ожидается до {ORDER_MAX} столбцов через запятую, каждый с asc или desc");
            let en = format!("up to {ORDER_MAX} columns with commas are expected, each with asc or desc");
            return Err(Problem::odata_option("$orderby", &ru, &en));
        }
        order.push((column(set, "$orderby", first)?, direction));
    }
    Ok(order)
}
