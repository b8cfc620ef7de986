//! Settings, good and bad.

use super::*;
use domain::{ChannelKind, Topic};
use serde_json::{Value, json};

fn channel(settings: Value) -> Channel {
    Channel {
        id: "mail".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Email,
        adapter: "email".to_owned(),
        audience: Audience::Agency,
        topics: vec![Topic {
            id: "billing".to_owned(),
            name: Localized::default(),
            queue: "q".parse().unwrap(),
            request_type: None,
        }],
        enabled: true,
        settings,
    }
}

fn parse(settings: Value) -> Result<EmailConfig, Vec<SettingsProblem>> {
    EmailConfig::parse(&channel(settings))
}

/// The paths of all problems.
fn paths(settings: Value) -> Vec<String> {
    parse(settings).expect_err("has problems").into_iter().map(|problem| problem.path).collect()
}

#[test]
fn nothing_is_needed() {
    let config = parse(json!({})).unwrap();
    assert_eq!((config.imap, config.smtp, config.lmtp), (None, None, None));
    assert!(!config.plus_addresses);
    assert_eq!(config.bytes_max, 64 * 1024 * 1024);
}

#[test]
fn a_provider_with_passwords_is_read() {
    let config = parse(json!({
        "address": "Help@Desk.CN",
        "aliases": ["info@desk.cn"],
        "imap": { "host": "imap.exmail.qq.com", "user": "help@desk.cn", "password": "p", "after": "move:Done" },
        "smtp": { "host": "smtp.exmail.qq.com", "user": "help@desk.cn", "password": "p", "per_minute": 30 },
        "rules": [{ "from_domain": "@Agency.gov.cn", "topic": "billing", "audience": "agency" }],
    }))
    .unwrap();
    assert_eq!(config.address, "Help@desk.cn");
    let imap = config.imap.unwrap();
    assert_eq!((imap.server.port, imap.server.security), (993, Security::Tls));
    assert_eq!(imap.after, After::Move("Done".to_owned()));
    assert_eq!(imap.start, Start::Unseen);
    assert_eq!(config.smtp.unwrap().server.port, 465);
    assert_eq!(config.rules[0].from_domain.as_deref(), Some("agency.gov.cn"));
    assert_eq!(config.rules[0].audience, Some(Audience::Agency));
}

#[test]
fn tokens_need_their_settings_and_replace_the_password() {
    let server = json!({ "host": "outlook.office365.com", "user": "a@b.cn", "auth": "xoauth2" });
    let whole = json!({
        "address": "a@b.cn", "imap": server,
        "oauth": { "token_url": "https://login.example/t", "client_id": "c", "client_secret": "s" },
    });
    let config = parse(whole).unwrap();
    assert_eq!(config.imap.unwrap().server.login.unwrap().proof, Proof::Token);
    assert_eq!(paths(json!({ "address": "a@b.cn", "imap": server })), ["settings.imap.auth"]);
}

#[test]
fn every_problem_is_told_at_once() {
    let found = paths(json!({
        "address": "nobody",
        "aliases": ["a b@c"],
        "nmae": {},
        "imap": { "host": "", "port": 0, "after": "burn", "poll_secs": 1, "start": "soon" },
        "smtp": { "host": "mx.test", "user": "u" },
        "lmtp": { "listen": "0.0.0.0:24" },
        "dkim": { "domain": "", "selector": "s", "private_key": "no key" },
        "dns": ["somewhere"],
        "rules": [{ "topic": "weather" }, { "audience": "cats" }, 7],
        "bytes_max": 10,
    }));
    for path in [
        "address",
        "aliases[0]",
        "nmae",
        "imap.host",
        "imap.port",
        "imap.after",
        "imap.poll_secs",
        "imap.start",
        "imap.user",
        "smtp.password",
        "lmtp.listen",
        "dkim.domain",
        "dkim.private_key",
        "dns[0]",
        "rules[0].topic",
        "rules[1].audience",
        "rules[2]",
        "bytes_max",
    ] {
        let path = format!("settings.{path}");
        assert!(found.contains(&path), "{path} is not among {found:?}");
    }
}

#[test]
fn plain_lines_are_for_this_machine_or_said_aloud() {
    let server = |more: Value| {
        let mut server = json!({ "host": "mx.city.cn", "security": "plain" });
        server.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "address": "a@b.cn", "smtp": server })
    };
    assert_eq!(paths(server(json!({}))), ["settings.smtp.security"]);
    for more in [json!({ "allow_plain": true }), json!({ "host": "127.0.0.1" })] {
        parse(server(more)).unwrap();
    }
    // A name that only begins like one of this machine.
    assert_eq!(paths(server(json!({ "host": "127.0.0.1.evil.cn" }))), ["settings.smtp.security"]);
}

#[test]
fn secrets_are_never_shown_and_come_out_of_no_file() {
    let config = parse(json!({
        "address": "a@b.cn",
        "smtp": { "host": "mx.test", "user": "CANARY-user", "password": "CANARY-secret" },
        "oauth": { "token_url": "https://x", "client_id": "c", "refresh_token": "CANARY-token" },
    }))
    .unwrap();
    assert!(!format!("{config:?}").contains("CANARY"));
    let file = json!({ "host": "x", "user": "u", "password_file": "/etc/passwd" });
    let problems = parse(json!({ "address": "a@b.cn", "smtp": file })).unwrap_err();
    assert!(problems.iter().any(|one| one.path == "settings.smtp.password_file"), "{problems:?}");
}

#[test]
fn own_addresses_are_known_with_and_without_a_token() {
    let config = parse(json!({ "address": "help@desk.cn", "aliases": ["info@desk.cn"] })).unwrap();
    for own in ["help@desk.cn", "HELP@DESK.CN", "help+t.0k-n@desk.cn", "info+x@desk.cn"] {
        assert!(config.is_own(own), "{own}");
    }
    for other in ["helper@desk.cn", "help@desk.cn.evil", "help", "", "+x@desk.cn", "x@desk.cn"] {
        assert!(!config.is_own(other), "{other}");
    }
    assert!(!parse(json!({})).unwrap().is_own(""), "nobody is no desk");
}

#[test]
fn what_is_inside_is_for_whoever_runs_the_gateway_to_allow() {
    let settings = json!({
        "address": "help@desk.cn", "dns": ["10.0.0.53"],
        "imap": { "host": "127.0.0.1", "port": 6379, "user": "u", "password": "p" },
        "smtp": { "host": "::1" },
        "oauth": { "token_url": "https://169.254.169.254/token", "client_id": "c", "client_secret": "s" },
        "lmtp": { "listen": "127.0.0.1:8080" },
    });
    let refused = |settings: &Value, reach: &MailReach| -> Vec<String> {
        let within = parse(settings.clone()).unwrap().within(reach);
        within.err().unwrap_or_default().into_iter().map(|problem| problem.path).collect()
    };
    assert_eq!(
        refused(&settings, &MailReach::default()),
        ["imap.host", "smtp.host", "oauth.token_url", "lmtp.listen", "dns[0]"]
            .map(|path| format!("settings.{path}"))
    );
    assert_eq!(refused(&settings, &MailReach::anywhere()), Vec::<String>::new());
    let socket = json!({ "address": "help@desk.cn", "lmtp": { "listen": "unix:/etc/cron.d/x" } });
    assert_eq!(refused(&socket, &MailReach::default()), ["settings.lmtp.listen"]);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = json!({ "address": "help@desk.cn", "imap": { "host": "localhost", "security": "plain",
        "port": listener.local_addr().unwrap().port(), "user": "u", "password": "p" } });
    let open = async |reach: &MailReach| {
        let config = parse(settings.clone()).unwrap().within(reach).unwrap();
        crate::email::tls::open(&config.imap.unwrap().server).await
    };
    let refused = open(&MailReach::default()).await.unwrap_err().to_string();
    assert!(refused.contains("does not allow this address"), "{refused}");
    // `localhost` may also be `::1`, where nobody listens: the other address answers.
    assert!(open(&MailReach::anywhere()).await.is_ok());
}
