//! Targets and weights that regions and municipalities set for themselves.

use domain::ledger::Targeted;
use domain::number::Real;
use domain::period::PeriodCode;
use register::Register;

/// A target or a weight that was set.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// Number of the region.
    pub region: u32,
    /// Number of the municipality; of the whole region without one.
    pub municipality: Option<u32>,
    /// Id of the indicator.
    pub indicator: String,
    /// The period; every one without it.
    pub period: Option<PeriodCode>,
    /// The target, where it is set.
    pub target: Option<f64>,
    /// The weight, where it is set.
    pub weight: Option<f64>,
}

/// Everything that was set, the newest at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms(pub Vec<Term>);

impl Terms {
    /// What the log says.
    pub(crate) fn of(register: &Register) -> Self {
        let term = |one: &Targeted| {
            let set = &one.set;
            let municipality = set.municipality.as_ref().map(|code| {
                let known = register.municipalities().iter().zip(0..);
                let mut found = known.filter(|(place, _)| place.code == *code);
                found.find(|(place, _)| register.region_index(set.region.as_str()) == Some(place.region))
            });
            // A place that nobody lies in has no value to reach anything.
            let municipality = municipality.map_or(Some(None), |found| Some(Some(found?.1)))?;
            Some(Term {
                region: register.region_index(set.region.as_str())?,
                municipality,
                indicator: set.indicator.clone(),
                period: set.period.as_ref().and_then(|period| period.parse().ok()),
                target: set.target.map(Real::get),
                weight: set.weight.map(Real::get),
            })
        };
        Self(register.ledger().targets().iter().filter_map(term).collect())
    }

    /// What holds in a place: the newest of what is set for the municipality and period, the municipality, the
    /// region and period, the region.
    fn find<T: Copy>(&self, place: &Asking<'_>, of: impl Fn(&Term) -> Option<T>) -> Option<T> {
        let fitting = self.0.iter().enumerate().filter(|(_, term)| place.fits(term));
        let told = fitting
            .filter_map(|(at, term)| Some(((term.municipality.is_some(), term.period.is_some(), at), of(term)?)));
        told.max_by_key(|(order, _)| *order).map(|(_, value)| value)
    }

    /// The target in a place, where one is set.
    pub(crate) fn target(&self, place: &Asking<'_>) -> Option<f64> {
        self.find(place, |term| term.target)
    }

    /// The weight in a place, where one is set.
    pub(crate) fn weight(&self, place: &Asking<'_>) -> Option<f64> {
        self.find(place, |term| term.weight)
    }

    /// Whether nothing was set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a term is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) indicator: &'a str,
    pub(crate) region: Option<u32>,
    pub(crate) municipality: Option<u32>,
    pub(crate) period: &'a PeriodCode,
}

impl Asking<'_> {
    fn fits(&self, term: &Term) -> bool {
        term.indicator == self.indicator
            && self.region == Some(term.region)
            && (term.municipality.is_none() || term.municipality == self.municipality)
            && term.period.as_ref().is_none_or(|period| period == self.period)
    }
}
