//! `vekha mart`: who may read the `PostgreSQL` that is kept up, how it stands, a rebuild.

use anyhow::Context;
use mart::readers::{self, Sees};
use mart::{Address, MartError};

use crate::cli::{MartArgs, MartVerb, ReaderVerb, WrongUse};
use crate::out::Out;
use crate::{table, token};

/// Characters of a password at least.
const PASSWORD_MIN: usize = 12;

/// `vekha mart …`.
pub(crate) async fn run(args: MartArgs, out: &mut Out) -> anyhow::Result<()> {
    let which = "which database? Name it with --mart postgres://USER:PASSWORD@HOST:PORT/DATABASE or VEKHA_MART_URL";
    let address = args.mart.ok_or_else(|| WrongUse(which.to_owned()))?;
    match args.verb {
        MartVerb::Reader { verb } => reader(&address, verb, out).await,
        MartVerb::Status => out.line(mart::status(&address).await.map_err(advised)?.to_string()),
        MartVerb::Rebuild => {
            mart::ask_rebuild(&address).await.map_err(advised)?;
            out.line("asked: the running service builds everything anew; `vekha mart status` shows the new generation")
        }
    }
}

async fn reader(address: &Address, verb: ReaderVerb, out: &mut Out) -> anyhow::Result<()> {
    match verb {
        ReaderVerb::Add { login, region, municipality, org, password_stdin } => {
            let sees = match (region, municipality, org) {
                (region, Some(municipality), _) => Sees::Municipality { region, municipality },
                (region, None, Some(org)) => Sees::Org { region, org },
                (Some(region), None, None) => Sees::Region(region),
                (None, None, None) => Sees::All,
            };
            let password = if password_stdin { given()? } else { token::secret() };
            let added = readers::add(address, &login, &password, sees).await.map_err(advised)?;
            out.line(format!("{} may read the views of vekha_bi, and sees: {}", added.login, added.sees))?;
            if !password_stdin {
                out.line(format!("password, shown once: {password}"))?;
            }
            Ok(())
        }
        ReaderVerb::List => {
            let mut shown = table::fresh(["login", "sees"]);
            for reader in readers::list(address).await.map_err(advised)? {
                shown.add_row([reader.login, reader.sees.to_string()]);
            }
            out.line(shown.to_string())
        }
        ReaderVerb::Remove { login } => {
            let gone = readers::remove(address, &login).await.map_err(advised)?;
            anyhow::ensure!(gone, "there is no reader {login}; `vekha mart reader list` shows who there is");
            out.line(format!("{login} may read no longer"))
        }
    }
}

/// A password from standard input.
fn given() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_MIN {
        return Err(WrongUse(format!("the password is too short: {PASSWORD_MIN} characters at least")).into());
    }
    Ok(password.to_owned())
}

/// The error with what can be done.
fn advised(error: MartError) -> anyhow::Error {
    let advice = error.advice();
    let error = anyhow::Error::new(error);
    if advice.is_empty() { error } else { anyhow::anyhow!("{error:#}. What to do: {advice}") }
}
