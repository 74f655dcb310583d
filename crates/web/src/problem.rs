//! Every error of the service: RFC 9457, a stable code, words in Russian and English. The only place
//! where a situation becomes an HTTP status.

mod bi;
mod evidence;
mod refusal;

use std::panic::AssertUnwindSafe;

use axum::Json;
use axum::extract::Request;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::actor::Role;
use domain::command::Act;
use domain::refusal::{Invalid, Words};
use futures::FutureExt;
use serde_json::{Map, Value, json};
use tracing::error;

use crate::speech::Speech;

/// Seconds after which an answer of 503 may be asked for again, where nothing else is known.
const RETRY_SECONDS: u64 = 2;

/// An error as a person and a program read it.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Told>);

#[derive(Clone, Debug)]
struct Told {
    status: StatusCode,
    code: &'static str,
    detail: Words,
    /// Further members of the body, in both languages where they are words.
    more: Map<String, Value>,
    errors: Vec<Invalid>,
    retry_seconds: u64,
    form: Form,
    /// Basic authentication is offered beside tokens.
    basic: bool,
}

/// How a problem is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// As RFC 9457 says.
    #[default]
    Rfc,
    /// As `OData` says.
    OData,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Self {
        let (detail, more, errors) = (Words::new(ru, en), Map::new(), Vec::new());
        let (form, basic, retry_seconds) = (Form::Rfc, false, RETRY_SECONDS);
        Self(Box::new(Told { status, code, detail, more, errors, retry_seconds, form, basic }))
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }

    /// The status, for metrics and for lines of NDJSON.
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
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
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Это вне вашей территории.", "This lies outside your territory.")
    }

    /// The parameters of a request are wrong; all mistakes at once.
    pub(crate) fn bad_query(errors: Vec<Invalid>) -> Self {
        let first = errors.first().map_or_else(|| Words::new("", ""), |mistake| mistake.words.clone());
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "bad_query", first.ru, first.en);
        problem.0.errors = errors;
        problem
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

    /// A code stands for more than one thing.
    pub(crate) fn ambiguous(code: &str) -> Self {
        Self::bad_query(vec![Invalid::at(
            "?region",
            format!("«{code}» — не одно: уточните level и region."),
            format!("\"{code}\" is more than one thing: add level and region."),
        )])
    }

    /// The body of a question is none.
    pub(crate) fn bad_body(error: &dyn std::fmt::Display) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            format!("Тело запроса не разобрано: {error}."),
            format!("The body cannot be read: {error}."),
        )
    }

    /// Nothing is tried.
    pub(crate) fn nothing_asked() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "Вопрос пуст: укажите commands или rules.",
            "Nothing is asked: give commands or rules.",
        )
    }

    /// More acts than one question may try.
    pub(crate) fn too_many(most: usize) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            format!("В одном вопросе не больше {most} действий."),
            format!("One question tries {most} acts at most."),
        )
    }

    /// The same problem, of one of several acts, from 0.
    pub(crate) fn in_item(self, at: usize) -> Self {
        self.with("item", u64::try_from(at).unwrap_or(u64::MAX))
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

    /// A file, or a part of one, is larger than is taken.
    pub(crate) fn larger_than(most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("Больше {most} байт за раз не принимается: файл до 10 МиБ, его часть до 1 МиБ."),
            format!("More than {most} bytes are not taken: a file has up to 10 MiB, a part of one up to 1 MiB."),
        )
        .with("max_bytes", most)
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
        let mut problem = unavailable("not_ready", ru, en).after(1);
        problem.0.more = more;
        problem
    }

    /// More requests than are answered at a time.
    pub(crate) fn overloaded() -> Self {
        let en = "Too many requests at a time: repeat in a second.";
        unavailable("overloaded", "Слишком много одновременных запросов: повторите через секунду.", en).after(1)
    }

    /// The answer took too long. A command may have been stored: repeat it with the same key. What a read began, a state
    /// of the past or a file, goes on and is kept.
    pub(crate) fn timed_out(is_read: bool) -> Self {
        let (ru, en) = if is_read {
            (
                "Ответ не успел подготовиться. Повторите запрос позже или сузьте его: территория, период, страница.",
                "The answer took too long. Ask again later, or for less: a territory, a period, a page.",
            )
        } else {
            (
                "Ответ не успел подготовиться. Команду повторите с тем же Idempotency-Key.",
                "The answer took too long. Repeat the command with the same Idempotency-Key.",
            )
        };
        unavailable("timed_out", ru, en)
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
    pub(crate) fn of_status(status: StatusCode) -> Self {
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
    fn after(mut self, seconds: u64) -> Self {
        self.0.retry_seconds = seconds;
        self
    }

    /// The body in a language; in Russian the English words stand beside.
    pub(crate) fn body(&self, speech: Speech) -> Value {
        let mut body = Map::new();
        let title = title(self.0.status);
        body.insert("type".to_owned(), format!("/problems/{}", self.0.code).into());
        body.insert("title".to_owned(), speech.pick(&title).into());
        body.insert("status".to_owned(), self.0.status.as_u16().into());
        body.insert("code".to_owned(), self.0.code.into());
        body.insert("detail".to_owned(), speech.pick(&self.0.detail).into());
        if speech == Speech::Ru {
            body.insert("title_en".to_owned(), title.en.into());
            body.insert("detail_en".to_owned(), self.0.detail.en.clone().into());
        }
        if !self.0.errors.is_empty() {
            let told = self.0.errors.iter().map(|e| json!({"pointer": e.pointer, "detail": speech.pick(&e.words)}));
            body.insert("errors".to_owned(), told.collect());
        }
        body.extend(self.0.more.clone());
        Value::Object(body)
    }

    fn respond(&self, speech: Speech) -> Response {
        let (body, media) = match self.0.form {
            Form::Rfc => (self.body(speech), "application/problem+json"),
            Form::OData => (self.odata_body(speech), "application/json"),
        };
        let mut response = (self.0.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(speech.tag()));
        if self.0.status == StatusCode::UNAUTHORIZED {
            if self.0.basic {
                // First: without it Excel never asks.
                let basic = "Basic realm=\"vekha\", charset=\"UTF-8\"";
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(basic));
            }
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"vekha\""));
        }
        if self.0.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.0.retry_seconds));
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
        StatusCode::NOT_ACCEPTABLE => ("Нет такого вида", "Not in this form"),
        StatusCode::RANGE_NOT_SATISFIABLE => ("Вне файла", "Outside the file"),
        StatusCode::NOT_IMPLEMENTED => ("Не поддерживается", "Not supported"),
        StatusCode::METHOD_NOT_ALLOWED => ("Метод не поддерживается", "Method not allowed"),
        StatusCode::CONFLICT => ("Сейчас это невозможно", "Not possible now"),
        StatusCode::GONE => ("Больше нет", "Gone"),
        StatusCode::PRECONDITION_FAILED => ("Запись изменилась", "The record has changed"),
        StatusCode::PAYLOAD_TOO_LARGE => ("Слишком большой запрос", "Too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("Такой тип не принимается", "Not a type that is taken"),
        StatusCode::UNPROCESSABLE_ENTITY => ("Ошибки в содержании", "Mistakes in the content"),
        StatusCode::SERVICE_UNAVAILABLE => ("Служба временно недоступна", "Not available now"),
        _ => ("Внутренняя ошибка", "Internal error"),
    };
    Words::new(ru, en)
}

fn unavailable(code: &'static str, ru: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, ru, en)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // The words are chosen on the way out, where the client's language is known.
        let mut response = self.0.status.into_response();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_a_code_and_words_in_both_languages() {
        let problem = Problem::unknown_act("dance");
        assert_eq!(problem.body(Speech::Ru)["code"], "unknown_command");
        assert_eq!(problem.body(Speech::Ru)["detail_en"], problem.body(Speech::En)["detail"]);
        assert_ne!(problem.body(Speech::Ru)["detail"], problem.body(Speech::En)["detail"]);
    }
}
