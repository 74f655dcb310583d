//! Finding the broker's binary.

use std::env;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{BrokerError, BrokerOptions};
use crate::connect::is_new_enough;

const NAME: &str = "nats-server";
const VARIABLE: &str = "VEKHA_NATS_SERVER";

/// Finds a binary that is new enough: the one named, else on `PATH`, else in the tools' folders.
pub(super) async fn server(options: &BrokerOptions) -> Result<PathBuf, BrokerError> {
    let named = options.server.clone().or_else(|| env::var_os(VARIABLE).map(PathBuf::from));
    let candidates: Vec<PathBuf> = match named {
        Some(path) => vec![path],
        None => candidates(options),
    };
    let mut too_old = None;
    for path in candidates.iter().filter(|path| path.is_file()) {
        match version(path).await {
            Some(version) if is_new_enough(&version) => {
                return Ok(std::path::absolute(path).unwrap_or_else(|_| path.clone()));
            }
            Some(found) => {
                too_old.get_or_insert(BrokerError::TooOld { path: path.clone(), found });
            }
            None => {}
        }
    }
    let looked_at: Vec<String> = candidates.iter().map(|p| p.display().to_string()).collect();
    Err(too_old.unwrap_or(BrokerError::NotFound { looked_at: looked_at.join(", ") }))
}

fn candidates(options: &BrokerOptions) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty());
    let in_tools = options.tools.iter().flat_map(|folder| [folder.clone(), folder.join("bin")]);
    on_path.chain(in_tools).map(|folder| folder.join(NAME)).collect()
}

/// Asks a binary for its version: `nats-server: v2.15.1`.
async fn version(path: &Path) -> Option<String> {
    let output = Command::new(path).arg("--version").kill_on_drop(true).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.trim().rsplit(' ').next()?.trim_start_matches('v');
    Some(version.to_owned())
}

/// Finds a program on `PATH`.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
