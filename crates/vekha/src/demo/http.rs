//! The year acted out: every person of the story sends their commands through HTTP, mistakes included.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use domain::actor::{Actor, Role, Scope};
use domain::id::PersonCode;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use reqwest::StatusCode;
use scenario::{Step, World};
use serde_json::{Value, json};

use super::mistakes::{Mistake, Whose, beside};
use super::story::{Story, world};
use crate::out::Out;
use crate::token;
use crate::wiring;

/// Commands that are on their way together: as many people at their desks at one time.
const TOGETHER: usize = 64;
/// How often a command is sent again while the service is busy.
const TRIES: u32 = 20;

/// Everybody who acts, with their tokens.
pub(crate) struct Cast {
    base: String,
    world: World,
    tokens: HashMap<PersonCode, (String, Actor)>,
    http: reqwest::Client,
}

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    latencies: Vec<Duration>,
    statuses: BTreeMap<u16, u64>,
    refusals: BTreeMap<String, u64>,
    people: BTreeMap<Role, HashSet<PersonCode>>,
    repeated: u64,
    took: Duration,
}

/// One command and what must come of it.
struct Sent {
    /// Whom it keeps busy: commands about one organisation are sent one behind the other.
    place: String,
    status: u16,
    took: Duration,
    refusals: Vec<String>,
}

impl Cast {
    /// Finds everybody who acts in a story.
    ///
    /// # Errors
    /// The plan cannot be read.
    pub(crate) fn of(base: &str, schools: u32, seed: u64) -> anyhow::Result<Self> {
        let world = world(schools, seed)?;
        let mut tokens = HashMap::new();
        let mut admit = |actor: &Actor| {
            tokens.entry(actor.person.clone()).or_insert_with(|| (token::secret(), actor.clone()));
        };
        world.setup().chain(scenario::year(&world)).for_each(|step| admit(&step.actor));
        admit(&Actor::new("importer".parse()?, Role::Importer, Scope::All));
        admit(&Actor::new("bi-of-the-story".parse()?, Role::Bi, Scope::All));
        Ok(Self { base: base.to_owned(), world, tokens, http: reqwest::Client::new() })
    }

    /// Lets everybody in; before the service starts, since it reads the tokens then.
    ///
    /// # Errors
    /// The tokens cannot be kept.
    pub(crate) fn admit(&self, data: &Path) -> anyhow::Result<()> {
        let mut store = wiring::tokens(data)?;
        for (secret, actor) in self.tokens.values() {
            store.insert(secret, actor.person.clone(), actor.role, actor.scope.clone());
        }
        store.save(&wiring::tokens_file(data)).context("cannot keep the tokens")
    }

    /// Lets everybody act, from September to August.
    ///
    /// # Errors
    /// A command that should have been taken was refused, or a mistake was not.
    pub(crate) async fn act(&self) -> anyhow::Result<(Story, Rates)> {
        let start = Instant::now();
        let mut rates = Rates::default();
        self.mark("open-import").await?;
        let mut on_way = FuturesUnordered::new();
        let mut busy: HashSet<String> = HashSet::new();
        let mut commands = 0;
        for (number, step) in (1..).zip(self.world.setup().chain(scenario::year(&self.world))) {
            let place = place(&step);
            let alone = place.is_empty();
            while (alone && !on_way.is_empty()) || busy.contains(&place) || on_way.len() >= TOGETHER {
                let Some(sent) = on_way.next().await else { break };
                rates.note(sent?, &mut busy);
            }
            rates.people.entry(step.actor.role).or_default().insert(step.actor.person.clone());
            commands += 1;
            busy.insert(place.clone());
            on_way.push(self.send(number, step, place));
            if alone {
                let Some(sent) = on_way.next().await else { continue };
                rates.note(sent?, &mut busy);
            }
        }
        while let Some(sent) = on_way.next().await {
            rates.note(sent?, &mut busy);
        }
        self.mark("close-import").await?;
        rates.took = start.elapsed();
        let events = rates.statuses.get(&201).copied().unwrap_or(0);
        let story = Story {
            schools: self.world.schools(),
            commands,
            repeated: rates.repeated,
            events,
            took: rates.took,
            names: self.world.directory().collect(),
        };
        Ok((story, rates))
    }

    /// Begins or ends the time in which the story's own clock counts.
    async fn mark(&self, act: &str) -> anyhow::Result<()> {
        let importer: PersonCode = "importer".parse()?;
        let body = json!({"source": "vekha demo --over-http"}).to_string().into_bytes();
        let request = self.request(act, self.token(&importer)?, act, body);
        let answer = request.send().await.context("the service does not answer")?;
        anyhow::ensure!(answer.status().is_success(), "{act}: {}", answer.text().await.unwrap_or_default());
        Ok(())
    }

    fn token(&self, person: &PersonCode) -> anyhow::Result<&str> {
        let known = self.tokens.get(person).with_context(|| format!("{person} has no token"))?;
        Ok(&known.0)
    }

    fn request(&self, act: &str, token: &str, key: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/api/v1/commands/{act}", self.base))
            .bearer_auth(token)
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json")
            .header("Accept-Language", "en")
            .body(body)
    }

    /// Sends a step, and the mistake that goes with it.
    async fn send(&self, number: u64, step: Step, place: String) -> anyhow::Result<Sent> {
        let mistake = beside(number, &step);
        let mut refusals = Vec::new();
        if let Some(mistake) = mistake.as_ref().filter(|mistake| !mistake.after) {
            refusals.push(self.err(mistake, &step).await?);
        }
        let start = Instant::now();
        let mut tries = 0;
        let (status, answer) = loop {
            let token = self.token(&step.actor.person)?;
            let mut request = self.request(step.command.act().as_str(), token, &step.command_id, step.body());
            request = request.header("Vekha-Now", step.at.to_string());
            if let Some(grant) = &step.grant {
                request = request.header("X-On-Behalf-Of", grant.as_str());
            }
            let answer = request.send().await.context("the service does not answer")?;
            let (status, text) = (answer.status(), answer.text().await.unwrap_or_default());
            tries += 1;
            if status != StatusCode::SERVICE_UNAVAILABLE || tries == TRIES {
                break (status, text);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let took = start.elapsed();
        let wanted = if step.repeat { StatusCode::OK } else { StatusCode::CREATED };
        anyhow::ensure!(status == wanted, "{} ({}) got {status}: {answer}", step.command_id, step.command.act());
        if let Some(mistake) = mistake.as_ref().filter(|mistake| mistake.after) {
            refusals.push(self.err(mistake, &step).await?);
        }
        Ok(Sent { place, status: status.as_u16(), took, refusals })
    }

    /// Makes a mistake, which must be refused as it deserves.
    async fn err(&self, mistake: &Mistake, step: &Step) -> anyhow::Result<String> {
        let token = match mistake.whose {
            Whose::Own => self.token(&step.actor.person)?,
            Whose::Foreign => self.stranger(step)?,
            Whose::Dashboard => self.token(&"bi-of-the-story".parse()?)?,
            Whose::Nobody => "nobody-knows-this-token",
        };
        let mut request = self.request(&mistake.act, token, &mistake.key, mistake.body.clone());
        request = request.header("Vekha-Now", step.at.to_string());
        if let Some(version) = mistake.if_match {
            request = request.header("If-Match", version);
        }
        let answer = request.send().await.context("the service does not answer")?;
        let status = answer.status();
        let problem: Value = answer.json().await.unwrap_or_default();
        let code = problem["code"].as_str().unwrap_or_default().to_owned();
        anyhow::ensure!(
            status.is_client_error() && mistake.codes.contains(&code.as_str()),
            "{} beside {} should be {:?}, got {status}: {problem}",
            mistake.key,
            step.command_id,
            mistake.codes
        );
        Ok(code)
    }

    /// The head of another school than the step is about.
    fn stranger(&self, step: &Step) -> anyhow::Result<&str> {
        let about = step.command.obligation().map(|id| Scope::Org(id.org.clone()));
        let stranger = self.tokens.values().find(|(_, actor)| {
            actor.role == Role::School && Some(&actor.scope) != about.as_ref() && actor.person != step.actor.person
        });
        // With one school only there is no other: nobody's token is refused too, but otherwise.
        Ok(&stranger.context("a story of one school has no stranger")?.0)
    }
}

/// Whom a step keeps busy; empty where it goes alone, since others may hang on it.
fn place(step: &Step) -> String {
    step.command.obligation().map(|id| id.org.to_string()).unwrap_or_default()
}

impl Rates {
    fn note(&mut self, sent: Sent, busy: &mut HashSet<String>) {
        busy.remove(&sent.place);
        self.latencies.push(sent.took);
        *self.statuses.entry(sent.status).or_default() += 1;
        self.repeated += u64::from(sent.status == 200);
        for code in sent.refusals {
            *self.refusals.entry(code).or_default() += 1;
        }
    }

    /// Prints how it went.
    ///
    /// # Errors
    /// Nobody reads.
    pub(crate) fn print(&self, out: &mut Out) -> anyhow::Result<()> {
        let mut latencies = self.latencies.clone();
        latencies.sort_unstable();
        let at = |share: usize| {
            let at = latencies.len().saturating_sub(1) * share / 100;
            latencies.get(at).map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
        };
        let people: Vec<String> = self.people.iter().map(|(role, people)| format!("{role} {}", people.len())).collect();
        out.line(format!("\nлюди по ролям / people by role: {}", people.join(", ")))?;
        let many = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        out.line(format!(
            "по HTTP / over HTTP: {many} команд / commands, {:.0} в секунду / a second; p50 {:.1} ms, p99 {:.1} ms",
            f64::from(many) / self.took.as_secs_f64().max(0.001),
            at(50),
            at(99),
        ))?;
        let refused: u64 = self.refusals.values().sum();
        let codes: Vec<String> = self.refusals.iter().map(|(code, count)| format!("{code} {count}")).collect();
        out.line(format!("отказы / refusals {refused}: {}", codes.join(", ")))
    }
}
