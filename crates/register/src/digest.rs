//! One number for the whole state: equal registers have equal digests, however they were reached.

use domain::expand::hex;
use domain::obligation::{Phase, Submission};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{Columns, Register, day_of_date};

/// SHA-256 over everything that is state, in a fixed order and with lengths before lists.
pub(crate) fn of(register: &Register) -> [u8; 32] {
    let mut hash = Hash(Sha256::new());
    log(&mut hash, register);
    registry(&mut hash, register);
    plans(&mut hash, register);
    hash.json(&register.ledger);
    bulk(&mut hash, register);
    columns(&mut hash, &register.columns);
    sides(&mut hash, &register.columns);
    hash.0.finalize().into()
}

struct Hash(Sha256);

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn texts(&mut self, texts: &[&str]) {
        for text in texts {
            self.text(text);
        }
    }

    fn numbers(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.u64(u64::from(*number));
        }
    }

    fn len(&mut self, len: usize) {
        self.u64(u64::try_from(len).unwrap_or(u64::MAX));
    }

    fn u64(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn maybe(&mut self, number: Option<u64>) {
        self.0.update([u8::from(number.is_some())]);
        self.u64(number.unwrap_or(0));
    }

    fn day(&mut self, day: Date) {
        self.0.update(day_of_date(day).to_le_bytes());
    }

    fn moment(&mut self, moment: Option<Timestamp>) {
        self.0.update([u8::from(moment.is_some())]);
        self.0.update(moment.map_or(0, Timestamp::as_nanosecond).to_le_bytes());
    }

    fn json(&mut self, value: &impl Serialize) {
        self.bytes(&serde_json::to_vec(value).expect("what came from JSON goes back to JSON"));
    }

    fn column<T: Copy, const N: usize>(&mut self, column: &[T], bytes: impl Fn(T) -> [u8; N]) {
        self.len(column.len());
        // Chunks, since a hash of many small updates costs more than one of few large ones.
        let mut buffer = Vec::with_capacity(N * CHUNK);
        for chunk in column.chunks(CHUNK) {
            buffer.clear();
            for cell in chunk {
                buffer.extend_from_slice(&bytes(*cell));
            }
            self.0.update(&buffer);
        }
    }
}

const CHUNK: usize = 1024;

fn log(hash: &mut Hash, register: &Register) {
    hash.text(register.epoch().unwrap_or_default());
    hash.u64(register.last_seq().get());
    hash.moment(register.last_recorded_at());
    hash.bytes(&register.last_hash());
    hash.len(register.import_spans().len());
    for span in register.import_spans() {
        hash.text(&span.source);
        hash.u64(span.opened.get());
        hash.moment(Some(span.opened_at));
        hash.maybe(span.closed.map(u64::from));
        hash.moment(span.closed_at);
        hash.moment(span.first_claim);
        hash.moment(span.last_claim);
    }
    hash.len(register.event_types().len());
    for seen in register.event_types() {
        // Whether a type is known depends on the program, not on the log.
        hash.text(&seen.name);
        hash.u64(seen.events);
    }
}

fn registry(hash: &mut Hash, register: &Register) {
    hash.len(register.persons().len());
    for person in register.persons() {
        hash.text(person.as_str());
    }
    hash.len(register.regions().len());
    for region in register.regions() {
        hash.json(region.clockwork.rules());
        hash.u64(region.configured_seq.get());
    }
    hash.len(register.municipalities().len());
    for municipality in register.municipalities() {
        hash.texts(&[municipality.code.as_str(), &municipality.name_ru, &municipality.name_en]);
        hash.u64(u64::from(municipality.region));
    }
    hash.len(register.orgs().len());
    for org in register.orgs() {
        hash.texts(&[org.code.as_str(), org.kind.as_str(), &org.name_ru, &org.name_en]);
        hash.u64(u64::from(org.region));
        hash.maybe(org.municipality.map(u64::from));
        hash.maybe(org.home.map(u64::from));
        hash.u64(org.registered_seq.get());
    }
}

fn plans(hash: &mut Hash, register: &Register) {
    hash.len(register.plans().len());
    for imported in register.plans() {
        hash.json(&imported.plan);
        hash.u64(imported.seq.get());
    }
    hash.len(register.activations().len());
    for activation in register.activations() {
        hash.len(activation.plan);
        hash.len(activation.region);
        hash.u64(activation.seq.get());
        hash.texts(&[&activation.basis, &activation.sha256]);
        hash.numbers(&[activation.expander.into(), activation.first_block, activation.blocks, activation.count]);
    }
    hash.len(register.blocks().len());
    for block in register.blocks() {
        hash.len(block.plan);
        hash.len(block.region);
        hash.numbers(&[block.org, block.base, block.len]);
        hash.maybe(block.authority.map(u64::from));
        hash.u64(u64::from(block.directions));
    }
}

fn bulk(hash: &mut Hash, register: &Register) {
    hash.len(register.bulk.acts().len());
    for act in register.bulk.acts() {
        hash.u64(act.seq.get());
        hash.text(&hex(&act.event.0.to_be_bytes()));
        hash.u64(u64::from(act.retracted));
        hash.len(act.obligations.len());
        for (ordinal, effect) in &act.obligations {
            hash.u64(u64::from(*ordinal));
            hash.text(effect.as_str());
        }
    }
}

fn columns(hash: &mut Hash, columns: &Columns) {
    hash.column(&columns.block, u32::to_le_bytes);
    hash.column(&columns.org, u32::to_le_bytes);
    hash.column(&columns.slot, u16::to_le_bytes);
    hash.column(&columns.phase, |phase| [code(phase)]);
    for days in [&columns.start_on, &columns.stated_due, &columns.moved_due] {
        hash.column(days, i32::to_le_bytes);
    }
    hash.column(&columns.moves, u16::to_le_bytes);
    hash.column(&columns.returns, u16::to_le_bytes);
    hash.column(&columns.report_seq, u64::to_le_bytes);
    hash.column(&columns.report_event, u128::to_le_bytes);
    hash.column(&columns.report_occurred_on, i32::to_le_bytes);
    hash.column(&columns.report_recorded_at, i64::to_le_bytes);
    hash.column(&columns.report_counts_on, i32::to_le_bytes);
    for numbers in [
        &columns.report_actor,
        &columns.report_behalf,
        &columns.report_points,
        &columns.report_points_max,
        &columns.control_by,
    ] {
        hash.column(numbers, u32::to_le_bytes);
    }
    hash.column(&columns.report_evidenced, |evidenced| [u8::from(evidenced)]);
    hash.column(&columns.held_days, u16::to_le_bytes);
    hash.column(&columns.control_since, i64::to_le_bytes);
    hash.column(&columns.control_decided, i64::to_le_bytes);
    hash.column(&columns.control_report, u64::to_le_bytes);
    hash.column(&columns.version, u64::to_le_bytes);
    hash.column(&columns.own, u64::to_le_bytes);
}

fn sides(hash: &mut Hash, columns: &Columns) {
    hash.len(columns.further.len());
    for (ordinal, reports) in &columns.further {
        hash.u64(u64::from(*ordinal));
        hash.len(reports.len());
        for sent in reports {
            report(hash, sent);
        }
    }
    hash.len(columns.rework.len());
    for (ordinal, rework) in &columns.rework {
        hash.u64(u64::from(*ordinal));
        hash.day(rework.keeps);
        hash.moment(Some(rework.keeps_recorded));
        hash.day(rework.until);
    }
    hash.len(columns.excuse.len());
    for (ordinal, excuse) in &columns.excuse {
        hash.u64(u64::from(*ordinal));
        hash.u64(u64::from(code(excuse.back_to)));
        hash.day(excuse.from);
        hash.maybe(excuse.until.map(|day| u64::from(day_of_date(day).unsigned_abs())));
        hash.u64(u64::from(excuse.puts_off));
    }
    hash.len(columns.matters.len());
    for (ordinal, matters) in &columns.matters {
        hash.u64(u64::from(*ordinal));
        hash.json(matters);
    }
}

fn report(hash: &mut Hash, sent: &Submission) {
    hash.u64(sent.seq.get());
    hash.text(&hex(&sent.event.0.to_be_bytes()));
    hash.day(sent.occurred_on);
    hash.moment(Some(sent.recorded_at));
    hash.day(sent.counts_on);
    hash.u64(u64::from(sent.actor.0));
    hash.maybe(sent.behalf.map(|person| u64::from(person.0)));
    hash.maybe(sent.score.map(|score| u64::from(score.points)));
    hash.maybe(sent.score.map(|score| u64::from(score.max)));
    hash.u64(u64::from(sent.evidenced));
}

/// A phase as one byte: its place in [`Phase::ALL`].
fn code(phase: Phase) -> u8 {
    match phase {
        Phase::Unscheduled => 0,
        Phase::Open => 1,
        Phase::Submitted => 2,
        Phase::Returned => 3,
        Phase::Accepted => 4,
        Phase::Excused => 5,
        Phase::Cancelled => 6,
        Phase::NotApplicable => 7,
    }
}
