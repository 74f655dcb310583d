//! What holds for any rows: sums add up, excuses leave both, order is nothing.

use domain::obligation::Phase;
use domain::period::Part;
use proptest::prelude::*;

use super::tests::{H1_END, TODAY, asked, owner, places, tables};
use super::*;
use crate::definition::Level;
use crate::table::{Asked, Rows, Standing};
use crate::values::Selection;

/// Schools and their municipalities.
const MUNICIPALITY_OF: [u32; 5] = [0, 0, 1, 2, 1];

fn parts() -> impl Strategy<Value = Option<Part>> {
    prop_oneof![Just(None), proptest::sample::select(Part::ALL.to_vec()).prop_map(Some)]
}

prop_compose! {
    fn rows()(
        org in 0..5_u32,
        phase in proptest::sample::select(Phase::ALL.to_vec()),
        due_part in proptest::sample::select(vec![None, Some(Part::H1), Some(Part::H2)]),
        measures in parts(),
        due in TODAY - 90..TODAY + 90,
        done in TODAY - 90..TODAY,
        points in 0..20_u32,
        kind in 0..4_u8,
        beyond in 0..2 * H1_END,
    ) -> (u32, Asked, Standing) {
        let asked = Asked {
            is_checklist: kind == 1,
            is_partner: kind == 2,
            in_execution: kind != 3,
            measures,
            ..asked()
        };
        let done = if kind == 2 { beyond } else { done };
        let score = (kind == 1).then_some((points, 20));
        let done_on = phase.is_done().then_some(done);
        let partner_at = [done_on.is_some(); 2];
        (org, asked, Standing { phase, due_part, due, done_on, score, partner_at, today: TODAY, cap: 60, ..Standing::default() })
    }
}

fn computed(rows: &[(u32, Asked, Standing)]) -> Values {
    let places = places(&MUNICIPALITY_OF);
    let mut all = Rows::default();
    for (org, asked, standing) in rows {
        all.extend(&owner(&places, *org), [(*asked, *standing)]);
    }
    compute(tables(places, all), &Catalogue::standard()).unwrap()
}

fn totals(values: &Values, level: Level) -> std::collections::BTreeMap<(&str, &str), (f64, f64)> {
    let mut totals = std::collections::BTreeMap::new();
    for row in values.select(&Selection { level: Some(level), ..Selection::default() }).filter(|row| {
        // The bank of programmes and methodical days are counted at the level of those who owe them.
        !["A", "I11", "I12"].contains(&row.indicator)
    }) {
        let sum: &mut (f64, f64) = totals.entry((row.period, row.indicator)).or_default();
        sum.0 += row.numerator.unwrap();
        sum.1 += row.denominator.unwrap();
    }
    totals
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schools_add_up_to_municipalities_and_these_to_the_region(rows in proptest::collection::vec(rows(), 1..60)) {
        let values = computed(&rows);
        let schools = totals(&values, Level::School);
        prop_assert_eq!(&schools, &totals(&values, Level::Municipality));
        prop_assert_eq!(&schools, &totals(&values, Level::Region));
        prop_assert_eq!(&schools, &totals(&values, Level::Country));
    }

    #[test]
    fn what_changed_alone_leads_to_the_same_values(
        before in proptest::collection::vec(rows(), 1..60), after in proptest::collection::vec(rows(), 1..60), org in 0..5_u32
    ) {
        // The rows of one school are replaced; the others stay.
        let others = before.iter().filter(|row| row.0 != org).copied();
        let all: Vec<_> = others.chain(after.iter().filter(|row| row.0 == org).copied()).collect();
        let places = places(&MUNICIPALITY_OF);
        let frame = |rows: &[(u32, Asked, Standing)]| {
            let mut table = Rows::default();
            for (org, asked, standing) in rows {
                table.extend(&owner(&places, *org), [(*asked, *standing)]);
            }
            tables(std::sync::Arc::clone(&places), table)
        };
        let mut board = Board::new(frame(&before), Catalogue::standard()).unwrap();
        let old = board.values().clone();
        let own: Vec<_> = after.iter().filter(|row| row.0 == org).copied().collect();
        let Updated::Changed(changes) = board.update(&frame(&own).only(org)).unwrap() else { panic!("known") };
        let anew = computed(&all);
        prop_assert_eq!(board.values().digest(), anew.digest());
        // What is told as changed is what differs.
        let told: usize = changes.iter().map(|change| change.rows.len()).sum();
        let differ = old.rows().zip(anew.rows()).filter(|(old, new)| old != new).count();
        prop_assert_eq!(told, differ);
    }

    #[test]
    fn the_order_of_rows_changes_nothing(
        (rows, shuffled) in proptest::collection::vec(rows(), 1..60)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
    ) {
        prop_assert_eq!(computed(&rows).digest(), computed(&shuffled).digest());
    }

    #[test]
    fn what_is_excused_leaves_numerator_and_denominator_of_execution(
        rows in proptest::collection::vec(rows(), 2..60), at in any::<proptest::sample::Index>()
    ) {
        let at = at.index(rows.len());
        let mut excused = rows.clone();
        excused[at].2 = Standing { phase: Phase::Excused, done_on: None, ..excused[at].2 };
        let mut gone = rows.clone();
        gone.remove(at);
        let execution = |values: &Values| -> Vec<_> {
            let totals = totals(values, Level::Region);
            totals.into_iter().filter(|((_, id), _)| *id <= "I03").map(|(key, sum)| (format!("{key:?}"), sum)).collect()
        };
        prop_assert_eq!(execution(&computed(&excused)), execution(&computed(&gone)));
    }

    #[test]
    fn shares_and_achievements_lie_between_nothing_and_all(rows in proptest::collection::vec(rows(), 1..60)) {
        for row in computed(&rows).rows() {
            let shares = [row.achievement, row.value.filter(|_| row.indicator != "I03")];
            prop_assert!(shares.into_iter().flatten().all(|share| (0.0..=1.0).contains(&share)), "{row:?}");
            prop_assert!(row.numerator >= Some(0.0) && row.denominator >= Some(0.0));
        }
    }
}
