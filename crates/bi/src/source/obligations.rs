//! `v_obligation`: what is owed and how it stands.

use domain::obligation::Phase;
use domain::period::PeriodCode;
use domain::refusal::phase_ru;

use super::dimensions::{label_of, plan_row_key};
use super::places::UNKNOWN_KEY;
use super::{FRAME_ROWS, Source, day, index, int, set, text};
use crate::frame::{Cell, Frame};
use crate::reckoned::Reckoned;

impl Source<'_> {
    pub(super) fn all_obligations(&self) -> impl Iterator<Item = Frame> + '_ {
        let len = u32::try_from(self.state.register.len()).unwrap_or(u32::MAX);
        let step = u32::try_from(FRAME_ROWS).unwrap_or(u32::MAX);
        let starts =
            std::iter::successors(Some(0), move |from: &u32| from.checked_add(step).filter(|next| *next < len));
        starts.map(move |from| self.obligations_of(from..len.min(from.saturating_add(step))))
    }

    pub(super) fn obligations_of(&self, ordinals: impl Iterator<Item = u32>) -> Frame {
        let mut frame = Frame::new(set("obligation"));
        for ordinal in ordinals.filter(|ordinal| self.sees_obligation(*ordinal)) {
            self.push_obligation(&mut frame, ordinal);
        }
        frame
    }

    fn push_obligation(&self, frame: &mut Frame, ordinal: u32) {
        let register = &self.state.register;
        let mut standing = register.standing_of(ordinal);
        let today = standing.clockwork.day_of(self.as_of);
        standing.obligation = standing.obligation.on(today).into_owned();
        let told = Reckoned::of(register, ordinal, &standing, today);
        let block = register.block_of(ordinal);
        let org = &register.orgs()[index(block.org)];
        let region = &register.regions()[index(org.region)];
        let municipality = org.municipality.map(|of| &register.municipalities()[index(of)]);
        let obligation = &standing.obligation;
        let phase = obligation.phase;
        let due = told.effective_due_on;
        let in_force = !matches!(phase, Phase::Cancelled | Phase::NotApplicable | Phase::Excused);
        let scheduled = in_force && due.is_some();
        let handed = matches!(phase, Phase::Submitted | Phase::Returned | Phase::Accepted) || told.done_on.is_some();
        let reached = |step: bool| Cell::Int(i64::from(scheduled && step));
        let label = told.due_period.as_ref().and_then(|code| code.parse::<PeriodCode>().ok());
        let label = label.as_ref().map(label_of);
        let (id, row) = (standing.id.to_string(), standing.id.row.to_string());
        let place = municipality.map(|it| it.name_ru.as_str());
        // A derived publication points at the row that it publishes.
        let plan_row = told.plan_row.map_or(UNKNOWN_KEY, |row| plan_row_key(register, block.plan, &row.row));
        frame.push(&[
            ("obligation_id", Cell::Text(&id)),
            ("plan_row_key", Cell::Int(plan_row)),
            ("plan_code", Cell::Text(standing.id.plan.as_str())),
            ("row_no", Cell::Text(&row)),
            ("org_key", Cell::Int(self.places.on(block.org, due).key)),
            ("org_code", Cell::Text(org.code.as_str())),
            ("org_name", Cell::Text(&org.name_ru)),
            ("region_code", Cell::Text(region.code.as_str())),
            ("region_name", Cell::Text(&region.clockwork.rules().name_ru)),
            ("municipality_code", text(municipality.map(|it| it.code.as_str()))),
            ("municipality_name", text(place)),
            ("current_municipality_name", text(place)),
            ("item_code", Cell::Text(standing.id.item.as_str())),
            ("item_name", Cell::Text(&standing.slot.item_names.0)),
            ("title", Cell::Text(told.plan_row.map_or("", |row| &row.result))),
            ("holder", Cell::Text(told.holder)),
            ("phase", Cell::Text(phase.as_str())),
            ("phase_name", Cell::Text(phase_ru(phase))),
            ("phase_order", Cell::Int(order_of(phase))),
            ("timeliness", Cell::Text(told.timeliness.as_str())),
            ("start_on", day(obligation.start_on)),
            ("stated_due_on", day(obligation.stated_due)),
            ("effective_due_on", day(due)),
            ("done_on", day(told.done_on)),
            ("recorded_at", told.recorded_at.map_or(Cell::Empty, Cell::Moment)),
            ("lateness_days", told.lateness_days.map_or(Cell::Empty, |days| Cell::Int(i64::from(days)))),
            ("is_overdue", Cell::Bool(told.is_overdue)),
            ("is_done", Cell::Bool(told.done_on.is_some())),
            ("is_excused", Cell::Bool(phase == Phase::Excused)),
            ("reached_scheduled", reached(true)),
            ("reached_submitted", reached(handed)),
            ("reached_accepted", reached(phase == Phase::Accepted)),
            ("due_period", text(told.due_period.as_deref())),
            ("due_period_label", text(label.as_deref())),
            ("measures_period", text(told.measures_period.as_deref())),
            ("moves", Cell::Int(i64::from(obligation.moves))),
            ("returns", Cell::Int(i64::from(obligation.returns))),
            ("version_seq", int(obligation.version.get())),
            ("as_of", Cell::Moment(self.as_of)),
        ]);
    }
}

/// The order in which people read phases.
fn order_of(phase: Phase) -> i64 {
    match phase {
        Phase::Unscheduled => 1,
        Phase::Open => 2,
        Phase::Returned => 3,
        Phase::Submitted => 4,
        Phase::Accepted => 5,
        Phase::Excused => 6,
        Phase::Cancelled => 7,
        Phase::NotApplicable => 8,
    }
}
