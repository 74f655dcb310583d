//! Who a document names, wherever it names them, and which spellings may be one person.

use std::collections::BTreeMap;

use domain::id::RowNo;
use domain::plan::{Activity, AnomalyKind, PlanOrganisation, PlanPerson, ResponsibleType};

use crate::document::Document;
use crate::import::{Maker, row_no};
use crate::names::{self, Person};
use crate::oddities::Slip;

/// A person as written somewhere in the document.
pub(crate) struct Mention {
    person: Person,
    row: RowNo,
    field: &'static str,
}

/// Every person whom the document names, in its order.
pub(crate) fn people(document: &Document) -> Vec<Mention> {
    let mut all = Vec::new();
    for section in &document.activities {
        let first = row_no(section.no, 1);
        let of = |text: &str, row: &RowNo, field| {
            let found = names::persons_in(text).into_iter();
            found.map(|person| Mention { person, row: row.clone(), field }).collect::<Vec<_>>()
        };
        all.extend(of(&section.title, &first, "title"));
        for (cells, at) in section.rows.iter().zip(1..) {
            let row = row_no(section.no, at);
            all.extend(of(&cells.result, &row, "result"));
            all.extend(of(&cells.responsible, &row, "responsible"));
        }
    }
    all
}

impl Maker<'_> {
    /// Persons with the same initials whose surnames differ by one letter: the rarer is doubted.
    pub(crate) fn typos(&mut self, seen: &[Mention]) {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for mention in seen {
            *counts.entry((&mention.person.surname, &mention.person.initials)).or_default() += 1;
        }
        for ((surname, initials), count) in &counts {
            let twin = counts.iter().find(|((other, same), more)| {
                same == initials && *more > count && names::one_letter_apart(surname, other)
            });
            let Some(((right, _), _)) = twin else { continue };
            let written = |m: &&Mention| m.person.surname == *surname && m.person.initials == *initials;
            for mention in seen.iter().filter(written) {
                let meant = Person { surname: (*right).to_owned(), ..mention.person.clone() };
                let slip = Slip {
                    kind: AnomalyKind::TypoPerson,
                    found: mention.person.raw.clone(),
                    reading: meant.canonical(),
                    reason: "фамилия отличается на одну букву при тех же инициалах: вероятно, опечатка; подтвердите, \
                             что это один человек",
                    reason_en: "the surname differs by one letter with the same initials: most likely a slip; confirm \
                                that it is one person",
                };
                self.note(Some(&mention.row), mention.field, slip);
            }
        }
    }

    /// The organisations of the profile, then those that only the document names.
    pub(crate) fn organisations(&self, activities: &[Activity]) -> Vec<PlanOrganisation> {
        let mut all = self.profile.map(|p| p.organisations.clone()).unwrap_or_default();
        let named = activities.iter().flat_map(|a| &a.rows).flat_map(|row| &row.responsible);
        for one in named.filter(|one| one.kind == ResponsibleType::Org) {
            if let Ok(code) = one.code.parse()
                && all.iter().all(|known| known.code != code)
            {
                let (name_ru, name_en, basis) = (String::new(), String::new(), "plan text, not expanded".to_owned());
                all.push(PlanOrganisation { code, abbr: one.raw.clone(), name_ru, name_en, basis });
            }
        }
        all
    }

    /// The persons of the profile, then those that only the document names.
    pub(crate) fn persons(&self, seen: &[Mention]) -> Vec<PlanPerson> {
        let mut all = self.profile.map(|p| p.persons.clone()).unwrap_or_default();
        for mention in seen {
            let Ok(code) = self.names.person_code(&mention.person).parse() else { continue };
            let raw = &mention.person.raw;
            match all.iter_mut().find(|known| known.code == code) {
                Some(known) if known.variants.contains(raw) => {}
                Some(known) => known.variants.push(raw.clone()),
                None => all.push(PlanPerson {
                    code,
                    canonical: mention.person.canonical(),
                    variants: vec![raw.clone()],
                    inferred_org: None,
                    note: String::new(),
                }),
            }
        }
        all
    }
}
