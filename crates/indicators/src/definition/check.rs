//! Holds definitions to their tables: everything that can be wrong is found when the file is read.

use std::fmt;
use std::sync::Arc;

use domain::deadline::SchoolYear;
use domain::indicator::{IndicatorDefinition, Measure as Words, YearTakes};
use domain::number::Real;
use domain::period::{Part, PeriodCode};
use polars::lazy::dsl::{BooleanFunction, FunctionExpr};
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, Operator, lit};
use polars::sql::sql_expr;

use super::file::File;
use super::{Band, Catalogue, Composite, CountsBy, Definition, Level, Measure};
use crate::table::{ColumnKind, IS_YEAR, PERIOD_END, TableSpec, event_code};

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The indicator's id.
    pub indicator: String,
    /// The field of the file: `numerator.sql`.
    pub field: &'static str,
    /// The character of its SQL that it is about, from 1, where one can be named.
    pub at: Option<usize>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{}, {} at {at}: {}", self.indicator, self.field, self.problem),
            None => write!(f, "{}, {}: {}", self.indicator, self.field, self.problem),
        }
    }
}

impl Mistake {
    fn place(problem: &Problem, sql: &str) -> Option<usize> {
        let token = match problem {
            Problem::UnknownColumn { name, .. } | Problem::UnknownEvent { name } => name.clone(),
            Problem::NotAllowed { token: Some(token), .. } => token.clone(),
            Problem::Sql(told) => {
                let (_, column) = told.rsplit_once("Column: ")?;
                return column.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
            }
            _ => return None,
        };
        let byte = sql.to_lowercase().find(&token.to_lowercase())?;
        Some(sql.get(..byte)?.chars().count() + 1)
    }
}

/// What can be wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An id that is none or that stands twice.
    #[error("an id is a letter, or a letter and two digits such as I01, and stands once")]
    Id,
    /// A number outside its range.
    #[error("{found} is not {expected}")]
    Number {
        /// The number given.
        found: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// An empty list.
    #[error("name at least one")]
    Empty,
    /// No such table.
    #[error("there is no table {name}: there are {known}")]
    UnknownTable {
        /// The name given.
        name: String,
        /// The tables that there are.
        known: String,
    },
    /// No such column.
    #[error("the table has no column {name}: there are {known}")]
    UnknownColumn {
        /// The name given.
        name: String,
        /// The columns that there are.
        known: String,
    },
    /// Not an SQL expression.
    #[error("this is no SQL expression: {0}")]
    Sql(String),
    /// An event that no plan can ask for.
    #[error("no fact is called {name}: see the catalogue of events")]
    UnknownEvent {
        /// The name given.
        name: String,
    },
    /// A part of SQL that a row cannot answer by itself, or that could differ from run to run.
    #[error("{what} is not allowed: use columns, whole numbers, comparisons, AND, OR, NOT, + - *, CASE, COALESCE")]
    NotAllowed {
        /// What was found.
        what: String,
        /// Its text in the SQL, where that is known.
        token: Option<String>,
    },
    /// An expression of another type.
    #[error("it gives {found}, expected {expected}")]
    Type {
        /// The type found.
        found: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// `counts_by` and `year` belong together.
    #[error("`year` is \"all\" or \"own\" with `counts_by`, and absent without it")]
    Year,
    /// Bands out of order.
    #[error("bands go from the best down to 0, each from a share between 0 and 1")]
    Bands,
}

impl Problem {
    /// What is wrong, in Russian.
    #[must_use]
    pub fn in_russian(&self) -> String {
        match self {
            Self::Id => "код показателя — буква и две цифры, например I19, и встречается один раз".to_owned(),
            Self::Number { found, .. } => format!("{found} не подходит"),
            Self::Empty => "укажите хотя бы одно значение".to_owned(),
            Self::UnknownTable { name, known } => format!("таблицы {name} нет; есть: {known}"),
            Self::UnknownColumn { name, known } => format!("столбца {name} нет; есть: {known}"),
            Self::Sql(told) => format!("это не выражение SQL: {told}"),
            Self::UnknownEvent { name } => format!("события {name} нет: см. каталог событий"),
            Self::NotAllowed { what, token } => format!(
                "«{}» не допускается; можно столбцы, целые числа, сравнения, AND, OR, NOT, + - *, CASE, COALESCE",
                token.as_ref().unwrap_or(what)
            ),
            Self::Type { found, .. } => format!("получается {found}, а нужно целое число или условие"),
            Self::Year => "year — \"all\" или \"own\" вместе с counts_by, и не указывается без него".to_owned(),
            Self::Bands => "градации идут от лучшей вниз до 0".to_owned(),
        }
    }
}

/// Checks a whole file.
pub(super) fn catalogue(file: File, tables: &[TableSpec]) -> Result<Catalogue, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    check_composite(&file.composite, &file.band, &mut mistakes);
    let mut catalogue = Catalogue { composite: file.composite, bands: file.band, definitions: Vec::new() };
    for entry in file.indicator {
        add(&mut catalogue, entry, tables, &mut mistakes);
    }
    if mistakes.is_empty() { Ok(sorted_by_id(catalogue)) } else { Err(mistakes) }
}

/// Checks one more definition.
pub(super) fn one_more(
    mut catalogue: Catalogue,
    entry: IndicatorDefinition,
    tables: &[TableSpec],
) -> Result<Catalogue, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    add(&mut catalogue, entry, tables, &mut mistakes);
    if mistakes.is_empty() { Ok(sorted_by_id(catalogue)) } else { Err(mistakes) }
}

fn sorted_by_id(mut catalogue: Catalogue) -> Catalogue {
    catalogue.definitions.sort_by(|a, b| (&a.id, a.version, &a.levels).cmp(&(&b.id, b.version, &b.levels)));
    catalogue
}

fn add(catalogue: &mut Catalogue, entry: IndicatorDefinition, tables: &[TableSpec], mistakes: &mut Vec<Mistake>) {
    let mut found = Found { indicator: entry.id.clone(), mistakes };
    let same = |known: &Definition| {
        known.id == entry.id
            && known.version == entry.version
            && known.levels.iter().any(|level| entry.levels.contains(level))
    };
    if entry.id == catalogue.composite.id || catalogue.definitions.iter().any(same) || !is_id(&entry.id) {
        found.add("id", Problem::Id);
    }
    catalogue.definitions.extend(definition(entry, tables, &mut found));
}

struct Found<'a> {
    indicator: String,
    mistakes: &'a mut Vec<Mistake>,
}

impl Found<'_> {
    fn add(&mut self, field: &'static str, problem: Problem) {
        self.mistakes.push(Mistake { indicator: self.indicator.clone(), field, at: None, problem });
    }

    /// Keeps what was read from SQL, or says where it is wrong.
    fn sql<T>(&mut self, field: &'static str, sql: &str, result: Result<T, Problem>) -> Option<T> {
        result
            .map_err(|problem| {
                let at = Mistake::place(&problem, sql);
                self.mistakes.push(Mistake { indicator: self.indicator.clone(), field, at, problem });
            })
            .ok()
    }

    fn number(&mut self, field: &'static str, found: f64, fits: bool, expected: &'static str) {
        if !fits {
            self.add(field, Problem::Number { found: found.to_string(), expected });
        }
    }

    fn keep<T>(&mut self, field: &'static str, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.add(field, problem)).ok()
    }
}

fn is_id(id: &str) -> bool {
    let mut chars = id.chars();
    let letter = chars.next().is_some_and(|c| c.is_ascii_uppercase());
    let rest = chars.as_str();
    letter && (rest.is_empty() || (rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit())))
}

fn check_composite(composite: &Composite, bands: &[Band], mistakes: &mut Vec<Mistake>) {
    let mut found = Found { indicator: composite.id.clone(), mistakes };
    if !is_id(&composite.id) {
        found.add("id", Problem::Id);
    }
    let share = composite.enough_weight;
    found.number("enough_weight", share, (0.0..=1.0).contains(&share), "a share from 0 to 1");
    let falls = bands.windows(2).all(|pair| pair[0].from > pair[1].from);
    let inside = bands.iter().all(|band| (0.0..=1.0).contains(&band.from));
    let ends = bands.last().is_none_or(|last| last.from == 0.0);
    if !(falls && inside && ends) {
        found.add("band", Problem::Bands);
    }
}

fn definition(entry: IndicatorDefinition, tables: &[TableSpec], found: &mut Found<'_>) -> Option<Definition> {
    let (target, weight) = (entry.target.map(Real::get), entry.weight.get());
    if let Some(target) = target {
        found.number("target", target, target > 0.0, "a number above 0");
    }
    found.number("weight", weight, weight >= 0.0, "a number from 0");
    found.number("version", entry.version.into(), entry.version > 0, "a number from 1");
    let from = entry.from.as_deref().map(|text| found.keep("from", first_year(text)));
    let from = from.map_or(Some(None), |read| read.map(Some))?;
    for (field, empty) in [("periods", entry.periods.is_empty()), ("levels", entry.levels.is_empty())] {
        if empty {
            found.add(field, Problem::Empty);
        }
    }
    let table = found.keep("table", find_table(&entry.table, tables))?;
    let counts_by = found.keep("counts_by", counts_by(entry.counts_by, entry.year, table))?;
    let columns = Columns { table, beside: beside(&counts_by, table) };
    let condition = |found: &mut Found<'_>, field, sql: &Option<String>| {
        sql.as_ref().map(|sql| found.sql(field, sql, columns.condition(sql)))
    };
    let condition_expr = condition(found, "where", &entry.condition);
    let hide_expr = condition(found, "hide", &entry.hide);
    let numerator = found.sql("numerator.sql", &entry.numerator.sql, columns.measure(&entry.numerator));
    let denominator = found.sql("denominator.sql", &entry.denominator.sql, columns.measure(&entry.denominator));
    let (numerator, denominator) = (numerator?, denominator?);
    let condition_expr = condition_expr.map_or(Some(None), |read| read.map(Some))?;
    let hide_expr = hide_expr.map_or(Some(None), |read| read.map(Some))?;
    let exprs = [Some(&numerator.expr), Some(&denominator.expr), condition_expr.as_ref(), hide_expr.as_ref()];
    let asks_for_year = exprs.into_iter().flatten().any(|expr| names(expr, IS_YEAR));
    Some(Definition {
        id: entry.id,
        version: entry.version,
        from,
        name_ru: entry.name_ru,
        name_en: entry.name_en,
        unit: entry.unit,
        target,
        better: entry.better,
        weight,
        periods: sorted::<Part>(entry.periods),
        levels: sorted::<Level>(entry.levels),
        table: entry.table,
        condition: entry.condition,
        counts_by,
        when_empty: entry.when_empty,
        of: entry.of,
        hide: entry.hide,
        numerator,
        denominator,
        condition_expr,
        hide_expr,
        asks_for_year,
    })
}

/// The school year of a text that names it, or one of its periods.
fn first_year(text: &str) -> Result<SchoolYear, Problem> {
    let expected = "a school year such as 2022-2023";
    let year = text.parse::<PeriodCode>().map(|period| period.school_year);
    year.map_err(|_| Problem::Number { found: format!("\"{text}\""), expected })
}

/// The column that a definition may name beside those of its table.
fn beside(counts_by: &CountsBy, table: &TableSpec) -> Option<(&'static str, ColumnKind)> {
    match counts_by {
        CountsBy::Standing if table.knows_period_end() => Some((PERIOD_END, ColumnKind::Day)),
        CountsBy::Part(_) => Some((IS_YEAR, ColumnKind::Condition)),
        CountsBy::Standing | CountsBy::OwnPart(_) => None,
    }
}

fn names(expr: &Expr, column: &str) -> bool {
    expr.into_iter().any(|node| matches!(node, Expr::Column(name) if name == column))
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list.dedup();
    list
}

fn find_table<'t>(name: &str, tables: &'t [TableSpec]) -> Result<&'t TableSpec, Problem> {
    tables.iter().find(|table| table.name == name).ok_or_else(|| Problem::UnknownTable {
        name: name.to_owned(),
        known: tables.iter().map(|table| table.name).collect::<Vec<_>>().join(", "),
    })
}

fn counts_by(column: Option<String>, year: Option<YearTakes>, table: &TableSpec) -> Result<CountsBy, Problem> {
    let (column, year) = match (column, year) {
        (None, None) => return Ok(CountsBy::Standing),
        (Some(column), Some(year)) => (column, year),
        _ => return Err(Problem::Year),
    };
    let known = Columns { table, beside: None };
    match table.column(&column).map(|column| column.kind) {
        Some(ColumnKind::Part) if year == YearTakes::All => Ok(CountsBy::Part(column)),
        Some(ColumnKind::Part) => Ok(CountsBy::OwnPart(column)),
        Some(other) => Err(Problem::Type { found: other.dtype().to_string(), expected: "a column of periods" }),
        None => Err(known.unknown(&column)),
    }
}

/// The columns that a definition may name.
struct Columns<'t> {
    table: &'t TableSpec,
    beside: Option<(&'static str, ColumnKind)>,
}

impl Columns<'_> {
    fn unknown(&self, name: &str) -> Problem {
        let columns = self.table.columns.iter().map(|column| column.name);
        let known: Vec<&str> = columns.chain(self.beside.map(|(name, _)| name)).collect();
        Problem::UnknownColumn { name: name.to_owned(), known: known.join(", ") }
    }

    fn kind(&self, name: &str) -> Option<ColumnKind> {
        let beside = self.beside.filter(|(known, _)| *known == name).map(|(_, kind)| kind);
        self.table.column(name).map(|column| column.kind).or(beside)
    }

    fn condition(&self, sql: &str) -> Result<Expr, Problem> {
        let expr = self.read(sql)?;
        match self.dtype(&expr)? {
            DataType::Boolean => Ok(expr),
            other => Err(Problem::Type { found: other.to_string(), expected: "a condition" }),
        }
    }

    fn measure(&self, words: &Words) -> Result<Measure, Problem> {
        let expr = self.read(&words.sql)?;
        let dtype = self.dtype(&expr)?;
        if !dtype.is_integer() && dtype != DataType::Boolean {
            let expected = "a whole number or a condition, since sums must be exact";
            return Err(Problem::Type { found: dtype.to_string(), expected });
        }
        Ok(Measure { ru: words.ru.clone(), en: words.en.clone(), sql: words.sql.clone(), expr })
    }

    fn read(&self, sql: &str) -> Result<Expr, Problem> {
        let expr = sql_expr(sql).map_err(|error| Problem::Sql(first_line(&error.to_string())))?;
        for node in &expr {
            self.allow(node)?;
        }
        let mut unknown = None;
        let expr = expr.map_expr(|node| self.coded(node, &mut unknown));
        unknown.map_or(Ok(expr), Err)
    }

    /// A comparison of a column of events with a name compares codes.
    fn coded(&self, node: Expr, unknown: &mut Option<Problem>) -> Expr {
        let Expr::BinaryExpr { left, op: op @ (Operator::Eq | Operator::NotEq), right } = node else { return node };
        let right = match (&*left, text(&right)) {
            (Expr::Column(name), Some(event)) if self.kind(name) == Some(ColumnKind::Event) => {
                if let Some(code) = event_code(&event) {
                    Arc::new(lit(code))
                } else {
                    *unknown = Some(Problem::UnknownEvent { name: event });
                    right
                }
            }
            _ => right,
        };
        Expr::BinaryExpr { left, op, right }
    }

    fn allow(&self, node: &Expr) -> Result<(), Problem> {
        let no = |what: String, token: Option<String>| Err(Problem::NotAllowed { what, token });
        match node {
            Expr::Column(name) if self.kind(name).is_none() => Err(self.unknown(name)),
            Expr::Column(_) | Expr::Literal(_) | Expr::Ternary { .. } | Expr::Cast { .. } => Ok(()),
            Expr::BinaryExpr { op, .. } if is_total(*op) => Ok(()),
            Expr::BinaryExpr { op, .. } => no(format!("the operator {op}"), Some(op.to_string())),
            Expr::Function { function, .. } if is_row_wise(function) => Ok(()),
            Expr::Function { function, .. } => no(format!("the function {function}"), Some(function.to_string())),
            Expr::Agg(_) | Expr::Len => no("an aggregate (rows are summed anyway)".to_owned(), None),
            other => no(first_line(&format!("{other:?}")), None),
        }
    }

    fn dtype(&self, expr: &Expr) -> Result<DataType, Problem> {
        let mut schema = self.table.schema();
        if let Some((name, kind)) = self.beside {
            schema.insert(name.into(), kind.dtype());
        }
        // Not only the schema: some types fail only when they are computed with.
        let no_rows = DataFrame::empty_with_schema(&schema).lazy().with_columns([expr.clone().alias("it")]);
        let wrong = |error: polars::error::PolarsError| Problem::Sql(first_line(&error.to_string()));
        let result = no_rows.collect().map_err(wrong)?;
        Ok(result.column("it").map_err(wrong)?.dtype().clone())
    }
}

/// The text of a literal.
fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Literal(literal) => literal.extract_str().map(str::to_owned),
        _ => None,
    }
}

/// Operators that are exact on whole numbers and defined for all of them.
fn is_total(op: Operator) -> bool {
    !matches!(op, Operator::RustDivide | Operator::TrueDivide | Operator::FloorDivide | Operator::Modulus)
}

fn is_row_wise(function: &FunctionExpr) -> bool {
    matches!(
        function,
        FunctionExpr::Boolean(BooleanFunction::IsNull | BooleanFunction::IsNotNull | BooleanFunction::Not)
            | FunctionExpr::Negate
            | FunctionExpr::Coalesce
            | FunctionExpr::MaxHorizontal
            | FunctionExpr::MinHorizontal
    )
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
