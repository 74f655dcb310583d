//! A `PostgreSQL` of a test's own: an ordinary user's, in a folder that goes with it, on a socket there.
//!
//! `VEKHA_POSTGRES` names the folder of its programs; a test without it fails, it is never skipped.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long it may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// Whom root's tests start it as: `PostgreSQL` refuses to run as root.
const NOBODY: u32 = 65_534;
/// The port that stands in a socket's name.
const PORT: u16 = 5432;
/// The password of everybody here.
pub const PASSWORD: &str = "not-a-secret";

/// A server, stopped at the end.
pub struct Postgres {
    child: Option<Child>,
    folder: TempDir,
    /// Its port, when it listens on loopback too.
    port: Option<u16>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Postgres {
    /// Starts a server with a user `vekha`, who may make logins, and a database of theirs.
    #[must_use]
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("vekha-pg-").unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        if root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let mut server = Self { child: None, folder, port: None };
        let made = as_user(&program("initdb"))
            .args([
                "--no-sync",
                "--wal-segsize=1",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "--auth=scram-sha-256",
            ])
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(server.data())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        server.run();
        server.exec(
            "postgres",
            &format!("CREATE ROLE vekha LOGIN CREATEROLE PASSWORD '{PASSWORD}'; CREATE DATABASE vekha OWNER vekha;"),
        );
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it, perhaps again.
    #[expect(clippy::disallowed_methods, reason = "a test waits for its database, and for nothing else meanwhile")]
    pub fn run(&mut self) {
        let start = Instant::now();
        loop {
            let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
            let child = as_user(&program("postgres"))
                .arg("-D")
                .arg(self.data())
                .arg("-k")
                .arg(self.folder.path())
                .arg("-p")
                .arg(self.port.unwrap_or(PORT).to_string())
                .arg("-c")
                .arg(format!("listen_addresses={}", if self.port.is_some() { "127.0.0.1" } else { "" }))
                .args(["-c", "fsync=off", "-c", "shared_buffers=32MB"])
                .args(["-c", "autovacuum=off", "-c", "max_connections=20"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .unwrap();
            self.child = Some(child);
            while self.child.as_mut().unwrap().try_wait().unwrap().is_none() {
                if self.answers() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            // What a killed one left behind ends a little later.
            assert!(start.elapsed() < PATIENCE, "PostgreSQL does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn answers(&self) -> bool {
        self.psql("postgres", "postgres", "SELECT 1").is_ok()
    }

    /// Starts it anew on a port of loopback where it takes nobody without TLS; the port.
    pub fn speak_tls(&mut self, certificate: &str, key: &str) -> u16 {
        for (file, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.data().join(file);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            if root() {
                chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let rights = self.data().join("pg_hba.conf");
        let known = std::fs::read_to_string(&rights).unwrap();
        std::fs::write(&rights, format!("hostnossl all all all reject\n{known}")).unwrap();
        self.exec("postgres", "ALTER SYSTEM SET ssl = on");
        self.kill();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        self.port = Some(port);
        self.run();
        port
    }

    /// Lets no file of it grow beyond so many bytes, as on a disk that is full; nothing is in the way any more without.
    /// At least 1 MiB, which a segment of its log has.
    pub fn limit(&self, bytes: Option<u64>) {
        let server = self.child.as_ref().unwrap().id();
        let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children")).unwrap();
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        for pid in std::iter::once(&*server.to_string()).chain(children.split_whitespace()) {
            // A session may have ended meanwhile; the server itself has not.
            let limit = format!("--fsize={limit}:unlimited");
            let done = as_user(Path::new("prlimit")).args(["--pid", pid, &limit]).output().unwrap();
            let error = String::from_utf8_lossy(&done.stderr).into_owned();
            assert!(done.status.success() || pid != server.to_string(), "{error}");
        }
    }

    /// Kills it: no checkpoint, no goodbye.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The address for a user.
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://{user}:{PASSWORD}@{folder}:{}/{database}", self.port.unwrap_or(PORT))
    }

    /// The folder of its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// Has something done by the superuser.
    pub fn exec(&self, database: &str, text: &str) {
        drop(self.sql(database, text));
    }

    /// Asks something as the superuser; the answer has no ornaments.
    #[must_use]
    pub fn sql(&self, database: &str, text: &str) -> String {
        self.psql("postgres", database, text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// Dumps a database into a file, as a nightly job does.
    #[must_use]
    pub fn dump(&self, database: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{database}.dump"));
        let dumped =
            Command::new(program("pg_dump")).args(["-Fc", "-d", &self.url("postgres", database)]).output().unwrap();
        assert!(dumped.status.success(), "pg_dump: {}", String::from_utf8_lossy(&dumped.stderr));
        std::fs::write(&file, dumped.stdout).unwrap();
        file
    }

    /// Fills an empty database from a dump.
    pub fn restore(&self, database: &str, dump: &Path) {
        let to = self.url("postgres", database);
        let restored =
            Command::new(program("pg_restore")).args(["--exit-on-error", "-d", &to]).arg(dump).output().unwrap();
        assert!(restored.status.success(), "pg_restore: {}", String::from_utf8_lossy(&restored.stderr));
    }

    /// Says something as somebody.
    ///
    /// # Errors
    /// What the database says.
    pub fn psql(&self, user: &str, database: &str, text: &str) -> Result<String, String> {
        Self::psql_at(&self.url(user, database), text)
    }

    /// Says something over an address; each statement by itself.
    ///
    /// # Errors
    /// What the database says.
    pub fn psql_at(url: &str, text: &str) -> Result<String, String> {
        let mut child = Command::new(program("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Not as -c, which would make one transaction of all: CREATE DATABASE stands in none.
        drop(std::io::Write::write_all(child.stdin.as_mut().unwrap(), text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("VEKHA_POSTGRES").map(PathBuf::from);
    folder
        .unwrap_or_else(|| panic!("VEKHA_POSTGRES does not name the folder of PostgreSQL: run `make nextest`"))
        .join(name)
}

/// Whether the tests run as root.
fn root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// A program, as an ordinary user.
fn as_user(program: &Path) -> Command {
    let mut command = if root() {
        let mut command = Command::new("setpriv");
        command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
        command.arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}
