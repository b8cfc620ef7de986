use super::*;

fn load_text(text: &str) -> Result<Layers, Vec<String>> {
    load_from(Some(("file.toml".to_owned(), text.to_owned())), Vec::new())
}

#[test]
fn the_reference_is_a_whole_config_and_explains_every_key() {
    let layers = load_from(None, Vec::new()).unwrap();
    assert_eq!(layers.config, Config::default());
    let mut before = "";
    for line in DEFAULT_TOML.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with("# "), "no comment above `{line}`");
        }
        before = line;
    }
}

#[test]
fn every_problem_is_told_not_only_the_first() {
    let problems = load_text(
        "data_dirr = 'x'\n[server]\nlisten = 'nowhere'\nportt = 1\nworkers = 'many'\n\
         [redis]\ndurability = 'sloppy'\n[presence]\nheartbeat_ms = 40000\n[nope]\na = 1\n",
    )
    .unwrap_err();
    let has =
        |text: &str| assert!(problems.iter().any(|p| p.contains(text)), "{text}: {problems:#?}");
    has("data_dirr: there is no such key");
    has("server.listen: `nowhere`");
    has("server.portt: there is no such key");
    has("server.workers: `\"many\"` is of type string, not integer");
    has("redis.durability: unknown variant `sloppy`");
    has("presence.heartbeat_ms: 40000 must be less than half");
    has("nope: there is no such section");
    assert_eq!(problems.len(), 7, "{problems:#?}");
}

#[test]
fn variables_win_over_the_file_and_the_file_over_the_default() {
    let variables = [
        ("HUTONG__SERVER__LISTEN", "127.0.0.1:0"),
        ("HUTONG__SERVER__WORKERS", "2"),
        ("HUTONG__WEB__DEMO", "true"),
        ("HUTONG__SERVER__ALLOWED_ORIGINS", "https://a.example, https://b.example"),
        ("HUTONG__DATA_DIR", "/srv/x"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let file = ("f.toml".to_owned(), "[server]\nworkers = 3\nlisten='1.2.3.4:5'\n".to_owned());
    let layers = load_from(Some(file), variables).unwrap();
    assert_eq!(layers.config.server.listen, "127.0.0.1:0");
    assert_eq!(layers.config.server.workers, 2);
    assert!(layers.config.web.demo);
    assert_eq!(layers.config.server.allowed_origins, ["https://a.example", "https://b.example"]);
    assert_eq!(layers.config.data_dir.to_str(), Some("/srv/x"));
    assert_eq!(layers.sources["server.workers"], "HUTONG__SERVER__WORKERS");
    assert_eq!(layers.sources["server.public_url"], "default");
}

#[test]
fn printing_blanks_passwords_and_tells_sources() {
    let layers = load_text("[redis]\nurls = ['redis://me:s3cret@cache:6379/0']\n").unwrap();
    let text = print(&layers);
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains(r#"urls = ["redis://[redacted]@cache:6379/0"] # file.toml"#), "{text}");
    assert!(text.contains(r#"data_dir = "data" # default"#), "{text}");
}

#[test]
fn rules_between_keys_are_kept() {
    let problems = load_text(
        "[redis]\ntopology='cluster'\ndurability='ha'\n[auth]\naccess_secs=600\nrefresh_secs=600\n\
         [server]\ndrain_ms=5000\nallowed_origins=['https://a.example/path']\n\
         trusted_proxies=['10.0.0.0/33']\n",
    )
    .unwrap_err();
    for path in [
        "redis.topology",
        "redis.durability",
        "auth.access_secs",
        "server.drain_spread_ms",
        "server.allowed_origins",
        "server.trusted_proxies",
    ] {
        assert!(problems.iter().any(|p| p.starts_with(path)), "{path}: {problems:#?}");
    }
}
