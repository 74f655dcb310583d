//! Rows of a set in a Parquet file, asked again and again without touching the state that they were made from.

use std::path::{Path, PathBuf};

use polars::prelude::{
    DataType, IdxSize, LazyFrame, PlRefPath, PolarsResult, ScanArgsParquet, SortMultipleOptions, col, len, polars_err,
};

use crate::contract::Set;
use crate::frame::Frame;
use crate::question::{Direction, Filter, Question};
use crate::source::FRAME_ROWS;

/// A file that [`crate::parquet`] wrote. It is opened for every question anew, and only read.
#[derive(Clone, Debug)]
pub struct Stored {
    path: PathBuf,
    set: &'static Set,
    rows: u64,
}

impl Stored {
    /// The rows of a file; `rows` is how many it has.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, set: &'static Set, rows: u64) -> Self {
        Self { path: path.into(), set, rows }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The set.
    #[must_use]
    pub fn set(&self) -> &'static Set {
        self.set
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows a filter takes.
    ///
    /// # Errors
    /// The file is gone or broken.
    pub fn count(&self, filter: Option<&Filter>) -> PolarsResult<u64> {
        let Some(filter) = filter else { return Ok(self.rows) };
        let counted = self.scan()?.filter(filter.expr()).select([len().cast(DataType::UInt64).alias("rows")]);
        Ok(counted.collect()?.column("rows")?.u64()?.get(0).unwrap_or_default())
    }

    /// The part of the rows that is asked for.
    ///
    /// # Errors
    /// The file is gone or broken.
    pub fn ask(&self, question: &Question) -> PolarsResult<Frame> {
        let mut rows = self.scan()?;
        if let Some(filter) = &question.filter {
            rows = rows.filter(filter.expr());
        }
        if !question.order.is_empty() {
            let down = question.order.iter().map(|(_, direction)| *direction == Direction::Descending);
            let down: Vec<bool> = down.collect();
            let by: Vec<_> = question.order.iter().map(|(column, _)| col(&*column.name)).collect();
            let options = SortMultipleOptions::default().with_order_descending_multi(down.clone());
            rows = rows.sort_by_exprs(by, options.with_nulls_last_multi(down).with_maintain_order(true));
        }
        let skip = i64::try_from(question.skip).unwrap_or(i64::MAX);
        rows = rows.slice(skip, IdxSize::try_from(question.top).unwrap_or(IdxSize::MAX));
        if !question.columns.is_empty() {
            let wanted: Vec<_> = question.columns.iter().map(|column| col(&*column.name)).collect();
            rows = rows.select(wanted);
        }
        Frame::of_polars(self.set, &rows.collect()?)
    }

    /// The rows that a filter takes, in pieces, in the order of the file; one piece at least.
    pub fn frames<'f>(&'f self, filter: Option<&'f Filter>) -> impl Iterator<Item = PolarsResult<Frame>> + 'f {
        let step = u64::try_from(FRAME_ROWS).unwrap_or(u64::MAX);
        let starts =
            std::iter::successors(Some(0), move |from: &u64| Some(from + step).filter(|from| *from < self.rows));
        starts.map(move |from| {
            // Cut first, filtered then: each row group is read once.
            let piece = self
                .scan()?
                .slice(i64::try_from(from).unwrap_or(i64::MAX), IdxSize::try_from(step).unwrap_or(IdxSize::MAX));
            let piece = piece.collect()?;
            let piece = match filter {
                Some(filter) => polars::prelude::IntoLazy::lazy(piece).filter(filter.expr()).collect()?,
                None => piece,
            };
            Frame::of_polars(self.set, &piece)
        })
    }

    fn scan(&self) -> PolarsResult<LazyFrame> {
        let path = self.path.to_str();
        let path = path.ok_or_else(|| polars_err!(ComputeError: "the folder's name is no UTF-8"))?;
        let arguments = ScanArgsParquet { glob: false, cache: false, ..ScanArgsParquet::default() };
        LazyFrame::scan_parquet(PlRefPath::new(path), arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Column, contract};
    use crate::frame::Cell;
    use crate::question::{Compare, Part, Value};

    /// A file of periods 0 to 9: the even ones begin on a day, the others on none.
    fn periods(folder: &tempfile::TempDir) -> Stored {
        let set = contract().set("period").unwrap();
        let mut frame = Frame::new(set);
        for number in 0..10_i8 {
            let code = format!("p{number}");
            let day = Cell::Day(jiff::civil::date(2022, 9, number + 1));
            frame.push(&[
                ("period_key", Cell::Int(number.into())),
                ("period_code", Cell::Text(&code)),
                ("period_label", Cell::Text("метка")),
                ("period_label_en", Cell::Text("label")),
                ("school_year", Cell::Text("2022-2023")),
                ("period_part", Cell::Text(if number < 5 { "H1" } else { "H2" })),
                ("starts_on", if number % 2 == 0 { day } else { Cell::Empty }),
                ("ends_on", Cell::Empty),
            ]);
        }
        let path = folder.path().join("periods.parquet");
        let rows = crate::parquet(set, [frame], &mut std::fs::File::create(&path).unwrap()).unwrap();
        Stored::new(path, set, rows)
    }

    fn column(name: &str) -> &'static Column {
        contract().set("period").unwrap().column(name).unwrap()
    }

    fn keys(frame: &Frame) -> Vec<i64> {
        let key = |row| if let Cell::Int(key) = frame.cell(row, 0) { key } else { -1 };
        (0..frame.height()).map(key).collect()
    }

    #[test]
    fn filters_take_what_they_mean_and_empty_cells_equal_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let stored = periods(&folder);
        let third = Value::Day(jiff::civil::date(2022, 9, 3));
        let starts = |compare, value: &Value| Filter::Is(column("starts_on"), compare, value.clone());
        let ends = Filter::Has(column("period_code"), Part::End, "7".to_owned());
        let table = [
            (Filter::All(Vec::new()), vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (Filter::Any(Vec::new()), Vec::new()),
            (starts(Compare::Eq, &third), vec![2]),
            (starts(Compare::Ne, &third), vec![0, 1, 3, 4, 5, 6, 7, 8, 9]),
            (starts(Compare::Le, &third), vec![0, 2]),
            (Filter::Not(Box::new(starts(Compare::Le, &third))), vec![1, 3, 4, 5, 6, 7, 8, 9]),
            (starts(Compare::Eq, &Value::Null), vec![1, 3, 5, 7, 9]),
            (starts(Compare::Ne, &Value::Null), vec![0, 2, 4, 6, 8]),
            (starts(Compare::Gt, &Value::Null), Vec::new()),
            (Filter::In(column("starts_on"), vec![third.clone(), Value::Null]), vec![1, 2, 3, 5, 7, 9]),
            (Filter::Is(column("period_key"), Compare::Gt, Value::Double(7.5)), vec![8, 9]),
            (Filter::Any(vec![starts(Compare::Eq, &third), ends]), vec![2, 7]),
        ];
        for (filter, expected) in table {
            let count = stored.count(Some(&filter)).unwrap();
            assert_eq!(count, u64::try_from(expected.len()).unwrap(), "{filter:?}");
            let pieces = stored.frames(Some(&filter)).map(|piece| keys(&piece.unwrap()));
            assert_eq!(pieces.collect::<Vec<_>>().concat(), expected, "{filter:?}");
            let question = Question { filter: Some(filter), top: 100, ..Question::default() };
            assert_eq!(keys(&stored.ask(&question).unwrap()), expected, "{question:?}");
        }
    }

    #[test]
    fn parts_stand_in_the_order_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let stored = periods(&folder);
        let order = vec![(column("period_part"), Direction::Descending), (column("starts_on"), Direction::Ascending)];
        let ask = |skip, top| {
            let question = Question { order: order.clone(), skip, top, ..Question::default() };
            keys(&stored.ask(&question).unwrap())
        };
        assert_eq!(ask(0, 100), [5, 7, 9, 6, 8, 1, 3, 0, 2, 4]);
        assert_eq!(ask(3, 4), [6, 8, 1, 3]);
        assert_eq!(ask(100, 4), Vec::<i64>::new());
        let columns = vec![column("period_key"), column("starts_on")];
        let frame = stored.ask(&Question { columns, top: 1, ..Question::default() }).unwrap();
        let cells: Vec<bool> = frame.row(0).map(|cell| cell == Cell::Empty).collect();
        assert_eq!(cells, [false, true, true, true, true, true, false, true]);
    }
}
