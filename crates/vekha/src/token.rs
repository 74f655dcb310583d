//! `vekha token`: access tokens of a data folder. Only hashes are kept.

use anyhow::Context;
use domain::actor::{Role, Scope};
use domain::id::PersonCode;

use crate::cli::{TokenArgs, TokenVerb, WrongUse};
use crate::out::Out;
use crate::table;
use crate::wiring;

/// `vekha token …`. A running service reads the file again at its next start.
pub(crate) fn run(args: &TokenArgs, out: &mut Out) -> anyhow::Result<()> {
    let mut tokens = wiring::tokens(&args.data)?;
    match &args.verb {
        TokenVerb::Create { role, person, municipality, org } => {
            let role: Role = role.parse().map_err(|error| WrongUse(format!("--role: {error}")))?;
            let person: PersonCode = person.parse().map_err(|error| WrongUse(format!("--person: {error}")))?;
            let scope = match (municipality, org) {
                (Some(code), _) => {
                    Scope::Municipality(code.parse().map_err(|error| WrongUse(format!("--municipality: {error}")))?)
                }
                (None, Some(code)) => Scope::Org(code.parse().map_err(|error| WrongUse(format!("--org: {error}")))?),
                (None, None) => Scope::All,
            };
            if role == Role::School && !matches!(scope, Scope::Org(_)) {
                return Err(WrongUse("a school's token needs its territory: --org CODE".to_owned()).into());
            }
            let secret = secret();
            tokens.insert(&secret, person, role, scope);
            tokens.save(&wiring::tokens_file(&args.data)).context("cannot keep the token")?;
            out.line(secret)
        }
        TokenVerb::List => {
            let mut shown = table::fresh(["person", "role", "territory"]);
            for (person, role, scope) in tokens.list() {
                shown.add_row([person.to_string(), role.to_string(), scope.to_string()]);
            }
            out.line(shown.to_string())
        }
        TokenVerb::Revoke { person } => {
            let person: PersonCode = person.parse().map_err(|error| WrongUse(format!("--person: {error}")))?;
            let gone = tokens.revoke(&person);
            tokens.save(&wiring::tokens_file(&args.data)).context("cannot keep the tokens")?;
            out.line(format!("{gone} tokens of {person} revoked"))
        }
    }
}

/// 256 random bits as text.
pub(crate) fn secret() -> String {
    domain::expand::hex(&rand::random::<[u8; 32]>())
}
