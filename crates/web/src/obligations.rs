//! `GET /api/v1/obligations`: what is owed, how it stands; and one of them with its history.

use std::collections::HashSet;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bi::Reckoned;
use commands::Record;
use domain::decide::{Standing, allowed};
use domain::event::{Data, Envelope};
use domain::id::{ObligationId, RowNo, Seq};
use domain::obligation::{Control, Phase};
use domain::payload::DeadlineMoved;
use domain::plan::{Acceptance, DueRule};
use domain::region::TimelinessBasis;
use domain::timeliness::{Reckoning, Timeliness};
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Face;
use crate::answer::{inside, json};
use crate::auth::Caller;
use crate::matters;
use crate::page::{List, Page};
use crate::past::{Moment, View};
use crate::problem::Problem;
use crate::query::{AS_OF, CURSOR, LIMIT, Param, Query, WITHIN, param};
use crate::speech::Speech;
use crate::territory::{Within, at};

pub(crate) const PARAMS: [Param; 11] = [
    param("org", "code of an organisation"),
    WITHIN,
    param("row", "number of a row of the plan, such as 9.2"),
    param("phase", "unscheduled, open, submitted, returned, accepted, excused, cancelled or not_applicable"),
    param("timeliness", "none, upcoming, in_window, due_soon, due_today, overdue, early, on_time or late"),
    param("waiting", "acceptance, extension, excuse, reassignment or second_person: what waits for somebody's word"),
    param("due_from", "effective deadline on this day or later"),
    param("due_to", "effective deadline on this day or earlier"),
    AS_OF,
    CURSOR,
    LIMIT,
];

/// The parameters of one obligation.
pub(crate) const ONE: [Param; 1] = [AS_OF];

/// One obligation: the columns of the contract's `v_obligation`.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the columns of the contract")]
struct Row {
    id: String,
    plan: String,
    row: String,
    org: String,
    item: String,
    holder: String,
    phase: &'static str,
    timeliness: &'static str,
    start_on: Option<Date>,
    stated_due_on: Option<Date>,
    effective_due_on: Option<Date>,
    done_on: Option<Date>,
    lateness_days: Option<u32>,
    is_overdue: bool,
    is_excused: bool,
    due_period: Option<String>,
    measures_period: Option<String>,
    region: String,
    municipality: Option<String>,
    recorded_at: Option<Timestamp>,
    moves: u16,
    returns: u16,
    acceptance_due_on: Option<Date>,
    acceptance_days_late: Option<u32>,
    version: u64,
    title: String,
    title_en: String,
    item_name: String,
    item_name_en: String,
}

/// Which obligations are asked for.
struct Asked {
    within: Within,
    row: Option<RowNo>,
    phase: Option<&'static str>,
    timeliness: Option<&'static str>,
    waiting: Option<&'static str>,
    due_from: Option<Date>,
    due_to: Option<Date>,
    /// The organisations that the caller may see, where not all.
    seen: Option<HashSet<u32>>,
}

pub(crate) async fn list(
    State(face): State<Face>,
    caller: Caller,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &PARAMS);
    let epoch = face.gate.replica().epoch().clone();
    let page = Page::read(&mut query, &epoch)?;
    let as_of = query.instant("as_of");
    let asked = face.gate.replica().read(|state| Asked::read(&mut query, &state.register, &caller));
    query.done()?;
    let moment = face.moment(as_of).await?;
    face.look(&moment, |register| {
        let from = u32::try_from(page.from).unwrap_or(u32::MAX);
        let all = from..u32::try_from(register.len()).unwrap_or(u32::MAX);
        let fitting = all.filter_map(|ordinal| asked.row(register, ordinal, moment.as_of));
        let mut rows: Vec<(u32, Row)> = fitting.take(page.limit + 1).collect();
        let seq = register.last_seq().get();
        let next = rows.get(page.limit).map(|(ordinal, _)| Page::cursor(&epoch, seq, u64::from(*ordinal)));
        rows.truncate(page.limit);
        let data: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        json(&List { data, next, seq, as_of: moment.as_of.to_string() })
    })
}

/// One obligation, with its history.
pub(crate) async fn one(
    State(face): State<Face>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    RawQuery(raw): RawQuery,
) -> Result<Response, Problem> {
    let mut query = Query::read(raw.as_deref(), &ONE);
    let as_of = query.instant("as_of");
    query.done()?;
    let moment = face.moment(as_of).await?;
    let missing = || {
        let id: String = id.chars().take(300).collect();
        Problem::not_found(format!("Обязательства {id} нет."), format!("There is no obligation {id}."))
    };
    let named: ObligationId = id.parse().map_err(|_| missing())?;
    let ordinal = face.look(&moment, |register| register.find(&named)).ok_or_else(missing)?;
    if !face.look(&moment, |register| caller.sees(register, ordinal)) {
        return Err(Problem::outside_territory());
    }
    let mut records = face.gate.events_of(ordinal).await?;
    let moves = moves(&records)?;
    let (mut told, last) =
        face.look(&moment, |register| (detail(register, ordinal, &caller, &moment, moves), register.last_seq()));
    records.retain(|record| record.seq <= last);
    let rows = face.rows(&records, &caller, Speech::of(&headers))?;
    told["history"] = serde_json::to_value(rows).map_err(|error| inside(&error))?;
    told["seq"] = json!(last);
    told["as_of"] = json!(moment.as_of.to_string());
    json(&told)
}

impl Asked {
    fn read(query: &mut Query, register: &Register, caller: &Caller) -> Self {
        let within = Within::read(query, register);
        let row = query.parsed::<RowNo>("row");
        let phase = query.one_of("phase", &Phase::ALL.map(Phase::as_str));
        let timeliness = query.one_of("timeliness", &Timeliness::NAMES);
        let waiting = query.one_of("waiting", &WAITING);
        let (due_from, due_to) = (query.parsed("due_from"), query.parsed("due_to"));
        let all = caller.actor.scope == domain::actor::Scope::All;
        let numbers = (0..).take(register.orgs().len());
        let seen = (!all).then(|| numbers.filter(|org| caller.sees_org(register, *org)).collect());
        Self { within, row, phase, timeliness, waiting, due_from, due_to, seen }
    }

    /// The obligation of that number, where it fits.
    fn row(&self, register: &Register, ordinal: u32, as_of: Timestamp) -> Option<(u32, Row)> {
        let org = register.block_of(ordinal).org;
        if !self.within.has(org) || self.seen.as_ref().is_some_and(|seen| !seen.contains(&org)) {
            return None;
        }
        if self.row.as_ref().is_some_and(|row| register.slot_of(ordinal).0.row != *row) {
            return None;
        }
        let mut standing = register.standing_of(ordinal);
        let day = standing.clockwork.day_of(as_of);
        standing.obligation = standing.obligation.on(day).into_owned();
        let timeliness = standing.clockwork.timeliness(&standing.obligation, day);
        let due = standing.clockwork.effective_due(&standing.obligation);
        let fits = self.phase.is_none_or(|phase| phase == standing.obligation.phase.as_str())
            && self.timeliness.is_none_or(|name| name == timeliness.as_str())
            && self.waiting.is_none_or(|what| waits(register, &standing, what))
            && self.due_from.is_none_or(|from| due.is_some_and(|due| due >= from))
            && self.due_to.is_none_or(|to| due.is_some_and(|due| due <= to));
        fits.then(|| (ordinal, Row::of(register, ordinal, &standing, day)))
    }
}

/// What may wait for somebody's word.
const WAITING: [&str; 5] = ["acceptance", "extension", "excuse", "reassignment", "second_person"];

fn waits(register: &Register, standing: &Standing<'_>, what: &str) -> bool {
    let matters = standing.obligation.matters();
    match what {
        "acceptance" => standing.obligation.phase == Phase::Submitted,
        "extension" => matters.extension.is_some(),
        "excuse" => matters.excuse.is_some(),
        "reassignment" => matters.reassignment.is_some(),
        _ => register.ledger().proposals().iter().any(|one| one.obligation.as_ref() == Some(&standing.id)),
    }
}

impl Row {
    fn of(register: &Register, ordinal: u32, standing: &Standing<'_>, day: Date) -> Self {
        let obligation = &standing.obligation;
        let told = Reckoned::of(register, ordinal, standing, day);
        let Control { since, decided, .. } = obligation.control;
        let control = since.map(|since| standing.clockwork.control(since, decided, day));
        Self {
            plan: standing.id.plan.as_str().to_owned(),
            row: standing.id.row.as_str().to_owned(),
            org: standing.id.org.as_str().to_owned(),
            item: standing.id.item.as_str().to_owned(),
            holder: told.holder.to_owned(),
            phase: obligation.phase.as_str(),
            timeliness: told.timeliness.as_str(),
            start_on: obligation.start_on,
            stated_due_on: obligation.stated_due,
            effective_due_on: told.effective_due_on,
            done_on: told.done_on,
            lateness_days: told.lateness_days,
            is_overdue: told.is_overdue,
            is_excused: obligation.phase == Phase::Excused,
            due_period: told.due_period,
            measures_period: told.measures_period,
            region: standing.region.as_str().to_owned(),
            municipality: standing.municipality.map(|of| of.as_str().to_owned()),
            recorded_at: told.recorded_at,
            acceptance_due_on: control.as_ref().map(|term| term.due),
            acceptance_days_late: control.as_ref().map(|term| term.days_late),
            moves: obligation.moves,
            returns: obligation.returns,
            version: obligation.version.get(),
            title: told.plan_row.map(|row| row.result.clone()).unwrap_or_default(),
            title_en: told.plan_row.map(|row| row.profile.result_en.clone()).unwrap_or_default(),
            item_name: standing.slot.item_names.0.clone(),
            item_name_en: standing.slot.item_names.1.clone(),
            id: standing.id.to_string(),
        }
    }
}

fn detail(register: &Register, ordinal: u32, caller: &Caller, moment: &Moment, mut moves: Vec<Move>) -> Value {
    moves.retain(|step| step.seq <= register.last_seq());
    let mut standing = register.standing_of(ordinal);
    let day = standing.clockwork.day_of(moment.as_of);
    let open = match moment.view {
        View::Live => allowed(&standing, &caller.actor, register, standing.clockwork.local_day(moment.as_of)),
        View::Past(_) => Vec::new(),
    };
    standing.obligation = standing.obligation.on(day).into_owned();
    let rules = standing.clockwork.rules();
    let share = standing.share;
    let bodies: Vec<DeadlineMoved> = moves.iter().map(|step| step.moved.clone()).collect();
    let steps = standing.clockwork.reckon(&standing.obligation, &share.due, &bodies, day);
    let sentence = steps.as_ref().map(Reckoning::sentence);
    let due = json!({
        "stated": standing.obligation.stated_due,
        "moved": standing.obligation.moved_due,
        "effective": standing.clockwork.effective_due(&standing.obligation),
        "rule": rule(&share.due),
        "weekend_rule": rules.weekend_rule,
        "rework_until": standing.obligation.rework.map(|rework| rework.until),
        "moves": moves.iter().map(Move::told).collect::<Vec<Value>>(),
        "steps": steps,
        "sentence": sentence.as_ref().map(|words| &words.ru),
        "sentence_en": sentence.as_ref().map(|words| &words.en),
    });
    let asks = json!({
        "event": share.event,
        "evidence_kind": share.evidence_kind,
        "required": share.required,
        "acceptance": match share.acceptance { Acceptance::Auto => "auto", Acceptance::Controller => "controller" },
        "in_execution": share.in_execution,
    });
    let mut told = serde_json::to_value(Row::of(register, ordinal, &standing, day)).unwrap_or_default();
    let by = |clock| standing.clockwork.timeliness_by(clock, &standing.obligation, day).as_str();
    told["timeliness_occurred"] = json!(by(TimelinessBasis::Occurred));
    told["timeliness_recorded"] = json!(by(TimelinessBasis::Recorded));
    told["reported_on"] = json!(standing.clockwork.reported_on(&standing.obligation));
    told["due"] = due;
    matters::tell(&mut told, register, &standing, day);
    told["asks"] = asks;
    told["allowed_commands"] = open.iter().map(|act| act.as_str()).collect();
    told["org_name"] = json!(register.orgs()[at(register.block_of(ordinal).org)].name_ru);
    told
}

fn rule(due: &DueRule) -> Value {
    match due {
        DueRule::Plan => json!("plan"),
        DueRule::EachMonthEnd => json!("each_month_end"),
        DueRule::Scheduled => json!("scheduled"),
        DueRule::AfterDelivery { row, days } => json!({"after_delivery": {"row": row, "days": days}}),
        DueRule::On(day) => json!({"on": day}),
    }
}

/// One move of the deadline.
struct Move {
    seq: Seq,
    moved_on: Date,
    moved: DeadlineMoved,
}

impl Move {
    /// With the document behind it.
    fn told(&self) -> Value {
        let Self { seq, moved_on, moved } = self;
        json!({"seq": seq, "due": moved.due, "basis": moved.basis, "moved_on": moved_on})
    }
}

/// Every move of the deadline, those that a second person confirmed among them.
fn moves(records: &[Record]) -> Result<Vec<Move>, Problem> {
    let mut told = Vec::new();
    let mut proposed: Vec<(String, DeadlineMoved)> = Vec::new();
    for record in records {
        let envelope = Envelope::read(&record.payload).map_err(|error| inside(&error))?;
        let moved = match envelope.data().map_err(|error| inside(&error))? {
            Data::DeadlineMoved(moved) => Some(moved),
            Data::ProposalMade(made) => {
                if let Some(Ok(Data::DeadlineMoved(moved))) = Data::from_payload(&made.event_type, &made.payload) {
                    proposed.push((envelope.id.to_string(), moved));
                }
                None
            }
            Data::ProposalConfirmed(confirmed) => {
                let at = proposed.iter().position(|(id, _)| *id == confirmed.proposal);
                at.map(|at| proposed.remove(at).1)
            }
            _ => None,
        };
        told.extend(moved.map(|moved| Move { seq: record.seq, moved_on: envelope.occurredon, moved }));
    }
    Ok(told)
}
