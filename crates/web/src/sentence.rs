//! What an event says, as a sentence for people who read a list.

use domain::id::ObligationId;
use domain::refusal::Words;

/// A sentence on an event: what happened, and to what.
pub(crate) fn of(event_type: &str, obligation: Option<&ObligationId>, subject: &str) -> Words {
    let what = what(event_type);
    if let Some(id) = obligation {
        return Words::new(
            format!("{}: строка {}, {}{}", what.ru, id.row, id.org, item(id)),
            format!("{}: row {}, {}{}", what.en, id.row, id.org, item(id)),
        );
    }
    if matches!(subject, "log" | "") {
        return what;
    }
    let about = subject.rsplit('/').next().unwrap_or(subject);
    Words::new(format!("{}: {about}", what.ru), format!("{}: {about}", what.en))
}

/// A sentence on a fact about many.
pub(crate) fn of_many(event_type: &str, row: &str, count: usize) -> Words {
    let what = what(event_type);
    Words::new(
        format!("{}: строка {row}, организаций {count}", what.ru),
        format!("{}: row {row}, organisations {count}", what.en),
    )
}

fn item(id: &ObligationId) -> String {
    if id.item.as_str() == "-" { String::new() } else { format!(", {}", id.item) }
}

fn what(event_type: &str) -> Words {
    let (ru, en) = bi::said(event_type).unwrap_or((event_type, event_type));
    Words::new(ru, en)
}

#[cfg(test)]
mod tests {
    use domain::event::Data;

    use super::*;

    #[test]
    fn every_type_of_the_catalogue_has_words() {
        for name in Data::TYPES {
            let words = what(name);
            assert!(words.ru != *name && words.en != *name, "{name} has no sentence");
        }
    }

    #[test]
    fn a_sentence_names_row_organisation_and_item() {
        let id = "p/5.1/pogranichny-s01/7".parse().unwrap();
        assert_eq!(of("letter.sent", Some(&id), "").ru, "Направлено письмо: строка 5.1, pogranichny-s01, 7");
        assert_eq!(of("org.registered", None, "org/mo-pk").en, "Organisation registered: mo-pk");
    }
}
