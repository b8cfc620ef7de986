//! The reference bridge (`docs/channels/im/xmpp-bridge`) between a desk and a real XMPP server
//! (Prosody), with a person whose client somebody else wrote (slixmpp).

use super::desk::{SECRET, adapter};
use crate::everyone::says;
use crate::hosted::Hosted;
use crate::inlet::{Behind, Taken};
use channels::bridge::Bridge;
use channels::{Action, ChannelAdapter as _, Command, Inbound, Outcome, Passed, Payload};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tests::binary::root;
use tests::eventually;
use tests::eventually::{eventually_within, holds};
use tests::peer::Peer;
use tests::peers::{packages, python};
use tests::port::Port;
use tests::process::Process;
use tests::prosody::{COMPONENT, PASSWORD, Prosody, SECRET as COMPONENT_SECRET, SERVER};

const HELP: &str = "help@desk.hutong.test";
const LI: &str = "li@hutong.test";

struct World {
    prosody: Prosody,
    adapter: Arc<Bridge>,
    behind: Arc<Behind>,
    hosted: Hosted,
    bridge: Option<Process>,
    port: Port,
    folder: TempDir,
}

impl World {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Prosody runs as somebody else where the tests run as root.
        open_to_all(folder.path());
        let program = root().join("docs/channels/im/xmpp-bridge/bridge.mjs");
        std::fs::copy(program, folder.path().join("bridge.mjs")).unwrap();
        // A program finds its packages beside itself.
        symlink(packages("xmpp-bridge"), folder.path().join("node_modules")).unwrap();
        let prosody = Prosody::start(&folder.path().join("prosody"), &["li", "wang"]).await;
        let port = Port::take();
        let adapter = adapter(json!({
            "url": format!("http://127.0.0.1:{}/", port.number()), "secret": SECRET,
            "capabilities": {
                "edit": true, "typing": true, "receipts": true, "proactive": true,
                "files_in": false, "files_out": false,
            },
        }));
        let (inlet, behind) = Behind::open();
        let hosted = Hosted::start_at(Port::take(), adapter.clone(), inlet);
        let mut world = Self { prosody, adapter, behind, hosted, bridge: None, port, folder };
        world.starts_bridge().await;
        world
    }

    async fn starts_bridge(&mut self) {
        self.bridge = None;
        let mut command = std::process::Command::new("node");
        command
            .arg(self.folder.path().join("bridge.mjs"))
            .env("XMPP_SERVICE", format!("xmpp://127.0.0.1:{}", self.prosody.component_port()))
            .env("XMPP_SERVER", SERVER)
            .env("XMPP_DOMAIN", COMPONENT)
            .env("XMPP_PASSWORD", COMPONENT_SECRET)
            .env("DESK_CALLBACK", self.hosted.url("bridge"))
            .env("DESK_SECRETS", SECRET)
            .env("SPOOL", self.folder.path().join("spool"))
            .env("LISTEN", format!("127.0.0.1:{}", self.port.number()));
        self.bridge = Some(Process::start("bridge", &mut command, self.folder.path()));
        let adapter = self.adapter.clone();
        eventually_within(Duration::from_secs(30), "the bridge is joined", async || {
            let findings = adapter.check().await;
            let well = findings.len() == 3 && findings.iter().all(|f| f.passed == Passed::Yes);
            holds(well, format!("{findings:?}"))
        })
        .await;
    }

    async fn person(&self, name: &str) -> Peer {
        let mut command = tokio::process::Command::new(python());
        command.arg(root().join("tests/peers/bridge/xmpp_user.py"));
        let mut person = Peer::start(name, &mut command);
        let question = json!({
            "do": "log_in", "jid": format!("{name}@{SERVER}"), "password": PASSWORD,
            "host": "127.0.0.1", "port": self.prosody.client_port(),
        });
        person.ask(&question).await;
        person
    }

    async fn gets(&self, what: &str, fits: impl Fn(&Inbound) -> bool) -> Inbound {
        let look = |taken: &Taken| taken.accepted.iter().find(|inbound| fits(inbound)).cloned();
        let found = self.behind.taken.within(Duration::from_secs(30), look).await;
        found.unwrap_or_else(|| panic!("{what} did not come: {:#?}", self.behind.taken))
    }
}

fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn command(id: &str, action: Action) -> Command {
    Command {
        id: id.to_owned(),
        recipient: LI.to_owned(),
        external_conversation: Some(HELP.to_owned()),
        answers: None,
        action,
    }
}

async fn says_to_desk(person: &mut Peer, id: &str, text: &str) {
    person.ask(&json!({ "do": "says", "to": HELP, "body": text, "id": id })).await;
}

async fn has_receipt(person: &mut Peer, id: &str) {
    person.ask(&json!({ "do": "has_receipt", "id": id })).await;
}

#[tokio::test]
async fn a_person_on_xmpp_and_the_desk_speak() {
    let world = World::open().await;
    let mut li = world.person("li").await;

    // Long enough to be divided between packets, in letters of three bytes.
    let text = format!("打印机坏了，{}", "很急".repeat(20_000));
    says_to_desk(&mut li, "x1", &text).await;
    has_receipt(&mut li, "x1").await;
    let inbound = world.gets("the message", |inbound| inbound.external_id.ends_with(" x1")).await;
    assert_eq!(
        (inbound.sender.value.as_str(), inbound.external_conversation.as_deref()),
        (LI, Some(HELP))
    );
    assert_eq!(world.behind.now(), [text]);
    let first = inbound.external_id;

    let outcome = world.adapter.deliver(&command("dlv_1", says("您好，我来看看"))).await;
    assert_eq!(outcome, Outcome::Sent(vec!["dlv_1".to_owned()]));
    let heard = li.ask(&json!({ "do": "hears", "body": "您好" })).await;
    assert_eq!((&heard["from"], &heard["id"]), (&json!(HELP), &json!("dlv_1")));
    // The same twice is one.
    let again = world.adapter.deliver(&command("dlv_1", says("您好，我来看看"))).await;
    assert_eq!(again, Outcome::Sent(vec!["dlv_1".to_owned()]));

    // The signs of both.
    li.ask(&json!({ "do": "types", "to": HELP })).await;
    world.gets("typing", |inbound| inbound.payload == Payload::Typing).await;
    li.ask(&json!({ "do": "reads", "to": HELP, "id": "dlv_1" })).await;
    let read = Payload::Read { seq: 0, external_id: "dlv_1".to_owned() };
    world.gets("the read mark", |inbound| inbound.payload == read).await;
    let question =
        json!({ "do": "says", "to": HELP, "body": "打印机好了", "id": "x2", "replaces": "x1" });
    li.ask(&question).await;
    let edited = Payload::Edited { external_id: first.clone(), text: "打印机好了".to_owned() };
    world.gets("the change", |inbound| inbound.payload == edited).await;
    world.adapter.deliver(&command("dlv_2", Action::Typing)).await;
    li.ask(&json!({ "do": "sees", "state": "composing" })).await;
    world.adapter.deliver(&command("dlv_3", Action::MarkRead { external_id: first })).await;
    let seen = li.ask(&json!({ "do": "sees", "state": "displayed" })).await;
    assert_eq!(seen["id"], json!("x1"));
    let edit = Action::Edit { external_id: "dlv_1".to_owned(), text: "我马上来".to_owned() };
    world.adapter.deliver(&command("dlv_4", edit)).await;
    let heard = li.ask(&json!({ "do": "hears", "body": "我马上来" })).await;
    assert_eq!(heard["replaces"], json!("dlv_1"));
    let heard = li.ask(&json!({ "do": "heard" })).await;
    assert_eq!(heard["messages"].as_array().unwrap().len(), 2, "{heard}");

    // Whom the server does not know, it says.
    let mut nobody = command("dlv_5", says("hello"));
    nobody.recipient = format!("nobody@{SERVER}");
    world.adapter.deliver(&nobody).await;
    world
        .gets("that it did not arrive", |inbound| {
            matches!(&inbound.payload, Payload::DeliveryReport { command, delivered: false, reason }
            if command == "dlv_5" && reason == "service-unavailable")
        })
        .await;
}

#[tokio::test]
async fn restarts_lose_nothing() {
    let mut world = World::open().await;
    let mut li = world.person("li").await;
    says_to_desk(&mut li, "x1", "one").await;
    has_receipt(&mut li, "x1").await;

    // The desk is away, then the bridge dies with what it wrote down.
    world.hosted.is_away(true);
    says_to_desk(&mut li, "x2", "two").await;
    says_to_desk(&mut li, "x3", "three").await;
    let spool = world.folder.path().join("spool");
    eventually("both are written down", async || {
        // What begins with a dot is still being written.
        let names = std::fs::read_dir(&spool).into_iter().flatten().flatten();
        let count =
            names.filter(|file| !file.file_name().as_encoded_bytes().starts_with(b".")).count();
        holds(count == 2, format!("{count}"))
    })
    .await;
    world.bridge = None;
    // A line that was open breaks, and may have carried it: it is sent again all the same.
    let outcome = world.adapter.deliver(&command("dlv_1", says("are you there?"))).await;
    let is_again = matches!(outcome, Outcome::Unavailable(_) | Outcome::InDoubt(_));
    assert!(is_again, "{outcome:?}");
    // Nobody is at the component's place: the server says so, and the person's client knows.
    says_to_desk(&mut li, "x4", "four").await;
    li.ask(&json!({ "do": "hears_error", "id": "x4" })).await;
    world.hosted.is_away(false);
    world.starts_bridge().await;
    for id in ["x2", "x3"] {
        has_receipt(&mut li, id).await;
    }
    assert_eq!(world.behind.texts(3).await, ["one", "two", "three"]);

    // The server dies and comes back; the bridge joins it again by itself.
    world.prosody.kill();
    let outcome = world.adapter.deliver(&command("dlv_1", says("are you there?"))).await;
    assert!(matches!(outcome, Outcome::Unavailable(_)), "{outcome:?}");
    world.prosody.restart().await;
    let sent = async || match world.adapter.deliver(&command("dlv_1", says("are you there?"))).await
    {
        Outcome::Sent(_) => Ok(()),
        other => Err(format!("{other:?}")),
    };
    eventually_within(Duration::from_secs(30), "it is sent", sent).await;
    // Nobody was there to read it: the server kept it.
    let mut li = world.person("li").await;
    li.ask(&json!({ "do": "hears", "body": "are you there?" })).await;
    let heard: Value = li.ask(&json!({ "do": "heard" })).await;
    assert_eq!(heard["messages"].as_array().unwrap().len(), 1, "{heard}");
}
