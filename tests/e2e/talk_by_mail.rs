//! A chat and a mailbox are one conversation, end to end: a widget's socket, a real mailbox (Dovecot), a
//! real mail server (Exim).

use super::letters::{DESK, MailHouse, WANG, field, letter, report, texts};
use serde_json::{Value, json};
use tests::agent::TestAgent;
use tests::eventually::holds;
use tests::{DeskFile, TestVisitor, eventually};

/// The shortest time that settings allow, in seconds.
const AFTER_SECS: u64 = 5;

fn by_mail(desk: DeskFile) -> DeskFile {
    let settings = json!({ "mail": { "channel": "mail", "after_secs": AFTER_SECS } });
    desk.with_channel_changed("website", json!({ "settings": settings }))
        .with_channel("agencies", &["tax"])
}

async fn start(gateways: usize) -> MailHouse {
    MailHouse::start_with(gateways, json!({ "acknowledge": false }), by_mail).await
}

/// Somebody who speaks English, served by an agent.
async fn served(mail: &MailHouse, agent: &mut TestAgent) -> (TestVisitor, String) {
    let api = mail.house.api();
    let mut visitor = TestVisitor::opens_session(&api, "website", json!({ "locale": "en" })).await;
    visitor.connects().await;
    visitor.asks("tax", "where is my refund?").await;
    let conversation = agent.accepts_next_offer().await;
    visitor.sees_state("active").await;
    (visitor, conversation)
}

async fn leaves(visitor: &TestVisitor, address: &str) {
    let left = visitor.api().put("/v1/chat/address", json!({ "email": address })).await;
    assert_eq!(left.status, 204, "{:?}", left.body);
    let shown = "the widget shows where answers go";
    visitor.seen().until(shown, |seen| seen.state["mail_address"].as_str().map(drop)).await;
}

/// A chat whose visitor left an address and the page.
async fn gone_with_an_address() -> (MailHouse, TestAgent, TestVisitor, String) {
    let mut mail = start(1).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (mut visitor, conversation) = served(&mail, &mut ming).await;
    leaves(&visitor, WANG).await;
    visitor.loses_connection();
    (mail, ming, visitor, conversation)
}

async fn wants_transcript(visitor: &TestVisitor, address: &str) -> (u16, Value) {
    let asked = visitor.api().post("/v1/chat/transcripts", json!({ "email": address })).await;
    (asked.status, asked.body["code"].clone())
}

/// The codes of the notices in a conversation's log.
async fn notices(agent: &TestAgent, conversation: &str) -> Vec<String> {
    let log = agent.log(conversation).await;
    let codes = log.iter().filter_map(|message| message["notice"]["code"].as_str());
    codes.map(str::to_owned).collect()
}

/// Waits until the switchboard looked at everything that was unread.
async fn nothing_waits(mail: &MailHouse) {
    eventually("everything unread was looked at", async || {
        let waiting: u64 = mail.house.redis.ask(&["ZCARD", "{main}:unread"]).await;
        holds(waiting == 0, format!("{waiting} wait"))
    })
    .await;
}

fn is_transcript(letter: &&String) -> bool {
    field(letter, "Auto-Submitted") == "auto-generated"
}

#[tokio::test]
async fn a_transcript_goes_once_to_each_of_two_addresses_and_only_after_an_answer() {
    let mut mail = start(1).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (visitor, conversation) = served(&mail, &mut ming).await;
    assert_eq!(wants_transcript(&visitor, WANG).await, (409, json!("wrong_state")));
    ming.notes(&conversation, "a note among agents").await;
    assert_eq!(wants_transcript(&visitor, WANG).await, (409, json!("wrong_state")));
    ming.says(&conversation, "it was paid on Monday").await;
    for bad in
        ["wang", "wang@agency", "a@b.example\r\nBcc: x@y.example", DESK, "help+x@city.example"]
    {
        assert_eq!(wants_transcript(&visitor, bad).await, (422, json!("invalid")), "{bad}");
    }
    for _twice in 0..2 {
        assert_eq!(wants_transcript(&visitor, WANG).await, (202, Value::Null));
    }
    ming.closes(&conversation).await;
    visitor.sees_state("closed").await;
    assert_eq!(wants_transcript(&visitor, WANG).await, (202, Value::Null), "also at the end");
    // One box keeps its order: when this one is there, a double would be too.
    assert_eq!(wants_transcript(&visitor, "li@agency.example").await, (202, Value::Null));
    let third = wants_transcript(&visitor, "zhao@agency.example").await;
    assert_eq!(third, (409, json!("too_many_addresses")));
    mail.reached("li@agency.example", 1).await;
    let letters = mail.reached(WANG, 1).await;
    assert_eq!(letters.len(), 1);
    let transcript = letters.iter().find(is_transcript).unwrap();
    assert!(field(transcript, "Subject").contains("Your chat with website"), "{transcript}");
    for said in ["You:", "where is my refund?", "ming:", "it was paid on Monday", "text/html"] {
        assert!(transcript.contains(said), "{said}: {transcript}");
    }
    assert!(!transcript.contains("among agents"), "{transcript}");

    let stranger = mail.house.visitor().await;
    let asked = json!({ "email": WANG, "conversation": conversation });
    let foreign = stranger.api().post("/v1/chat/transcripts", asked).await;
    assert_eq!(foreign.status, 404);
    let elsewhere = TestVisitor::arrives(&mail.house.api(), "agencies").await;
    assert_eq!(wants_transcript(&elsewhere, WANG).await, (501, json!("not_configured")));
    mail.house.ends_well();
}

#[tokio::test]
async fn a_transcript_survives_a_gateway_that_dies() {
    // The mail server is away: nothing listens there.
    let away = json!({ "settings": { "smtp": { "port": 9 } } });
    let no_server = |desk| by_mail(desk).with_channel_changed("mail", away);
    let mut mail = MailHouse::start_with(1, json!({ "acknowledge": false }), no_server).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (visitor, conversation) = served(&mail, &mut ming).await;
    ming.says(&conversation, "it was paid on Monday").await;
    assert_eq!(wants_transcript(&visitor, WANG).await, (202, Value::Null));
    let redis = &mail.house.redis;
    eventually("the letter waits for its next try", async || {
        let keys: Vec<String> = redis.ask(&["KEYS", "{main}:delivery:*"]).await;
        let [key] = keys.as_slice() else { return Err(format!("{keys:?}")) };
        let state: String = redis.ask(&["HGET", key, "state"]).await;
        holds(state == "retrying", state)
    })
    .await;
    mail.house.gateways[0].kill();
    mail.house.apply(&by_mail(mail.desk.clone()));
    mail.house.gateways[0].start().await;
    assert_eq!(wants_transcript(&visitor, WANG).await, (202, Value::Null), "asked again after it");
    assert_eq!(wants_transcript(&visitor, "li@agency.example").await, (202, Value::Null));
    mail.reached("li@agency.example", 1).await;
    assert_eq!(mail.reached(WANG, 1).await.len(), 1);
    mail.house.ends_well();
}

#[tokio::test]
async fn a_chat_whose_visitor_left_goes_on_by_mail_and_comes_back() {
    let mut mail = start(1).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (mut visitor, conversation) = served(&mail, &mut ming).await;
    leaves(&visitor, WANG).await;
    let shown = visitor.seen().look(|seen| seen.state["mail_address"].clone());
    assert_eq!(shown, "w…@agency.example");
    visitor.loses_connection();
    ming.says(&conversation, "one moment").await;
    ming.says(&conversation, "it was paid on Monday").await;
    let letters = mail.reached(WANG, 1).await;
    assert_eq!(letters.len(), 1, "both words in one letter");
    let first = letters.first().unwrap();
    assert!(first.contains("one moment") && first.contains("it was paid on Monday"), "{first}");
    assert!(!first.contains("where is my refund?"), "{first}");
    assert_eq!(field(first, "Auto-Submitted"), "", "a person wrote it");
    assert!(field(first, "From").contains("ming"), "{first}");
    nothing_waits(&mail).await;
    let told = notices(&ming, &conversation).await;
    assert_eq!(told, ["joined", "address_left", "went_by_mail"]);

    // The answer comes into the same log, as a word of the same contact.
    let ours = field(first, "Message-ID");
    let more = format!("In-Reply-To: {ours}\r\nReferences: {ours}\r\n");
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "Re: x", &more, "on which account?"))
        .await;
    ming.hears(&conversation, "on which account?").await;
    let log = ming.log(&conversation).await;
    let answer = log.iter().find(|one| one["text"] == "on which account?").unwrap();
    assert_eq!(answer["author"]["id"], visitor.contact);
    let path = format!("/v1/conversations/{conversation}/letters/{}", answer["seq"]);
    assert_eq!(ming.api().get(&path).await.status, 200, "the letter in full");

    // Later words join the same thread.
    ming.says(&conversation, "the one that you named").await;
    let letters = mail.reached(WANG, 2).await;
    let second = letters.iter().find(|one| one.contains("the one that you named")).unwrap();
    assert!(!second.contains("one moment"), "{second}");
    assert_eq!(field(second, "In-Reply-To"), "<1@agency.example>");
    let root = field(first, "References");
    assert!(!root.is_empty() && field(second, "References").contains(&root), "{second}");

    // Whoever comes back finds everything.
    visitor.connects().await;
    for said in ["it was paid on Monday", "on which account?", "the one that you named"] {
        visitor.hears(said).await;
    }
    mail.house.ends_well();
}

#[tokio::test]
async fn a_stranger_with_the_token_of_a_chat_opens_a_conversation_that_says_so() {
    let (mail, mut ming, _visitor, conversation) = gone_with_an_address().await;
    ming.says(&conversation, "it was paid on Monday").await;
    let letters = mail.reached(WANG, 1).await;
    let ours = field(&letters[0], "Message-ID");
    let more = format!("In-Reply-To: {ours}\r\nReferences: {ours}\r\n");
    let mallory = "mallory@evil.example";
    mail.writes(mallory, DESK, &letter("9@evil.example", mallory, "Re: x", &more, "pay me")).await;
    let other = ming.accepts_next_offer().await;
    assert_ne!(other, conversation);
    let log = ming.log(&other).await;
    assert_eq!(log[0]["mail"]["warning"], "stranger");
    // Without our token, the address alone opens a conversation too.
    mail.writes(WANG, DESK, &letter("2@agency.example", WANG, "other", "", "another matter")).await;
    let third = ming.accepts_next_offer().await;
    assert_ne!(third, conversation);
    assert_eq!(texts(&ming, &conversation).await, ["where is my refund?", "it was paid on Monday"]);
    // A bounce is told where the words were said.
    mail.writes("", DESK, &report(&ours)).await;
    let log = eventually("the agent is told", async || {
        let log = ming.log(&conversation).await;
        holds(log.iter().any(|one| one["notice"]["code"] == "undelivered"), format!("{log:?}"))?;
        Ok(log)
    })
    .await;
    let failed = log.iter().find(|one| one["notice"]["code"] == "undelivered").unwrap();
    let words = log.iter().find(|one| one["text"] == "it was paid on Monday").unwrap();
    assert_eq!(failed["notice"]["message"], words["id"]);
    assert_eq!(failed["notice"]["recipient"], WANG);
    mail.house.ends_well();
}

#[tokio::test]
async fn what_the_visitor_reads_in_time_does_not_go() {
    let mut mail = start(2).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (mut visitor, conversation) = served(&mail, &mut ming).await;
    leaves(&visitor, WANG).await;
    visitor.loses_connection();
    let seq = ming.says(&conversation, "read in time").await;
    // Back in time, at the other gateway.
    visitor.moves_to(mail.house.gateways[1].port());
    visitor.connects().await;
    visitor.hears("read in time").await;
    visitor.sends(&json!({ "type": "read", "seq": seq })).await;
    nothing_waits(&mail).await;
    assert_eq!(notices(&ming, &conversation).await, ["joined", "address_left"]);

    // On the line without reading: it waits, and goes when the visitor has gone.
    ming.says(&conversation, "not read").await;
    let redis = &mail.house.redis;
    let due = async || redis.ask::<f64>(&["ZSCORE", "{main}:unread", &conversation]).await;
    let first = due().await;
    eventually("it is put off while the visitor is on the line", async || {
        let now = due().await;
        holds(now > first, format!("{now}"))
    })
    .await;
    visitor.loses_connection();
    let letters = mail.reached(WANG, 1).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("not read") && !letters[0].contains("read in time"));
    mail.house.ends_well();
}

#[tokio::test]
async fn the_last_words_before_the_end_go_too_and_the_answer_reopens_the_chat() {
    let (mail, mut ming, visitor, conversation) = gone_with_an_address().await;
    ming.says(&conversation, "it was paid on Monday").await;
    ming.closes(&conversation).await;
    let letters = mail.reached(WANG, 1).await;
    assert!(letters[0].contains("it was paid on Monday"), "{}", letters[0]);
    let ours = field(&letters[0], "Message-ID");
    let more = format!("In-Reply-To: {ours}\r\nReferences: {ours}\r\n");
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "Re: x", &more, "not here")).await;
    assert_eq!(ming.accepts_next_offer().await, conversation);
    let log = ming.log(&conversation).await;
    let answer = log.iter().find(|one| one["text"] == "not here").unwrap();
    assert_eq!(answer["author"]["id"], visitor.contact);
    assert_eq!(ming.reads(&conversation).await["kind"], "web_chat");
    mail.house.ends_well();
}

#[tokio::test]
async fn a_desk_says_which_mailbox_a_chat_cannot_have() {
    let mut mail = start(1).await;
    let root = mail.house.signs_in("root").await;
    let path = "/v1/settings/channels/website";
    let all = root.api().get("/v1/settings/channels").await.body;
    let known = all.as_array().unwrap().iter().find(|one| one["id"] == "website").unwrap();
    let mut value = known["value"].clone();
    value["settings"]["mail"]["channel"] = json!("post");
    let put = root.api().put(path, json!({ "version": known["version"], "value": value })).await;
    assert_eq!(put.status, 422, "{:?}", put.body);
    let problem = &put.body["errors"][0];
    assert!(problem["path"].as_str().unwrap().ends_with("settings.mail.channel"), "{problem}");
    assert_eq!(problem["problem"], "`post`: there is no channel of this name");
    let gone = root.api().delete("/v1/settings/channels/mail").await;
    assert_eq!(gone.status, 422, "a chat needs it: {:?}", gone.body);
    let channel = root.api().get("/v1/chat/website").await.body;
    assert_eq!(channel["by_mail"], true);
    assert_eq!(root.api().get("/v1/chat/agencies").await.body["by_mail"], false);
    mail.house.ends_well();
}

#[tokio::test]
async fn an_address_that_is_taken_back_gets_no_more_mail_also_not_what_waits() {
    // The mail server is away at first: what goes by mail waits in the outbox.
    let away = json!({ "settings": { "smtp": { "port": 9 } } });
    let no_server = |desk| by_mail(desk).with_channel_changed("mail", away);
    let mut mail = MailHouse::start_with(1, json!({ "acknowledge": false }), no_server).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (mut visitor, conversation) = served(&mail, &mut ming).await;
    let nothing_yet = visitor.api().delete("/v1/chat/address").await;
    assert_eq!(nothing_yet.status, 204, "{:?}", nothing_yet.body);
    leaves(&visitor, WANG).await;
    visitor.loses_connection();
    ming.says(&conversation, "waits in the outbox").await;
    let redis = &mail.house.redis;
    eventually("a letter waits for its next try", async || {
        let keys: Vec<String> = redis.ask(&["KEYS", "{main}:delivery:*"]).await;
        let [key] = keys.as_slice() else { return Err(format!("{keys:?}")) };
        let state: String = redis.ask(&["HGET", key, "state"]).await;
        holds(state == "retrying", state)
    })
    .await;
    for _twice in 0..2 {
        assert_eq!(visitor.api().delete("/v1/chat/address").await.status, 204);
    }
    visitor.connects().await;
    let shown = visitor.seen().look(|seen| seen.state["mail_address"].clone());
    assert_eq!(shown, Value::Null);
    visitor.loses_connection();
    ming.says(&conversation, "said afterwards").await;
    mail.house.apply(&by_mail(mail.desk.clone()));
    eventually("the outbox is empty", async || {
        let keys: Vec<String> = redis.ask(&["KEYS", "{main}:delivery:*"]).await;
        holds(keys.is_empty(), format!("{keys:?}"))
    })
    .await;
    nothing_waits(&mail).await;
    let told = notices(&ming, &conversation).await;
    assert_eq!(told, ["joined", "address_left", "went_by_mail", "address_withdrawn"]);
    // A letter that leaves now would come behind one that had left before.
    visitor.connects().await;
    assert_eq!(wants_transcript(&visitor, WANG).await, (202, Value::Null));
    let letters = mail.reached(WANG, 1).await;
    assert_eq!(letters.len(), 1, "the transcript alone");
    assert!(is_transcript(&&letters[0]), "{}", letters[0]);
    mail.house.ends_well();
}
