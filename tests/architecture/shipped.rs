//! What is shipped beside the program: the image, the compose file, the examples. No engine builds
//! them here, so that what they name is at least there.

use super::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

/// Every `HUTONG__…` that a file sets, each once.
fn variables(file: &str) -> BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let text = text(file);
    let name_of = |rest: &str| rest.chars().take_while(|c| is_of_name(*c)).collect::<String>();
    text.split("HUTONG__").skip(1).map(|rest| format!("HUTONG__{}", name_of(rest))).collect()
}

/// The keys of `config/default.toml`, as variables.
fn known_variables() -> BTreeSet<String> {
    let (mut section, mut known) = (String::new(), BTreeSet::new());
    for line in text("config/default.toml").lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = format!("{}__", name.to_uppercase());
        } else if let Some((key, _)) = line.split_once('=')
            && !line.starts_with('#')
        {
            known.insert(format!("HUTONG__{section}{}", key.trim().to_uppercase()));
        }
    }
    known
}

#[test]
fn the_image_and_the_compose_file_set_known_keys() {
    let known = known_variables();
    for file in ["Dockerfile", "docker-compose.yml"] {
        let set = variables(file);
        assert!(!set.is_empty(), "{file} sets nothing");
        let unknown: Vec<&String> = set.difference(&known).collect();
        assert!(unknown.is_empty(), "{file} sets {unknown:?}, which config/default.toml has not");
    }
}

#[test]
fn everything_that_the_image_copies_is_there() {
    let file = text("Dockerfile");
    for line in file.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (_, sources) = words.split_last().unwrap();
        for source in sources {
            // What another stage built: its pages, from a folder that is there before.
            let source = source.strip_prefix("/src/").unwrap_or(source);
            let source = source.strip_suffix("/dist").unwrap_or(source);
            if source.starts_with("--") || source == "/usr/local/bin/hutong" {
                continue;
            }
            assert!(root().join(source).exists(), "`{line}`: {source} is not there");
        }
    }
}

#[test]
fn the_image_builds_every_page_package() {
    let packages: Value = serde_json::from_str(&text("web/package.json")).unwrap();
    let file = text("Dockerfile");
    for package in packages["workspaces"].as_array().unwrap() {
        let package = package.as_str().unwrap();
        let copied = format!("COPY web/{package}/package.json {package}/");
        assert!(file.contains(&copied), "`npm ci` needs `{copied}`");
    }
}

#[test]
fn the_image_has_the_pinned_compiler_and_asks_a_path_that_answers() {
    let (file, toolchain) = (text("Dockerfile"), text("rust-toolchain.toml"));
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = "));
    let version = channel.unwrap().trim().trim_matches('"');
    assert!(file.contains(&format!("RUSTUP_TOOLCHAIN={version}")), "not {version}");
    let image = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
    assert!(file.contains(&format!("FROM rust:{image}")), "not the image of {version}");
    let health = file.split("HEALTHCHECK").nth(1).unwrap();
    let path = health.split("127.0.0.1:8080").nth(1).unwrap().split('"').next().unwrap();
    let published: Value = serde_json::from_str(&text("openapi.json")).unwrap();
    assert!(published["paths"][path]["get"].is_object(), "{path} is not published");
    assert!(file.contains("HUTONG__SERVER__LISTEN=0.0.0.0:8080"), "and nobody listens there");
}

/// The second-level keys below a first-level one: `services:` → their names.
fn names(compose: &str, section: &str) -> BTreeSet<String> {
    let lines = compose.lines().skip_while(|line| *line != format!("{section}:")).skip(1);
    let inner = lines.take_while(|line| line.starts_with(' ') || line.is_empty());
    let is_name = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    inner
        .filter(is_name)
        .filter_map(|line| line.trim().split_once(':').map(|(name, _)| name.to_owned()))
        .filter(|name| !name.starts_with('#'))
        .collect()
}

/// Every list after a key, wherever it stands: `secrets: [a, b]`.
fn listed(compose: &str, key: &str) -> BTreeSet<String> {
    let lists = compose.lines().filter_map(|line| line.trim().strip_prefix(&format!("{key}: [")));
    let items = lists.flat_map(|list| list.trim_end_matches(']').split(','));
    items.map(|item| item.trim().trim_matches('"').to_owned()).collect()
}

#[test]
fn the_compose_file_names_only_what_it_has() {
    let compose = text("docker-compose.yml");
    assert!(!compose.contains('\t'), "a tab is no indentation");
    let (secrets, volumes) = (names(&compose, "secrets"), names(&compose, "volumes"));
    assert_eq!(names(&compose, "services").len(), 4);
    let used = listed(&compose, "secrets");
    assert_eq!(used, secrets, "every secret is declared, and used");
    let mounts = compose.lines().filter_map(|line| line.trim().strip_prefix("- "));
    let mounts = mounts.filter(|mount| mount.contains(":/")).map(str::to_owned);
    for mount in mounts.chain(listed(&compose, "volumes")) {
        let source = mount.split(':').next().unwrap().to_owned();
        match source.strip_prefix("./") {
            Some(path) => assert!(root().join(path).exists(), "{mount} is not there"),
            None => assert!(volumes.contains(&source), "{mount}: {volumes:?}"),
        }
    }
    for part in compose.split("/run/secrets/").skip(1) {
        let name: String =
            part.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
        assert!(secrets.contains(&name), "/run/secrets/{name} is no secret of the file");
    }
}

#[test]
fn the_compose_file_is_yaml() {
    // Where Python and its YAML reader are at hand, they read it; elsewhere its parts are checked.
    let read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))";
    let file = std::fs::File::open(root().join("docker-compose.yml")).unwrap();
    let output = Command::new("python3").args(["-c", read]).stdin(file).output();
    let Ok(output) = output else { return };
    let error = String::from_utf8_lossy(&output.stderr);
    if error.contains("No module named 'yaml'") {
        return;
    }
    assert!(output.status.success(), "{error}");
    let compose: Value = serde_json::from_slice(&output.stdout).unwrap();
    for gateway in ["gateway-a", "gateway-b"] {
        let service = &compose["services"][gateway];
        for needed in service["depends_on"].as_object().unwrap().keys() {
            let health = &compose["services"][needed]["healthcheck"]["test"];
            assert!(health.is_array(), "{gateway} waits for {needed}, which tells no health");
        }
        for (name, value) in service["environment"].as_object().unwrap() {
            assert!(value.is_string(), "{gateway}: {name} is {value}");
        }
    }
}

#[test]
fn the_example_of_agency_mail_can_be_applied_and_opened() {
    let desk: domain::Desk =
        serde_json::from_str(&text("config/agency-mail.example.json")).unwrap();
    assert_eq!(desk.problems(), []);
    for channel in &desk.channels {
        let built = channels::registry::build(channel, &channels::Means::none());
        assert!(built.is_ok(), "{:?}", built.err());
    }
    // An answer within 24 hours, by the clock on the wall (GB/T 33358-2016).
    let queue = &desk.queues[0];
    assert_eq!((queue.target_secs, &queue.calendar), (86_400, &None));
}

#[test]
fn every_example_of_a_messenger_or_a_telephone_opens() {
    let entries = std::fs::read_dir(root().join("config")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_one = |name: &String| name.starts_with("im-") || name.starts_with("phone-");
    let examples: Vec<String> =
        names.filter(is_one).filter(|name| name.ends_with(".example.json")).collect();
    assert!(!examples.is_empty());
    for name in examples {
        let channel: domain::Channel =
            serde_json::from_str(&text(&format!("config/{name}"))).unwrap();
        assert_eq!(
            channels::registry::problems(&channel, &channels::MailReach::anywhere()),
            [],
            "{name}"
        );
        assert!(!channel.enabled, "{name} would be open to everybody");
    }
}
