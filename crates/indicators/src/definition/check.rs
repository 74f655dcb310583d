//! Holds definitions to their tables: everything that can be wrong is found when the file is read.

use std::fmt;

use domain::period::Part;
use polars::lazy::dsl::{BooleanFunction, FunctionExpr};
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, Operator};
use polars::sql::sql_expr;

use super::file::{Entry, File, Words, YearTakes};
use super::{Catalogue, Composite, CountsBy, Definition, Level, Measure};
use crate::table::{ColumnKind, PERIOD_END, TableSpec};

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The indicator's id.
    pub indicator: String,
    /// The field of the file: `numerator.sql`.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.indicator, self.field, self.problem)
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
    /// A part of SQL that a row cannot answer by itself, or that could differ from run to run.
    #[error("{0} is not allowed: use columns, whole numbers, comparisons, AND, OR, NOT, + - *, CASE, COALESCE")]
    NotAllowed(String),
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
}

/// Checks a whole file.
pub(super) fn catalogue(file: File, tables: &[TableSpec]) -> Result<Catalogue, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut definitions: Vec<Definition> = Vec::new();
    check_composite(&file.composite, &mut mistakes);
    for entry in file.indicator {
        let twice = entry.id == file.composite.id || definitions.iter().any(|known| known.id == entry.id);
        let mut found = Found { indicator: entry.id.clone(), mistakes: &mut mistakes };
        if twice || !is_id(&entry.id) {
            found.add("id", Problem::Id);
        }
        definitions.extend(definition(entry, tables, &mut found));
    }
    definitions.sort_by(|a, b| a.id.cmp(&b.id));
    if mistakes.is_empty() { Ok(Catalogue { composite: file.composite, definitions }) } else { Err(mistakes) }
}

struct Found<'a> {
    indicator: String,
    mistakes: &'a mut Vec<Mistake>,
}

impl Found<'_> {
    fn add(&mut self, field: &'static str, problem: Problem) {
        self.mistakes.push(Mistake { indicator: self.indicator.clone(), field, problem });
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

fn check_composite(composite: &Composite, mistakes: &mut Vec<Mistake>) {
    let mut found = Found { indicator: composite.id.clone(), mistakes };
    if !is_id(&composite.id) {
        found.add("id", Problem::Id);
    }
    let share = composite.enough_weight;
    found.number("enough_weight", share, (0.0..=1.0).contains(&share), "a share from 0 to 1");
}

fn definition(entry: Entry, tables: &[TableSpec], found: &mut Found<'_>) -> Option<Definition> {
    found.number("target", entry.target, entry.target.is_finite() && entry.target > 0.0, "a number above 0");
    found.number("weight", entry.weight, entry.weight.is_finite() && entry.weight >= 0.0, "a number from 0");
    for (field, empty) in [("periods", entry.periods.is_empty()), ("levels", entry.levels.is_empty())] {
        if empty {
            found.add(field, Problem::Empty);
        }
    }
    let table = found.keep("table", find_table(&entry.table, tables))?;
    let counts_by = found.keep("counts_by", counts_by(entry.counts_by, entry.year, table))?;
    let with_end = counts_by == CountsBy::Standing && table.knows_period_end();
    let columns = Columns { table, with_end };
    let condition_expr = match &entry.condition {
        Some(sql) => Some(found.keep("where", columns.condition(sql))?),
        None => None,
    };
    let numerator = found.keep("numerator.sql", columns.measure(entry.numerator));
    let denominator = found.keep("denominator.sql", columns.measure(entry.denominator));
    Some(Definition {
        id: entry.id,
        version: entry.version,
        name_ru: entry.name_ru,
        name_en: entry.name_en,
        unit: entry.unit,
        target: entry.target,
        better: entry.better,
        weight: entry.weight,
        periods: sorted::<Part>(entry.periods),
        levels: sorted::<Level>(entry.levels),
        table: entry.table,
        condition: entry.condition,
        counts_by,
        when_empty: entry.when_empty,
        numerator: numerator?,
        denominator: denominator?,
        condition_expr,
    })
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
    let known = Columns { table, with_end: false };
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
    with_end: bool,
}

impl Columns<'_> {
    fn unknown(&self, name: &str) -> Problem {
        let mut known: Vec<&str> = self.table.columns.iter().map(|column| column.name).collect();
        if self.with_end {
            known.push(PERIOD_END);
        }
        Problem::UnknownColumn { name: name.to_owned(), known: known.join(", ") }
    }

    fn condition(&self, sql: &str) -> Result<Expr, Problem> {
        let expr = self.read(sql)?;
        match self.dtype(&expr)? {
            DataType::Boolean => Ok(expr),
            other => Err(Problem::Type { found: other.to_string(), expected: "a condition" }),
        }
    }

    fn measure(&self, words: Words) -> Result<Measure, Problem> {
        let expr = self.read(&words.sql)?;
        let dtype = self.dtype(&expr)?;
        if !dtype.is_integer() && dtype != DataType::Boolean {
            let expected = "a whole number or a condition, since sums must be exact";
            return Err(Problem::Type { found: dtype.to_string(), expected });
        }
        Ok(Measure { ru: words.ru, en: words.en, sql: words.sql, expr })
    }

    fn read(&self, sql: &str) -> Result<Expr, Problem> {
        let expr = sql_expr(sql).map_err(|error| Problem::Sql(first_line(&error.to_string())))?;
        for node in &expr {
            self.allow(node)?;
        }
        Ok(expr)
    }

    fn allow(&self, node: &Expr) -> Result<(), Problem> {
        match node {
            Expr::Column(name) if self.with_end && name == PERIOD_END => Ok(()),
            Expr::Column(name) if self.table.column(name).is_none() => Err(self.unknown(name)),
            Expr::Column(_) | Expr::Literal(_) | Expr::Ternary { .. } | Expr::Cast { .. } => Ok(()),
            Expr::BinaryExpr { op, .. } if is_total(*op) => Ok(()),
            Expr::BinaryExpr { op, .. } => Err(Problem::NotAllowed(format!("the operator {op}"))),
            Expr::Function { function, .. } if is_row_wise(function) => Ok(()),
            Expr::Function { function, .. } => Err(Problem::NotAllowed(format!("the function {function}"))),
            Expr::Agg(_) | Expr::Len => Err(Problem::NotAllowed("an aggregate (rows are summed anyway)".to_owned())),
            other => Err(Problem::NotAllowed(first_line(&format!("{other:?}")))),
        }
    }

    fn dtype(&self, expr: &Expr) -> Result<DataType, Problem> {
        let mut schema = self.table.schema();
        if self.with_end {
            schema.insert(PERIOD_END.into(), DataType::Date);
        }
        // Not only the schema: some types fail only when they are computed with.
        let no_rows = DataFrame::empty_with_schema(&schema).lazy().with_columns([expr.clone().alias("it")]);
        let wrong = |error: polars::error::PolarsError| Problem::Sql(first_line(&error.to_string()));
        let result = no_rows.collect().map_err(wrong)?;
        Ok(result.column("it").map_err(wrong)?.dtype().clone())
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
