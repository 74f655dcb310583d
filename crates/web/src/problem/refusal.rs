//! What the gate answered in place of a receipt, as a problem.

use axum::http::StatusCode;
use commands::SubmitError;
use domain::command::Act;
use domain::refusal::Refusal;

use super::{Problem, unavailable};

impl Problem {
    fn of_refusal(refusal: &Refusal, allowed: &[Act]) -> Self {
        let status = match refusal {
            Refusal::Missing(_) => StatusCode::NOT_FOUND,
            Refusal::Forbidden { .. } | Refusal::Grant(_) => StatusCode::FORBIDDEN,
            Refusal::Phase { .. }
            | Refusal::OwnReport
            | Refusal::SamePerson
            | Refusal::PartsMissing
            | Refusal::NothingWaits(_)
            | Refusal::NotUndoable(_)
            | Refusal::Exists(_) => StatusCode::CONFLICT,
            Refusal::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let words = refusal.words();
        let mut problem = Self::new(status, refusal.code(), words.ru, words.en);
        if let Refusal::Invalid(mistakes) = refusal {
            problem.0.errors.clone_from(mistakes);
        }
        match refusal {
            Refusal::Phase { phase, .. } => problem.with("phase", phase.as_str()).allowing(allowed),
            Refusal::OwnReport | Refusal::SamePerson | Refusal::PartsMissing | Refusal::NothingWaits(_) => {
                problem.allowing(allowed)
            }
            Refusal::Missing(_)
            | Refusal::Forbidden { .. }
            | Refusal::Grant(_)
            | Refusal::NotUndoable(_)
            | Refusal::Exists(_)
            | Refusal::Invalid(_) => problem,
        }
    }

    fn allowing(self, allowed: &[Act]) -> Self {
        let names: Vec<&str> = allowed.iter().map(|act| act.as_str()).collect();
        self.with("allowed", names)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::of_refusal(&refusal, &[])
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match &error {
            SubmitError::Refused { refusal, allowed } => Self::of_refusal(refusal, allowed),
            SubmitError::Body { act, source } if source.is_syntax() || source.is_eof() => Self::unreadable(
                format!("Тело команды {act} — не JSON: {source}."),
                format!("The body of {act} is not JSON: {source}."),
            ),
            SubmitError::Body { act, source } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                format!("Тело не подходит к команде {act}: {source}."),
                format!("The body does not fit the command {act}: {source}."),
            ),
            SubmitError::NotAll { refused } => Self::new(
                StatusCode::CONFLICT,
                "not_all",
                format!("Всё или ничего: {} обязательств изменить нельзя, ничего не записано.", refused.len()),
                format!("All or nothing: {} obligations cannot be changed, nothing was stored.", refused.len()),
            )
            .with("refused", serde_json::to_value(refused).unwrap_or_default()),
            SubmitError::Stale { current, since, allowed } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                format!("Запись изменилась: её версия теперь {current}. Посмотрите, что произошло, и решите заново."),
                format!("The record has changed: its version is {current} now. See what happened and decide anew."),
            )
            .with("current", current.get())
            .with("since", serde_json::to_value(since).unwrap_or_default())
            .allowing(allowed),
            SubmitError::NoVersion { act } => {
                Self::header("If-Match", &format!("none: {act} is not about an obligation"))
            }
            SubmitError::NotHere { act } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid",
                format!("Действие {act} здесь не пробуют: назовите действия, из которых оно состоит."),
                format!("{act} cannot be tried here: name the acts that it is made of."),
            ),
            SubmitError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "Этот Idempotency-Key уже использован для другой команды: возьмите новый.",
                "This Idempotency-Key was used for another command: take a new one.",
            ),
            SubmitError::Behind { .. } => unavailable(
                "behind",
                "Служба отстала от журнала и не принимает команды: повторите позже с тем же ключом.",
                "The service is behind the log and takes no commands: repeat later with the same key.",
            ),
            SubmitError::Contended { .. } => unavailable(
                "contended",
                "Другие действия опережали это: повторите с тем же ключом.",
                "Other acts were faster each time: repeat with the same key.",
            ),
            other => {
                tracing::warn!("a command was not carried out: {other}");
                of_log(other)
            }
        }
    }
}

/// What the log answered in place of taking an event.
fn of_log(error: &SubmitError) -> Problem {
    match error {
        SubmitError::OutcomeUnknown { .. } => unavailable(
            "outcome_unknown",
            "Неизвестно, записано ли действие: повторите с тем же Idempotency-Key.",
            "It is not known whether the act was stored: repeat it with the same Idempotency-Key.",
        ),
        SubmitError::Unavailable { .. } => unavailable(
            "log_unavailable",
            "Журнал сейчас не принимает записи; ничего не записано. Повторите позже.",
            "The log takes nothing now; nothing was stored. Repeat later.",
        )
        .after(5),
        SubmitError::Guarded { .. } => unavailable(
            "log_guarded",
            "Запись остановлена: настройки журнала изменены. Нужен администратор.",
            "Writing has stopped: the log's settings were changed. An administrator is needed.",
        )
        .after(60),
        SubmitError::Overloaded { retry_after } => unavailable(
            "overloaded",
            "Слишком много действий ждут записи: повторите позже.",
            "Too many acts wait to be stored: repeat later.",
        )
        .after(retry_after.as_secs().max(1)),
        SubmitError::TooBig { .. } => Problem::too_large(),
        _ => Problem::inside(),
    }
}
