//! What only whoever computes the indicators can say: whether a definition works, which indicators there are, and the
//! values that are reported when a period is closed.

use domain::command::Command;
use domain::decide::snapshots;
use domain::event::Event;
use domain::id::{RegionCode, Seq};
use domain::indicator::IndicatorDefinition;
use domain::payload::SnapshotRow;
use domain::refusal::{Invalid, Refusal};
use jiff::Timestamp;
use register::Register;

/// What is wrong with a definition, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field, with dots: `numerator.sql`.
    pub field: String,
    /// What is wrong with it, in Russian.
    pub message_ru: String,
    /// What is wrong with it, in English.
    pub message_en: String,
}

/// Whoever computes the indicators, as the gate sees them: pure, and the same for the same register.
pub trait Appraiser: Send + Sync {
    /// What is wrong with a definition beside those that there are; nothing when it works.
    fn check(&self, register: &Register, definition: &IndicatorDefinition) -> Vec<Fault>;

    /// Whether there is an indicator of that id.
    fn knows(&self, register: &Register, indicator: &str) -> bool;

    /// The values of a region and a period, as they are reported at a moment.
    ///
    /// # Errors
    /// Why there are none, in words for whoever closes the period.
    fn snapshot(
        &self,
        register: &Register,
        region: &RegionCode,
        period: &str,
        as_of: Timestamp,
    ) -> Result<Vec<SnapshotRow>, String>;
}

/// Nobody computes indicators here: whatever needs them is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAppraiser;

impl Appraiser for NoAppraiser {
    fn check(&self, _: &Register, _: &IndicatorDefinition) -> Vec<Fault> {
        vec![Fault {
            field: String::new(),
            message_ru: "Здесь показатели не вычисляются: определение нечем проверить.".to_owned(),
            message_en: "Indicators are not computed here: nothing can check the definition.".to_owned(),
        }]
    }

    fn knows(&self, _: &Register, _: &str) -> bool {
        false
    }

    fn snapshot(&self, _: &Register, _: &RegionCode, _: &str, _: Timestamp) -> Result<Vec<SnapshotRow>, String> {
        Err("indicators are not computed here".to_owned())
    }
}

/// Holds a command that was decided against what the appraiser knows.
///
/// # Errors
/// [`Refusal::Invalid`], with every fault at its place in the body.
pub(crate) fn appraise(appraiser: &dyn Appraiser, register: &Register, command: &Command) -> Result<(), Refusal> {
    let faults = match command {
        Command::DefineIndicator(body) => {
            appraiser.check(register, &body.definition).into_iter().map(at_its_place).collect()
        }
        Command::SetTarget(body) if !appraiser.knows(register, &body.indicator) => vec![Invalid::at(
            "/indicator",
            format!("Показателя {} нет.", body.indicator),
            format!("There is no indicator {}.", body.indicator),
        )],
        _ => Vec::new(),
    };
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
}

fn at_its_place(fault: Fault) -> Invalid {
    let inside = if fault.field.is_empty() { String::new() } else { format!("/{}", fault.field.replace('.', "/")) };
    Invalid::at(format!("/definition{inside}"), fault.message_ru, fault.message_en)
}

/// Whether a command is followed by a snapshot of the state that it was decided from.
pub(crate) fn takes_snapshot(command: &Command) -> bool {
    matches!(command, Command::ClosePeriod(_))
}

/// The events of the snapshot that follows a command; none for a command without one. `at` is the position of the
/// register, `as_of` the command's moment.
///
/// # Errors
/// [`Refusal::Invalid`]: there are no values of that period.
pub(crate) fn snapshot(
    appraiser: &dyn Appraiser,
    register: &Register,
    command: &Command,
    decided: &[Event],
    (at, as_of): (Seq, Timestamp),
) -> Result<Vec<Event>, Refusal> {
    let (Command::ClosePeriod(body), [closing]) = (command, decided) else { return Ok(Vec::new()) };
    let rows = appraiser.snapshot(register, &body.region, &body.period, as_of).map_err(|why| {
        let (ru, en) = ("Снимок значений периода не составлен", "The snapshot of the period's values was not made");
        Refusal::Invalid(vec![Invalid::at("/period", format!("{ru}: {why}."), format!("{en}: {why}."))])
    })?;
    Ok(snapshots(closing, &rows, at, as_of))
}
