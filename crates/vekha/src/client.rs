//! The service seen from a terminal: requests, problems, pages.

use std::io::{BufRead, BufReader, Read};

use anyhow::Context;
use bytes::Bytes;
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

use crate::cli::{ApiArgs, RecordArgs, WrongUse};
use crate::out::Out;

/// Lines of one request of `vekha record`: far below the body limit, and an answer every second or so.
const LINES_PER_REQUEST: usize = 500;

/// A running service.
pub(crate) struct Api {
    base: Url,
    token: String,
    http: reqwest::Client,
}

impl Api {
    /// Reaches nobody yet.
    ///
    /// # Errors
    /// No token, or an address that is none.
    pub(crate) fn new(args: &ApiArgs) -> anyhow::Result<Self> {
        let token = args.token.clone().ok_or_else(|| {
            WrongUse("no token: give --token or set VEKHA_TOKEN (the demo prints one for each role)".to_owned())
        })?;
        let base = Url::parse(&args.api)
            .map_err(|error| WrongUse(format!("--api {}: {error}; expected http://host:port", args.api)))?;
        Ok(Self { base, token, http: reqwest::Client::new() })
    }

    fn request(&self, method: reqwest::Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.base.join(path).context("not a path of the service")?;
        Ok(self.http.request(method, url).bearer_auth(&self.token))
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request
            .send()
            .await
            .with_context(|| format!("no answer from {}; is the service running there?", self.base))?;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            anyhow::bail!(problem(answer.status(), &answer.text().await.unwrap_or_default()));
        }
        Ok(answer)
    }

    /// Gets a text.
    ///
    /// # Errors
    /// What the service answers, in its words.
    pub(crate) async fn text(&self, path: &str, query: &[(&str, String)]) -> anyhow::Result<String> {
        let request = self.request(reqwest::Method::GET, path)?.query(query);
        self.send(request).await?.text().await.context("the answer broke off")
    }

    /// Gets a file.
    ///
    /// # Errors
    /// What the service answers, in its words.
    pub(crate) async fn bytes(&self, path: &str) -> anyhow::Result<Bytes> {
        let request = self.request(reqwest::Method::GET, path)?;
        self.send(request).await?.bytes().await.context("the answer broke off")
    }

    /// Gets JSON.
    ///
    /// # Errors
    /// What the service answers, in its words.
    pub(crate) async fn json(&self, path: &str) -> anyhow::Result<Value> {
        serde_json::from_str(&self.text(path, &[]).await?).context("the answer is no JSON")
    }

    /// Sends bytes of a media type.
    ///
    /// # Errors
    /// What the service answers, in its words.
    pub(crate) async fn post_bytes(
        &self,
        path: &str,
        query: &[(&str, String)],
        media_type: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Value> {
        let request = self.request(reqwest::Method::POST, path)?.query(query);
        let answer = self.send(request.header("Content-Type", media_type).body(body)).await?;
        answer.json().await.context("the answer is no JSON")
    }

    /// Gets every page of a list, up to `most` rows.
    ///
    /// # Errors
    /// What the service answers, in its words.
    pub(crate) async fn rows(&self, path: &str, query: &[(&str, String)], most: usize) -> anyhow::Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut cursor = None;
        loop {
            let mut query = query.to_vec();
            query.extend(cursor.map(|cursor| ("cursor", cursor)));
            let page: Value = serde_json::from_str(&self.text(path, &query).await?).context("the answer is no JSON")?;
            rows.extend(page["data"].as_array().cloned().unwrap_or_default());
            cursor = page["next"].as_str().map(str::to_owned);
            if cursor.is_none() || rows.len() >= most {
                rows.truncate(most);
                return Ok(rows);
            }
        }
    }

    /// Sends one command; answers with the receipt, or with what a dry run would do.
    ///
    /// # Errors
    /// What the service answers, in its words.
    pub(crate) async fn command(&self, name: &str, key: &str, body: &Value, dry_run: bool) -> anyhow::Result<Value> {
        let path = format!("/api/v1/commands/{name}");
        let request = self.request(reqwest::Method::POST, &path)?.header("Idempotency-Key", key).json(body);
        let request = if dry_run { request.query(&[("dry_run", "true")]) } else { request };
        let answer = self.send(request).await?;
        answer.json().await.context("the answer is no JSON")
    }
}

/// A problem in words for a person at a terminal.
fn problem(status: StatusCode, body: &str) -> String {
    let Ok(problem) = serde_json::from_str::<Value>(body) else {
        return format!("the service answered {status}");
    };
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().into_iter().flatten().map(|error| {
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        format!("\n  {} {}", part("pointer"), part("detail"))
    });
    format!("{status}, {}: {}{}", text("code"), text("detail"), errors.collect::<String>())
}

/// `vekha record`: an outcome a line, in the order of the commands.
pub(crate) async fn record(args: &RecordArgs, out: &mut Out) -> anyhow::Result<()> {
    let api = Api::new(&args.api)?;
    let input: Box<dyn Read> = match &args.file {
        Some(file) => Box::new(std::fs::File::open(file).with_context(|| format!("cannot read {}", file.display()))?),
        None => Box::new(std::io::stdin()),
    };
    let mut refused = 0_usize;
    let mut lines = Vec::new();
    for line in BufReader::new(input).lines() {
        let line = line.context("the commands are not UTF-8 text")?;
        if !line.trim().is_empty() {
            lines.push(with_flags(line, args)?);
        }
        if args.if_match.is_some() && lines.len() > 1 {
            let told = "--if-match is the version of one obligation: give it with a single command, or as `if_match` \
                in the lines";
            return Err(WrongUse(told.to_owned()).into());
        }
        if lines.len() == LINES_PER_REQUEST {
            refused += send_lines(&api, &mut lines, out).await?;
        }
    }
    refused += send_lines(&api, &mut lines, out).await?;
    anyhow::ensure!(refused == 0, "{refused} of the commands were not carried out; see their lines");
    Ok(())
}

/// A line with what the flags say, where it does not say so itself; one that is no object goes as it is, for the
/// service to judge.
fn with_flags(line: String, args: &RecordArgs) -> anyhow::Result<String> {
    let flags = [
        ("on_behalf_of", args.on_behalf_of.as_deref().map(Value::from)),
        ("if_match", args.if_match.map(Value::from)),
        ("dry_run", args.dry_run.then_some(Value::Bool(true))),
    ];
    if flags.iter().all(|(_, value)| value.is_none()) {
        return Ok(line);
    }
    let Ok(Value::Object(mut command)) = serde_json::from_str(&line) else { return Ok(line) };
    for (name, value) in flags {
        if let Some(value) = value {
            command.entry(name).or_insert(value);
        }
    }
    serde_json::to_string(&command).context("a command cannot be written as JSON")
}

async fn send_lines(api: &Api, lines: &mut Vec<String>, out: &mut Out) -> anyhow::Result<usize> {
    if lines.is_empty() {
        return Ok(0);
    }
    let body = lines.join("\n");
    lines.clear();
    let request = api.request(reqwest::Method::POST, "/api/v1/commands")?;
    let request = request.header("Content-Type", "application/x-ndjson").body(body);
    let answer = api.send(request).await?.text().await.context("the answer broke off")?;
    let refused = answer
        .lines()
        .filter(|line| serde_json::from_str::<Value>(line).is_ok_and(|v| v["status"].as_u64() >= Some(400)))
        .count();
    out.text(&answer)?;
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(grant: Option<&str>, if_match: Option<u64>, dry_run: bool) -> RecordArgs {
        let api = ApiArgs { api: String::new(), token: None };
        RecordArgs { file: None, on_behalf_of: grant.map(str::to_owned), if_match, dry_run, api }
    }

    #[test]
    fn flags_fill_in_what_a_line_does_not_say() {
        let line = r#"{"name":"accept","key":"k","body":{},"on_behalf_of":"own"}"#.to_owned();
        let told: Value =
            serde_json::from_str(&with_flags(line, &args(Some("leave-7"), Some(7), true)).unwrap()).unwrap();
        assert_eq!(told["on_behalf_of"], "own");
        assert_eq!((&told["if_match"], &told["dry_run"]), (&Value::from(7), &Value::Bool(true)));
    }

    #[test]
    fn a_line_is_sent_as_it_came_where_nothing_is_to_be_said() {
        for line in ["{ \"name\" : 1 }", "no json"] {
            assert_eq!(with_flags(line.to_owned(), &args(None, None, false)).unwrap(), line);
        }
        assert_eq!(with_flags("no json".to_owned(), &args(None, None, true)).unwrap(), "no json");
    }
}
