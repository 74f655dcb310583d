//! `v_event`: who did what and when.

use domain::evolve::Effect;
use domain::id::{PersonCode, Seq};
use jiff::tz::TimeZone;
use projector::Fact;

use super::{Source, UNKNOWN, index, int, set, text};
use crate::frame::{Cell, Frame};
use crate::words::{group_of, role_ru, said};

impl Source<'_> {
    /// The events behind a position, not more than so many; with the last one's position.
    #[must_use]
    pub fn events(&self, after: Seq, most: usize) -> (Seq, Frame) {
        let zones = self.zones();
        let mut frame = Frame::new(set("event"));
        let mut last = after;
        let facts = self.state.facts.after(after).take_while(|fact| fact.seq <= self.seq());
        for fact in facts.take(most) {
            if self.sees_event(&fact) {
                self.push_event(&mut frame, &fact, &zones);
            }
            last = fact.seq;
        }
        (last, frame)
    }

    /// The zones of the regions, by number.
    fn zones(&self) -> Vec<TimeZone> {
        let regions = self.state.register.regions().iter();
        regions.map(|it| TimeZone::get(&it.clockwork.rules().zone).unwrap_or(TimeZone::UTC)).collect()
    }

    fn push_event(&self, frame: &mut Frame, fact: &Fact, zones: &[TimeZone]) {
        let register = &self.state.register;
        let many = register.bulk_act_behind(fact.seq);
        let ordinal = fact.obligation.or_else(|| many?.obligations.first().map(|(ordinal, _)| *ordinal));
        let (plan, row) = match ordinal {
            Some(ordinal) => {
                let plan = register.plans()[register.block_of(ordinal).plan].code().as_str();
                (Some(plan), Some(register.slot_of(ordinal).0.row.to_string()))
            }
            None => (None, None),
        };
        let obligation = fact.obligation.map(|ordinal| register.id_of(ordinal).to_string());
        let org = fact.org.map(|number| (&register.orgs()[index(number)], self.places.at(number, fact.seq)));
        let region = org.map(|(org, _)| &register.regions()[index(org.region)]);
        let municipality = org.and_then(|(org, _)| org.municipality).map(|of| &register.municipalities()[index(of)]);
        let zone = org.map_or(0, |(org, _)| index(org.region));
        let local = zones.get(zone).unwrap_or(&TimeZone::UTC).to_datetime(fact.recorded_at);
        let recorded_on = local.date();
        let event_type = register.type_name(fact.event_type).unwrap_or(UNKNOWN);
        let (group, group_name) = group_of(event_type);
        let backdated = i64::from((recorded_on - fact.occurred_on).get_days()).max(0);
        let person = |number: u32| register.persons().get(index(number)).map(PersonCode::as_str);
        let behalf = fact.on_behalf_of.and_then(|it| person(it.0));
        let id = fact.event.to_string();
        frame.push(&[
            ("stream_seq", int(fact.seq.get())),
            ("event_id", Cell::Text(&id)),
            ("event_type", Cell::Text(event_type)),
            ("event_name", Cell::Text(said(event_type).map_or(event_type, |(ru, _)| ru))),
            ("event_group", Cell::Text(group)),
            ("event_group_name", Cell::Text(group_name)),
            ("occurred_on", Cell::Day(fact.occurred_on)),
            ("recorded_at", Cell::Moment(fact.recorded_at)),
            ("recorded_on", Cell::Day(recorded_on)),
            ("recorded_hour", Cell::Int(i64::from(local.hour()))),
            ("backdated_days", Cell::Int(backdated)),
            ("is_backdated", Cell::Bool(backdated > 0)),
            ("is_correction", Cell::Bool(group == "correction")),
            ("is_retraction", Cell::Bool(group == "retraction")),
            ("is_on_behalf", Cell::Bool(behalf.is_some())),
            ("is_void", Cell::Bool(matches!(fact.effect, Effect::Void(_)))),
            ("actor_code", Cell::Text(person(fact.actor.0).unwrap_or(UNKNOWN))),
            ("role", Cell::Text(fact.role.as_str())),
            ("role_name", Cell::Text(role_ru(fact.role))),
            ("on_behalf_of", text(behalf)),
            ("org_key", Cell::Int(org.map_or(0, |(_, version)| version.key))),
            ("org_code", Cell::Text(org.map_or(UNKNOWN, |(org, _)| org.code.as_str()))),
            ("org_name", Cell::Text(org.map_or(UNKNOWN, |(org, _)| &org.name_ru))),
            ("region_code", Cell::Text(region.map_or(UNKNOWN, |it| it.code.as_str()))),
            ("region_name", text(region.map(|it| it.clockwork.rules().name_ru.as_str()))),
            ("municipality_code", text(municipality.map(|it| it.code.as_str()))),
            ("municipality_name", text(municipality.map(|it| it.name_ru.as_str()))),
            ("plan_code", text(plan)),
            ("row_no", text(row.as_deref())),
            ("obligation_id", text(obligation.as_deref())),
        ]);
    }
}
