//! What stops the register, and what it takes in its stride.

use domain::event::{Data, Target};
use domain::evolve::{Effect, Ground};
use domain::id::Seq;
use domain::payload::{PlanImported, RegionConfigured};
use jiff::Timestamp;
use jiff::civil::date;

use super::support::{Log, activation, event, fact, opened, org, plan, rules};
use crate::{ApplyError, Register, Stored, parse};

fn day() -> jiff::civil::Date {
    date(2022, 9, 1)
}

#[test]
fn a_log_begins_with_its_opening() {
    let mut log = Log::empty();
    let first = event(Target::Org("a".parse().unwrap()), day(), Data::OrgRegistered(org("mo-pk")));
    assert!(matches!(log.try_push(&first), Err(ApplyError::NotOpened { .. })));
    assert_eq!(log.register.digest(), Register::new().digest(), "a refused event leaves nothing behind");
    log.push(&opened());
    assert_eq!(log.register.epoch(), Some("e1"));
    assert!(matches!(log.try_push(&opened()), Err(ApplyError::OpenedTwice { .. })));
}

#[test]
fn positions_have_no_gap_and_do_not_repeat() {
    let log = Log::in_force();
    for (seq, payload) in [(Seq(2), &log.events[1].1), (Seq(99), &log.events[1].1)] {
        let stored = Stored { seq, recorded_at: Timestamp::UNIX_EPOCH, payload };
        let error = log.register.clone().apply(&parse(&stored).unwrap()).unwrap_err();
        assert!(matches!(error, ApplyError::OutOfOrder { .. }), "{error}");
        assert_eq!(error.seq(), seq);
    }
}

#[test]
fn what_is_no_event_stops_the_register() {
    let mut log = Log::in_force();
    for bytes in ["", "{}", "junk", "[1]", r#"{"specversion":"2.0"}"#] {
        assert!(matches!(log.try_push_bytes(bytes.into()), Err(ApplyError::Decode { .. })), "{bytes}");
    }
}

#[test]
fn an_event_about_no_obligation_stops_the_register() {
    let mut log = Log::in_force();
    let before = log.register.digest();
    let known = log.about("5.1/pogranichny-s01/1", day(), fact("letter.sent", "1"));
    for id in
        ["clusters-2022-2023/5.1/pogranichny-s01/8", "clusters-2022-2023/5.1/nobody/1", "other/5.1/pogranichny-s01/1"]
    {
        let Target::Obligation(region, municipality, _) = known.target.clone() else { panic!() };
        let target = Target::Obligation(region, municipality, id.parse().unwrap());
        let error = log.try_push(&event(target, day(), known.data.clone())).unwrap_err();
        assert!(matches!(error, ApplyError::UnknownObligation { .. }), "{error}");
    }
    assert!(log.try_push(&event(Target::Log, day(), known.data.clone())).is_err());
    assert_eq!(log.register.digest(), before);
}

#[test]
fn an_activation_that_expands_otherwise_stops_the_register() {
    let mut log = Log::in_force();
    let mut other = plan();
    other.code = Some("second".parse().unwrap());
    let target = Target::Plan("second".parse().unwrap());
    log.push(&event(target, day(), Data::PlanImported(Box::new(PlanImported { plan: other.clone() }))));
    let good = activation(&other);
    let attempt = |change: &dyn Fn(&mut domain::payload::PlanActivated)| {
        let mut activated = good.clone();
        change(&mut activated);
        let target = Target::Activation(activated.region.clone(), activated.plan.clone());
        log.clone().try_push(&event(target, day(), Data::PlanActivated(activated)))
    };
    assert!(matches!(attempt(&|it| it.count += 1), Err(ApplyError::Expansion { .. })));
    assert!(matches!(attempt(&|it| it.sha256 = "0".repeat(64)), Err(ApplyError::Expansion { .. })));
    assert!(matches!(attempt(&|it| it.expander = 9), Err(ApplyError::Expander { found: 9, .. })));
    assert!(matches!(attempt(&|it| it.plan = "third".parse().unwrap()), Err(ApplyError::UnknownPlan { .. })));
    assert!(matches!(attempt(&|it| it.region = "elsewhere".parse().unwrap()), Err(ApplyError::UnknownRegion { .. })));
    assert_eq!(attempt(&|_| ()).unwrap().effect, Effect::Changed);
}

#[test]
fn regions_and_organisations_must_be_known() {
    let mut log = Log::empty();
    log.push(&opened());
    let entry = event(Target::Org("mo-pk".parse().unwrap()), day(), Data::OrgRegistered(org("mo-pk")));
    assert!(matches!(log.try_push(&entry), Err(ApplyError::UnknownRegion { .. })));
    let mut rules = rules();
    rules.zone = "Mars/Olympus".into();
    let region = event(
        Target::Region(rules.region.clone()),
        day(),
        Data::RegionConfigured(Box::new(RegionConfigured { rules })),
    );
    assert!(matches!(log.try_push(&region), Err(ApplyError::Zone { .. })));
}

#[test]
fn what_is_there_already_stays() {
    let mut log = Log::in_force();
    let (orgs, plans, len) = (log.register.orgs().to_vec(), log.register.plans().len(), log.register.len());
    let mut renamed = org("mo-pk");
    renamed.name_ru = "другое".into();
    let again = log.push(&event(Target::Org("mo-pk".parse().unwrap()), day(), Data::OrgRegistered(renamed)));
    assert_eq!((again.effect, again.org), (Effect::Duplicate, Some(0)));
    let target = Target::Plan("clusters-2022-2023".parse().unwrap());
    let again = log.push(&event(target, day(), Data::PlanImported(Box::new(PlanImported { plan: plan() }))));
    assert_eq!(again.effect, Effect::Duplicate);
    let activated = activation(&plan());
    let target = Target::Activation(activated.region.clone(), activated.plan.clone());
    let again = log.push(&event(target, day(), Data::PlanActivated(activated)));
    assert_eq!(again.effect, Effect::Duplicate);
    assert_eq!((log.register.orgs(), log.register.plans().len(), log.register.len()), (&*orgs, plans, len));
}

#[test]
fn an_unknown_event_is_kept_and_counted_and_moves_its_subject() {
    let mut log = Log::in_force();
    let known = log.about("5.1/pogranichny-s01/1", day(), fact("letter.sent", "1"));
    let text = String::from_utf8(known.encode(&log.next_cause(), 0, log.now).unwrap().1).unwrap();
    let unknown = text.replace("\"letter.sent\"", "\"letter.sent.v9\"");
    let applied = log.try_push_bytes(unknown.clone().into()).unwrap();
    assert_eq!(
        (applied.effect, applied.obligation),
        (Effect::Void(Ground::Unknown), Some(log.ordinal("5.1/pogranichny-s01/1")))
    );
    assert_eq!(log.register.unknown_types().collect::<Vec<_>>(), [("letter.sent.v9", 1)]);
    let obligation = log.obligation("5.1/pogranichny-s01/1");
    assert_eq!((obligation.own, obligation.live.len()), (applied.seq, 0));

    let elsewhere = unknown.replace("clusters-2022-2023/5.1/pogranichny-s01/1", "something/else");
    assert_eq!(log.try_push_bytes(elsewhere.into()).unwrap().obligation, None);
    let must = unknown.replace("\"specversion\"", "\"mustunderstand\":true,\"specversion\"");
    assert!(matches!(log.try_push_bytes(must.into()), Err(ApplyError::Decode { .. })));
}
