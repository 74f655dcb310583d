//! Makes a [`Plan`] of a document and its profile.

use std::collections::{BTreeMap, BTreeSet};

use domain::deadline::{Deadline, SchoolYear};
use domain::id::RowNo;
use domain::plan::{Activity, Anomaly, AnomalyKind, Plan, PlanRow, Responsible, ResponsibleType, RowProfile};
use sha2::{Digest, Sha256};

use crate::document::{self, Cells, Document, Section};
use crate::error::ImportError;
use crate::names::Names;
use crate::oddities::{self, Slip};
use crate::people::people;
use crate::profile::Profile;
use crate::{defaults, html, places, wording};

/// Reads a plan document.
///
/// `text` is the whole file; `profile` what the document does not say; `year` the school year where
/// the title names none, or where it is known better. Oddities do not fail: they are listed in
/// [`Plan::anomalies`].
///
/// # Errors
/// [`ImportError`] where the document is no whole table, or not the one of the profile.
pub fn import(text: &str, profile: Option<&Profile>, year: Option<SchoolYear>) -> Result<Plan, ImportError> {
    let document = document::read(text)?;
    let titled = places::school_year(&document.title);
    let school_year = year.or(titled).or(profile.map(|p| p.school_year)).ok_or(ImportError::NoSchoolYear)?;
    if let Some(profile) = profile {
        hold_against(&document, profile, school_year)?;
    }
    let source_sha256 = hex(&Sha256::digest(text.as_bytes()));
    let mut maker = Maker {
        profile,
        rows: profile.map(Profile::by_row).unwrap_or_default(),
        names: profile.map_or_else(|| Names::new(defaults::phrases()), Profile::names),
        school_year,
        anomalies: Vec::new(),
    };
    maker.about_the_whole(&document, titled, &source_sha256);
    let activities: Vec<Activity> = document.activities.iter().map(|section| maker.activity(section)).collect();
    let seen = people(&document);
    maker.typos(&seen);
    let order: BTreeMap<RowNo, usize> = rows_of(&document).enumerate().map(|(at, row)| (row, at)).collect();
    maker.anomalies.sort_by_key(|anomaly| anomaly.row.as_ref().and_then(|row| order.get(row)).copied());
    Ok(Plan {
        code: profile.map(|p| p.code.clone()),
        title_en: profile.map(|p| p.title_en.clone()).unwrap_or_default(),
        school_year,
        region: profile.and_then(|p| p.region.clone()).or_else(|| places::region(text)),
        municipality: profile.and_then(|p| p.municipality.clone()).or_else(|| places::municipality(&document.title)),
        source_sha256,
        organisations: maker.organisations(&activities),
        persons: maker.persons(&seen),
        title: document.title,
        activities,
        anomalies: maker.anomalies,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to a String cannot fail");
        out
    })
}

/// The number of a row, as the document counts.
pub(crate) fn row_no(activity: u16, row: usize) -> RowNo {
    format!("{activity}.{row}").parse().expect("document::read keeps both numbers within three digits")
}

fn rows_of(document: &Document) -> impl Iterator<Item = RowNo> {
    document.activities.iter().flat_map(|a| (1..=a.rows.len()).map(|row| row_no(a.no, row)))
}

fn hold_against(document: &Document, profile: &Profile, year: SchoolYear) -> Result<(), ImportError> {
    if profile.school_year != year {
        let (profile, document) = (profile.school_year.to_string(), year.to_string());
        return Err(ImportError::OtherSchoolYear { profile, document });
    }
    let there: BTreeSet<RowNo> = rows_of(document).collect();
    let rows: Vec<RowNo> =
        profile.rows.iter().map(|entry| &entry.row).filter(|row| !there.contains(*row)).cloned().collect();
    if rows.is_empty() { Ok(()) } else { Err(ImportError::RowsMissing { rows }) }
}

/// What is known while a plan is being made.
pub(crate) struct Maker<'a> {
    pub(crate) profile: Option<&'a Profile>,
    rows: BTreeMap<&'a RowNo, &'a RowProfile>,
    pub(crate) names: Names,
    school_year: SchoolYear,
    anomalies: Vec<Anomaly>,
}

impl Maker<'_> {
    /// Lists a slip, or adds the row to an earlier one with the same words.
    pub(crate) fn note(&mut self, row: Option<&RowNo>, field: &str, slip: Slip) {
        let same = |a: &&mut Anomaly| a.kind == slip.kind && a.field == field && a.found == slip.found;
        if let Some(row) = row
            && slip.kind != AnomalyKind::EmptyMergedCell
            && let Some(earlier) = self.anomalies.iter_mut().find(same)
        {
            earlier.also.push(row.clone());
            return;
        }
        self.anomalies.push(Anomaly {
            row: row.cloned(),
            field: field.to_owned(),
            kind: slip.kind,
            found: slip.found,
            reading: slip.reading,
            reason: slip.reason.to_owned(),
            reason_en: slip.reason_en.to_owned(),
            also: Vec::new(),
        });
    }

    fn about_the_whole(&mut self, document: &Document, titled: Option<SchoolYear>, sha256: &str) {
        let profile = self.profile;
        let year = self.school_year.to_string();
        let mut note = |field: &str, kind, found: &str, reading: &str, reason, reason_en| {
            let slip = Slip { kind, found: found.to_owned(), reading: reading.to_owned(), reason, reason_en };
            self.note(None, field, slip);
        };
        if document.title.is_empty() {
            let reason = "над таблицей нет заголовка плана";
            note("title", AnomalyKind::NoTitle, "", "", reason, "no title above the table");
        }
        if titled.is_none_or(|titled| titled.to_string() != year) {
            let found = titled.map(|titled| titled.to_string()).unwrap_or_default();
            let reason = "учебный год в заголовке не указан или другой";
            note("title", AnomalyKind::SchoolYear, &found, &year, reason, "the title names no school year or another");
        }
        match profile {
            None => {
                let reason = "профиля нет: виды подтверждений, владельцы и доли обязательств угаданы по словам";
                let reason_en = "no profile: kinds of evidence, owners and shares were guessed from the words";
                note("profile", AnomalyKind::NoProfile, "", "", reason, reason_en);
            }
            Some(profile) => {
                if let Some(made_for) = profile.source_sha256.as_deref().filter(|made_for| *made_for != sha256) {
                    let reason = "документ отличается от того, для которого составлен профиль: сверьте строки";
                    let reason_en = "the document differs from the one the profile was made for: compare the rows";
                    note("document", AnomalyKind::SourceDiffers, sha256, made_for, reason, reason_en);
                }
            }
        }
    }

    fn activity(&mut self, section: &Section) -> Activity {
        let first = row_no(section.no, 1);
        let slips = oddities::in_text(&section.title).into_iter();
        for slip in slips.chain(oddities::single_year(&section.title, self.school_year)) {
            self.note(Some(&first), "title", slip);
        }
        let mut rows: Vec<PlanRow> = Vec::with_capacity(section.rows.len());
        for (cells, at) in section.rows.iter().zip(1..) {
            let row = self.row(row_no(section.no, at), cells, rows.last());
            rows.push(row);
        }
        let known = self.profile.and_then(|p| p.activities.iter().find(|a| a.no == section.no));
        let title_en = known.map(|a| a.title_en.clone()).unwrap_or_default();
        Activity { no: section.no, title: section.title.clone(), title_en, rows }
    }

    fn row(&mut self, row: RowNo, cells: &Cells, above: Option<&PlanRow>) -> PlanRow {
        let result = self.result(&row, &cells.result);
        let deadline = self.deadline(&row, &cells.deadline, above);
        let (responsible, inherited) = self.responsible(&row, &cells.responsible, above);
        let profile = if let Some(profile) = self.rows.get(&row) {
            (*profile).clone()
        } else {
            if self.profile.is_some() {
                let slip = Slip {
                    kind: AnomalyKind::RowNotInProfile,
                    found: result.clone(),
                    reading: String::new(),
                    reason: "строки нет в профиле: её значение угадано по словам",
                    reason_en: "the profile has no such row: its meaning was guessed from the words",
                };
                self.note(Some(&row), "profile", slip);
            }
            defaults::row_profile(&row, &result, &deadline, &responsible)
        };
        PlanRow {
            row,
            source_line: u32::try_from(cells.line).unwrap_or(u32::MAX),
            result,
            result_raw: cells.result.clone(),
            deadline,
            responsible,
            responsible_raw: cells.responsible.clone(),
            responsible_inherited: inherited,
            profile,
        }
    }

    fn result(&mut self, row: &RowNo, raw: &str) -> String {
        let plain =
            html::strip(raw).unwrap_or_else(|_| html::Plain { text: raw.to_owned(), had_html: false, items: 0 });
        if plain.had_html {
            let slip = Slip {
                kind: AnomalyKind::HtmlInCell,
                found: raw.chars().take(60).collect(),
                reading: format!("простой текст, пунктов: {}", plain.items),
                reason: "в ячейке разметка HTML; она снята, текст сохранён",
                reason_en: "HTML in the cell; it was taken off, the text was kept",
            };
            self.note(Some(row), "result", slip);
        }
        let stop = if plain.had_html { None } else { oddities::no_full_stop(&plain.text) };
        let slips = oddities::in_text(&plain.text).into_iter();
        for slip in slips.chain(oddities::extra_comma(&plain.text)).chain(stop) {
            self.note(Some(row), "result", slip);
        }
        plain.text
    }

    fn merged(&mut self, row: &RowNo, field: &str, reading: &str) {
        let slip = Slip {
            kind: AnomalyKind::EmptyMergedCell,
            found: String::new(),
            reading: reading.to_owned(),
            reason: "ячейка пуста; прочитана как объединённая с ячейкой выше",
            reason_en: "the cell is empty; read as merged with the one above",
        };
        self.note(Some(row), field, slip);
    }

    fn deadline(&mut self, row: &RowNo, raw: &str, above: Option<&PlanRow>) -> Deadline {
        if let Some(above) = above.filter(|_| raw.is_empty()) {
            self.merged(row, "deadline", &above.deadline.raw);
            return Deadline { raw: String::new(), ..above.deadline.clone() };
        }
        let (deadline, issues) = wording::parse(raw, Some(self.school_year));
        for issue in issues {
            self.anomalies.push(Anomaly {
                row: Some(row.clone()),
                field: "deadline".to_owned(),
                kind: issue.kind,
                found: raw.to_owned(),
                reading: issue.reading,
                reason: issue.reason,
                reason_en: issue.reason_en,
                also: Vec::new(),
            });
        }
        deadline
    }

    fn responsible(&mut self, row: &RowNo, raw: &str, above: Option<&PlanRow>) -> (Vec<Responsible>, bool) {
        if let Some(above) = above.filter(|_| raw.is_empty()) {
            let words: Vec<&str> = above.responsible.iter().map(|one| one.raw.as_str()).collect();
            self.merged(row, "responsible", &words.join(" "));
            return (above.responsible.clone(), true);
        }
        let (found, mut unread) = self.names.read(raw);
        if self.profile.is_some() {
            let unknown =
                found.iter().filter(|one| one.kind == ResponsibleType::Org && !self.names.knows_org(&one.code));
            unread.extend(unknown.map(|one| one.raw.clone()));
        }
        if !unread.is_empty() || found.is_empty() {
            let slip = Slip {
                kind: AnomalyKind::UnknownResponsible,
                found: unread.join(" "),
                reading: found.iter().map(|one| one.raw.as_str()).collect::<Vec<_>>().join(", "),
                reason: "среди исполнителей есть слова, которые не являются известной организацией, ролью или фамилией",
                reason_en: "some words among the responsible are no known organisation, role or surname",
            };
            self.note(Some(row), "responsible", slip);
        }
        (found, false)
    }
}
