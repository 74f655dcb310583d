//! Why a value is what it is: the rows behind it, each with its share of numerator and denominator.

use domain::period::{Part, PeriodCode};
use polars::error::{PolarsError, PolarsResult};
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, LazyFrame, col, lit};

use crate::compute::ComputeError;
use crate::compute::subjects::{Subjects, adds_up};
use crate::compute::sums::{self, Sum};
use crate::definition::{Catalogue, CountsBy, Definition, Level};
use crate::index;
use crate::table::{DIRECTIONS, H1_END, IS_YEAR, OBLIGATION, ON, PERIOD_END, Tables, UNIT, YEAR_END, part_code};
use crate::values::{code_of, region_of};

/// What one row of a table adds to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Whose row it is: a number of [`Tables::units`].
    pub unit: u32,
    /// The obligation behind it, by number.
    pub obligation: u32,
    /// The day of what it tells, days since 1970-01-01; the obligation's own days where there is none.
    pub on: Option<i32>,
    /// What it adds to the numerator.
    pub numerator: i64,
    /// What it adds to the denominator.
    pub denominator: i64,
}

/// The rows behind the values of a definition in a period, for every unit of the tables, in the order of units and
/// obligations. Their numerators and denominators add up to the value's. Rows that add nothing to either are left
/// out.
///
/// # Errors
/// [`ComputeError`].
pub fn shares(tables: &Tables, definition: &Definition, part: Part) -> Result<Vec<Share>, ComputeError> {
    let table = &definition.table;
    let frame = tables
        .frames
        .get(table)
        .ok_or_else(|| ComputeError::NoTable { indicator: definition.id.clone(), table: table.clone() })?;
    read(frame, definition, part).map_err(|source| ComputeError::Query { table: table.clone(), source })
}

/// What one organisation adds to a territory's value.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Number of the organisation.
    pub org: u32,
    /// What it adds to the numerator.
    pub numerator: f64,
    /// What it adds to the denominator.
    pub denominator: f64,
    /// It must not be shown by itself.
    pub is_hidden: bool,
}

/// The organisations behind the value of a territory (level, code, region's code), in the order of their numbers;
/// those that add nothing are left out.
///
/// # Errors
/// [`ComputeError`].
pub fn members(
    tables: &Tables,
    catalogue: &Catalogue,
    definition: &Definition,
    (level, org, region): (Level, &str, Option<&str>),
    period: &PeriodCode,
) -> Result<Vec<Member>, ComputeError> {
    let alone = Catalogue { definitions: vec![definition.clone()], ..catalogue.clone() };
    let sums = sums::by_unit(tables, &alone)?;
    let subjects = Subjects::of(&tables.places, &tables.units);
    let told = subjects.list.iter().position(|subject| {
        subject.level == level
            && subjects.years[subject.year] == period.school_year
            && code_of(&tables.places, subject) == org
            && region_of(&tables.places, subject).map(|at| tables.places.regions[index(at)].code.as_str()) == region
    });
    let Some(at) = told.and_then(|at| u32::try_from(at).ok()) else { return Ok(Vec::new()) };
    let direction = index(subjects.list[index(at)].place) % DIRECTIONS.len();
    let mut members = Vec::new();
    for (unit, belongs) in subjects.of_unit.iter().enumerate() {
        let number = tables.units[unit].org;
        if !belongs.contains(&at) || !adds_up(definition.of, tables.places.orgs[index(number)].kind) {
            continue;
        }
        let entry = sums.get(0, period.part, unit);
        let sum = if level == Level::Direction { entry.in_direction(direction) } else { entry.all };
        if sum != Sum::default() {
            let Sum { numerator, denominator } = sum;
            members.push(Member { org: number, numerator, denominator, is_hidden: entry.is_hidden });
        }
    }
    members.sort_by_key(|member| member.org);
    Ok(members)
}

fn read(frame: &DataFrame, definition: &Definition, part: Part) -> PolarsResult<Vec<Share>> {
    let rows = of_period(frame, definition, part);
    let rows = match &definition.condition_expr {
        Some(condition) => rows.filter(condition.clone()),
        None => rows,
    };
    let whole = |expr: &Expr| expr.clone().cast(DataType::Int64);
    let has_day = frame.schema().contains(ON);
    let day = if has_day { col(ON).cast(DataType::Int32) } else { lit(polars::prelude::NULL).cast(DataType::Int32) };
    let rows = rows
        .with_columns([
            whole(&definition.numerator.expr).alias("share of numerator"),
            whole(&definition.denominator.expr).alias("share of denominator"),
            day.alias("day of share"),
        ])
        .filter(col("share of numerator").neq(lit(0)).or(col("share of denominator").neq(lit(0))))
        .select([
            col(UNIT),
            col(OBLIGATION),
            col("day of share"),
            col("share of numerator"),
            col("share of denominator"),
        ]);
    let found = rows.collect()?;
    let (units, obligations) = (found.column(UNIT)?.u32()?, found.column(OBLIGATION)?.u32()?);
    let days = found.column("day of share")?.i32()?;
    let numerators = found.column("share of numerator")?.i64()?;
    let denominators = found.column("share of denominator")?.i64()?;
    let share = |at: usize| {
        Some(Share {
            unit: units.get(at)?,
            obligation: obligations.get(at)?,
            on: days.get(at),
            numerator: numerators.get(at).unwrap_or_default(),
            denominator: denominators.get(at).unwrap_or_default(),
        })
    };
    let mut shares: Vec<Share> = (0..found.height()).filter_map(share).collect();
    if shares.len() < found.height() {
        return Err(PolarsError::ComputeError("a row belongs to no unit or obligation".into()));
    }
    shares.sort_by_key(|share| (share.unit, share.obligation, share.on));
    Ok(shares)
}

/// The rows that count in a period, with the columns that a definition may name beside those of its table.
fn of_period(frame: &DataFrame, definition: &Definition, part: Part) -> LazyFrame {
    let rows = frame.clone().lazy();
    let named = |column: &str| col(column).eq(lit(part_code(part)));
    match &definition.counts_by {
        CountsBy::Part(column) => {
            let rows = if part == Part::Y { rows } else { rows.filter(named(column)) };
            rows.with_columns([lit(part == Part::Y).alias(IS_YEAR)])
        }
        CountsBy::OwnPart(column) => rows.filter(named(column)),
        CountsBy::Standing => {
            let end = if matches!(part, Part::T0 | Part::H1) { H1_END } else { YEAR_END };
            let known = frame.schema().contains(H1_END) && frame.schema().contains(YEAR_END);
            if known { rows.with_columns([col(end).alias(PERIOD_END)]) } else { rows }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::compute;
    use crate::table::tests::support::{Log, at};
    use crate::table::{Judged, Unit};
    use crate::values::{Selection, Versions};

    #[test]
    fn the_shares_of_every_value_add_up_to_it() {
        let mut log = Log::in_force();
        log.live_through(11, 900);
        let catalogue = Catalogue::standard();
        for as_of in ["2022-11-20T00:00:00Z", "2023-07-20T00:00:00Z"].map(at) {
            let tables = Tables::from_register(&log.register, Judged::at(as_of)).unwrap();
            let values = compute(tables.clone(), &catalogue).unwrap();
            let mut checked = 0;
            for definition in catalogue.definitions() {
                for part in definition.periods.iter().copied() {
                    let shares = shares(&tables, definition, part).unwrap();
                    for (unit, number) in tables.units.iter().zip(0_u32..) {
                        checked += u32::from(check(&values, &tables, definition, part, *unit, number, &shares));
                    }
                }
            }
            assert!(checked > 100, "{checked}");
        }
    }

    fn check(
        values: &crate::values::Values,
        tables: &Tables,
        definition: &Definition,
        part: Part,
        unit: Unit,
        number: u32,
        shares: &[Share],
    ) -> bool {
        let org = &tables.places.orgs[usize::try_from(unit.org).unwrap()].code;
        let own = [Level::School, Level::Publisher].into_iter().find(|level| {
            let one = Selection { level: Some(*level), org: Some(org), ..Selection::default() };
            values.select(&one).next().is_some()
        });
        let period = part.code(unit.school_year).parse().unwrap();
        let selection = Selection {
            level: own,
            org: Some(org),
            period: Some(period),
            indicator: Some(&definition.id),
            versions: Versions::Only(definition.version),
            ..Selection::default()
        };
        let Some(row) = values.select(&selection).next().filter(|row| definition.levels.contains(&row.level)) else {
            return false;
        };
        let own = || shares.iter().filter(|share| share.unit == number);
        let sum = |part: fn(&Share) -> i64| own().map(part).sum::<i64>();
        let found = (sum(|share| share.numerator), sum(|share| share.denominator));
        #[expect(clippy::cast_possible_truncation, reason = "sums of whole numbers")]
        let told = (row.numerator.unwrap() as i64, row.denominator.unwrap() as i64);
        assert_eq!(found, told, "{org} {part} {}", definition.id);
        true
    }
}
