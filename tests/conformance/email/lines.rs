//! Protected lines, and tokens instead of passwords.

use super::desk::{DESK, Desk, Running, run_once};
use super::keeper::Keeper;
use super::sent::{arrived, door, hello};
use channels::{AdapterError, ChannelAdapter as _, Outcome};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tests::mta::Mta;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_mailbox_is_read_within_tls_from_the_first_byte_or_from_starttls() {
    let desk = Desk::open().await;
    let ca = &desk.server.authority().ca;
    for (n, (port, security)) in
        [(desk.server.imaps_port(), "tls"), (desk.server.imap_port(), "starttls")]
            .into_iter()
            .enumerate()
    {
        desk.hears(&format!("letter {n}")).await;
        let adapter = desk.mailbox_at(port, &json!({ "security": security, "ca_file": ca }));
        let (inlet, keeper) = Keeper::open(&adapter);
        let running = Running::start(&adapter, &inlet);
        assert_eq!(keeper.subjects(1).await, [format!("letter {n}")], "{security}");
        running.ends().await;
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_hears_no_password() {
    let desk = Desk::open().await;
    let mta = Mta::start(&desk.folder.path().join("exim"), desk.server.lmtp_port()).await;
    // The authority of the mail server does not vouch for the mailbox, nor the other way.
    let (ca, other) = (&mta.authority().ca, &desk.server.authority().ca);
    let adapter =
        desk.mailbox_at(desk.server.imaps_port(), &json!({ "security": "tls", "ca_file": ca }));
    let ended = run_once(&adapter).await;
    assert!(
        matches!(&ended, Err(AdapterError::Unavailable(why)) if why.contains("TLS")),
        "{ended:?}"
    );
    for (port, security) in [(mta.tls_port(), "tls"), (mta.port(), "starttls")] {
        let door = door(&desk, port, &json!({ "security": security, "ca_file": other }));
        let outcome = door.deliver(&hello("li@agency.test")).await;
        assert!(matches!(outcome, Outcome::Unavailable(_)), "{security}: {outcome:?}");
    }
    assert!(!mta.log().contains("A=plain"), "{}", mta.log());
}

#[tokio::test]
async fn letters_leave_within_tls_from_the_first_byte_or_from_starttls() {
    let desk = Desk::open().await;
    let mta = Mta::start(&desk.folder.path().join("exim"), desk.server.lmtp_port()).await;
    let ca = &mta.authority().ca;
    for (n, (port, security)) in
        [(mta.tls_port(), "tls"), (mta.port(), "starttls")].into_iter().enumerate()
    {
        let door = door(&desk, port, &json!({ "security": security, "ca_file": ca }));
        let outcome = door.deliver(&hello("li@agency.test")).await;
        assert!(matches!(outcome, Outcome::Sent(_)), "{security}: {outcome:?}");
        arrived(&desk, "li@agency.test", n + 1).await;
    }
    let log = mta.log();
    assert_eq!(log.matches(" P=esmtpsa X=TLS").count(), 2, "{log}");
}

/// What a provider with tokens does: an endpoint that gives them, and a mailbox that takes the second.
struct Provider {
    token_url: String,
    imap_port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Provider {
    async fn open() -> Self {
        let (tokens, imap) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let heard = Arc::new(Mutex::new(Vec::new()));
        let token_url = format!("http://{}/token", tokens.local_addr().unwrap());
        let imap_port = imap.local_addr().unwrap().port();
        let mut tasks = JoinSet::new();
        let noted = heard.clone();
        tasks.spawn(async move {
            let mut given = 0;
            loop {
                given += 1;
                let (mut line, _) = tokens.accept().await.unwrap();
                let mut request = [0; 4_096];
                let length = line.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                noted.lock().unwrap().push(request);
                let body = format!("{{\"access_token\":\"token-{given}\",\"expires_in\":3600}}");
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                line.write_all(reply.as_bytes()).await.unwrap();
            }
        });
        let noted = heard.clone();
        tasks.spawn(async move {
            loop {
                let (line, _) = imap.accept().await.unwrap();
                mailbox(BufReader::new(line), &noted).await;
            }
        });
        Self { token_url, imap_port, heard, _tasks: tasks }
    }
}

/// One connection of such a mailbox, which is empty.
async fn mailbox(mut line: BufReader<tokio::net::TcpStream>, heard: &Mutex<Vec<String>>) {
    use base64::Engine as _;
    let mut reply = "* OK ready\r\n".to_owned();
    loop {
        if line.get_mut().write_all(reply.as_bytes()).await.is_err() {
            return;
        }
        let mut said = String::new();
        if line.read_line(&mut said).await.unwrap_or(0) == 0 {
            return;
        }
        heard.lock().unwrap().push(said.trim_end().to_owned());
        let (tag, command) = said.trim_end().split_once(' ').unwrap_or(("", ""));
        reply = match command {
            "AUTHENTICATE XOAUTH2" => {
                line.get_mut().write_all(b"+ \r\n").await.unwrap();
                let mut answer = String::new();
                line.read_line(&mut answer).await.unwrap();
                let base64 = &base64::engine::general_purpose::STANDARD;
                let words = base64.decode(answer.trim_end()).unwrap();
                let words = String::from_utf8(words).unwrap();
                heard.lock().unwrap().push(words.clone());
                if words.contains("Bearer token-2\u{1}\u{1}") {
                    format!("{tag} OK welcome\r\n")
                } else {
                    let challenge = base64.encode("{\"status\":\"400\"}");
                    let challenge = format!("+ {challenge}\r\n");
                    line.get_mut().write_all(challenge.as_bytes()).await.unwrap();
                    let mut empty = String::new();
                    line.read_line(&mut empty).await.unwrap();
                    heard.lock().unwrap().push(format!("answered {empty:?}"));
                    format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n")
                }
            }
            "CAPABILITY" => format!("* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK\r\n"),
            _ if command.starts_with("SELECT") => format!(
                "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\n{tag} OK\r\n"
            ),
            "IDLE" => "+ idling\r\n".to_owned(),
            _ => format!("{tag} OK\r\n"),
        };
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_fetched_anew_and_the_challenge_is_answered() {
    let provider = Provider::open().await;
    let adapter = Desk::adapter(json!({
        "address": DESK,
        "imap": {
            "host": "127.0.0.1", "port": provider.imap_port, "security": "plain",
            "user": DESK, "auth": "xoauth2",
        },
        "oauth": {
            "token_url": provider.token_url, "client_id": "desk", "client_secret": "s",
            "scope": "mail",
        },
    }));
    // The first token is refused: a person is asked, and the next run has another token.
    let ended = run_once(&adapter).await;
    assert!(matches!(ended, Err(AdapterError::Unauthorised)), "{ended:?}");
    let (inlet, keeper) = Keeper::open(&adapter);
    let running = Running::start(&adapter, &inlet);
    let is_open = |kept: &super::keeper::Kept| (kept.laid > 0).then_some(());
    keeper.kept.until("the mailbox is opened", is_open).await;
    running.ends().await;
    let heard = provider.heard.lock().unwrap().clone();
    assert!(heard.contains(&"answered \"\\r\\n\"".to_owned()), "{heard:#?}");
    let user = format!("user={DESK}\u{1}auth=Bearer token-1\u{1}\u{1}");
    assert!(heard.contains(&user), "{heard:#?}");
    let asked = heard.iter().filter(|line| line.contains("grant_type=client_credentials"));
    assert_eq!(asked.count(), 2, "{heard:#?}");
}
