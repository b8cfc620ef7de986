//! The programs that chores need, and how to tell whether they are there.

use super::machine::Machine;
use std::path::PathBuf;

/// A version as two numbers.
type Version = (u32, u32);

/// Redis Functions came with 7.0.
const REDIS_MIN: Version = (7, 0);
/// What the bundler of the pages asks for.
const NODE_MIN: Version = (20, 19);

/// A program that a chore needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// `redis-server`.
    Redis,
    /// `node`.
    Node,
    /// `npm`, in some systems a package of its own.
    Npm,
    /// A browser for the browser tests.
    Chromium,
    /// `initdb` and `postgres`, for the tests of the records.
    Postgres,
    /// `dovecot` with IMAP and LMTP, for the tests of mail.
    Dovecot,
    /// `exim4`, or `exim`, for the tests of mail.
    Exim,
    /// `prosody`, for the tests of messengers.
    Prosody,
    /// `baresip`, a telephone, for the tests of telephones.
    Baresip,
    /// `sipp`, a telephone that follows a script, for the same.
    Sipp,
    /// `kamailio`, a proxy between telephones, for the same.
    Kamailio,
    /// `python3` with environments of its own, for the tests of messengers.
    Python,
}

/// What the kits of vendors ask for.
const PYTHON_MIN: Version = (3, 9);

/// Names under which systems keep Chromium or a browser made of it.
const BROWSERS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

impl Need {
    /// What it is, for a person.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Redis => "redis-server, 7.0 or later",
            Self::Node => "node, 20.19 or later",
            Self::Npm => "npm",
            Self::Chromium => "chromium",
            Self::Postgres => "postgresql",
            Self::Dovecot => "dovecot, with imap and lmtp",
            Self::Exim => "exim",
            Self::Prosody => "prosody",
            Self::Baresip => "baresip",
            Self::Sipp => "sipp",
            Self::Kamailio => "kamailio",
            Self::Python => "python3, 3.9 or later, with venv",
        }
    }

    /// Why the need is not met; `None` when it is.
    pub(super) fn lacking(self, machine: &Machine) -> Option<String> {
        match self {
            Self::Redis => too_old(machine, "redis-server", "v=", REDIS_MIN),
            Self::Node => too_old(machine, "node", "v", NODE_MIN),
            Self::Npm => absent(machine.find("npm").is_some()),
            Self::Chromium => absent(browser(machine).is_some()),
            Self::Postgres => {
                let both = ["initdb", "postgres"].map(|name| machine.find_hidden(name).is_some());
                absent(both == [true, true])
            }
            Self::Dovecot => {
                // Debian has a package for each protocol; the program alone speaks none.
                let parts = ["dovecot", "imap", "lmtp"].map(|name| machine.find_served(name));
                absent(parts.iter().all(Option::is_some))
            }
            Self::Python => {
                let too_old = too_old(machine, "python3", "Python ", PYTHON_MIN);
                // Debian keeps the part that makes environments in a package of its own.
                let has_venv = machine.ask("python3", &["-c", "import ensurepip, venv; print(1)"]);
                too_old.or_else(|| absent(has_venv.is_some_and(|said| said.contains('1'))))
            }
            Self::Prosody => {
                // Its second program makes users.
                let both = ["prosody", "prosodyctl"].map(|name| machine.find_served(name));
                absent(both.iter().all(Option::is_some))
            }
            Self::Baresip => absent(machine.find_served("baresip").is_some()),
            Self::Sipp => absent(machine.find_served("sipp").is_some()),
            Self::Kamailio => absent(machine.find_served("kamailio").is_some()),
            Self::Exim => {
                let either = ["exim4", "exim"].map(|name| machine.find_served(name));
                absent(either.iter().any(Option::is_some))
            }
        }
    }

    /// The lowest major version that will do, where that can rule out a package.
    pub(super) fn major_min(self) -> Option<u32> {
        match self {
            Self::Redis => Some(REDIS_MIN.0),
            Self::Node => Some(NODE_MIN.0),
            Self::Python => Some(PYTHON_MIN.0),
            Self::Npm
            | Self::Chromium
            | Self::Postgres
            | Self::Dovecot
            | Self::Exim
            | Self::Prosody
            | Self::Baresip
            | Self::Sipp
            | Self::Kamailio => None,
        }
    }
}

/// Where the machine keeps its browser.
pub(super) fn browser(machine: &Machine) -> Option<PathBuf> {
    BROWSERS.iter().find_map(|name| machine.find(name))
}

fn absent(found: bool) -> Option<String> {
    (!found).then(|| "not found".to_owned())
}

fn too_old(machine: &Machine, name: &str, mark: &str, least: Version) -> Option<String> {
    let Some(answer) = machine.ask(name, &["--version"]) else {
        return Some("not found".to_owned());
    };
    match version_after(&answer, mark) {
        Some(version) if version >= least => None,
        Some((major, minor)) => Some(format!("found {major}.{minor}")),
        None => Some("its version cannot be told".to_owned()),
    }
}

/// The first `major.minor` that follows the mark.
fn version_after(text: &str, mark: &str) -> Option<Version> {
    text.match_indices(mark).find_map(|(place, _)| {
        let rest = text.get(place + mark.len()..)?;
        let numbers: String =
            rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let mut parts = numbers.split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::version_after;

    #[test]
    fn versions_are_read_from_what_programs_say() {
        let redis = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
        assert_eq!(version_after(redis, "v="), Some((7, 0)));
        assert_eq!(version_after("v20.20.2\n", "v"), Some((20, 20)));
        assert_eq!(version_after("no such thing", "v"), None);
    }
}
