//! The document as a table: title lines, a header, activities with their rows of cells.

use crate::error::ImportError;
use crate::html;

/// Bytes of a document: the plan made of it travels in one event of at most 1 MB, and a plan with
/// its profile takes up to four times its document.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 200_000;

/// Activities of a plan and rows of an activity: row numbers have at most three digits.
const NUMBER_MAX: u16 = 999;

/// A document, cut into cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// The lines above the table as one, without mark-up.
    pub(crate) title: String,
    /// The activities.
    pub(crate) activities: Vec<Section>,
}

/// One activity of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Its number.
    pub(crate) no: u16,
    /// Its title.
    pub(crate) title: String,
    /// Its rows, at least one.
    pub(crate) rows: Vec<Cells>,
}

/// The cells of one row, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cells {
    /// Line of the document, from 1.
    pub(crate) line: usize,
    /// The result.
    pub(crate) result: String,
    /// The deadline; empty only in a continuation row.
    pub(crate) deadline: String,
    /// Who answers; empty only in a continuation row.
    pub(crate) responsible: String,
}

/// What a column holds, with words of its heading.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("№ п/п", &["№", "п/п"]),
    ("Мероприятие", &["мероприят"]),
    ("Характеристика результата", &["результат", "характеристик"]),
    ("Сроки проведения", &["срок", "дата"]),
    ("Ответственные исполнители", &["ответственн", "исполнител"]),
];

/// Where the five columns stand, and how many cells the header has.
struct Header {
    at: [usize; 5],
    width: usize,
}

/// Cuts a document into cells.
///
/// # Errors
/// Where the text is no table, or not a whole one.
pub(crate) fn read(text: &str) -> Result<Document, ImportError> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(ImportError::TooLarge { bytes: text.len(), max: DOCUMENT_BYTES_MAX });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().zip(1..);
    let mut above: Vec<String> = Vec::new();
    let (header_text, header, header_line) = loop {
        let Some((line, number)) = lines.next() else { return Err(ImportError::NoHeader) };
        if let Some(header) = heading(line) {
            break (line, header, number);
        }
        above.push(without_markup(line));
    };
    let mut table = Table { header, activities: Vec::new() };
    for (line, number) in lines {
        if line.trim() == header_text.trim() || (line.trim().is_empty() && !line.contains('\t')) {
            continue;
        }
        table.take(line, number)?;
    }
    if table.activities.is_empty() {
        return Err(ImportError::NoRows { line: header_line });
    }
    Ok(Document { title: html::collapse(&above.join(" ")), activities: table.activities })
}

fn without_markup(line: &str) -> String {
    let line = line.trim().trim_start_matches('#');
    let plain = html::strip(line).map_or_else(|_| line.to_owned(), |plain| plain.text);
    plain.replace("**", "").replace("__", "")
}

fn heading(line: &str) -> Option<Header> {
    let cells: Vec<String> = line.split('\t').map(str::to_lowercase).collect();
    let column = |words: &[&str]| cells.iter().position(|cell| words.iter().any(|word| cell.contains(word)));
    let mut at = [0; 5];
    for (place, (_, words)) in at.iter_mut().zip(COLUMNS) {
        *place = column(words)?;
    }
    let mut apart = at;
    apart.sort_unstable();
    let distinct = apart.windows(2).all(|pair| pair[0] != pair[1]);
    distinct.then_some(Header { at, width: cells.len() })
}

struct Table {
    header: Header,
    activities: Vec<Section>,
}

impl Table {
    fn take(&mut self, line: &str, number: usize) -> Result<(), ImportError> {
        let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
        for cell in &cells {
            html::strip(cell).map_err(|tag| ImportError::HtmlNotClosed { line: number, tag })?;
        }
        let width = self.header.width;
        let extra = cells.iter().skip(width).any(|cell| !cell.is_empty());
        if cells.len() < width || extra {
            return Err(ImportError::Cells { line: number, found: cells.len(), expected: width });
        }
        let numbering = cells.iter().zip(1..).all(|(cell, n): (_, usize)| *cell == n.to_string());
        if numbering || cells.iter().all(|cell| cell.is_empty()) {
            return Ok(());
        }
        let [no, title, result, deadline, responsible] = self.header.at.map(|at| cells[at]);
        let first = self.begin(no, title, number)?;
        let section = self.activities.last_mut().ok_or(ImportError::NoActivity { line: number })?;
        let must = |cell: &str, column: usize, hint| {
            if cell.is_empty() { Err(empty(number, column, hint)) } else { Ok(()) }
        };
        must(result, 2, if first { "the activity has no result row" } else { "say what must be there" })?;
        if first {
            let hint = "only continuation rows may take it from the row above";
            must(deadline, 3, hint)?;
            must(responsible, 4, hint)?;
        }
        if section.rows.len() >= usize::from(NUMBER_MAX) {
            return Err(ImportError::TooMany { line: number, max: NUMBER_MAX });
        }
        section.rows.push(Cells {
            line: number,
            result: result.to_owned(),
            deadline: deadline.to_owned(),
            responsible: responsible.to_owned(),
        });
        Ok(())
    }

    /// Begins an activity where the row has a number; tells whether it did.
    fn begin(&mut self, no: &str, title: &str, line: usize) -> Result<bool, ImportError> {
        let before = self.activities.last().map_or(0, |section| section.no);
        if no.is_empty() && title.is_empty() {
            return Ok(false);
        }
        let bad = || ImportError::ActivityNumber { line, found: no.to_owned(), expected: before + 1 };
        let found: u16 = no.trim_end_matches(['.', ')']).parse().map_err(|_| bad())?;
        if found > NUMBER_MAX {
            return Err(ImportError::TooMany { line, max: NUMBER_MAX });
        }
        if found != before + 1 {
            return Err(ImportError::ActivityGap { line, before, found });
        }
        if title.is_empty() {
            return Err(empty(line, 1, "an activity needs its title"));
        }
        let title = html::strip(title).map_or_else(|_| title.to_owned(), |plain| plain.text);
        self.activities.push(Section { no: found, title, rows: Vec::new() });
        Ok(true)
    }
}

fn empty(line: usize, column: usize, hint: &'static str) -> ImportError {
    let column = COLUMNS.get(column).map_or("", |(name, _)| name).to_owned();
    ImportError::EmptyCell { line, column, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "№ п/п\tМероприятие\tХарактеристика результата\tСроки проведения\tОтветственные исполнители";

    fn table(rows: &str) -> Result<Document, ImportError> {
        read(&format!("**План**\n\n{HEADER}\n{rows}"))
    }

    #[test]
    fn a_page_break_a_repeated_header_and_a_row_of_numbers_divide_nothing() {
        let document =
            table(&format!("1\t2\t3\t4\t5\n1.\tА\tБ\tВ\tГ\r\n\n{HEADER}\n\t\tД\tЕ\t\n\n2.\tЖ\tЗ\tИ\tК\n")).unwrap();
        assert_eq!(document.title, "План");
        let shape: Vec<(u16, usize)> = document.activities.iter().map(|a| (a.no, a.rows.len())).collect();
        assert_eq!(shape, [(1, 2), (2, 1)]);
        assert_eq!(document.activities[0].rows[0].responsible, "Г");
    }

    #[test]
    fn columns_are_found_by_their_headings() {
        let text = "№\tСрок\tОтветственный\tМероприятие\tРезультат\n1\tдо 1\tОО\tА\tБ\n";
        let document = read(text).unwrap();
        assert_eq!(document.activities[0].title, "А");
        assert_eq!(document.activities[0].rows[0].result, "Б");
    }

    #[test]
    fn what_is_no_whole_table_is_refused_with_its_line() {
        let line = 4;
        let cell = |column: &str, hint| ImportError::EmptyCell { line, column: column.into(), hint };
        let cases = [
            ("", ImportError::NoRows { line: 3 }),
            ("1.\tА\tБ\tВ", ImportError::Cells { line, found: 4, expected: 5 }),
            ("1.\tА\tБ\tВ\tГ\tД", ImportError::Cells { line, found: 6, expected: 5 }),
            ("\t\t", ImportError::Cells { line, found: 3, expected: 5 }),
            ("1.\tА\t<p>Б\tВ\tГ", ImportError::HtmlNotClosed { line, tag: "p".into() }),
            ("2.\tА\tБ\tВ\tГ", ImportError::ActivityGap { line, before: 0, found: 2 }),
            ("x\tА\tБ\tВ\tГ", ImportError::ActivityNumber { line, found: "x".into(), expected: 1 }),
            ("\tА\tБ\tВ\tГ", ImportError::ActivityNumber { line, found: String::new(), expected: 1 }),
            ("\t\tБ\tВ\tГ", ImportError::NoActivity { line }),
            ("1.\tА\t\tВ\tГ", cell("Характеристика результата", "the activity has no result row")),
            (
                "1.\tА\tБ\tВ\t",
                cell("Ответственные исполнители", "only continuation rows may take it from the row above"),
            ),
            ("1.\t\tБ\tВ\tГ", cell("Мероприятие", "an activity needs its title")),
        ];
        for (rows, error) in cases {
            assert_eq!(table(rows), Err(error), "{rows}");
        }
        assert_eq!(read("просто текст"), Err(ImportError::NoHeader));
        let large = "а".repeat(DOCUMENT_BYTES_MAX);
        assert!(matches!(read(&large), Err(ImportError::TooLarge { .. })));
    }
}
