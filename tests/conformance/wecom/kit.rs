//! wechatpy 1.8.18 (PyPI), which knows nothing of us.

use crate::doors::wecom::{AGENT, CORP, Far, KEY, MEMBER, challenge, seal};
use crate::doors::{SECRET, way_out};
use crate::inlet::Behind;
use bytes::Bytes;
use channels::wecom::crypto::Seal;
use channels::{AdapterError, ChannelAdapter, Payload, RawRequest, Secret};
use serde_json::{Value, json};
use tests::peer::Peer;
use tests::{Dice, peers};
use tokio::process::Command;

fn kit() -> Peer {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/wecom/kit.py");
    Peer::start("wechatpy", Command::new(peers::python()).arg(script))
}

fn now() -> String {
    (way_out::means().clock.now().0 / 1_000).to_string()
}

/// A call with what the kit sealed.
async fn called_by(kit: &mut Peer, text: &str) -> RawRequest {
    let (timestamp, nonce) = (now(), "1372623149");
    let question = json!({
        "do": "seal", "token": SECRET, "key": KEY, "corp": CORP,
        "text": text, "nonce": nonce, "timestamp": timestamp,
    });
    let sealed = kit.ask(&question).await;
    let signature = sealed["signature"].as_str().unwrap();
    RawRequest {
        method: "POST".to_owned(),
        path_and_query: format!(
            "/cb?msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"
        ),
        below: String::new(),
        headers: Vec::new(),
        body: sealed["xml"].as_str().unwrap().to_owned().into(),
    }
}

fn text_message(id: usize, text: &str) -> String {
    format!(
        "<xml><ToUserName>{CORP}</ToUserName><FromUserName><![CDATA[{MEMBER}]]></FromUserName>\
         <CreateTime>1348831860</CreateTime><MsgType><![CDATA[text]]></MsgType>\
         <Content><![CDATA[{text}]]></Content><MsgId>{id}</MsgId><AgentID>{AGENT}</AgentID></xml>"
    )
}

#[tokio::test]
async fn what_the_kit_seals_is_read_and_what_is_damaged_is_refused() {
    let (far, mut kit) = (Far::start(), kit());
    let door = far.app(&way_out::means(), &json!({}));
    let (inlet, behind) = Behind::open();
    // Every length of the padding.
    let texts: Vec<String> = (0..33).map(|n| format!("您好😀{}", "。".repeat(n))).collect();
    for (n, text) in texts.iter().enumerate() {
        let request = called_by(&mut kit, &text_message(n, text)).await;
        assert_eq!(door.callback(&request, &inlet).await.unwrap().status, 200, "{text}");
        for at in [0, request.body.len() / 3, request.body.len() / 2, request.body.len() - 8] {
            let cut = RawRequest { body: request.body.slice(..at), ..request.clone() };
            let answer = door.callback(&cut, &inlet).await;
            assert!(matches!(answer, Err(AdapterError::NotAuthentic)), "{at}: {answer:?}");
        }
    }
    assert_eq!(behind.now(), texts);
}

#[tokio::test]
async fn seals_with_any_key_are_opened_by_the_other_side() {
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let (mut kit, mut dice) = (kit(), Dice::new(7));
    for n in 0..40 {
        let of = |dice: &mut Dice| char::from(CHARACTERS[dice.below(CHARACTERS.len())]);
        let key: String = (0..43).map(|_| of(&mut dice)).collect();
        let ours = Seal::new(Secret::new("tok"), &key, CORP).unwrap();
        let text = format!("第 {n} 句 😀 {}", "x".repeat(n));
        // Ours, opened by the kit.
        let sealed = ours.close(text.as_bytes(), [5; 16]).unwrap();
        let question = json!({
            "do": "open", "token": "tok", "key": key, "corp": CORP, "timestamp": "1", "nonce": "2",
            "sealed": sealed, "signature": ours.signature("1", "2", &sealed),
        });
        assert_eq!(kit.ask(&question).await, json!({ "text": text }), "{key}");
        // For somebody else: the kit sees it as we do.
        let other = Seal::new(Secret::new("tok"), &key, "ww_other").unwrap();
        let sealed = other.close(text.as_bytes(), [5; 16]).unwrap();
        let mut question = question;
        question["sealed"] = json!(sealed);
        question["signature"] = json!(ours.signature("1", "2", &sealed));
        assert_eq!(kit.ask(&question).await, json!({ "refused": "InvalidCorpIdException" }));
        // The kit's, opened by us.
        let question = json!({
            "do": "seal", "token": "tok", "key": key, "corp": CORP, "text": text,
            "nonce": "2", "timestamp": "1",
        });
        let answer = kit.ask(&question).await;
        let word = |name: &str| answer[name].as_str().unwrap().to_owned();
        let (sealed, signature) = (word("sealed"), word("signature"));
        let signed = channels::wecom::crypto::Signed {
            signature: &signature,
            timestamp: "1",
            nonce: "2",
            sealed: &sealed,
        };
        assert_eq!(ours.open(&signed).unwrap(), text.as_bytes(), "{key}");
    }
}

#[tokio::test]
async fn the_kits_challenge_is_answered_and_the_kit_reads_ours() {
    let (far, mut kit) = (Far::start(), kit());
    let door = far.app(&way_out::means(), &json!({}));
    let (inlet, _) = Behind::open();
    let asked = json!({
        "do": "seal", "token": SECRET, "key": KEY, "corp": CORP,
        "text": "1616140317555161061", "nonce": "263014780", "timestamp": now(),
    });
    let sealed = kit.ask(&asked).await;
    let word = |name: &str| sealed[name].as_str().unwrap().to_owned();
    let mut url = reqwest::Url::parse("http://x/cb").unwrap();
    url.query_pairs_mut()
        .append_pair("msg_signature", &word("signature"))
        .append_pair("timestamp", asked["timestamp"].as_str().unwrap())
        .append_pair("nonce", "263014780")
        .append_pair("echostr", &word("sealed"));
    let (template, _) = challenge("x");
    let path_and_query = format!("/cb?{}", url.query().unwrap());
    let request = RawRequest { path_and_query, ..template };
    let answer = door.callback(&request, &inlet).await.unwrap();
    assert_eq!(answer.body, Bytes::from_static(b"1616140317555161061"));
    let forged = seal().close(b"1", [1; 16]).unwrap();
    let question = json!({
        "do": "open", "token": SECRET, "key": KEY, "corp": CORP, "timestamp": "1", "nonce": "2",
        "sealed": forged, "signature": "0".repeat(40),
    });
    assert_eq!(kit.ask(&question).await, json!({ "refused": "InvalidSignatureException" }));
}

/// Both read the same XML: the kit's fields, and what we make of them.
#[tokio::test]
async fn the_kit_finds_in_our_examples_what_we_find() {
    let (far, mut kit) = (Far::start(), kit());
    let door = far.app(&way_out::means(), &json!({}));
    let cases = [
        ("text", "content"),
        ("image", "media_id"),
        ("voice", "media_id"),
        ("location", "label"),
        ("link", "title"),
        ("event-click", "key"),
        ("event-scan", "scan_result"),
    ];
    for (name, field) in cases {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../channels/fixtures/wecom");
        let xml = std::fs::read_to_string(format!("{folder}/{name}.xml")).unwrap();
        let found = kit.ask(&json!({ "do": "parse", "xml": xml })).await;
        let wanted = found[field].as_str().unwrap_or_else(|| panic!("{name}: {found}"));
        let (inlet, behind) = Behind::open();
        door.callback(&crate::doors::wecom::post(&xml), &inlet).await.unwrap();
        let heard = behind.taken.look(|taken| taken.accepted[0].clone());
        let ours = match heard.payload {
            Payload::MessageNew(message) => match message.media.first() {
                Some(media) => media.reference.clone(),
                None => message.text,
            },
            Payload::Chosen { value } => value,
            other => panic!("{name}: {other:?}"),
        };
        assert!(ours.contains(wanted), "{name}: {ours} and {wanted}");
        assert_eq!(Some(heard.sender.value.as_str()), found["source"].as_str(), "{name}");
    }
}

/// One call of the kit's client.
async fn client(kit: &mut Peer, call: &str, more: Value) -> Value {
    let mut question = json!({ "do": "client", "call": call, "agent": AGENT, "user": MEMBER });
    for (key, value) in more.as_object().unwrap() {
        question[key] = value.clone();
    }
    kit.ask(&question).await
}

#[tokio::test]
async fn the_kits_client_takes_the_stand_in_for_wecom() {
    let (far, mut kit) = (Far::start(), kit());
    let open = json!({ "url": far.cloud.url(), "corp": CORP, "secret": SECRET, "text": "您好" });
    let sent = client(&mut kit, "text", open).await;
    assert_eq!(sent["result"]["msgid"], "far-您好", "{sent}");
    assert_eq!(far.network.far_end.reached(), ["您好"]);
    let file = json!({ "name": "a.txt", "content": "第一页" });
    let uploaded = client(&mut kit, "upload", file).await;
    let media_id = uploaded["result"]["media_id"].clone();
    let fetched = client(&mut kit, "download", json!({ "media_id": media_id })).await;
    assert_eq!(fetched["result"], "第一页", "{uploaded}");
    let sent = client(&mut kit, "file", json!({ "media_id": media_id })).await;
    assert_eq!(sent["result"]["errcode"], 0, "{sent}");
    let user = client(&mut kit, "user", json!({})).await;
    assert_eq!(user["result"]["name"], "李明", "{user}");
    let department = client(&mut kit, "department", json!({ "id": 12 })).await;
    assert_eq!(department["result"]["department"]["parentid"], 5, "{department}");
    let agent = client(&mut kit, "agent", json!({})).await;
    assert_eq!(agent["result"]["name"], "政务服务", "{agent}");
    let gone = client(&mut kit, "text", json!({ "user": "nobody", "text": "x" })).await;
    assert_eq!(gone["errcode"], 81013, "{gone}");
    // The kit gets itself a new token when the old one has run out, as we do.
    far.seen().change(|seen| seen.is_revoked = true);
    let sent = client(&mut kit, "text", json!({ "text": "再见" })).await;
    assert_eq!(sent["result"]["msgid"], "far-再见", "{sent}");
    assert_eq!(far.seen().look(|seen| seen.tokens), 2);
    // 微信客服, which the kit can only post to: what it posts is taken as what we post.
    let body = json!({ "open_kfid": crate::doors::wecom::ACCOUNT, "limit": 10 });
    far.network.far_end.hears("m0", "您好");
    let page = client(&mut kit, "post", json!({ "path": "kf/sync_msg", "body": body })).await;
    assert_eq!(page["result"]["msg_list"][0]["text"]["content"], "您好", "{page}");
    let wrong = json!({ "url": far.cloud.url(), "corp": CORP, "secret": "wrong", "text": "x" });
    assert_eq!(client(&mut kit, "text", wrong).await["errcode"], 40001);
}
