//! Nothing that people can paste makes the importer panic.

use plan_import::{Profile, import, wording};
use proptest::prelude::*;

const DOCUMENT: &str = include_str!("../../scenario/data/plan_2022_2023.txt");
const PROFILE: &str = include_str!("../../scenario/data/plan_2022_2023.profile.json");

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_wording_is_read_without_panic(text in "\\PC{0,60}") {
        let (deadline, _) = wording::parse(&text, Some("2022-2023".parse().unwrap()));
        prop_assert_eq!(deadline.raw, text);
    }

    #[test]
    fn any_mix_of_words_of_time_is_read_without_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "до", "с", "по", "31", "02", "2023", "99", ".", ".", "-", "–", ",", "и", "октября", "май", "I", "квартал",
            "полугодие", "в течение", "года", "дней", "рабочих", "после", "числа", "ежемесячно", "графику", "приказу",
            "учебного", "конец", "декада", "первая", "раз", "неделя", "от", "г", "/", "2022-2023", "5-й",
        ]), 0..12),
        glued in any::<bool>(),
    ) {
        let text = parts.join(if glued { "" } else { " " });
        let (deadline, _) = wording::parse(&text, Some("2022-2023".parse().unwrap()));
        if let (Some(start), Some(end)) = (deadline.start, deadline.end) {
            prop_assert!(start <= end, "{} gives {} to {}", text, start, end);
        }
    }

    #[test]
    fn any_damage_to_the_document_is_survived(at in 0..12_000_usize, length in 0..40_usize, with in "[\\PC\t\n<>]{0,6}") {
        let boundary = |mut i: usize| { while !DOCUMENT.is_char_boundary(i) { i -= 1; } i };
        let (from, to) = (boundary(at), boundary(at + length));
        let damaged = format!("{}{with}{}", &DOCUMENT[..from], &DOCUMENT[to..]);
        let profile = Profile::parse(PROFILE).unwrap();
        let _plan = import(&damaged, Some(&profile), None);
        let _bare = import(&damaged, None, None);
    }
}
