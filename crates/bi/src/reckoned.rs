//! What follows from an obligation, its plan and a day: told alike by every read.

use domain::decide::Standing;
use domain::plan::{Holder, PlanRow, ShareOf};
use domain::timeliness::Timeliness;
use jiff::Timestamp;
use jiff::civil::Date;
use register::Register;

/// One obligation on a day.
#[derive(Debug)]
pub struct Reckoned<'r> {
    /// Who must act, as a code: the organisation that plays the plan's authority, a person, or `school-head`.
    pub holder: &'r str,
    /// How it stands to its deadline.
    pub timeliness: Timeliness,
    /// The deadline after moves and the weekend rule.
    pub effective_due_on: Option<Date>,
    /// The day that counts as done.
    pub done_on: Option<Date>,
    /// Days behind the deadline: 0 in time; none before the deadline while nothing is in.
    pub lateness_days: Option<u32>,
    /// The deadline is over, and nothing is in.
    pub is_overdue: bool,
    /// Code of the semester that the deadline lies in.
    pub due_period: Option<String>,
    /// Code of the period that the report is about.
    pub measures_period: Option<String>,
    /// When the report that counts was recorded.
    pub recorded_at: Option<Timestamp>,
    /// The row of the plan behind it.
    pub plan_row: Option<&'r PlanRow>,
}

impl<'r> Reckoned<'r> {
    /// Reckons an obligation that stands as on `day` already.
    #[must_use]
    pub fn of(register: &'r Register, ordinal: u32, standing: &'r Standing<'_>, day: Date) -> Self {
        let (obligation, clockwork) = (&standing.obligation, standing.clockwork);
        let timeliness = clockwork.timeliness(obligation, day);
        let late = matches!(timeliness, Timeliness::Overdue(_) | Timeliness::Late(_));
        let done_on = clockwork.done_on(obligation);
        let imported = &register.plans()[register.block_of(ordinal).plan];
        let years = &clockwork.rules().school_years;
        let part = |day: Date| years.iter().find_map(|year| Some(year.semester_of(day)?.code(year.school_year)));
        Self {
            holder: holder(standing),
            timeliness,
            effective_due_on: clockwork.effective_due(obligation),
            done_on,
            lateness_days: (late || done_on.is_some()).then(|| timeliness.days()),
            is_overdue: matches!(timeliness, Timeliness::Overdue(_)),
            due_period: obligation.due().and_then(part),
            measures_period: standing.slot.measures.map(|part| part.code(imported.plan.school_year)),
            recorded_at: obligation.counting().map(|report| report.recorded_at),
            plan_row: imported.plan.row(&imported.expansion.shares[standing.slot.share].0),
        }
    }
}

fn holder<'r>(standing: &'r Standing<'_>) -> &'r str {
    let named = standing.obligation.matters().holder.as_ref();
    match (named.unwrap_or(&standing.share.holder), &standing.share.of) {
        (Holder::SchoolHead, _) => "school-head",
        (Holder::Org(role), ShareOf::Org(of)) if role == of => standing.id.org.as_str(),
        (Holder::Org(org), _) => org.as_str(),
        (Holder::Person(person), _) => person.as_str(),
    }
}
