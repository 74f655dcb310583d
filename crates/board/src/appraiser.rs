//! The indicators, as the gate of commands asks for them.

use std::sync::Arc;

use commands::{Appraiser, Fault};
use domain::id::RegionCode;
use domain::indicator::IndicatorDefinition;
use domain::number::Real;
use domain::payload::SnapshotRow;
use domain::period::PeriodCode;
use indicators::definition::Mistake;
use indicators::{Catalogue, DefinitionError, Judged, Selection, Status, Tables, ValueRow, Versions, compute};
use jiff::Timestamp;
use register::Register;

/// An appraiser over the indicators that come with the service, and those that a log defines beside them.
#[must_use]
pub fn appraiser(catalogue: Catalogue) -> Arc<dyn Appraiser> {
    Arc::new(Judge { catalogue })
}

struct Judge {
    catalogue: Catalogue,
}

/// Runs polars on a thread that it may block, whoever asks.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> std::thread::Result<T> {
    std::thread::scope(|scope| scope.spawn(work).join())
}

impl Appraiser for Judge {
    fn check(&self, register: &Register, definition: &IndicatorDefinition) -> Vec<Fault> {
        let broke = |_| vec![fault("", "the definition cannot be computed with")];
        aside(|| self.faults(register, definition)).unwrap_or_else(broke)
    }

    fn knows(&self, register: &Register, indicator: &str) -> bool {
        let defined = register.ledger().definitions().iter().any(|one| one.definition.id == indicator);
        defined || self.catalogue.definitions().iter().any(|definition| definition.id == indicator)
    }

    fn snapshot(
        &self,
        register: &Register,
        region: &RegionCode,
        period: &str,
        as_of: Timestamp,
    ) -> Result<Vec<SnapshotRow>, String> {
        let made = aside(|| self.values(register, region, period, as_of));
        made.unwrap_or_else(|_| Err("the values cannot be computed".to_owned()))
    }
}

impl Judge {
    fn faults(&self, register: &Register, definition: &IndicatorDefinition) -> Vec<Fault> {
        let known = match self.catalogue.of(register) {
            Ok(known) => known,
            Err(error) => return vec![fault("", &error.to_string())],
        };
        if let Some(known) =
            known.definitions().iter().find(|it| it.id == definition.id && it.version == definition.version)
        {
            let told = format!("{} has a version {} already: take the next one", known.id, known.version);
            let ru = format!("у {} уже есть версия {}: возьмите следующую", known.id, known.version);
            return vec![Fault { field: "version".to_owned(), message_ru: ru, message_en: told }];
        }
        match known.with(definition) {
            Ok(_) => Vec::new(),
            Err(DefinitionError::Mistakes(mistakes)) => mistakes.iter().map(told).collect(),
            Err(DefinitionError::File(error)) => vec![fault("", &error.to_string())],
        }
    }

    fn values(
        &self,
        register: &Register,
        region: &RegionCode,
        period: &str,
        as_of: Timestamp,
    ) -> Result<Vec<SnapshotRow>, String> {
        let period: PeriodCode = period.parse().map_err(|error: domain::period::BadPeriod| error.to_string())?;
        let number = register.region_index(region.as_str()).ok_or_else(|| format!("there is no region {region}"))?;
        let tables = Tables::of_region(register, Judged::at(as_of), number).map_err(|error| error.to_string())?;
        let catalogue = self.catalogue.of(register).map_err(|error| error.to_string())?;
        let values = compute(tables, &catalogue).map_err(|error| error.to_string())?;
        let selection = Selection { period: Some(period), versions: Versions::Official, ..Selection::default() };
        Ok(values
            .select(&selection)
            .filter(|row| row.region == Some(region.as_str()))
            .map(|row| frozen(&row))
            .collect())
    }
}

fn frozen(row: &ValueRow<'_>) -> SnapshotRow {
    let real = |number: Option<f64>| number.and_then(Real::new);
    SnapshotRow {
        level: row.level.as_str().to_owned(),
        org: row.org.to_owned(),
        indicator: row.indicator.to_owned(),
        version: row.version,
        numerator: real(row.numerator),
        denominator: real(row.denominator),
        value: real(row.value),
        target: real(row.target),
        achievement: real(row.achievement),
        weight: real(row.weight),
        status: Status::as_str(row.status).to_owned(),
    }
}

fn told(mistake: &Mistake) -> Fault {
    let place = |word: &str| mistake.at.map_or_else(String::new, |at| format!(" ({word} {at})"));
    Fault {
        field: mistake.field.to_owned(),
        message_ru: format!("{}{}", mistake.problem.in_russian(), place("символ")),
        message_en: format!("{}{}", mistake.problem, place("character")),
    }
}

fn fault(field: &str, told: &str) -> Fault {
    Fault { field: field.to_owned(), message_ru: told.to_owned(), message_en: told.to_owned() }
}
