//! Crates depend only downwards, and each outside world belongs to one room.

use super::{files, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Which of our rooms each may use.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("domain", &[]),
    ("channels", &["domain"]),
    ("routing", &["domain"]),
    ("records", &["domain"]),
    ("gateway", &["channels", "domain", "records", "routing"]),
    ("tests", &["channels", "domain", "gateway", "records", "routing"]),
    ("xtask", &[]),
];

/// Outside worlds, and the rooms that may know them.
const WORLDS: [(&str, &[&str]); 11] = [
    ("redis", &["routing", "tests"]),
    ("sqlx", &["records"]),
    ("actix-web", &["gateway"]),
    ("actix-http", &["gateway"]),
    ("actix-server", &["gateway"]),
    // The keys by which a website or an app vouches are settings, and checked as such.
    ("jsonwebtoken", &["channels", "gateway"]),
    ("p256", &["channels"]),
    ("lettre", &["channels"]),
    ("rsipstack", &["channels"]),
    ("argon2", &["gateway"]),
    ("reqwest", &["channels", "gateway", "tests"]),
];

/// What the words may lean on: data and texts, nothing that waits, opens or asks the time.
const DOMAIN_LEANS_ON: [&str; 7] =
    ["chrono", "chrono-tz", "serde", "serde_json", "thiserror", "utoipa", "uuid"];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let normal = |package: &Value| -> BTreeSet<String> {
        let all = package["dependencies"].as_array().unwrap();
        let normal = all.iter().filter(|dependency| dependency["kind"] != "dev");
        normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| (package["name"].as_str().unwrap().to_owned(), normal(package)))
        .collect()
}

#[test]
fn every_room_is_known() {
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(room, _)| *room).collect();
    let there: BTreeSet<String> = dependencies().into_keys().collect();
    assert!(there.iter().all(|room| known.contains(room.as_str())), "{there:?}");
}

#[test]
fn crates_depend_only_downwards() {
    let dependencies = dependencies();
    for (room, may_use) in MAY_USE {
        for (other, _) in MAY_USE {
            let uses = dependencies[room].contains(other);
            assert!(!uses || may_use.contains(&other), "{room} must not depend on {other}");
        }
    }
}

#[test]
fn each_outside_world_belongs_to_its_room() {
    for (room, uses) in dependencies() {
        for (world, rooms) in WORLDS {
            assert!(
                !uses.contains(world) || rooms.contains(&room.as_str()),
                "{room} must not know {world}"
            );
        }
    }
}

#[test]
fn the_words_lean_on_nothing_that_acts() {
    for dependency in &dependencies()["domain"] {
        assert!(
            DOMAIN_LEANS_ON.contains(&dependency.as_str()),
            "domain must not depend on {dependency}"
        );
    }
}

#[test]
fn the_words_never_act() {
    let acts = [
        "tokio::",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "SystemTime::now",
        "Instant::now",
        "async fn",
    ];
    for file in files(&root().join("domain/src"), &[".rs"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let found = acts.iter().find(|act| line.contains(*act));
            assert!(found.is_none(), "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

#[test]
fn only_config_reads_the_environment() {
    for room in ["domain", "channels", "routing", "records", "gateway"] {
        for file in files(&root().join(room).join("src"), &[".rs"]) {
            let path = file.to_string_lossy();
            let is_config = path.contains("gateway/src/config") || path.contains("/tests");
            let text = std::fs::read_to_string(&file).unwrap();
            // Where programs are looked for is the same everywhere and no setting of ours.
            let text = text.replace("env::var(\"PATH\")", "");
            let reads = ["env::var(", "env::vars(", "env::var_os(", "env::vars_os("];
            let found = reads.iter().find(|read| text.contains(*read));
            assert!(is_config || found.is_none(), "{} reads the environment", file.display());
        }
    }
}

#[test]
fn every_crate_keeps_the_rules_of_the_house() {
    for (room, _) in MAY_USE {
        let manifest = std::fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{room} does not take the lints of the workspace"
        );
    }
}

#[test]
fn modules_are_named_by_their_file() {
    for (room, _) in MAY_USE {
        let strays = files(&root().join(room), &["/mod.rs", "mod.rs"]);
        let strays: Vec<_> = strays.iter().filter(|file| file.ends_with("mod.rs")).collect();
        assert!(strays.is_empty(), "{strays:?}");
    }
}

/// Two schemas of one name would silently become one in `openapi.json`.
#[test]
fn every_published_schema_has_a_name_of_its_own() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for room in ["domain", "channels", "routing", "records", "gateway"] {
        for file in files(&root().join(room).join("src"), &[".rs"]) {
            let text = std::fs::read_to_string(&file).unwrap();
            for after in text.split("ToSchema").skip(1) {
                let lines =
                    after.lines().skip(1).map(str::trim).filter(|line| !line.starts_with("//"));
                let Some(line) = lines.take(6).find(|line| line.starts_with("pub ")) else {
                    continue;
                };
                let mut words = line
                    .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .filter(|word| !word.is_empty());
                if words.any(|word| word == "struct" || word == "enum")
                    && let Some(name) = words.next()
                    && !after.split(name).next().unwrap().contains("schema(as")
                {
                    places.entry(name.to_owned()).or_default().push(file.display().to_string());
                }
            }
        }
    }
    let doubles: Vec<_> = places.into_iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(doubles.is_empty(), "{doubles:#?}");
}
