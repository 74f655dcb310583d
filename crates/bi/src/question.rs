//! What is asked of the rows of a file: a filter, an order, a part. The languages of questions (parameters, `OData`)
//! are read elsewhere; here is what they mean.

use jiff::Timestamp;
use jiff::civil::Date;
use polars::prelude::{Expr, Scalar, TimeUnit, TimeZone, col, lit};
use register::day_of_date;

use crate::contract::Column;

/// Which rows are taken. Columns are those of one set.
///
/// An empty cell is equal to nothing but [`Value::Null`], and neither less nor greater than anything.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Rows that every one takes; all rows where there is none.
    All(Vec<Self>),
    /// Rows that one takes at least; no row where there is none.
    Any(Vec<Self>),
    /// Rows that it does not take.
    Not(Box<Self>),
    /// Rows whose cell compares so.
    Is(&'static Column, Compare, Value),
    /// Rows whose cell is one of these.
    In(&'static Column, Vec<Value>),
    /// Rows whose text has a part.
    Has(&'static Column, Part, String),
}

/// How a cell compares with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater, later.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less, earlier.
    Lt,
    /// Less or equal.
    Le,
}

/// Where in a text a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Anywhere.
    Inside,
    /// At the beginning.
    Start,
    /// At the end.
    End,
}

/// A value to compare with; of the kind of its column, or a number for a column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// Yes or no.
    Bool(bool),
    /// A day.
    Day(Date),
    /// A moment.
    Moment(Timestamp),
}

/// In which direction rows are sorted; empty cells are the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}

/// A part of the rows, in an order.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Which rows; `None`: all.
    pub filter: Option<Filter>,
    /// By what they are sorted; what is equal stays as it stands in the file.
    pub order: Vec<(&'static Column, Direction)>,
    /// Which columns are wanted, empty: all. The cells of the others are empty.
    pub columns: Vec<&'static Column>,
    /// Rows before the part.
    pub skip: u64,
    /// Rows of it at most.
    pub top: u64,
}

impl Filter {
    /// What it means to polars: never null for comparisons, so that `Not` turns them round.
    pub(crate) fn expr(&self) -> Expr {
        match self {
            Self::All(all) => joined(all, Expr::and, true),
            Self::Any(any) => joined(any, Expr::or, false),
            Self::Not(it) => it.expr().not(),
            Self::Is(column, compare, Value::Null) => match compare {
                Compare::Eq => col(&*column.name).is_null(),
                Compare::Ne => col(&*column.name).is_not_null(),
                Compare::Gt | Compare::Ge | Compare::Lt | Compare::Le => lit(false),
            },
            Self::Is(column, compare, value) => {
                let (cell, value) = (col(&*column.name), value.expr());
                match compare {
                    Compare::Eq => cell.eq(value).fill_null(lit(false)),
                    Compare::Ne => cell.neq(value).fill_null(lit(true)),
                    Compare::Gt => cell.gt(value).fill_null(lit(false)),
                    Compare::Ge => cell.gt_eq(value).fill_null(lit(false)),
                    Compare::Lt => cell.lt(value).fill_null(lit(false)),
                    Compare::Le => cell.lt_eq(value).fill_null(lit(false)),
                }
            }
            Self::In(column, values) => {
                let one = |value: &Value| Self::Is(column, Compare::Eq, value.clone());
                joined(&values.iter().map(one).collect::<Vec<_>>(), Expr::or, false)
            }
            Self::Has(column, part, text) => {
                let (cell, text) = (col(&*column.name).str(), lit(text.clone()));
                let has = match part {
                    Part::Inside => cell.contains_literal(text),
                    Part::Start => cell.starts_with(text),
                    Part::End => cell.ends_with(text),
                };
                has.fill_null(lit(false))
            }
        }
    }
}

/// Joined as a tree that is as flat as can be: long lists do not run deep.
fn joined(filters: &[Filter], join: fn(Expr, Expr) -> Expr, none: bool) -> Expr {
    match filters {
        [] => lit(none),
        [one] => one.expr(),
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            join(joined(left, join, none), joined(right, join, none))
        }
    }
}

impl Value {
    fn expr(&self) -> Expr {
        match self {
            Self::Null => lit(polars::prelude::NULL),
            Self::Text(text) => lit(text.clone()),
            Self::Int(number) => lit(*number),
            Self::Double(number) => lit(*number),
            Self::Bool(it) => lit(*it),
            Self::Day(day) => lit(Scalar::new_date(day_of_date(*day))),
            Self::Moment(at) => {
                lit(Scalar::new_datetime(at.as_microsecond(), TimeUnit::Microseconds, Some(TimeZone::UTC)))
            }
        }
    }
}
