//! A work plan as read from its document, with what its profile adds.
//!
//! The document says what, when and who; the *profile*, a data file beside it, says what the
//! document leaves out: whose obligations a row makes, which event completes them, what they wait
//! for ([`RowProfile`]). `expand` turns both into obligations.

mod anomaly;
mod month;
mod profile;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::anomaly::{Anomaly, AnomalyKind};
pub use self::month::{BadMonth, Month};
pub use self::profile::{
    Acceptance, DueRule, EvidenceField, EvidenceKind, Holder, Item, Items, MeasuredPeriod, RowProfile, Share, ShareOf,
    Target,
};
use crate::deadline::{Deadline, SchoolYear};
use crate::id::{OrgCode, PersonCode, PlanCode, RowNo};

/// A plan: activities, each with its result rows, and what was odd about the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The plan's code; none until a profile or a person gives it one.
    pub code: Option<PlanCode>,
    /// The title, on one line.
    pub title: String,
    /// The title in English; empty where no profile gives it.
    #[serde(default)]
    pub title_en: String,
    /// The school year that it plans.
    pub school_year: SchoolYear,
    /// The region, as the document or the profile names it.
    pub region: Option<String>,
    /// The municipality, as the document or the profile names it.
    pub municipality: Option<String>,
    /// SHA-256 of the document's bytes, 64 lower-case hexadecimal digits.
    pub source_sha256: String,
    /// The activities, in the order of the document; their numbers have no gap.
    pub activities: Vec<Activity>,
    /// What a person should look at, in the order of the document.
    pub anomalies: Vec<Anomaly>,
    /// The organisations that the plan names.
    #[serde(default)]
    pub organisations: Vec<PlanOrganisation>,
    /// The persons that the plan names.
    #[serde(default)]
    pub persons: Vec<PlanPerson>,
}

/// One numbered activity of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// Its number in the document, from 1.
    pub no: u16,
    /// Its title, verbatim.
    pub title: String,
    /// Its title in English; empty where no profile gives it.
    #[serde(default)]
    pub title_en: String,
    /// Its result rows, at least one.
    pub rows: Vec<PlanRow>,
}

/// One result row: what must be there, when, and who answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanRow {
    /// `<activity>.<row>`, both from 1.
    pub row: RowNo,
    /// The line of the document on which it stands, from 1.
    pub source_line: u32,
    /// The result as plain text: HTML taken off, otherwise the words of the document.
    pub result: String,
    /// The result cell, verbatim.
    pub result_raw: String,
    /// When it is due.
    pub deadline: Deadline,
    /// Who answers for it, in the order of the document.
    pub responsible: Vec<Responsible>,
    /// The responsible cell, verbatim; empty where the cell is merged with the one above.
    pub responsible_raw: String,
    /// `responsible` is that of the row above, since the cell is empty.
    pub responsible_inherited: bool,
    /// What the document does not say.
    #[serde(flatten)]
    pub profile: RowProfile,
}

/// Whether a responsible is an organisation, a person or a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponsibleType {
    /// An organisation, by its abbreviation.
    Org,
    /// A person, by surname and initials.
    Person,
    /// A role, which stands for one holder a school.
    Role,
}

/// Somebody who answers for a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Responsible {
    /// What kind of somebody.
    #[serde(rename = "type")]
    pub kind: ResponsibleType,
    /// An [`OrgCode`], a [`PersonCode`] or a role's code (`school-heads`), as text.
    pub code: String,
    /// The words of the document; of the row above where inherited.
    pub raw: String,
}

/// An organisation that a plan names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanOrganisation {
    /// Its code.
    pub code: OrgCode,
    /// Its abbreviation in the document («МО ПК»).
    pub abbr: String,
    /// Its name in Russian; empty where not known.
    #[serde(default)]
    pub name_ru: String,
    /// Its name in English; empty where not known.
    #[serde(default)]
    pub name_en: String,
    /// Where the name comes from.
    #[serde(default)]
    pub basis: String,
}

/// A person that a plan names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanPerson {
    /// Their code.
    pub code: PersonCode,
    /// Surname and initials, as most often written («Третьякова Т.В.»).
    pub canonical: String,
    /// Every spelling of the document, the canonical one included.
    #[serde(default)]
    pub variants: Vec<String>,
    /// The organisation that they seem to belong to.
    #[serde(default)]
    pub inferred_org: Option<OrgCode>,
    /// How that is known; `inferred` is never printed as fact.
    #[serde(default)]
    pub note: String,
}

impl Plan {
    /// Every result row, in the order of the document.
    pub fn rows(&self) -> impl Iterator<Item = &PlanRow> {
        self.activities.iter().flat_map(|activity| &activity.rows)
    }

    /// The row of that number.
    #[must_use]
    pub fn row(&self, no: &RowNo) -> Option<&PlanRow> {
        self.rows().find(|row| row.row == *no)
    }

    /// Every share with the row that makes it, in the order of the document.
    pub fn shares(&self) -> impl Iterator<Item = (&PlanRow, &Share)> {
        self.rows().flat_map(|row| row.profile.shares.iter().map(move |share| (row, share)))
    }

    /// The same plan with every spelling of a person's name replaced by the person's code, and
    /// without the directory of persons: the form that may stand in the log, where no names are.
    #[must_use]
    pub fn without_names(&self) -> Self {
        let mut spellings: Vec<(&str, &PersonCode)> = self
            .persons
            .iter()
            .flat_map(|person| {
                let written = person.variants.iter().chain([&person.canonical]);
                written.map(|spelling| (spelling.as_str(), &person.code))
            })
            .filter(|(spelling, _)| !spelling.is_empty())
            .collect();
        spellings.sort_by_key(|(spelling, _)| std::cmp::Reverse(spelling.len()));
        let hide = |text: &mut String| {
            for (spelling, code) in &spellings {
                if text.contains(spelling) {
                    *text = text.replace(spelling, code.as_str());
                }
            }
        };
        let mut plan = Self { persons: Vec::new(), ..self.clone() };
        for activity in &mut plan.activities {
            hide(&mut activity.title);
            for row in &mut activity.rows {
                [&mut row.result, &mut row.result_raw, &mut row.responsible_raw].into_iter().for_each(hide);
                row.responsible.iter_mut().for_each(|one| hide(&mut one.raw));
            }
        }
        for anomaly in &mut plan.anomalies {
            let texts = [&mut anomaly.found, &mut anomaly.reading, &mut anomaly.reason, &mut anomaly.reason_en];
            texts.into_iter().for_each(hide);
        }
        plan
    }
}
