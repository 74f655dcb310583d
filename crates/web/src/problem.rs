//! Every error of the service: RFC 9457, a stable code, words in Russian and English. The only place
//! where a situation becomes an HTTP status.

use std::panic::AssertUnwindSafe;

use axum::Json;
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use commands::SubmitError;
use domain::actor::Role;
use domain::command::Act;
use domain::refusal::{Invalid, Refusal, Words};
use futures::FutureExt;
use serde_json::{Map, Value, json};
use tracing::error;

/// Seconds after which an answer of 503 may be asked for again, where nothing else is known.
const RETRY_SECONDS: u64 = 2;

/// The language of texts in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Speech {
    /// Russian, unless English is asked for.
    #[default]
    Ru,
    /// English.
    En,
}

impl Speech {
    /// The language that a client asks for.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        if prefers_english(headers.get(ACCEPT_LANGUAGE)) { Self::En } else { Self::Ru }
    }

    /// The words of this language.
    pub(crate) fn pick(self, words: &Words) -> &str {
        match self {
            Self::Ru => &words.ru,
            Self::En => &words.en,
        }
    }

    /// The language's tag.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// An error as a person and a program read it.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Words,
    /// Further members of the body, in both languages where they are words.
    more: Map<String, Value>,
    errors: Vec<Invalid>,
    retry_seconds: u64,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self { status, code, detail: Words::new(ru, en), more: Map::new(), errors: Vec::new(), retry_seconds: RETRY_SECONDS }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The status, for metrics and for lines of NDJSON.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn no_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token_missing",
            "Нужен токен доступа: заголовок Authorization: Bearer <токен>.",
            "An access token is needed: the header Authorization: Bearer <token>.",
        )
    }

    pub(crate) fn wrong_token() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token_unknown",
            "Токен неизвестен или отозван: запросите новый у администратора.",
            "The token is unknown or revoked: ask the administrator for a new one.",
        )
    }

    pub(crate) fn role(role: Role) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            format!("Недоступно для роли {role}."),
            format!("Not open to the role {role}."),
        )
    }

    pub(crate) fn outside_territory() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "Это вне вашей территории.",
            "This lies outside your territory.",
        )
    }

    /// The parameters of a request are wrong; all mistakes at once.
    pub(crate) fn bad_query(errors: Vec<Invalid>) -> Self {
        let first = errors.first().map_or_else(|| Words::new("", ""), |mistake| mistake.words.clone());
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, "bad_query", first.ru, first.en) }
    }

    pub(crate) fn header(name: &'static str, expected: &str) -> Self {
        let code = if name == "Idempotency-Key" { "idempotency_key_missing" } else { "wrong_header" };
        Self::new(
            StatusCode::BAD_REQUEST,
            code,
            format!("Заголовок {name} отсутствует или не подходит. Ожидается: {expected}."),
            format!("The header {name} is missing or does not fit. Expected: {expected}."),
        )
    }

    pub(crate) fn not_found(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", ru, en)
    }

    pub(crate) fn unknown_act(name: &str) -> Self {
        let known = Act::ALL.iter().map(|act| act.as_str()).collect::<Vec<_>>().join(", ");
        Self::new(
            StatusCode::NOT_FOUND,
            "unknown_command",
            format!("Команды {name} нет. Есть: {known}."),
            format!("There is no command {name}. There are: {known}."),
        )
    }

    pub(crate) fn too_large() -> Self {
        let most = domain::limits::BODY_BYTES_MAX;
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("Тело запроса больше {most} байт: крупное доказательство приложите ссылкой с SHA-256."),
            format!("The body is larger than {most} bytes: give large evidence as a link with its SHA-256."),
        )
    }

    pub(crate) fn unreadable(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", ru, en)
    }

    pub(crate) fn epoch_changed(now: &str) -> Self {
        Self::new(
            StatusCode::GONE,
            "epoch_changed",
            "Журнал восстановлен под новой эпохой: загрузите всё заново с начала.",
            "The log was restored under a new epoch: load everything again from the beginning.",
        )
        .with("epoch", now)
    }

    pub(crate) fn not_yet(asked: u64, watermark: u64) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_yet",
            format!("Позиция {asked} ещё не видна: обработано до {watermark}. Повторите запрос."),
            format!("The position {asked} is not visible yet: the state reaches {watermark}. Repeat the request."),
        )
        .with("seq", watermark)
    }

    /// Not caught up, or the log does not answer.
    pub(crate) fn not_ready(reason: &Words, more: Map<String, Value>) -> Self {
        let ru = format!("Служба ещё не готова: {}.", reason.ru);
        let en = format!("The service is not ready: {}.", reason.en);
        Self { more, ..unavailable("not_ready", ru, en) }.after(1)
    }

    /// More requests than are answered at a time.
    pub(crate) fn overloaded() -> Self {
        let en = "Too many requests at a time: repeat in a second.";
        unavailable("overloaded", "Слишком много одновременных запросов: повторите через секунду.", en).after(1)
    }

    /// The answer took too long. A command may have been stored: repeat it with the same key.
    pub(crate) fn timed_out() -> Self {
        let ru = "Ответ не успел подготовиться. Команду повторите с тем же Idempotency-Key.";
        unavailable("timed_out", ru, "The answer took too long. Repeat a command with the same Idempotency-Key.")
    }

    /// Something broke inside; the reason is in the service's own log.
    pub(crate) fn inside() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Внутренняя ошибка; она записана в журнал службы. Сообщите администратору время запроса.",
            "An internal error; the service's log has it. Tell the administrator when it happened.",
        )
    }

    /// What axum refused by itself: a path, a method, a body.
    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::new(
                status,
                "unknown_path",
                "Такого адреса нет: все адреса перечислены в /openapi.json.",
                "There is nothing at this path: /openapi.json lists all paths.",
            ),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(
                status,
                "method_not_allowed",
                "Этот адрес не принимает такой метод: см. заголовок Allow.",
                "This path does not take the method: see the header Allow.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            status if status.is_client_error() => {
                Self::new(status, "bad_request", "Запрос не удалось прочитать.", "The request cannot be read.")
            }
            _ => Self::inside(),
        }
    }

    /// Waits so long before another try.
    fn after(self, seconds: u64) -> Self {
        Self { retry_seconds: seconds, ..self }
    }

    fn of_refusal(refusal: &Refusal, allowed: &[Act]) -> Self {
        let status = match refusal {
            Refusal::Missing(_) => StatusCode::NOT_FOUND,
            Refusal::Forbidden { .. } => StatusCode::FORBIDDEN,
            Refusal::Phase { .. } | Refusal::OwnReport | Refusal::Exists(_) => StatusCode::CONFLICT,
            Refusal::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let words = refusal.words();
        let mut problem = Self::new(status, refusal.code(), words.ru, words.en);
        if let Refusal::Invalid(mistakes) = refusal {
            problem.errors.clone_from(mistakes);
        }
        match refusal {
            Refusal::Phase { phase, .. } => problem.with("phase", phase.as_str()).allowing(allowed),
            Refusal::OwnReport => problem.allowing(allowed),
            Refusal::Missing(_) | Refusal::Forbidden { .. } | Refusal::Exists(_) | Refusal::Invalid(_) => problem,
        }
    }

    fn allowing(self, allowed: &[Act]) -> Self {
        let names: Vec<&str> = allowed.iter().map(|act| act.as_str()).collect();
        self.with("allowed", names)
    }

    /// The body in a language; in Russian the English words stand beside.
    pub(crate) fn body(&self, speech: Speech) -> Value {
        let mut body = Map::new();
        let title = title(self.status);
        body.insert("type".to_owned(), format!("/problems/{}", self.code).into());
        body.insert("title".to_owned(), speech.pick(&title).into());
        body.insert("status".to_owned(), self.status.as_u16().into());
        body.insert("code".to_owned(), self.code.into());
        body.insert("detail".to_owned(), speech.pick(&self.detail).into());
        if speech == Speech::Ru {
            body.insert("title_en".to_owned(), title.en.into());
            body.insert("detail_en".to_owned(), self.detail.en.clone().into());
        }
        if !self.errors.is_empty() {
            let told = self.errors.iter().map(|e| json!({"pointer": e.pointer, "detail": speech.pick(&e.words)}));
            body.insert("errors".to_owned(), told.collect());
        }
        body.extend(self.more.clone());
        Value::Object(body)
    }

    fn respond(&self, speech: Speech) -> Response {
        let mut response = (self.status, Json(self.body(speech))).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(speech.tag()));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vekha\""));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.retry_seconds));
        }
        response
    }
}

/// What kind of trouble a status is.
fn title(status: StatusCode) -> Words {
    let (ru, en) = match status {
        StatusCode::BAD_REQUEST => ("Неверный запрос", "Bad request"),
        StatusCode::UNAUTHORIZED => ("Нет доступа", "Not let in"),
        StatusCode::FORBIDDEN => ("Недостаточно прав", "Not permitted"),
        StatusCode::NOT_FOUND => ("Не найдено", "Not found"),
        StatusCode::METHOD_NOT_ALLOWED => ("Метод не поддерживается", "Method not allowed"),
        StatusCode::CONFLICT => ("Сейчас это невозможно", "Not possible now"),
        StatusCode::GONE => ("Журнал сменился", "The log has changed"),
        StatusCode::PRECONDITION_FAILED => ("Запись изменилась", "The record has changed"),
        StatusCode::PAYLOAD_TOO_LARGE => ("Слишком большой запрос", "Too large"),
        StatusCode::UNPROCESSABLE_ENTITY => ("Ошибки в содержании", "Mistakes in the content"),
        StatusCode::SERVICE_UNAVAILABLE => ("Служба временно недоступна", "Not available now"),
        _ => ("Внутренняя ошибка", "Internal error"),
    };
    Words::new(ru, en)
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
            SubmitError::Stale { current, since, allowed } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                format!("Запись изменилась: её версия теперь {current}. Посмотрите, что произошло, и решите заново."),
                format!("The record has changed: its version is {current} now. See what happened and decide anew."),
            )
            .with("current", current.get())
            .with("since", serde_json::to_value(since).unwrap_or_default())
            .allowing(allowed),
            SubmitError::NoVersion { act } => Self::header(
                "If-Match",
                &format!("none: {act} is not about an obligation"),
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

fn unavailable(code: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, ru, en)
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // The words are chosen on the way out, where the client's language is known.
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The outermost layer: catches panics and puts problems into the client's language.
pub(crate) async fn spoken(request: Request, next: Next) -> Response {
    let speech = Speech::of(request.headers());
    // Handlers share nothing that a panic leaves half done: state is behind locks that survive it.
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        error!("a handler panicked");
        Problem::inside().into_response()
    });
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => Problem::of_status(status),
        None => return response,
    };
    let mut told = problem.respond(speech);
    for (name, value) in response.headers() {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            told.headers_mut().insert(name.clone(), value.clone());
        }
    }
    told
}

/// Whether English comes before Russian in an `Accept-Language`.
fn prefers_english(header: Option<&HeaderValue>) -> bool {
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let mut languages = text.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    languages.find_map(|one| match one.split('-').next() {
        Some("en") => Some(true),
        Some("ru") => Some(false),
        _ => None,
    }) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_the_request_is_spoken() {
        let english = |header: &'static str| prefers_english(Some(&HeaderValue::from_static(header)));
        assert!(english("en-GB,en;q=0.9,ru;q=0.1"));
        assert!(!english("ru-RU,ru;q=0.9,en;q=0.1"));
        assert!(!english("de"));
        assert!(!prefers_english(None));
    }

    #[test]
    fn a_problem_has_a_code_and_words_in_both_languages() {
        let problem = Problem::unknown_act("dance");
        assert_eq!(problem.body(Speech::Ru)["code"], "unknown_command");
        assert_eq!(problem.body(Speech::Ru)["detail_en"], problem.body(Speech::En)["detail"]);
        assert_ne!(problem.body(Speech::Ru)["detail"], problem.body(Speech::En)["detail"]);
    }
}
