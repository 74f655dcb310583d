//! Documents with a bad place, cut off, or not the one of the profile.

use domain::deadline::DeadlineKind;
use domain::id::RowNo;
use domain::plan::{AnomalyKind, Plan};
use plan_import::{ImportError, Profile, import};

const DOCUMENT: &str = include_str!("../../scenario/data/plan_2022_2023.txt");
const PROFILE: &str = include_str!("../../scenario/data/plan_2022_2023.profile.json");

fn profile() -> Profile {
    Profile::parse(PROFILE).expect("the project's own profile is valid")
}

#[test]
fn bad_places_are_read_the_likeliest_way_and_listed() {
    let changed = |from: &str, to: &str| {
        assert!(DOCUMENT.contains(from));
        import(&DOCUMENT.replacen(from, to, 1), Some(&profile()), None).unwrap()
    };
    let has = |plan: &Plan, row: &str, kind| {
        let there = plan.anomalies.iter().any(|a| a.kind == kind && a.row.as_ref().map(RowNo::as_str) == Some(row));
        assert!(there, "{row} {kind:?}");
    };
    let plan = changed("До 14.10.2022", "До 31.02.2023");
    has(&plan, "5.1", AnomalyKind::InvalidDeadline);
    assert_eq!(plan.row(&"5.1".parse().unwrap()).unwrap().deadline.kind, DeadlineKind::Invalid);
    assert!(plan.anomalies.iter().any(|a| a.kind == AnomalyKind::SourceDiffers));
    has(&changed("До 14.10.2022", "До 14.10.2032"), "5.1", AnomalyKind::OutsideSchoolYear);
    has(
        &changed("Мельникова Т. В. Гумбатов С.А.", "Мельникова Т. В. и коллеги"),
        "7.1",
        AnomalyKind::UnknownResponsible,
    );
    has(&changed("До 21.10.2022\tТретьякова Т. В.", "До 21.10.2022\tТретякова Т. В."), "8.3", AnomalyKind::TypoPerson);
    let crlf = import(&format!("\u{feff}{}", DOCUMENT.replace('\n', "\r\n")), Some(&profile()), None).unwrap();
    assert_eq!(crlf.activities.len(), 20);
}

#[test]
fn a_row_that_only_one_of_both_has_is_told() {
    let mut shorter = profile();
    shorter.rows.retain(|entry| entry.row.as_str() != "7.1");
    let plan = import(DOCUMENT, Some(&shorter), None).unwrap();
    assert!(plan.anomalies.iter().any(|a| a.kind == AnomalyKind::RowNotInProfile));
    let mut longer = profile();
    let mut more = longer.rows[0].clone();
    more.row = "20.2".parse().unwrap();
    longer.rows.push(more);
    let missing = ImportError::RowsMissing { rows: vec!["20.2".parse().unwrap()] };
    assert_eq!(import(DOCUMENT, Some(&longer), None), Err(missing));
    let next = Some("2023-2024".parse().unwrap());
    assert!(matches!(import(DOCUMENT, Some(&profile()), next), Err(ImportError::OtherSchoolYear { .. })));
    let untitled = DOCUMENT.replacen("в 2022-2023 учебном году", "", 1);
    assert_eq!(import(&untitled, None, None), Err(ImportError::NoSchoolYear));
}

/// A cut document is refused, or its list of anomalies is longer than that of the whole one.
fn notices(cut: &str, profile: &Profile) -> bool {
    match import(cut, Some(profile), None) {
        Err(_) => true,
        Ok(plan) => plan.anomalies.iter().any(|a| a.kind == AnomalyKind::SourceDiffers) && plan.anomalies.len() > 17,
    }
}

#[test]
fn a_document_cut_off_anywhere_is_noticed() {
    let ends = DOCUMENT.match_indices('\n').flat_map(|(at, _)| [at, at + 1]);
    let step = DOCUMENT.len() / 400;
    let offsets = (0..400).map(|n| n * step).filter(|at| DOCUMENT.is_char_boundary(*at));
    let (profile, mut seen) = (profile(), 0);
    for at in ends.chain(offsets) {
        assert!(notices(&DOCUMENT[..at], &profile), "cut at byte {at} is not noticed");
        seen += 1;
    }
    assert!(seen >= 84 + 200, "{seen}");
    for (at, _) in DOCUMENT.char_indices().skip(6_500) {
        assert!(notices(&DOCUMENT[..at], &profile), "cut at byte {at} is not noticed");
    }
}

#[test]
fn a_document_cut_at_a_line_names_what_is_missing() {
    let lines: Vec<&str> = DOCUMENT.lines().collect();
    let cut = lines[..20].join("\n");
    let error = import(&cut, Some(&profile()), None).unwrap_err().to_string();
    assert!(error.contains("rows 9.2, 9.3, 10.1") && error.contains("cut off"), "{error}");
    let headless = lines[6..].join("\n");
    assert_eq!(import(&headless, Some(&profile()), None), Err(ImportError::NoHeader));
    let gap = DOCUMENT.replacen(lines[14], "", 1).replacen(lines[15], "", 1);
    assert!(matches!(import(&gap, Some(&profile()), None), Err(ImportError::ActivityGap { before: 6, found: 8, .. })));
}
