//! Who comes in to the feed: by Basic, since Excel and Power BI know nothing else, by Bearer, by a header of its own, or
//! by a signed link.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::actor::Actor;

use super::links;
use crate::Face;
use crate::auth::{self, Caller};
use crate::problem::Problem;

/// The user of Basic authentication: who it is, the token says.
const USER: &str = "token";

/// Lets nobody in without a token or a link.
pub(super) async fn let_in(State(face): State<Face>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let actor = match links::signed(&face, &request) {
        Some(signed) => signed,
        None => of_token(&face, request.headers()),
    };
    let actor = actor.map_err(Problem::with_basic)?;
    request.extensions_mut().insert(Caller { actor });
    Ok(next.run(request).await)
}

/// Whom the token of a request stands for, whatever way it comes.
///
/// # Errors
/// 401: there is none, or none that we know.
pub(super) fn of_token(face: &Face, headers: &HeaderMap) -> Result<Actor, Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text("x-api-key") {
        return face.tokens.holder(token.trim()).cloned().ok_or_else(Problem::wrong_token);
    }
    let basic = text(AUTHORIZATION.as_str()).and_then(|header| {
        let (scheme, rest) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then(|| rest.trim().to_owned())
    });
    let Some(basic) = basic else { return auth::actor_of(face, headers) };
    let pair = STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
    let token = pair.and_then(|(user, token)| (user == USER).then_some(token)).ok_or_else(Problem::no_basic)?;
    face.tokens.holder(token).cloned().ok_or_else(Problem::wrong_token)
}
