//! The package managers: what each calls the packages, and how it is asked for them.

use super::machine::Machine;
use super::need::Need;
use anyhow::{Result, bail};

/// A system's package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    /// Debian, Ubuntu.
    Apt,
    /// Fedora, Red Hat and their kin.
    Dnf,
    /// Alpine.
    Apk,
    /// Arch.
    Pacman,
    /// Homebrew.
    Brew,
}

impl Manager {
    const ALL: [Self; 5] = [Self::Apt, Self::Dnf, Self::Apk, Self::Pacman, Self::Brew];

    /// The one that this machine has.
    pub(super) fn find(machine: &Machine) -> Option<Self> {
        Self::ALL.into_iter().find(|manager| machine.find(manager.program()).is_some())
    }

    fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Apk => "apk",
            Self::Pacman => "pacman",
            Self::Brew => "brew",
        }
    }

    /// What a need is called here. The first is the program itself.
    fn names(self, need: Need) -> &'static [&'static str] {
        match (need, self) {
            (Need::Redis, Self::Apt) => &["redis-server"],
            (Need::Redis, _) => &["redis"],
            (Need::Node, Self::Brew) => &["node"],
            (Need::Node, _) => &["nodejs"],
            (Need::Npm, Self::Brew) => &["node"],
            (Need::Npm, _) => &["npm"],
            (Need::Chromium, Self::Brew) => &["google-chrome"],
            (Need::Chromium, _) => &["chromium"],
            (Need::Postgres, Self::Dnf) => &["postgresql-server"],
            (Need::Postgres, Self::Brew) => &["postgresql@17"],
            (Need::Postgres, _) => &["postgresql"],
            (Need::Dovecot, Self::Apt) => &["dovecot-imapd", "dovecot-lmtpd"],
            (Need::Dovecot, Self::Apk) => &["dovecot", "dovecot-lmtpd"],
            (Need::Dovecot, _) => &["dovecot"],
            (Need::Python, Self::Apt) => &["python3", "python3-venv"],
            (Need::Python, Self::Pacman) => &["python"],
            (Need::Python, _) => &["python3"],
            (Need::Exim, Self::Apt) => &["exim4-daemon-light"],
            (Need::Exim, _) => &["exim"],
            (Need::Prosody, _) => &["prosody"],
            (Need::Baresip, Self::Apt) => &["baresip-core"],
            (Need::Baresip, _) => &["baresip"],
            (Need::Sipp, Self::Apt) => &["sip-tester"],
            (Need::Sipp, _) => &["sipp"],
            (Need::Kamailio, _) => &["kamailio"],
        }
    }

    fn package(self, need: Need) -> &'static str {
        self.names(need).first().copied().unwrap_or_default()
    }

    /// What the needs are called here, each package once.
    pub(super) fn packages(self, needs: &[Need]) -> Vec<&'static str> {
        let mut packages: Vec<&'static str> = Vec::new();
        for package in needs.iter().flat_map(|need| self.names(*need)) {
            if !packages.contains(package) {
                packages.push(package);
            }
        }
        packages
    }

    /// The commands that install the packages, in order, ready to be shown and run.
    pub(super) fn commands(self, machine: &Machine, packages: &[&str]) -> Result<Vec<Vec<String>>> {
        let lines: &[&[&str]] = match self {
            Self::Apt => &[
                &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "update"],
                &[
                    "env",
                    "DEBIAN_FRONTEND=noninteractive",
                    "apt-get",
                    "install",
                    "-y",
                    "--no-install-recommends",
                    // Exim would drive out another mail server that this machine lives by.
                    "--no-remove",
                ],
            ],
            Self::Dnf => &[&["dnf", "install", "-y"]],
            Self::Apk => &[&["apk", "add", "--no-cache"]],
            Self::Pacman => &[&["pacman", "-Sy", "--noconfirm", "--needed"]],
            Self::Brew => &[&["brew", "install"]],
        };
        let as_root = self.as_root(machine)?;
        let last = lines.len().saturating_sub(1);
        let commands = lines.iter().enumerate().map(|(n, line)| {
            let named = if n == last { packages } else { &[] };
            as_root.iter().chain(*line).chain(named).map(|word| (*word).to_owned()).collect()
        });
        Ok(commands.collect())
    }

    /// What makes a command run as root; Homebrew refuses to be root.
    fn as_root(self, machine: &Machine) -> Result<&'static [&'static str]> {
        if self == Self::Brew || machine.is_root {
            return Ok(&[]);
        }
        if machine.find("sudo").is_some() {
            return Ok(&["sudo"]);
        }
        if machine.find("doas").is_some() {
            return Ok(&["doas"]);
        }
        bail!("installing with {} needs root, and there is neither sudo nor doas", self.program())
    }

    /// Before packages are fetched: are there any, and would they be too old? Only apt can be asked
    /// beforehand, and only after its lists are fresh.
    pub(super) fn check_candidates(
        self,
        machine: &Machine,
        needs: &[Need],
        command: &[String],
    ) -> Result<()> {
        if self != Self::Apt || !command.iter().any(|word| word == "install") {
            return Ok(());
        }
        for need in needs {
            let package = self.package(*need);
            let Some(policy) = machine.ask("apt-cache", &["policy", package]) else { continue };
            if *need == Need::Chromium && !has_candidate(&policy) {
                bail!(
                    "this system has no package `{package}` (Ubuntu ships Chromium as a snap only): \
                     `snap install chromium`, or install google-chrome-stable from its makers; \
                     chromium, chromium-browser and google-chrome are all found. Or leave the \
                     browser out: `cargo xtask test --skip web-pages,browser`"
                );
            }
            let Some(least) = need.major_min() else { continue };
            if let Some(major) = candidate_major(&policy).filter(|major| *major < least) {
                bail!(
                    "{} is needed, and this system's package `{package}` is version {major}: \
                     install a newer one from its makers",
                    need.title()
                );
            }
        }
        Ok(())
    }
}

/// Does apt know a version that it could install?
fn has_candidate(policy: &str) -> bool {
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"));
    candidate.is_some_and(|version| version.trim() != "(none)")
}

/// The major version of `Candidate: 5:7.0.15-1~deb12u10`.
fn candidate_major(policy: &str) -> Option<u32> {
    let line = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate:"))?.trim();
    let version = line.split_once(':').map_or(line, |(_, version)| version);
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::candidate_major;

    #[test]
    fn the_candidate_of_apt_is_read_with_and_without_an_epoch() {
        assert_eq!(candidate_major("redis-server:\n  Candidate: 5:7.0.15-1~deb12u10\n"), Some(7));
        assert_eq!(candidate_major("nodejs:\n  Candidate: 18.20.4+dfsg-1~deb12u2\n"), Some(18));
        assert_eq!(candidate_major("nodejs:\n  Candidate: (none)\n"), None);
    }
}
