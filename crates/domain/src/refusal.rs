//! A refusal is an answer to a person: a stable code, words in Russian and English, what is allowed now.

use crate::actor::Role;
use crate::command::Act;
use crate::id::{EntityCode, OrgCode, PlanCode};
use crate::obligation::Phase;

/// A text in the two languages of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Words {
    /// Pairs the two.
    #[must_use]
    pub fn new(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ru: ru.into(), en: en.into() }
    }
}

/// One mistake in a command's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where: a JSON pointer into the body.
    pub pointer: String,
    /// What is wrong and what is expected.
    pub words: Words,
}

impl Invalid {
    /// A mistake at a place.
    #[must_use]
    pub fn at(pointer: impl Into<String>, ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), words: Words::new(ru, en) }
    }
}

/// What there is none of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No such obligation.
    Obligation(String),
    /// No such organisation.
    Org(OrgCode),
    /// No such plan.
    Plan(PlanCode),
    /// No such region.
    Region(String),
    /// No such event.
    Event(String),
    /// No act of that id waits for a second person.
    Proposal(String),
    /// Nothing else of that code: a checklist, a grant.
    Entity(&'static str, String),
}

/// Why a command was not carried out. Nothing was stored; it may succeed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It names something that is not there.
    Missing(Missing),
    /// The role or the territory does not allow it.
    Forbidden {
        /// The act.
        act: Act,
        /// The actor's role.
        role: Role,
    },
    /// The phase does not allow it.
    Phase {
        /// The act.
        act: Act,
        /// The phase now.
        phase: Phase,
        /// The acts that the phase allows.
        allowed: Vec<Act>,
    },
    /// The controller sent the report: separation of duties.
    OwnReport,
    /// Whoever proposed an act cannot be its second person.
    SamePerson,
    /// A co-executor's part is missing.
    PartsMissing,
    /// Nothing of the kind waits: a request, a delegation, a co-executor.
    NothingWaits(Words),
    /// The grant is unknown, revoked, somebody else's, out of its days, or does not cover the act.
    Grant(EntityCode),
    /// The command cannot be undone, or not any more.
    NotUndoable(Words),
    /// It is there already, or active already.
    Exists(Words),
    /// Its content is wrong; all mistakes at once.
    Invalid(Vec<Invalid>),
}

impl Refusal {
    /// The stable code, as in `docs/errors`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(Missing::Obligation(_)) => "obligation_not_found",
            Self::Missing(Missing::Org(_)) => "organisation_not_found",
            Self::Missing(Missing::Plan(_)) => "plan_not_found",
            Self::Missing(Missing::Region(_)) => "region_not_found",
            Self::Missing(Missing::Event(_)) => "event_not_found",
            Self::Missing(Missing::Proposal(_)) => "proposal_not_found",
            Self::Missing(Missing::Entity(..)) => "code_not_found",
            Self::Forbidden { .. } => "forbidden",
            Self::Phase { .. } => "not_allowed_in_phase",
            Self::OwnReport => "own_report",
            Self::SamePerson => "same_person",
            Self::PartsMissing => "parts_missing",
            Self::NothingWaits(_) => "nothing_waits",
            Self::Grant(_) => "grant_not_valid",
            Self::NotUndoable(_) => "not_undoable",
            Self::Exists(_) => "exists_already",
            Self::Invalid(_) => "invalid",
        }
    }

    /// What a person reads.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::Missing(missing) => missing.words(),
            Self::Forbidden { act, role } => Words::new(
                format!("Действие «{}» недоступно для роли {role} или вне её территории.", act.name_ru()),
                format!("The act {act} is not open to the role {role}, or lies outside its territory."),
            ),
            Self::Phase { act, phase, allowed } => {
                let list = |name: fn(Act) -> String| allowed.iter().copied().map(name).collect::<Vec<_>>().join(", ");
                let ru = list(|act| format!("«{}»", act.name_ru()));
                let en = list(|act| act.to_string());
                let (ru, en) =
                    if allowed.is_empty() { ("ничего".to_owned(), "nothing".to_owned()) } else { (ru, en) };
                Words::new(
                    format!("«{}» невозможно: состояние — «{}». Сейчас можно: {ru}.", act.name_ru(), phase_ru(*phase)),
                    format!("{act} is not allowed in phase {}. Allowed now: {en}.", phase.as_str()),
                )
            }
            Self::OwnReport => Words::new(
                "Нельзя принять или вернуть собственный отчёт: это делает другое лицо.",
                "One's own report is accepted or returned by another person.",
            ),
            Self::SamePerson => Words::new(
                "Подтверждает второе лицо: не то, которое предложило, и не то, за которое оно действовало.",
                "A second person confirms: neither the one who proposed it nor the one whom they acted for.",
            ),
            Self::PartsMissing => Words::new(
                "Не все соисполнители сдали свою часть: дождитесь их или примите с partial: true.",
                "Not every co-executor has given their part: wait for them, or accept with partial: true.",
            ),
            Self::Grant(code) => Words::new(
                format!(
                    "Полномочия {code} не действуют для этого лица, дня или действия: проверьте, кому, на какой срок и на что они выданы."
                ),
                format!(
                    "The grant {code} is not in force for this person, day or act: see to whom, for which days and for what it was given."
                ),
            ),
            Self::Exists(words) | Self::NothingWaits(words) | Self::NotUndoable(words) => words.clone(),
            Self::Invalid(mistakes) => Words::new(
                format!("Ошибок в команде: {}.", mistakes.len()),
                format!("Mistakes in the command: {}.", mistakes.len()),
            ),
        }
    }
}

impl Missing {
    fn words(&self) -> Words {
        match self {
            Self::Obligation(id) => Words::new(
                format!("Обязательства {id} нет: номер — <план>/<строка>/<организация>/<позиция>."),
                format!("There is no obligation {id}: the form is <plan>/<row>/<organisation>/<item>."),
            ),
            Self::Org(code) => Words::new(
                format!("Организации {code} нет в реестре: сначала зарегистрируйте её."),
                format!("There is no organisation {code} in the registry: register it first."),
            ),
            Self::Plan(code) => Words::new(
                format!("Плана {code} нет: сначала загрузите его."),
                format!("There is no plan {code}: import it first."),
            ),
            Self::Region(code) => {
                Words::new(format!("Регион {code} не настроен."), format!("The region {code} is not configured."))
            }
            Self::Proposal(id) => Words::new(
                format!(
                    "Предложения {id} нет среди ожидающих второго лица: оно подтверждено, отклонено или не подано."
                ),
                format!("No proposal {id} waits for a second person: it was confirmed, declined or never made."),
            ),
            Self::Entity(kind, code) => {
                Words::new(format!("Кода {code} ({kind}) нет."), format!("There is no {kind} of the code {code}."))
            }
            Self::Event(id) => Words::new(
                format!("Среди действующих отчётов обязательства нет события {id}."),
                format!("The event {id} is not among the live reports of the obligation."),
            ),
        }
    }
}

/// A phase's name for people who read Russian.
#[must_use]
pub fn phase_ru(phase: Phase) -> &'static str {
    match phase {
        Phase::Unscheduled => "без срока",
        Phase::Open => "в работе",
        Phase::Submitted => "на приёмке",
        Phase::Returned => "на доработке",
        Phase::Accepted => "снято с контроля",
        Phase::Excused => "освобождено",
        Phase::Cancelled => "отменено",
        Phase::NotApplicable => "не применяется",
    }
}
