//! The installer against machines made of a folder of scripts.

use super::*;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const REDIS_7: &str = "echo 'Redis server v=7.0.15 sha=0'";
const REDIS_6: &str = "echo 'Redis server v=6.2.1 sha=0'";
const NODE_22: &str = "echo v22.12.0";
const NODE_18: &str = "echo v18.20.4";

struct FakeMachine {
    folder: tempfile::TempDir,
    machine: Machine,
}

impl FakeMachine {
    fn with(programs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in programs {
            write_program(&folder.path().join(name), text);
        }
        let machine = Machine {
            // The scripts themselves need a shell and its friends, behind the made-up programs.
            path: vec![folder.path().to_owned(), folder.path().join("system")],
            hidden: vec![folder.path().join("postgresql")],
            served: vec![folder.path().join("sbin")],
            is_root: true,
        };
        std::fs::create_dir(folder.path().join("system")).unwrap();
        for tool in ["env", "chmod", "cat"] {
            std::os::unix::fs::symlink(real(tool), folder.path().join("system").join(tool))
                .unwrap();
        }
        Self { folder, machine }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn real(tool: &str) -> PathBuf {
    Machine::here().find(tool).unwrap()
}

fn write_program(file: &Path, text: &str) {
    std::fs::write(file, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// An apt-get that writes down how it was called, and on `install` brings a redis-server.
const APT: &str = r#"here="${0%/*}"
echo "apt-get $*" >> "$here/log"
if [ "$1" = install ]; then
  printf '#!/bin/sh\necho "Redis server v=7.0.15"\n' > "$here/redis-server"
  chmod 755 "$here/redis-server"
fi"#;

#[test]
fn a_machine_that_has_everything_is_left_alone() {
    let fake = FakeMachine::with(&[
        ("redis-server", REDIS_7),
        ("node", NODE_22),
        ("npm", ""),
        ("apt-get", APT),
    ]);
    ensure_on(&fake.machine, &[Need::Redis, Need::Node, Need::Npm], true).unwrap();
    assert_eq!(fake.log(), "");
}

#[test]
fn without_leave_to_install_it_names_the_packages_and_runs_nothing() {
    let fake = FakeMachine::with(&[("redis-server", REDIS_6), ("apt-get", APT)]);
    let needs = [Need::Redis, Need::Chromium, Need::Postgres];
    let error = format!("{:#}", ensure_on(&fake.machine, &needs, false).unwrap_err());
    assert!(error.contains("redis-server, 7.0 or later (found 6.2)"), "{error}");
    assert!(error.contains("redis-server chromium postgresql"), "{error}");
    assert!(error.contains("apt-get update"), "{error}");
    assert_eq!(fake.log(), "");
}

#[test]
fn apt_refreshes_its_lists_first_and_then_installs() {
    let fake = FakeMachine::with(&[("apt-get", APT)]);
    ensure_on(&fake.machine, &[Need::Redis], true).unwrap();
    let expected =
        "apt-get update\napt-get install -y --no-install-recommends --no-remove redis-server\n";
    assert_eq!(fake.log(), expected);
}

#[test]
fn a_package_that_would_be_too_old_is_not_installed() {
    let policy = "printf 'nodejs:\\n  Candidate: 18.20.4+dfsg-1\\n'";
    let fake = FakeMachine::with(&[("apt-get", APT), ("apt-cache", policy), ("node", NODE_18)]);
    let error = format!("{:#}", ensure_on(&fake.machine, &[Need::Node], true).unwrap_err());
    assert!(error.contains("`nodejs` is version 18"), "{error}");
    assert_eq!(fake.log(), "apt-get update\n");
}

#[test]
fn a_system_without_a_chromium_package_is_told_what_to_do() {
    for policy in ["", "printf 'chromium:\\n  Candidate: (none)\\n'"] {
        let fake = FakeMachine::with(&[("apt-get", APT), ("apt-cache", policy)]);
        let error = format!("{:#}", ensure_on(&fake.machine, &[Need::Chromium], true).unwrap_err());
        assert!(error.contains("snap install chromium"), "{error}");
        assert_eq!(fake.log(), "apt-get update\n");
    }
}

#[test]
fn any_browser_of_the_family_will_do() {
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        let fake = FakeMachine::with(&[(name, ""), ("apt-get", APT)]);
        ensure_on(&fake.machine, &[Need::Chromium], true).unwrap();
    }
}

#[test]
fn an_installation_that_brought_nothing_is_an_error() {
    let fake = FakeMachine::with(&[("apk", "")]);
    let error = format!("{:#}", ensure_on(&fake.machine, &[Need::Redis], true).unwrap_err());
    assert!(error.contains("still lacks redis-server"), "{error}");
}

#[test]
fn others_than_root_use_sudo_and_say_so_when_there_is_none() {
    let mut fake = FakeMachine::with(&[("dnf", "")]);
    fake.machine.is_root = false;
    let error = format!("{:#}", ensure_on(&fake.machine, &[Need::Redis], false).unwrap_err());
    assert!(error.contains("neither sudo nor doas"), "{error}");
    write_program(&fake.folder.path().join("sudo"), "");
    let commands = Manager::Dnf.commands(&fake.machine, &["redis"]).unwrap();
    assert_eq!(commands, [["sudo", "dnf", "install", "-y", "redis"]]);
}

#[test]
fn a_machine_without_a_package_manager_is_told_so() {
    let fake = FakeMachine::with(&[]);
    let error = format!("{:#}", ensure_on(&fake.machine, &[Need::Node], true).unwrap_err());
    assert!(error.contains("No package manager was found"), "{error}");
}

#[test]
fn servers_outside_the_search_path_are_found() {
    let fake = FakeMachine::with(&[]);
    assert!(Need::Postgres.lacking(&fake.machine).is_some());
    let bin = fake.folder.path().join("postgresql/15/bin");
    std::fs::create_dir_all(&bin).unwrap();
    for name in ["initdb", "postgres"] {
        write_program(&bin.join(name), "");
    }
    assert_eq!(Need::Postgres.lacking(&fake.machine), None);
}

#[test]
fn mail_servers_are_found_where_systems_keep_them() {
    let fake = FakeMachine::with(&[]);
    let sbin = fake.folder.path().join("sbin");
    std::fs::create_dir_all(&sbin).unwrap();
    for name in ["dovecot", "imap"] {
        write_program(&sbin.join(name), "");
    }
    assert!(Need::Dovecot.lacking(&fake.machine).is_some(), "it has no lmtp");
    write_program(&sbin.join("lmtp"), "");
    assert_eq!(Need::Dovecot.lacking(&fake.machine), None);
    assert!(Need::Exim.lacking(&fake.machine).is_some());
    write_program(&sbin.join("exim"), "");
    assert_eq!(Need::Exim.lacking(&fake.machine), None);
}

#[test]
fn every_manager_names_every_package_once() {
    let all = [
        Need::Redis,
        Need::Node,
        Need::Npm,
        Need::Chromium,
        Need::Postgres,
        Need::Dovecot,
        Need::Exim,
    ];
    let names = |manager: Manager| manager.packages(&all).join(" ");
    assert_eq!(names(Manager::Brew), "redis node google-chrome postgresql@17 dovecot exim");
    assert_eq!(
        names(Manager::Apk),
        "redis nodejs npm chromium postgresql dovecot dovecot-lmtpd exim"
    );
    assert_eq!(names(Manager::Dnf), "redis nodejs npm chromium postgresql-server dovecot exim");
    assert_eq!(
        names(Manager::Apt),
        "redis-server nodejs npm chromium postgresql dovecot-imapd dovecot-lmtpd exim4-daemon-light"
    );
}
