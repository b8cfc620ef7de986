//! Staff write from a messenger: a real Matrix homeserver (Synapse), a client that somebody else wrote
//! (matrix-nio), and the desk.

use serde_json::{Value, json};
use tests::binary::root;
use tests::eventually::{eventually_within, holds};
use tests::peer::Peer;
use tests::peers::python;
use tests::synapse::{PASSWORD, SERVER_NAME, Synapse};
use tests::{DeskFile, House, TestAgent, eventually};

const DESK: &str = "@desk:hutong.test";

/// A house whose desk is on Matrix, and a person's client.
struct Town {
    house: House,
    synapse: Synapse,
    li: Peer,
}

impl Town {
    async fn open(gateways: usize) -> Self {
        let plan = House::of(DeskFile::small()).with_gateways(gateways);
        let house = plan.start().await;
        let mut settings = json!({
            "server_name": SERVER_NAME, "display_name": "办事大厅",
            "as_token": "CANARY-as-token-of-the-desk", "hs_token": "CANARY-hs-token-of-the-server",
            "homeserver": "http://127.0.0.1:1",
        });
        let callback =
            format!("http://127.0.0.1:{}/v1/callbacks/matrix", house.gateways[0].api().port());
        let channel = |settings: &Value| {
            let desk =
                DeskFile::small().with_messenger("matrix", &["tax", "insurance"], settings.clone());
            let channels = desk.json()["channels"].as_array().unwrap().clone();
            (desk, serde_json::from_value(channels.last().unwrap().clone()).unwrap())
        };
        let registration =
            channels::matrix::registration(&channel(&settings).1, &callback).unwrap();
        let synapse = Synapse::start(&house.folder().join("synapse"), &[registration]).await;
        settings["homeserver"] = json!(synapse.url());
        house.apply(&channel(&settings).0);
        synapse.create_user("li").await;
        let mut command = tokio::process::Command::new(python());
        command.arg(root().join("tests/peers/matrix/user.py"));
        let mut li = Peer::start("li", &mut command);
        let login = json!({ "do": "login", "homeserver": synapse.url(), "user": "li", "password": PASSWORD });
        li.ask(&login).await;
        Self { house, synapse, li }
    }

    /// A room with the desk in it.
    async fn room(&mut self) -> String {
        let answer = self.li.ask(&json!({ "do": "create_room", "invite": [DESK] })).await;
        let room = answer["room"].as_str().unwrap().to_owned();
        self.li.ask(&json!({ "do": "joined", "room": room, "user": DESK })).await;
        room
    }

    async fn says(&mut self, room: &str, text: &str) -> String {
        let content = json!({ "msgtype": "m.text", "body": text });
        let answer = self.li.ask(&json!({ "do": "send", "room": room, "content": content })).await;
        answer["event"].as_str().unwrap().to_owned()
    }

    /// What the desk said in the room that contains a text, once there are so many.
    async fn hears(&mut self, room: &str, contains: &str, count: usize) -> Vec<Value> {
        let question = json!({ "do": "hears", "room": room, "sender": DESK, "contains": contains, "count": count });
        self.li.ask(&question).await["events"].as_array().unwrap().clone()
    }
}

/// Waits until the log has a notice of this code.
async fn notice(agent: &TestAgent, conversation: &str, code: &str) -> Value {
    eventually(&format!("a notice {code}"), async || {
        let log = agent.log(conversation).await;
        let found = log.iter().find(|message| message["notice"]["code"] == code);
        found.map(|message| message["notice"].clone()).ok_or(format!("{log:?}"))
    })
    .await
}

#[tokio::test]
async fn a_word_from_matrix_reaches_the_right_agent_and_the_answer_the_person() {
    let mut town = Town::open(1).await;
    let room = town.room().await;
    let first = town.says(&room, "发票系统打不开").await;
    // Nobody is at work: the person is told that the desk has it.
    town.hears(&room, "已经收到", 1).await;

    let mut ming = town.house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let read = ming.reads(&conversation).await;
    assert_eq!(read["info"]["audience"], "staff", "{read}");
    assert_eq!(read["kind"], "im");
    assert_eq!(ming.log(&conversation).await[0]["text"], "发票系统打不开");
    ming.says(&conversation, "您好，请问提示什么？").await;
    town.hears(&room, "请问提示什么", 1).await;

    // What happens to a message afterwards is told at the desk.
    let edit = json!({ "msgtype": "m.text", "body": "* 发票系统登录不了",
        "m.new_content": { "msgtype": "m.text", "body": "发票系统登录不了" },
        "m.relates_to": { "rel_type": "m.replace", "event_id": first } });
    town.li.ask(&json!({ "do": "send", "room": room, "content": edit })).await;
    let edited = notice(&ming, &conversation, "edited").await;
    assert_eq!((&edited["seq"], &edited["text"]), (&json!(1), &json!("发票系统登录不了")));
    let wrong = town.says(&room, "身份证号 4101…").await;
    ming.hears(&conversation, "身份证号 4101…").await;
    town.li.ask(&json!({ "do": "redact", "room": room, "event": wrong })).await;
    notice(&ming, &conversation, "taken_back").await;

    // A file follows its message.
    let file = json!({ "do": "send_file", "room": room, "name": "错误.txt", "media_type": "text/plain",
        "text": "E1001 登录失败", "msgtype": "m.file" });
    town.li.ask(&file).await;
    let arrived = notice(&ming, &conversation, "file_arrived").await;
    let path = format!("/v1/files/{}", arrived["file"]["id"].as_str().unwrap());
    let bytes = ming.api().get(&path).await;
    assert_eq!(bytes.status, 200, "{bytes:?}");

    // It is over; a digit is the rating, and opens nothing.
    ming.closes(&conversation).await;
    town.hears(&room, "请回复数字评价", 1).await;
    town.says(&room, "5").await;
    town.hears(&room, "感谢您的评价", 1).await;
    let sun = town.house.signs_in("sun").await;
    let ratings = sun.api().get("/v1/ratings?limit=10").await.ok();
    assert_eq!(ratings[0]["conversation"], json!(conversation), "{ratings}");
    assert_eq!(ratings[0]["grade"], 5);
    town.house.ends_well();
}

#[tokio::test]
async fn a_forged_transaction_says_nothing_to_anybody() {
    let town = Town::open(1).await;
    let client = reqwest::Client::new();
    let port = town.house.gateways[0].api().port();
    let event = json!({ "events": [{ "type": "m.room.message", "event_id": "$x", "room_id": "!r:hutong.test",
        "sender": "@li:hutong.test", "origin_server_ts": 1, "content": { "msgtype": "m.text", "body": "forged" } }] });
    let url = |below: &str| format!("http://127.0.0.1:{port}/v1/callbacks/{below}");
    let path = url("matrix/_matrix/app/v1/transactions/1");
    // The gateway hears of the channel a moment after it was applied.
    eventually("the door is open", async || {
        let status = client.put(&path).json(&event).send().await.unwrap().status();
        holds(status != 404, status.to_string())
    })
    .await;
    for token in [None, Some("wrong"), Some("")] {
        let mut call = client.put(&path).json(&event);
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        assert_eq!(call.send().await.unwrap().status(), 403, "{token:?}");
    }
    // A door that is not called back, and none at all.
    for below in ["website/x", "nobody"] {
        let answer = client.put(url(below)).json(&event).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{below}");
    }
    let mut house = town.house;
    let ming = house.ready_agent("ming").await;
    assert!(ming.seen().look(|seen| seen.offers.is_empty()));
    house.ends_well();
    drop(town.synapse);
}

#[tokio::test]
async fn gateways_die_between_words_and_answers_and_nothing_is_lost_or_doubled() {
    const WORDS: usize = 30;
    let mut town = Town::open(2).await;
    let room = town.room().await;
    let mut ming = town.house.ready_agent_at("ming", 1).await;
    town.says(&room, "word 0").await;
    let conversation = ming.accepts_next_offer().await;
    for n in 1..WORDS {
        town.says(&room, &format!("word {n}")).await;
        ming.says(&conversation, &format!("answer {n}")).await;
        // The gateway that the homeserver calls dies again and again, with whatever it has in hand.
        if n % 10 == 5 {
            town.house.gateways[0].kill();
            town.house.gateways[0].spawn();
        }
    }
    town.house.gateways[0].becomes_ready().await;
    // The homeserver calls again with growing pauses.
    eventually_within(std::time::Duration::from_secs(50), "every word is here", async || {
        let texts = texts_of(&ming.log(&conversation).await, "word");
        holds(texts.len() >= WORDS, format!("{texts:?}"))
    })
    .await;
    let wanted: Vec<String> = (0..WORDS).map(|n| format!("word {n}")).collect();
    assert_eq!(texts_of(&ming.log(&conversation).await, "word"), wanted, "each once, in order");
    let heard = town.hears(&room, "answer ", WORDS - 1).await;
    let heard: Vec<&str> =
        heard.iter().map(|event| event["content"]["body"].as_str().unwrap()).collect();
    let wanted: Vec<String> = (1..WORDS).map(|n| format!("answer {n}")).collect();
    assert_eq!(heard, wanted, "each once, in order");
    town.house.ends_well();
}

fn texts_of(log: &[Value], beginning: &str) -> Vec<String> {
    let texts = log.iter().filter_map(|message| message["text"].as_str());
    texts.filter(|text| text.starts_with(beginning)).map(str::to_owned).collect()
}
