//! The broker's folder: configuration, store, log, and the file that tells others of it.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{BrokerError, BrokerOptions};
use crate::Auth;

/// Largest message with its headers: the broker's own default, said aloud.
const MAX_PAYLOAD_BYTES: u64 = 1024 * 1024;
/// Least store that a configuration asks for: 0 would mean "as you like".
const STORE_BYTES_MIN: u64 = 1024 * 1024;
/// So much of the broker's log is quoted in an error.
const TAIL_BYTES: u64 = 600;

/// A broker that runs: address, credentials and process id, as `broker.json` holds them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Running {
    /// Address for clients.
    pub url: String,
    /// The user.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// Process id of the broker.
    pub pid: u32,
    #[serde(skip)]
    port: u16,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({}, {}, pid {})", self.url, self.user, self.pid)
    }
}

impl Running {
    pub(super) fn new(port: u16) -> Self {
        let password = format!("{:032x}", rand::random::<u128>());
        let url = format!("nats://127.0.0.1:{port}");
        Self { url, user: "vekha".to_owned(), password, pid: 0, port }
    }

    /// Returns the credentials for clients.
    #[must_use]
    pub fn auth(&self) -> Auth {
        Auth::Password { user: self.user.clone(), password: self.password.clone() }
    }
}

/// The folder `DATA/broker`.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn at(data: &Path) -> Self {
        let folder = data.join("broker");
        Self(std::path::absolute(&folder).unwrap_or(folder))
    }

    pub(super) fn create(data: &Path) -> Result<Self, BrokerError> {
        let folder = Self::at(data);
        let store = folder.store();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&store);
        made.map_err(|source| BrokerError::File { path: store, source })?;
        Ok(folder)
    }

    pub(super) fn config(&self) -> PathBuf {
        self.0.join("nats.conf")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.0.join("nats.log")
    }

    fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    fn running(&self) -> PathBuf {
        self.0.join("broker.json")
    }

    /// Takes the folder for this process; the lock ends with the process, however it ends.
    pub(super) fn lock(&self) -> Result<File, BrokerError> {
        let path = self.0.join("lock");
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|source| BrokerError::File { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let pid = self.read_running().map_or("unknown".to_owned(), |r| r.pid.to_string());
                Err(BrokerError::InUse { folder: self.0.clone(), pid })
            }
            Err(TryLockError::Error(source)) => Err(BrokerError::File { path, source }),
        }
    }

    pub(super) fn write_config(
        &self,
        running: &Running,
        probe_port: u16,
        options: &BrokerOptions,
    ) -> Result<(), BrokerError> {
        // The limit counts what is stored already; a limit reached is a clean refusal, a full
        // disk is silence.
        let room = self.free_bytes().saturating_sub(options.reserve_bytes);
        let store_bytes = room.saturating_add(size_of(&self.store())).max(STORE_BYTES_MIN);
        let text = format!(
            "# Written by vekha at every start of the broker; changes are lost.\n\
             listen: \"127.0.0.1:{port}\"\n\
             http: \"127.0.0.1:{probe_port}\"\n\
             server_name: \"vekha-local\"\n\
             max_payload: {MAX_PAYLOAD_BYTES}\n\
             write_deadline: \"30s\"\n\
             authorization {{ user: \"{user}\", password: \"{password}\", timeout: 5 }}\n\
             jetstream {{\n\
             \x20 store_dir: {store}\n\
             \x20 # The default syncs every two minutes: acknowledged writes lost on a power cut.\n\
             \x20 sync_interval: always\n\
             \x20 max_file_store: {store_bytes}\n\
             }}\n",
            port = running.port,
            user = running.user,
            password = running.password,
            store = quoted(&self.store()),
        );
        write_private(&self.config(), &text)
    }

    pub(super) fn write_running(&self, running: &Running) -> Result<(), BrokerError> {
        let path = self.running();
        let text = serde_json::to_string_pretty(running).map_err(io::Error::other);
        let text = text.map_err(|source| BrokerError::File { path: path.clone(), source })?;
        write_private(&path, &text)
    }

    pub(super) fn read_running(&self) -> Option<Running> {
        serde_json::from_str(&fs::read_to_string(self.running()).ok()?).ok()
    }

    pub(super) fn remove_running(&self) {
        if let Err(error) = fs::remove_file(self.running()) {
            tracing::debug!("the broker's file was gone already: {error}");
        }
    }

    /// Opens the log for what the broker writes, and readable by the owner alone.
    pub(super) fn open_log(&self) -> Result<File, BrokerError> {
        let path = self.log();
        let open = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        open.map_err(|source| BrokerError::File { path, source })
    }

    /// Returns the last lines of the broker's log.
    pub(super) fn log_tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(self.log())?;
            let from = file.metadata()?.len().saturating_sub(TAIL_BYTES);
            file.seek(SeekFrom::Start(from))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
        };
        read().unwrap_or_default()
    }

    /// Returns the free bytes of the disk under the folder.
    pub(super) fn free_bytes(&self) -> u64 {
        nix::sys::statvfs::statvfs(&self.0).map_or(0, |disk| {
            let blocks = disk.blocks_available();
            blocks.saturating_mul(disk.fragment_size())
        })
    }
}

/// Writes a file for the owner's eyes: beside, synced, renamed.
fn write_private(path: &Path, text: &str) -> Result<(), BrokerError> {
    let beside = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(|source| BrokerError::File { path: path.to_owned(), source })
}

/// A path in the broker's configuration language, which takes JSON's strings.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.display().to_string()).to_string()
}

/// Bytes of the files under a folder.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
