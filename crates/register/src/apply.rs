//! Applying one event: the only place where the state changes.

use domain::event::Data;
use domain::evolve::{Effect, Ground, Happening, Policy, evolve, follow_delivery};
use domain::expand::EXPANDER_VERSION;
use domain::id::{OrgCode, Seq};
use domain::ledger::Entry;
use domain::obligation::{Obligation, PersonIdx};
use domain::payload::{ImportMark, OrgRegistered, OrgTransferred, PlanActivated, PlanImported, RegionConfigured};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::columns::representable;
use crate::plans::ImportedPlan;
use crate::registry::ImportSpan;
use crate::stored::{Applied, ApplyError, Parsed};
use crate::{Activation, Register, index, number};

/// What an event touched, and how.
pub(crate) struct Touched {
    pub(crate) effect: Effect,
    pub(crate) obligation: Option<u32>,
    pub(crate) org: Option<u32>,
}

/// Who acted, and when it was recorded.
#[derive(Clone, Copy)]
pub(crate) struct Who {
    pub(crate) actor: PersonIdx,
    pub(crate) behalf: Option<PersonIdx>,
    pub(crate) recorded_at: Timestamp,
}

impl Who {
    /// An event as the fold sees it.
    pub(crate) fn happening<'a>(self, parsed: &Parsed<'_>, data: &'a Data) -> Happening<'a> {
        Happening {
            seq: parsed.stored.seq,
            event: parsed.event,
            recorded_at: self.recorded_at,
            occurred_on: parsed.envelope.occurredon,
            actor: self.actor,
            behalf: self.behalf,
            data,
        }
    }
}

impl Touched {
    pub(crate) fn nothing_more(effect: Effect) -> Self {
        Self { effect, obligation: None, org: None }
    }

    /// New things change the state; what was there already stays.
    pub(crate) fn entered(new: bool) -> Effect {
        if new { Effect::Changed } else { Effect::Duplicate }
    }
}

impl Register {
    /// Applies the next event of the log.
    ///
    /// # Errors
    /// [`ApplyError`]: the event cannot be applied, and the register is as it was before.
    pub fn apply(&mut self, parsed: &Parsed<'_>) -> Result<Applied, ApplyError> {
        self.check_order(parsed)?;
        let seq = parsed.stored.seq;
        if !self.types.has_room_for(parsed.data.type_name()) {
            return Err(ApplyError::TooMany { seq, what: "event types" });
        }
        let persons = self.persons.list().len();
        // Only persons are entered before it is sure that the event can be applied.
        let applied = self.apply_in_order(parsed);
        if applied.is_err() {
            self.persons.truncate(persons);
        }
        applied
    }

    fn apply_in_order(&mut self, parsed: &Parsed<'_>) -> Result<Applied, ApplyError> {
        let (seq, envelope) = (parsed.stored.seq, &parsed.envelope);
        let clock = self.clock_at(representable(parsed.stored.recorded_at));
        let recorded_at = self.recorded_at(envelope.claimedat, clock);
        let actor = self.person(seq, &envelope.actor)?;
        let on_behalf_of = match &envelope.onbehalfof {
            Some(person) => Some(self.person(seq, person)?),
            None => None,
        };
        let who = Who { actor, behalf: on_behalf_of, recorded_at };
        let touched = self.touch(parsed, who, clock)?;
        let known = !matches!(parsed.data, Data::Unknown(_));
        let event_type =
            self.types.count(parsed.data.type_name(), known).expect("there is room, as was looked up before");
        self.note(parsed, clock, recorded_at);
        Ok(Applied {
            seq,
            event: parsed.event,
            event_type,
            effect: touched.effect,
            obligation: touched.obligation,
            org: touched.org,
            actor,
            role: envelope.actorrole,
            on_behalf_of,
            occurred_on: envelope.occurredon,
            recorded_at,
        })
    }

    fn check_order(&self, parsed: &Parsed<'_>) -> Result<(), ApplyError> {
        let (expected, found) = (self.log.last.next(), parsed.stored.seq);
        let opens = matches!(parsed.data, Data::LogOpened(_));
        if found != expected {
            Err(ApplyError::OutOfOrder { expected, found })
        } else if found == Seq::FIRST && !opens {
            Err(ApplyError::NotOpened { seq: found, found: parsed.data.type_name().to_owned() })
        } else if found != Seq::FIRST && opens {
            Err(ApplyError::OpenedTwice { seq: found })
        } else {
            Ok(())
        }
    }

    /// The broker's time, never running backwards.
    fn clock_at(&self, broker: Timestamp) -> Timestamp {
        self.log.clock.map_or(broker, |clock| clock.max(broker))
    }

    /// The log's clock, or the claim of an importer while an import is open: never running backwards
    /// among claims, and never ahead of the log.
    fn recorded_at(&self, claim: Option<Timestamp>, clock: Timestamp) -> Timestamp {
        match (claim, self.open_import()) {
            (Some(claim), Some(span)) => {
                let claim = representable(claim);
                span.last_claim.map_or(claim, |last| last.max(claim)).min(clock)
            }
            (Some(_) | None, _) => clock,
        }
    }

    fn open_import(&self) -> Option<&ImportSpan> {
        self.log.imports.last().filter(|span| span.closed.is_none())
    }

    fn person(&mut self, seq: Seq, code: &str) -> Result<PersonIdx, ApplyError> {
        self.persons.intern(code).map_err(|source| ApplyError::Person { seq, source })
    }

    /// Remembers that the event was applied.
    fn note(&mut self, parsed: &Parsed<'_>, clock: Timestamp, recorded_at: Timestamp) {
        self.log.last = parsed.stored.seq;
        self.log.clock = Some(clock);
        self.log.last_payload.clear();
        self.log.last_payload.extend_from_slice(parsed.stored.payload);
        let claimed = parsed.envelope.claimedat.is_some();
        if let Some(span) = self.log.imports.last_mut().filter(|span| claimed && span.closed.is_none()) {
            span.first_claim.get_or_insert(recorded_at);
            span.last_claim = Some(recorded_at);
        }
    }

    fn touch(&mut self, parsed: &Parsed<'_>, who: Who, clock: Timestamp) -> Result<Touched, ApplyError> {
        let seq = parsed.stored.seq;
        Ok(match &parsed.data {
            Data::LogOpened(opened) => {
                self.log.epoch = Some(opened.epoch.clone());
                Touched::nothing_more(Effect::Changed)
            }
            Data::RegionConfigured(configured) => self.configure(seq, configured)?,
            Data::OrgRegistered(org) => self.register(seq, org)?,
            Data::OrgTransferred(transferred) => self.transfer(seq, transferred)?,
            Data::PlanImported(imported) => self.import(seq, imported)?,
            Data::PlanActivated(activated) => self.activate(seq, activated)?,
            Data::ImportOpened(mark) => Touched::nothing_more(self.open(seq, mark, clock)),
            Data::ImportClosed(_) => Touched::nothing_more(self.close(seq, clock)),
            Data::SchoolEnrolled(enrolled) => self.enrol(seq, enrolled)?,
            Data::SchoolWithdrawn(withdrawn) => self.withdraw(seq, withdrawn)?,
            Data::PlanAmended(amended) => Touched::nothing_more(self.amend(seq, amended)?),
            Data::BulkRecorded(fact) => self.record_for_all(parsed, fact, who)?,
            Data::BulkRetracted(retracted) => self.retract_for_all(parsed, &retracted.target_id, who),
            Data::BulkOpened(_) | Data::BulkClosed(_) => Touched::nothing_more(Effect::Changed),
            Data::ProposalConfirmed(confirmed) => self.confirm(parsed, &confirmed.proposal)?,
            _ => self.touch_one(parsed, who)?,
        })
    }

    /// An event about one obligation, or about a matter of the ledger, or both.
    fn touch_one(&mut self, parsed: &Parsed<'_>, who: Who) -> Result<Touched, ApplyError> {
        let seq = parsed.stored.seq;
        let ordinal = self.subject_obligation(parsed);
        // Only what waits for a second person must be found again by the name of its obligation.
        let id = ordinal.filter(|_| matches!(parsed.data, Data::ProposalMade(_))).map(|ordinal| self.id_of(ordinal));
        let entry = Entry {
            seq,
            event: parsed.event,
            recorded_at: who.recorded_at,
            actor: who.actor,
            behalf: who.behalf,
            obligation: id.as_ref(),
            data: &parsed.data,
        };
        let noted = self.ledger.note(&entry);
        if noted.is_some() && ordinal.is_none() {
            self.note_sweep(seq, &parsed.data);
        }
        match (ordinal, noted) {
            (Some(ordinal), noted) => {
                let touched = self.happen(ordinal, parsed.stored.seq, &who.happening(parsed, &parsed.data));
                Ok(Touched { effect: noted.unwrap_or(touched.effect), ..touched })
            }
            (None, Some(effect)) => Ok(Touched { effect, obligation: None, org: self.org_of(&parsed.data) }),
            (None, None) if matches!(parsed.data, Data::Unknown(_)) => {
                Ok(Touched::nothing_more(Effect::Void(Ground::Unknown)))
            }
            (None, None) => {
                Err(ApplyError::UnknownObligation { seq, subject: parsed.envelope.subject.chars().take(300).collect() })
            }
        }
    }

    /// The organisation that a matter of the ledger is about.
    fn org_of(&self, data: &Data) -> Option<u32> {
        match data {
            Data::ClassOpened(class) => self.registry.org(class.school.as_str()),
            _ => None,
        }
    }

    /// The obligation that an event's subject names, `<plan>/<row>/<organisation>/<item>`.
    pub(crate) fn subject_obligation(&self, parsed: &Parsed<'_>) -> Option<u32> {
        let mut parts = parsed.envelope.subject.split('/');
        let (plan, row, org, item) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() { None } else { self.locate(plan, row, org, item) }
    }

    /// Something happened to an obligation, at a position of its own subject.
    pub(crate) fn happen(&mut self, ordinal: u32, at: Seq, happening: &Happening<'_>) -> Touched {
        let effect = self.evolve_at(ordinal, at, true, happening);
        Touched { effect, obligation: Some(ordinal), org: Some(self.columns.org[index(ordinal)]) }
    }

    /// Evolves an obligation; `own`: the event stands on its own subject.
    pub(crate) fn evolve_at(&mut self, ordinal: u32, at: Seq, own: bool, happening: &Happening<'_>) -> Effect {
        let share = self.slot_of(ordinal).1;
        let mut obligation = self.columns.gather(ordinal);
        let before = delivered(&obligation);
        let effect = evolve(&mut obligation, Policy::from(share), happening);
        obligation.version = at;
        if own {
            obligation.own = at;
        }
        self.follow(ordinal, before, delivered(&obligation), at);
        self.columns.scatter(ordinal, &mut obligation);
        effect
    }

    /// Dates the publication that follows a delivery, where the day of the delivery changed.
    pub(crate) fn follow(&mut self, delivery: u32, before: Option<Date>, after: Option<Date>, seq: Seq) {
        let Some((sibling, days)) = self.slot_of(delivery).0.publication else { return };
        if before != after {
            let publication = self.block_of(delivery).base + number(sibling);
            let mut obligation = self.columns.gather(publication);
            follow_delivery(&mut obligation, after, days, seq);
            self.columns.scatter(publication, &mut obligation);
        }
    }

    fn configure(&mut self, seq: Seq, configured: &RegionConfigured) -> Result<Touched, ApplyError> {
        let rules = configured.rules.clone();
        self.registry.configure(rules, seq).map_err(|source| ApplyError::Zone { seq, source })?;
        Ok(Touched::nothing_more(Effect::Changed))
    }

    fn register(&mut self, seq: Seq, org: &OrgRegistered) -> Result<Touched, ApplyError> {
        let region = self.registry.region(org.region.as_str());
        let region = region.ok_or_else(|| ApplyError::UnknownRegion { seq, region: org.region.clone() })?;
        let entered = self.registry.register(org, region, seq);
        let org = entered.or_else(|| self.registry.org(org.code.as_str()));
        Ok(Touched { effect: Touched::entered(entered.is_some()), obligation: None, org })
    }

    fn transfer(&mut self, seq: Seq, transferred: &OrgTransferred) -> Result<Touched, ApplyError> {
        let org = self.org_number(seq, &transferred.org)?;
        let moved = self.registry.transfer(org, &transferred.municipality);
        Ok(Touched { effect: Touched::entered(moved), obligation: None, org: Some(org) })
    }

    fn import(&mut self, seq: Seq, imported: &PlanImported) -> Result<Touched, ApplyError> {
        let plan = ImportedPlan::new(imported.plan.clone(), seq).ok_or(ApplyError::PlanWithoutCode { seq })?;
        if !plan.fits() {
            return Err(ApplyError::TooMany { seq, what: "obligations of one organisation" });
        }
        Ok(Touched::nothing_more(Touched::entered(self.plans.import(plan).is_some())))
    }

    fn activate(&mut self, seq: Seq, activated: &PlanActivated) -> Result<Touched, ApplyError> {
        let plan = self.plans.plan(activated.plan.as_str());
        let plan = plan.ok_or_else(|| ApplyError::UnknownPlan { seq, plan: activated.plan.clone() })?;
        let region = self.registry.region(activated.region.as_str());
        let region = region.ok_or_else(|| ApplyError::UnknownRegion { seq, region: activated.region.clone() })?;
        if self.plans.is_active(plan, index(region)) {
            return Ok(Touched::nothing_more(Effect::Duplicate));
        }
        if activated.expander != EXPANDER_VERSION {
            return Err(ApplyError::Expander { seq, found: activated.expander, ours: EXPANDER_VERSION });
        }
        self.check_expansion(seq, plan, activated)?;
        let owners = self.owners(seq, plan, activated)?;
        let obligations = self.len().saturating_add(usize::try_from(activated.count).unwrap_or(usize::MAX));
        if u32::try_from(obligations).is_err() {
            return Err(ApplyError::TooMany { seq, what: "obligations" });
        }
        let first_block = number(self.plans.blocks().len());
        let activation = Activation {
            plan,
            region: index(region),
            seq,
            basis: activated.basis.clone(),
            expander: activated.expander,
            first_block,
            blocks: number(owners.len()),
            count: activated.count,
            sha256: activated.sha256.clone(),
        };
        self.plans.activate(activation, &owners, number(self.columns.len()));
        for (block, at) in self.plans.blocks()[index(first_block)..].iter().zip(first_block..) {
            self.columns.extend(at, block.org, self.plans.slots(block), seq);
        }
        Ok(Touched::nothing_more(Effect::Changed))
    }

    /// Our own expansion must be the one that was decided.
    fn check_expansion(&self, seq: Seq, plan: usize, activated: &PlanActivated) -> Result<(), ApplyError> {
        let expansion = &self.plans.plans()[plan].expansion;
        let ours = expansion.fingerprint(&activated.plan, &activated.schools, |role| player(activated, role));
        if ours.count == activated.count && ours.sha256 == activated.sha256 {
            return Ok(());
        }
        Err(ApplyError::Expansion {
            seq,
            plan: activated.plan.clone(),
            count: activated.count,
            sha256: activated.sha256.clone(),
            our_count: ours.count,
            our_sha256: ours.sha256,
        })
    }

    /// The organisations of an activation in the order of their blocks: schools as listed, then
    /// authorities as the plan first names them.
    fn owners(&self, seq: Seq, plan: usize, activated: &PlanActivated) -> Result<Vec<(u32, Option<u32>)>, ApplyError> {
        let number = |org: &OrgCode| {
            self.registry.org(org.as_str()).ok_or_else(|| ApplyError::UnknownOrg { seq, org: org.clone() })
        };
        let mut owners = Vec::with_capacity(activated.schools.len());
        for school in &activated.schools {
            owners.push((number(school)?, None));
        }
        for (at, role) in self.plans.authorities(plan) {
            owners.push((number(player(activated, role))?, Some(at)));
        }
        Ok(owners)
    }

    fn open(&mut self, seq: Seq, mark: &ImportMark, clock: Timestamp) -> Effect {
        if self.open_import().is_some() {
            return Effect::Void(Ground::Phase);
        }
        self.log.imports.push(ImportSpan {
            source: mark.source.clone(),
            opened: seq,
            opened_at: clock,
            closed: None,
            closed_at: None,
            first_claim: None,
            last_claim: None,
        });
        Effect::Changed
    }

    fn close(&mut self, seq: Seq, clock: Timestamp) -> Effect {
        match self.log.imports.last_mut().filter(|span| span.closed.is_none()) {
            Some(span) => {
                span.closed = Some(seq);
                span.closed_at = Some(clock);
                Effect::Changed
            }
            None => Effect::Void(Ground::Phase),
        }
    }
}

/// The day of a delivery that is done.
pub(crate) fn delivered(delivery: &Obligation) -> Option<Date> {
    delivery.counting().filter(|_| delivery.phase.is_done()).map(|report| report.occurred_on)
}

/// The organisation that plays an authority of the plan.
fn player<'a>(activated: &'a PlanActivated, role: &'a OrgCode) -> &'a OrgCode {
    activated.authorities.iter().find(|known| known.role == *role).map_or(role, |known| &known.org)
}
