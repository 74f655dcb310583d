//! The profile: what the document does not say, as a data file beside it.

use std::collections::{BTreeMap, BTreeSet};

use domain::deadline::SchoolYear;
use domain::id::{PlanCode, RowNo};
use domain::plan::{DueRule, Items, PlanOrganisation, PlanPerson, ResponsibleType, RowProfile, Share, ShareOf};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ProfileError;
use crate::names::{Names, Phrase};

/// The form of profile that this version reads.
const SCHEMA: &str = "vekha.plan_profile/1";

/// What a plan document does not say. Written by hand or copied from last year's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Profile {
    /// Always `vekha.plan_profile/1`.
    pub schema: String,
    /// The plan's code.
    pub code: PlanCode,
    /// The school year of the document.
    pub school_year: SchoolYear,
    /// SHA-256 of the document for which it was made; another document is an anomaly, not an error.
    #[serde(default)]
    pub source_sha256: Option<String>,
    /// The plan's title in English.
    #[serde(default)]
    pub title_en: String,
    /// The region's name in Russian.
    #[serde(default)]
    pub region: Option<String>,
    /// The municipality's name in Russian.
    #[serde(default)]
    pub municipality: Option<String>,
    /// Organisations that the document abbreviates.
    #[serde(default)]
    pub organisations: Vec<PlanOrganisation>,
    /// Persons that it names, with every spelling.
    #[serde(default)]
    pub persons: Vec<PlanPerson>,
    /// Roles that it names.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Titles of activities in English.
    #[serde(default)]
    pub activities: Vec<ActivityProfile>,
    /// What the document does not say about each row.
    pub rows: Vec<RowEntry>,
}

/// A role that a document names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// Its code (`school-heads`).
    pub code: String,
    /// Its name in Russian.
    pub name_ru: String,
    /// Its name in English.
    pub name_en: String,
    /// The words by which documents name it.
    pub phrases: Vec<String>,
}

/// What a profile says about an activity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActivityProfile {
    /// Its number.
    pub no: u16,
    /// Its title in English.
    pub title_en: String,
}

/// What a profile says about a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowEntry {
    /// The row.
    pub row: RowNo,
    /// What the document does not say about it.
    #[serde(flatten)]
    pub profile: RowProfile,
}

impl Profile {
    /// Reads a profile file.
    ///
    /// # Errors
    /// [`ProfileError`] where it is no profile, has a key that nobody reads, or contradicts itself.
    pub fn parse(json: &str) -> Result<Self, ProfileError> {
        let given: Value = serde_json::from_str(json)?;
        let found = given.get("schema").and_then(Value::as_str).unwrap_or_default();
        if found != SCHEMA {
            return Err(ProfileError::Schema { found: found.chars().take(80).collect(), expected: SCHEMA });
        }
        let profile: Self = serde_json::from_value(given.clone())?;
        if let Some(path) = unknown_key(&given, &serde_json::to_value(&profile)?) {
            return Err(ProfileError::UnknownKey { path });
        }
        profile.check()?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), ProfileError> {
        let mut rows = BTreeSet::new();
        for entry in &self.rows {
            let wrong = |what: String| Err(ProfileError::Row { row: entry.row.clone(), what });
            if !rows.insert(&entry.row) {
                return wrong("stands twice".to_owned());
            }
            if entry.profile.shares.is_empty() {
                return wrong("has no share, so it would make no obligation".to_owned());
            }
        }
        let mut made = BTreeSet::new();
        let shares = || self.rows.iter().flat_map(|entry| &entry.profile.shares);
        let known: BTreeSet<&RowNo> = rows.iter().copied().chain(shares().map(|share| &share.row)).collect();
        for entry in &self.rows {
            let wrong = |what: String| Err(ProfileError::Row { row: entry.row.clone(), what });
            if let Some(stranger) = entry.profile.depends_on.iter().find(|row| !known.contains(row)) {
                return wrong(format!("depends on {stranger}, which the profile does not have"));
            }
            for share in &entry.profile.shares {
                if share.row.as_str().trim_end_matches('p') != entry.row.as_str() {
                    return wrong(format!("a share says row {}", share.row));
                }
                check_share(share, &known).or_else(wrong)?;
                for item in item_codes(share) {
                    let owner = match &share.of {
                        ShareOf::Schools => String::new(),
                        ShareOf::Org(code) => code.to_string(),
                    };
                    if !made.insert((share.row.as_str(), owner, item.clone())) {
                        return wrong(format!("two shares make item {item} of one owner"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows by number.
    pub(crate) fn by_row(&self) -> BTreeMap<&RowNo, &RowProfile> {
        self.rows.iter().map(|entry| (&entry.row, &entry.profile)).collect()
    }

    /// Every phrase by which the document may name somebody.
    pub(crate) fn names(&self) -> Names {
        let phrase = |words: &str, kind, code: &str| Phrase { words: words.to_owned(), kind, code: code.to_owned() };
        let orgs = self.organisations.iter().map(|o| phrase(&o.abbr, ResponsibleType::Org, o.code.as_str()));
        let roles = self
            .roles
            .iter()
            .flat_map(|role| role.phrases.iter().map(|words| phrase(words, ResponsibleType::Role, &role.code)));
        let persons = self.persons.iter().flat_map(|person| {
            let spellings = person.variants.iter().chain([&person.canonical]);
            spellings.map(|words| phrase(words, ResponsibleType::Person, person.code.as_str()))
        });
        Names::new(orgs.chain(roles).chain(persons).collect())
    }
}

fn check_share(share: &Share, known: &BTreeSet<&RowNo>) -> Result<(), String> {
    match (&share.due, &share.items) {
        (DueRule::EachMonthEnd, Items::Months { .. }) => {}
        (DueRule::EachMonthEnd, _) => return Err("is due each month's end, but its items are no months".to_owned()),
        (DueRule::AfterDelivery { row, .. }, _) if !known.contains(row) => {
            return Err(format!("is due after the delivery of {row}, which the profile does not have"));
        }
        _ => {}
    }
    match &share.items {
        Items::List(items) if items.is_empty() => Err("has an empty list of items".to_owned()),
        Items::Months { first, last } if last < first => Err(format!("its months end ({last}) before they begin")),
        _ => Ok(()),
    }
}

fn item_codes(share: &Share) -> Vec<String> {
    match &share.items {
        Items::One => vec!["-".to_owned()],
        Items::List(items) => items.iter().map(|item| item.code.to_string()).collect(),
        Items::Months { first, last } => first.through(*last).map(|month| month.to_string()).collect(),
        Items::Semesters => vec!["h1".to_owned(), "h2".to_owned()],
    }
}

/// The first key of `given` that did not come back when the typed profile was written again.
fn unknown_key(given: &Value, back: &Value) -> Option<String> {
    let join = |key: String, rest: String| if rest.is_empty() { key } else { format!("{key}.{rest}") };
    match (given, back) {
        (Value::Object(given), Value::Object(back)) => given.iter().find_map(|(key, value)| match back.get(key) {
            Some(same) => unknown_key(value, same).map(|rest| join(key.clone(), rest)),
            // What is empty may be left out when written.
            None if value.is_null() || value.as_array().is_some_and(Vec::is_empty) => None,
            None => Some(key.clone()),
        }),
        (Value::Array(given), Value::Array(back)) => given
            .iter()
            .zip(back)
            .enumerate()
            .find_map(|(at, (g, b))| unknown_key(g, b).map(|rest| join(at.to_string(), rest))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn profile() -> Value {
        json!({
            "schema": SCHEMA, "code": "p", "school_year": "2022-2023",
            "rows": [{"row": "1.1", "evidence_kind": "order", "shares": [{
                "row": "1.1", "of": "schools", "holder": "school_head", "event": "order.sent",
                "acceptance": "auto", "evidence_kind": "order"}]}]
        })
    }

    fn check(change: impl FnOnce(&mut Value), complaint: &str) {
        let mut json = profile();
        change(&mut json);
        let error = Profile::parse(&json.to_string()).unwrap_err();
        assert!(error.to_string().contains(complaint), "{error}");
    }

    #[test]
    fn a_profile_that_contradicts_itself_is_refused() {
        assert!(Profile::parse(&profile().to_string()).is_ok());
        let row = |json: &Value| json["rows"][0].clone();
        check(|p| p["schema"] = json!("x"), "has the form \"x\"");
        check(|p| p["rows"][0]["shares"][0]["evnt"] = json!("x"), "rows.0.shares.0.evnt");
        check(|p| p["rows"][0]["shares"] = json!([]), "has no share");
        check(
            |p| {
                let r = row(p);
                p["rows"].as_array_mut().unwrap().push(r);
            },
            "stands twice",
        );
        check(|p| p["rows"][0]["depends_on"] = json!(["7.1"]), "depends on 7.1");
        check(|p| p["rows"][0]["shares"][0]["row"] = json!("2.1"), "says row 2.1");
        check(|p| p["rows"][0]["shares"][0]["due"] = json!("each_month_end"), "no months");
        check(|p| p["rows"][0]["shares"][0]["items"] = json!({"list": []}), "empty list");
        check(
            |p| {
                let s = p["rows"][0]["shares"][0].clone();
                p["rows"][0]["shares"].as_array_mut().unwrap().push(s);
            },
            "two shares make item -",
        );
        check(|p| p["code"] = json!("Ж"), "not valid JSON");
    }
}
