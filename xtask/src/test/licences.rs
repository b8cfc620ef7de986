//! What dependencies may be: their licences, where they come from, and which stay outside.
//!
//! `cargo deny` judges by `deny.toml` where it is installed, and looks for known vulnerabilities where
//! their database can be reached; elsewhere the same lists are applied here to `cargo metadata`, and it
//! is said that vulnerabilities were not looked for.

use crate::{command, say, workspace};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeSet;

/// The registry's name in `cargo metadata`.
const REGISTRY: &str = "registry+";

/// The parts of `deny.toml` that are applied here.
#[derive(Debug, Deserialize)]
struct Rules {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
struct Sources {
    #[serde(rename = "allow-registry")]
    allow_registry: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

/// Judges every dependency.
pub(super) fn check() -> Result<()> {
    if command::output(&mut command::cargo(&["deny", "--version"])).is_ok() {
        command::run(
            "cargo deny",
            &mut command::cargo(&["deny", "check", "bans", "licenses", "sources"]),
        )?;
        return check_advisories();
    }
    say::line(
        "cargo-deny is not installed: its lists are applied to `cargo metadata`, and known \
         vulnerabilities are NOT looked for (`cargo install cargo-deny` brings that).",
    );
    let file = workspace::root().join("deny.toml");
    let rules: Rules =
        toml::from_str(&std::fs::read_to_string(&file)?).context("read deny.toml")?;
    let text =
        command::output(&mut command::cargo(&["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("read `cargo metadata`")?;
    let problems: Vec<String> =
        metadata.packages.iter().filter_map(|package| problem(package, &rules)).collect();
    if problems.is_empty() { Ok(()) } else { bail!("dependencies:\n  {}", problems.join("\n  ")) }
}

/// Known vulnerabilities and yanked versions. Without the network there is no fresh database: that is
/// said, and is no failure of the sources.
fn check_advisories() -> Result<()> {
    if let Err(error) = command::output(&mut command::cargo(&["deny", "fetch", "db"])) {
        say::line(&format!(
            "The database of advisories cannot be reached, so known vulnerabilities are NOT looked \
             for: {error:#}"
        ));
        return Ok(());
    }
    let args = ["deny", "check", "--disable-fetch", "advisories"];
    command::run("cargo deny check advisories", &mut command::cargo(&args))?;
    Ok(())
}

/// Why a package may not come in; ours have no source and are not judged.
fn problem(package: &Package, rules: &Rules) -> Option<String> {
    let Package { name, version, license, source } = package;
    let source = source.as_deref()?;
    let known = |url: &String| source.strip_prefix(REGISTRY) == Some(url);
    if !rules.sources.allow_registry.iter().any(known) {
        return Some(format!("{name} {version} comes from {source}"));
    }
    if let Some(ban) = rules.bans.deny.iter().find(|ban| ban.name == *name) {
        return Some(format!("{name} {version} is banned: {}", ban.reason));
    }
    let licence = license.as_deref().unwrap_or("no licence");
    (!is_allowed(licence, &rules.licenses.allow)).then(|| format!("{name} {version} has {licence}"))
}

/// Is this SPDX expression met by the allowed licences? `AND` binds closer than `OR`; the old `/`
/// means `OR`.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    let met = reader.any_of();
    met && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn next_is(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    fn any_of(&mut self) -> bool {
        let mut met = self.all_of();
        while self.next_is("OR") {
            met |= self.all_of();
        }
        met
    }

    fn all_of(&mut self) -> bool {
        let mut met = self.one();
        while self.next_is("AND") {
            met &= self.one();
        }
        met
    }

    fn one(&mut self) -> bool {
        if self.next_is("(") {
            let met = self.any_of();
            return self.next_is(")") && met;
        }
        let Some((first, rest)) = self.words.split_first() else { return false };
        self.words = rest;
        let mut name = (*first).to_owned();
        if self.next_is("WITH") {
            let Some((exception, rest)) = self.words.split_first() else { return false };
            self.words = rest;
            name = format!("{name} WITH {exception}");
        }
        self.allowed.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(expression: &str) -> bool {
        let list = ["MIT", "ISC", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"];
        is_allowed(expression, &list.map(str::to_owned).into())
    }

    #[test]
    fn licence_expressions_are_read_as_spdx_means_them() {
        assert!(allowed("MIT"));
        assert!(allowed("GPL-3.0 OR MIT"));
        assert!(allowed("MIT/Apache-2.0"));
        assert!(allowed("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(allowed("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        assert!(!allowed("GPL-3.0"));
        assert!(!allowed("MIT AND GPL-3.0"));
        assert!(!allowed("GPL-3.0 OR MIT AND GPL-2.0"));
        assert!(!allowed("(MIT"));
        assert!(!allowed(""));
    }

    #[test]
    fn the_rules_are_those_of_deny_toml() {
        let text = std::fs::read_to_string(workspace::root().join("deny.toml")).unwrap();
        let rules: Rules = toml::from_str(&text).unwrap();
        let package = |name: &str, source: &str, license: &str| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: Some(license.to_owned()),
            source: Some(source.to_owned()),
        };
        let index = format!("{REGISTRY}{}", rules.sources.allow_registry[0]);
        assert_eq!(problem(&package("serde", &index, "MIT"), &rules), None);
        assert!(problem(&package("openssl", &index, "MIT"), &rules).is_some());
        assert!(problem(&package("a", "git+https://example.org/a", "MIT"), &rules).is_some());
        assert!(problem(&package("a", &index, "AGPL-3.0"), &rules).is_some());
    }
}
