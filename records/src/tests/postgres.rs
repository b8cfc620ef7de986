//! A private PostgreSQL server for one test: its own data directory, a Unix socket, no TCP.
//!
//! `initdb` takes seconds, so its result is made once for each version and user and copied. The
//! server refuses to run as root; then it runs as the user `postgres`, whom the package creates.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use tempfile::TempDir;

const MISSING: &str = "PostgreSQL's server programs (initdb, postgres) were not found: install the \
                       package `postgresql`";

/// Ends the server when the test's end of its standard input closes, however the test ends.
const WATCH: &str = r#""$@" & pid=$!; cat > /dev/null; kill -QUIT "$pid"; wait "$pid""#;

/// A running server; dropping it ends it and removes its data.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    folder: TempDir,
    watch: Child,
    stdin: Option<ChildStdin>,
}

impl PostgresServer {
    pub(crate) fn start() -> Self {
        let programs = programs();
        let owner = owner();
        let template = template(&programs, owner);
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        give(folder.path(), owner);
        let data = folder.path().join("data");
        run(as_owner(Command::new("cp"), owner).arg("-a").arg(template).arg(&data));
        let mut server = as_owner(Command::new("sh"), owner);
        server.args(["-c", WATCH, "sh"]).arg(programs.join("postgres")).arg("-D").arg(&data);
        server.arg("-k").arg(folder.path()).args(["-h", ""]);
        for setting in [
            "fsync=off",
            "full_page_writes=off",
            "shared_buffers=16MB",
            "autovacuum=off",
            "lc_messages=C",
            "logging_collector=off",
        ] {
            server.args(["-c", setting]);
        }
        let mut watch = server
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(watch.stderr.take().unwrap());
        let stdin = watch.stdin.take();
        await_ready(log);
        Self { folder, watch, stdin }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://hutong@localhost/template1?host={}", self.folder.path().display())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.watch.wait().unwrap();
    }
}

/// Reads the server's log until it says that it is ready, and goes on reading it elsewhere.
fn await_ready(log: BufReader<std::process::ChildStderr>) {
    let mut lines = log.lines().map_while(Result::ok);
    let mut said = String::new();
    let ready = lines.by_ref().any(|line| {
        said.push_str(&line);
        said.push('\n');
        line.contains("ready to accept connections")
    });
    assert!(ready, "PostgreSQL did not start:\n{said}");
    std::thread::spawn(move || lines.for_each(drop));
}

/// The folder of the newest server programs.
fn programs() -> PathBuf {
    let versions = |root: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        let mut found: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        found.sort();
        found.into_iter().rev().map(|(_, path)| path).collect()
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = versions("/usr/lib/postgresql");
    candidates.extend(std::env::split_paths(&path));
    candidates.push("/usr/local/bin".into());
    candidates
        .into_iter()
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .expect(MISSING)
}

/// Whom the server runs as, when the test runs as root.
fn owner() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]).expect("`id` tells who runs the test") != 0 {
        return None;
    }
    let of_package = id(&["-u", "postgres"]).zip(id(&["-g", "postgres"]));
    Some(of_package.expect("the user `postgres` is missing: install the package `postgresql`"))
}

fn give(path: &Path, owner: Option<(u32, u32)>) {
    if let Some((user, group)) = owner {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

fn as_owner(mut command: Command, owner: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn run(command: &mut Command) {
    let output = command.current_dir("/").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed:\n{error}");
}

/// A data directory as `initdb` leaves it; made by whichever test comes first, while others wait.
fn template(programs: &Path, owner: Option<(u32, u32)>) -> PathBuf {
    let version = Command::new(programs.join("postgres")).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let version = version.split_whitespace().nth(2).expect("`postgres --version` names one");
    let user = owner.map_or_else(|| "own".to_owned(), |(user, _)| user.to_string());
    let home = std::env::temp_dir().join(format!("hutong-test-postgres-{version}-{user}-1"));
    std::fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let done = home.join("template");
    if !done.exists() {
        let making = home.join("making");
        if making.exists() {
            std::fs::remove_dir_all(&making).unwrap();
        }
        std::fs::create_dir(&making).unwrap();
        std::fs::set_permissions(&making, PermissionsExt::from_mode(0o700)).unwrap();
        give(&making, owner);
        run(as_owner(Command::new(programs.join("initdb")), owner)
            .args(["--no-sync", "--auth=trust", "--username=hutong", "--encoding=UTF8"])
            .args(["--locale=C", "--wal-segsize=1", "-D"])
            .arg(&making));
        slim(programs, owner, &making);
        std::fs::rename(&making, &done).unwrap();
    }
    done
}

/// Leaves one database of three: copying the directory is mostly copying many small files.
fn slim(programs: &Path, owner: Option<(u32, u32)>, data: &Path) {
    let mut server = as_owner(Command::new(programs.join("postgres")), owner);
    let mut server = server
        .args(["--single", "-D"])
        .arg(data)
        .arg("template1")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let script = "UPDATE pg_database SET datistemplate = false\n\
                  DROP DATABASE template0\nDROP DATABASE postgres\n";
    server.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(server.wait().unwrap().success(), "the data directory could not be made smaller");
}
