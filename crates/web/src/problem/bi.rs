//! Problems of the feed for external tools, and how `OData` clients read them.

use ::bi::contract;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Form, Problem};
use crate::speech::Speech;

impl Problem {
    /// The same, for a client to which Basic authentication is offered.
    pub(crate) fn with_basic(mut self) -> Self {
        self.0.basic = true;
        self
    }

    /// The same, in the form of `OData`.
    pub(crate) fn in_odata(mut self) -> Self {
        self.0.form = Form::OData;
        self
    }

    /// Basic authentication without the token where it belongs.
    pub(crate) fn no_basic() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "token_unknown",
            "Имя пользователя — token, пароль — сам токен доступа.",
            "The user is token, the password is the access token itself.",
        )
    }

    /// A link whose signature does not fit.
    pub(crate) fn wrong_link() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "link_not_valid",
            "Подпись ссылки не подходит: ссылка изменена, выдана до перезапуска службы или ведёт не к файлу.",
            "The link's signature does not fit: it was changed, is older than the service's start, or names no file.",
        )
    }

    /// A link whose time is over.
    pub(crate) fn link_over() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "link_not_valid",
            "Срок ссылки истёк: запросите новую через POST /bi/v1/links.",
            "The link's time is over: ask for a new one by POST /bi/v1/links.",
        )
    }

    /// A link is asked for with a time that is not given.
    pub(crate) fn link_seconds(most: i64) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            format!("seconds: ожидается от 1 до {most}."),
            format!("seconds: 1 to {most} is expected."),
        )
    }

    /// There is no file of this name.
    pub(crate) fn no_data_set(name: &str) -> Self {
        let (name, sets) = (shown(name), sets());
        Self::new(
            StatusCode::NOT_FOUND,
            "data_set_not_found",
            format!("Файла «{name}» нет. Наборы: {sets}; виды: csv, xlsx, parquet (снимки — только parquet)."),
            format!("There is no file {name}. Sets: {sets}; forms: csv, xlsx, parquet (snapshots: parquet only)."),
        )
    }

    /// There is no entity set of this name.
    pub(crate) fn no_entity_set(name: &str) -> Self {
        let (name, sets) = (shown(name), sets());
        Self::new(
            StatusCode::NOT_FOUND,
            "data_set_not_found",
            format!("Набора «{name}» нет. Есть: {sets}."),
            format!("There is no entity set {name}. There are: {sets}."),
        )
    }

    /// A snapshot that is no longer kept.
    pub(crate) fn snapshot_gone(id: &str, set: &str) -> Self {
        let id = shown(id);
        Self::new(
            StatusCode::GONE,
            "snapshot_gone",
            format!("Снимка {id} больше нет: начните с /bi/v1/snapshots/latest/{set}.parquet или с первой страницы."),
            format!(
                "The snapshot {id} is no longer kept: begin at /bi/v1/snapshots/latest/{set}.parquet or at the first page."
            ),
        )
        .with("latest", format!("/bi/v1/snapshots/latest/{set}.parquet"))
    }

    /// A range behind the end of a file.
    pub(crate) fn range_beyond(bytes: u64) -> Self {
        Self::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "range_beyond",
            format!("Диапазон за концом файла: в нём {bytes} байт."),
            format!("The range lies behind the end of the file: it has {bytes} bytes."),
        )
        .with("bytes", bytes)
    }

    /// More rows than a sheet holds.
    pub(crate) fn too_many_rows() -> Self {
        let most = ::bi::XLSX_ROWS_MAX;
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "too_many_rows",
            format!("На листе помещается {most} строк: возьмите .parquet или .csv, или добавьте фильтр."),
            format!("A sheet holds {most} rows: take .parquet or .csv, or add a filter."),
        )
        .with("max_rows", most)
    }

    /// Something of `OData` that this service does not have.
    pub(crate) fn not_supported(what: &str) -> Self {
        let what = shown(what);
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "not_supported",
            format!(
                "«{what}» не поддерживается. Есть $filter (eq ne gt ge lt le in and or not contains startswith endswith), \
                $select, $orderby, $top, $skip, $count и ключ строки."
            ),
            format!(
                "\"{what}\" is not supported. There are $filter (eq ne gt ge lt le in and or not contains startswith \
                endswith), $select, $orderby, $top, $skip, $count and the key of a row."
            ),
        )
        .with("target", what)
    }

    /// A mistake in an option of `OData`, at a place: characters before it.
    pub(crate) fn odata_syntax(option: &str, at: usize, ru: &str, en: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad_query",
            format!("{option}, знак {}: {ru}.", at + 1),
            format!("{option}, character {}: {en}.", at + 1),
        )
        .with("target", option)
        .with("position", at + 1)
    }

    /// A wrong option of `OData`.
    pub(crate) fn odata_option(option: &str, ru: &str, en: &str) -> Self {
        let option = shown(option);
        Self::new(StatusCode::BAD_REQUEST, "bad_query", format!("{option}: {ru}."), format!("{option}: {en}."))
            .with("target", option)
    }

    /// A `$format` that we do not have.
    pub(crate) fn no_format(format: &str) -> Self {
        let format = shown(format);
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "form_not_available",
            format!("Вида «{format}» нет: строки отдаются как json, $metadata — как xml."),
            format!("There is no form \"{format}\": rows come as json, $metadata as xml."),
        )
    }

    /// An `Accept` with nothing that we have.
    pub(crate) fn not_acceptable(accept: &str, ours: &str) -> Self {
        let accept = shown(accept);
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "form_not_available",
            format!("Accept «{accept}» не подходит: здесь отдаётся {ours}."),
            format!("The Accept \"{accept}\" does not fit: here is {ours}."),
        )
    }

    /// The body of `OData`'s errors.
    pub(super) fn odata_body(&self, speech: Speech) -> Value {
        let told = &self.0;
        // Clients show the message alone: it is never empty.
        let words = speech.pick(&told.detail);
        let message = if words.is_empty() { told.code } else { words };
        let details: Vec<Value> = told
            .errors
            .iter()
            .map(|it| json!({"code": told.code, "target": it.pointer, "message": speech.pick(&it.words)}))
            .collect();
        let mut error = json!({"code": told.code, "message": message, "details": details});
        if let Some(target) = told.more.get("target") {
            error["target"] = target.clone();
        }
        if speech == Speech::Ru {
            error["innererror"] = json!({"message_en": told.detail.en});
        }
        json!({"error": error})
    }
}

/// The sets, in words.
fn sets() -> String {
    contract().sets.iter().map(::bi::Set::short).collect::<Vec<_>>().join(", ")
}

/// What a client sent, cut to what fits a sentence.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
