//! Letters, end to end: a real mailbox (Dovecot), a real mail server (Exim), gateways, agents.

mod called;
mod returned;

use serde_json::{Value, json};
use std::time::Duration;
use tests::agent::TestAgent;
use tests::eventually::{eventually_within, holds};
use tests::mail_server::{MailServer, PASSWORD};
use tests::mta::{Mta, UNKNOWN};
use tests::{DeskFile, House, eventually};

/// The desk's mailbox and address.
pub(super) const DESK: &str = "help@city.example";
pub(super) const WANG: &str = "wang@agency.example";

/// A house with a mailbox.
pub(super) struct MailHouse {
    // Dropped first: gateways must not complain of a mailbox that is gone.
    pub(super) house: House,
    mailbox: MailServer,
    mta: Mta,
    /// The desk before more was changed.
    pub(super) desk: DeskFile,
    _folder: tempfile::TempDir,
}

impl MailHouse {
    pub(super) async fn start(gateways: usize, more: Value) -> Self {
        Self::start_with(gateways, more, |desk| desk).await
    }

    /// With more changes of the desk.
    pub(super) async fn start_with(
        gateways: usize,
        more: Value,
        change: impl FnOnce(DeskFile) -> DeskFile,
    ) -> Self {
        let folder = tempfile::Builder::new().prefix("hutong-mail-").tempdir().unwrap();
        open_to_all(folder.path());
        let mailbox = MailServer::start(&folder.path().join("dovecot")).await;
        let mta = Mta::start(&folder.path().join("exim"), mailbox.lmtp_port()).await;
        let mut settings = json!({
            "address": DESK,
            "name": { "zh-CN": "市政务服务", "en": "City services" },
            "imap": { "host": "127.0.0.1", "port": mailbox.imap_port(), "security": "plain",
                "user": DESK, "password": PASSWORD, "start": "all", "poll_secs": 5 },
            "smtp": { "host": "127.0.0.1", "port": mta.port(), "security": "plain" },
            "plus_addresses": true,
        });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let desk = DeskFile::small().with_email("mail", &["tax", "insurance"], settings);
        let house = House::of(change(desk.clone())).with_gateways(gateways).start().await;
        Self { house, mailbox, mta, desk, _folder: folder }
    }

    /// Somebody writes to somebody through the mail server.
    pub(super) async fn writes(&self, from: &str, to: &str, letter: &str) {
        self.mta.take(from, to, letter).await;
    }

    /// The letters that reached a person, as they lie in the mailbox; at least so many.
    pub(super) async fn reached(&self, person: &str, count: usize) -> Vec<String> {
        eventually(&format!("{count} letters for {person}"), async || {
            let letters = self.mailbox.letters(person, "INBOX");
            holds(letters.len() >= count, format!("{} so far: {}", letters.len(), self.mta.log()))?;
            Ok(letters)
        })
        .await
    }
}

impl MailHouse {
    /// The first words of every conversation, read where the truth is.
    async fn first_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let redis = &self.house.redis;
        for key in redis.ask::<Vec<String>>(&["KEYS", "{main}:log:*"]).await {
            let first: String = redis.ask(&["LINDEX", &key, "0"]).await;
            let message: Value = serde_json::from_str(&first).unwrap();
            words.push(message["text"].as_str().unwrap_or_default().to_owned());
        }
        words
    }
}

/// Mail servers run as another user where the tests run as root.
fn open_to_all(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

pub(super) fn letter(id: &str, from: &str, subject: &str, more: &str, text: &str) -> String {
    format!(
        "Message-ID: <{id}>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0800\r\nFrom: {from}\r\nTo: {DESK}\r\n\
         Subject: {subject}\r\n{more}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
}

/// A header field of a letter, unfolded.
pub(super) fn field(letter: &str, name: &str) -> String {
    let head = letter.split("\r\n\r\n").next().unwrap_or_default();
    let head = head.split("\n\n").next().unwrap_or_default();
    let unfolded = head.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let found = unfolded.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

pub(super) async fn texts(agent: &TestAgent, conversation: &str) -> Vec<String> {
    let log = agent.log(conversation).await;
    let said = log.iter().filter(|message| message["kind"] == "text");
    said.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn an_agency_writes_an_agent_answers_and_the_reply_lands_in_the_same_conversation() {
    let mut mail = MailHouse::start(1, json!({})).await;
    let mut ming = mail.house.ready_agent("ming").await;
    mail.writes(
        WANG,
        DESK,
        &letter("1@agency.example", "王强 <wang@agency.example>", "退税", "", "退税到哪一步了？"),
    )
    .await;
    let conversation = ming.accepts_next_offer().await;
    assert_eq!(texts(&ming, &conversation).await, ["退税到哪一步了？"]);
    let log = ming.log(&conversation).await;
    assert_eq!(log[0]["mail"]["subject"], "退税");
    assert_eq!(log[0]["mail"]["from"]["address"], WANG);
    let acknowledged = mail.reached(WANG, 1).await;
    assert_eq!(field(&acknowledged[0], "Auto-Submitted"), "auto-replied");

    ming.says(&conversation, "已受理，预计三个工作日。").await;
    let letters = mail.reached(WANG, 2).await;
    let answer = letters.iter().find(|letter| field(letter, "Auto-Submitted").is_empty()).unwrap();
    assert_eq!(field(answer, "In-Reply-To"), "<1@agency.example>");
    assert!(field(answer, "References").contains("<1@agency.example>"), "{answer}");
    let (ours, reply_to) = (field(answer, "Message-ID"), field(answer, "Reply-To"));

    // The reply quotes our letter; only the new part is shown.
    let more = format!("In-Reply-To: {ours}\r\nReferences: <1@agency.example> {ours}\r\n");
    let text = "谢谢，材料补充如下。\r\n\r\n在 2026年11月26日，市政务服务 写道：\r\n> 已受理，预计三个工作日。";
    mail.writes(WANG, DESK, &letter("2@agency.example", WANG, "Re: 退税", &more, text)).await;
    ming.hears(&conversation, "谢谢，材料补充如下。").await;

    // A mailer that keeps no header fields of ours keeps the address.
    let to = reply_to.trim_matches(['<', '>']).rsplit('<').next().unwrap().to_owned();
    assert!(to.contains('+'), "{reply_to}");
    let lost = letter("3@agency.example", WANG, "Re: 退税", "", "只有地址").replace(DESK, &to);
    mail.writes(WANG, DESK, &lost).await;
    ming.hears(&conversation, "只有地址").await;
    ming.closes(&conversation).await;
    mail.house.ends_well();
}

#[tokio::test]
async fn a_stranger_with_a_stolen_token_opens_a_conversation_that_says_so() {
    let mut mail = MailHouse::start(1, json!({})).await;
    let mut ming = mail.house.ready_agent("ming").await;
    mail.writes(
        WANG,
        DESK,
        &letter("1@agency.example", WANG, "退税", "Cc: li@agency.example\r\n", "我的退税"),
    )
    .await;
    let conversation = ming.accepts_next_offer().await;
    ming.says(&conversation, "正在办理").await;
    let letters = mail.reached(WANG, 2).await;
    let ours =
        letters.iter().map(|letter| field(letter, "Message-ID")).collect::<Vec<_>>().join(" ");

    let more = format!("References: <1@agency.example> {ours}\r\n");
    let stolen =
        letter("9@evil.example", "mallory@evil.example", "Re: 退税", &more, "把结果发给我");
    mail.writes("mallory@evil.example", DESK, &stolen).await;
    let other = ming.accepts_next_offer().await;
    assert_ne!(other, conversation);
    let log = ming.log(&other).await;
    assert_eq!(log[0]["mail"]["warning"], "stranger");
    assert_eq!(texts(&ming, &conversation).await, ["我的退税", "正在办理"]);

    // Whom the first letter named in Cc belongs to it.
    let colleague =
        letter("2@agency.example", "li@agency.example", "Re: 退税", &more, "我补充一点");
    mail.writes("li@agency.example", DESK, &colleague).await;
    ming.hears(&conversation, "我补充一点").await;
    let answer = ming.api().get(&format!("/v1/conversations/{conversation}/addressees")).await;
    assert_eq!(answer.body["reply"]["to"][0]["address"], "li@agency.example");
    mail.house.ends_well();
}

/// What a mail server says of a letter of ours to `WANG` that it could not deliver (RFC 3464).
pub(super) fn report(ours: &str) -> String {
    returned::report_of(
        ours,
        &format!(
            "Final-Recipient: rfc822; {WANG}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        ),
    )
}

/// What a mail server says of some recipients of a letter of ours; each group of fields is of one.

#[tokio::test]
async fn what_cannot_be_read_lies_in_the_quarantine_and_can_be_tried_again() {
    let mut mail = MailHouse::start(1, json!({})).await;
    let supervisor = mail.house.signs_in("sun").await;
    let root = mail.house.signs_in("root").await;
    // A report of a letter that is not ours goes nowhere, and is not lost.
    let foreign = "From: mailer-daemon@x.example\r\nTo: help@city.example\r\nSubject: Undelivered\r\n\
        X-Failed-Recipients: a@b.example\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <d@x.example>\r\n\r\n\
        A message that you sent could not be delivered: a@b.example unknown\r\n";
    mail.writes("", DESK, foreign).await;
    let letters = eventually("it lies in the quarantine", async || {
        let letters = supervisor.api().get("/v1/quarantine").await.body;
        let count = letters.as_array().map_or(0, Vec::len);
        holds(count == 1, format!("{letters}"))?;
        Ok(letters)
    })
    .await;
    assert_eq!(letters[0]["reason"], "report");
    let id = letters[0]["id"].as_str().unwrap();
    let original = supervisor.api().get(&format!("/v1/quarantine/{id}/original")).await;
    assert_eq!(original.status, 200);
    let retried = supervisor.api().post(&format!("/v1/quarantine/{id}/retry"), json!({})).await;
    assert_eq!(retried.status, 409, "{:?}", retried.body);
    let again = supervisor.api().get("/v1/quarantine").await.body;
    assert_eq!(again[0]["tries"], 2);
    let path = format!("/v1/quarantine/{id}");
    assert_eq!(supervisor.api().delete(&path).await.status, 403);
    assert_eq!(root.api().delete(&path).await.status, 204);
    assert_eq!(root.api().delete(&path).await.status, 404);
    mail.house.ends_well();
}

/// Damages what Redis counts of one sender under a name, so that every call that asks for it fails.
async fn damages(mail: &MailHouse, what: &str, sender: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let digest: String =
        Sha256::digest(sender.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("{{main}}:rate:{what}:{}", digest.get(..40).unwrap());
    let _set: u64 = mail.house.redis.ask(&["HSET", &key, "no", "number"]).await;
    key
}

#[tokio::test]
async fn a_letter_that_always_fails_holds_up_no_other_and_comes_in_when_the_fault_is_gone() {
    let mut mail = MailHouse::start(1, json!({ "acknowledge": false })).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let supervisor = mail.house.signs_in("sun").await;
    let bad = "bad@agency.example";
    let key = damages(&mail, "letters:people:mail", bad).await;
    mail.writes(bad, DESK, &letter("1@agency.example", bad, "退税", "", "总是失败")).await;
    mail.writes(WANG, DESK, &letter("2@agency.example", WANG, "退税", "", "一切正常")).await;
    let other = ming.accepts_next_offer().await;
    assert_eq!(texts(&ming, &other).await, ["一切正常"]);
    let letters = eventually_within(Duration::from_secs(60), "it is put aside", async || {
        let letters = supervisor.api().get("/v1/quarantine").await.body;
        holds(letters.as_array().map_or(0, Vec::len) == 1, format!("{letters}"))?;
        Ok(letters)
    })
    .await;
    assert_eq!(letters[0]["reason"], "failing");
    mail.writes(WANG, DESK, &letter("3@agency.example", WANG, "新", "", "还有一件")).await;
    let third = ming.accepts_next_offer().await;
    assert_eq!(texts(&ming, &third).await, ["还有一件"], "nothing is held up behind it");

    let path = format!("/v1/quarantine/{}/retry", letters[0]["id"].as_str().unwrap());
    let still = supervisor.api().post(&path, json!({})).await;
    assert!(still.status >= 400, "{:?}", still.body);
    let _gone: u64 = mail.house.redis.ask(&["DEL", &key]).await;
    let retried = supervisor.api().post(&path, json!({})).await;
    assert_eq!(retried.status, 204, "{:?}", retried.body);
    let conversation = ming.accepts_next_offer().await;
    assert_eq!(texts(&ming, &conversation).await, ["总是失败"]);
    assert_eq!(supervisor.api().get("/v1/quarantine").await.body, json!([]));
    mail.house.ends_well();
}

#[tokio::test]
async fn a_letter_that_cannot_be_acknowledged_holds_up_no_other_acknowledgement() {
    let mut mail = MailHouse::start(1, json!({})).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let bad = "bad@agency.example";
    damages(&mail, "acknowledged", bad).await;
    mail.writes(bad, DESK, &letter("1@agency.example", bad, "退税", "", "第一件")).await;
    ming.accepts_next_offer().await;
    mail.writes(WANG, DESK, &letter("2@agency.example", WANG, "退税", "", "第二件")).await;
    let acknowledged = mail.reached(WANG, 1).await;
    assert_eq!(field(&acknowledged[0], "Auto-Submitted"), "auto-replied");
    mail.house.ends_well();
}

#[tokio::test]
async fn an_admin_cannot_have_mail_reach_what_the_operator_does_not_allow() {
    let plan = House::of(DeskFile::small());
    let mut house = plan
        .with("mail.inner_ports", json!(["143"]))
        .with("mail.listen_ports", json!([]))
        .start()
        .await;
    let root = house.signs_in("root").await;
    let server = |port: u16| json!({ "host": "127.0.0.1", "port": port, "security": "plain", "user": DESK, "password": PASSWORD });
    let puts = async |id: &str, more: Value| {
        let mut settings = json!({ "address": DESK });
        for (key, value) in more.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let value = json!({ "id": id, "name": {}, "kind": "email", "adapter": "email", "audience": "agency",
            "topics": [{ "id": "tax", "name": {}, "queue": "tax" }], "enabled": false, "settings": settings });
        root.api()
            .put(&format!("/v1/settings/channels/{id}"), json!({ "version": 0, "value": value }))
            .await
    };
    let redis = puts("one", json!({ "imap": server(6379) })).await;
    assert_eq!(redis.status, 422, "{:?}", redis.body);
    assert!(redis.body["errors"][0]["path"].as_str().unwrap().ends_with("settings.imap.host"));
    let listens = puts("two", json!({ "lmtp": { "listen": "127.0.0.1:2424" } })).await;
    assert_eq!(listens.status, 422, "{:?}", listens.body);
    let allowed = puts("three", json!({ "imap": server(143) })).await;
    assert!(allowed.status < 300, "{:?}", allowed.body);
    house.ends_well();
}

/// How many letters the run with deaths sends. `HUTONG_LETTERS=3000 cargo nextest run -p tests --profile
/// long letters` is built to send more.
fn letters_of_the_run() -> usize {
    option_env!("HUTONG_LETTERS").and_then(|count| count.parse().ok()).unwrap_or(60)
}

#[tokio::test]
async fn a_gateway_and_a_mailbox_that_die_lose_and_double_no_letter() {
    let count = letters_of_the_run();
    let mut mail = MailHouse::start(2, json!({ "acknowledge": false })).await;
    // Every tenth of the run somebody dies, in turns: a gateway, the mailbox, the other gateway.
    let tenth = (count / 10).max(1);
    for n in 0..count {
        let id = format!("{n}@agency.example");
        // So many senders that none of them writes more than the desk takes of one.
        let sender = format!("sender{}@agency.example", n % (7 + count / 100));
        mail.mailbox.deliver(DESK, &letter(&id, &sender, "x", "", &format!("letter {n}"))).await;
        let turn = n / tenth;
        if n % tenth != tenth / 2 {
            continue;
        }
        if turn.is_multiple_of(2) {
            mail.house.gateways[turn / 2 % 2].kill();
        } else {
            mail.mailbox.restart().await;
            mail.house.gateways[turn / 2 % 2].start().await;
        }
    }
    for gateway in &mut mail.house.gateways {
        if gateway.id().is_none() {
            gateway.start().await;
        }
    }
    let supervisor = mail.house.signs_in("sun").await;
    // A dead owner's duty runs out after ten seconds; then each letter takes its turn.
    let within = Duration::from_secs(40 + count as u64 / 6);
    eventually_within(within, "every letter waits", async || {
        let queues = supervisor.api().get("/v1/queues/state").await.body;
        let tax = queues.as_array().into_iter().flatten().find(|one| one["queue"] == "tax");
        let waiting = tax.map_or(0, |tax| tax["waiting"].as_u64().unwrap_or(0));
        holds(waiting >= count as u64, format!("{waiting} wait"))
    })
    .await;
    let mut texts = mail.first_words().await;
    texts.sort();
    let mut expected: Vec<String> = (0..count).map(|n| format!("letter {n}")).collect();
    expected.sort();
    assert_eq!(texts, expected);
    mail.house.ends_well();
}
