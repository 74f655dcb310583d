//! Who comes in: bearer tokens, of which only hashes are kept.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use domain::actor::{Actor, Role, Scope};
use domain::expand::hex;
use domain::id::{EntityCode, PersonCode};
use domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Face;
use crate::act;
use crate::problem::Problem;

/// Access tokens, by the SHA-256 of their text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenStore {
    holders: BTreeMap<String, Actor>,
}

impl TokenStore {
    /// Reads the tokens of a file; a file that is not there holds none.
    ///
    /// # Errors
    /// A file that cannot be read, or is not what [`TokenStore::save`] wrote.
    pub fn load(path: &Path) -> io::Result<Self> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the tokens to a file that only its owner may read, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let fresh = path.with_extension("json.new");
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(self).map_err(io::Error::other)?)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    }

    /// Lets a person in with a token.
    pub fn insert(&mut self, token: &str, person: PersonCode, role: Role, scope: Scope) {
        self.holders.insert(hash(token), Actor::new(person, role, scope));
    }

    /// Takes away every token of a person and tells how many there were.
    pub fn revoke(&mut self, person: &PersonCode) -> usize {
        let before = self.holders.len();
        self.holders.retain(|_, holder| holder.person != *person);
        before - self.holders.len()
    }

    /// Who has tokens.
    pub fn list(&self) -> impl Iterator<Item = (&PersonCode, Role, &Scope)> {
        self.holders.values().map(|holder| (&holder.person, holder.role, &holder.scope))
    }

    pub(crate) fn holder(&self, token: &str) -> Option<&Actor> {
        self.holders.get(&hash(token))
    }

    /// What names a token of somebody where the token itself must not stand: the beginning of its hash.
    pub(crate) fn mark_of(&self, actor: &Actor) -> Option<&str> {
        self.holders.iter().find(|(_, holder)| *holder == actor).map(|(hash, _)| &hash[..MARK])
    }

    /// Whom a token stands for, by what [`Self::mark_of`] said.
    pub(crate) fn holder_of_mark(&self, mark: &str) -> Option<&Actor> {
        let found = (mark.len() == MARK).then(|| self.holders.range(mark.to_owned()..).next())?;
        found.filter(|(hash, _)| hash.starts_with(mark)).map(|(_, holder)| holder)
    }
}

/// Digits of a hash that name a token among all others.
const MARK: usize = 16;

fn hash(token: &str) -> String {
    hex(&Sha256::digest(token))
}

/// Who asks, as their token says.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) actor: Actor,
}

impl Caller {
    pub(crate) fn role(&self) -> Role {
        self.actor.role
    }

    /// Whether names of persons may be shown.
    pub(crate) fn reads_names(&self) -> bool {
        self.actor.role != Role::Bi
    }

    /// Lets only some roles through.
    ///
    /// # Errors
    /// 403 for all others.
    pub(crate) fn only(&self, roles: &[Role]) -> Result<(), Problem> {
        if roles.contains(&self.actor.role) { Ok(()) } else { Err(Problem::role(self.actor.role)) }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::no_token)
    }
}

/// Lets nobody in without a token.
pub(crate) async fn authenticated(
    State(face): State<Face>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let mut actor = actor_of(&face, request.headers())?;
    if request.method() == Method::GET
        && let Some(code) = act::grant(request.headers())?
    {
        actor = face.under_grant(&actor, &code)?;
    }
    request.extensions_mut().insert(Caller { actor });
    Ok(next.run(request).await)
}

impl Face {
    /// A substitute as they read: in the lender's role and territory.
    fn under_grant(&self, actor: &Actor, code: &EntityCode) -> Result<Actor, Problem> {
        let now = self.gate.now();
        let lent = self.gate.replica().read(|state| {
            let register = &state.register;
            let today = register.regions().first().map(|region| region.clockwork.local_day(now))?;
            register.ledger().grant(code)?.lend(&actor.person, today)
        });
        lent.ok_or_else(|| Problem::from(Refusal::Grant(code.clone())))
    }
}

/// Whom the token of a request stands for.
///
/// # Errors
/// 401: there is none, or none that we know.
pub(crate) fn actor_of(face: &Face, headers: &HeaderMap) -> Result<Actor, Problem> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(Problem::no_token)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(Problem::no_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::no_token());
    }
    face.tokens.holder(token.trim()).cloned().ok_or_else(Problem::wrong_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_kept_as_hashes_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        let mut store = TokenStore::load(&path).unwrap();
        let scope = Scope::Municipality("pogranichny".parse().unwrap());
        store.insert("secret", "ivanova-ai".parse().unwrap(), Role::Coordinator, scope.clone());
        store.save(&path).unwrap();
        assert!(!std::fs::read_to_string(&path).unwrap().contains("secret"));
        let again = TokenStore::load(&path).unwrap();
        assert_eq!(again.holder("secret").unwrap().scope, scope);
        assert!(again.holder("Secret").is_none());
    }

    #[test]
    fn a_revoked_person_is_not_let_in() {
        let mut store = TokenStore::default();
        let person: PersonCode = "ivanova-ai".parse().unwrap();
        store.insert("one", person.clone(), Role::Bi, Scope::All);
        store.insert("two", person.clone(), Role::Bi, Scope::All);
        assert_eq!(store.revoke(&person), 2);
        assert!(store.holder("one").is_none());
    }
}
