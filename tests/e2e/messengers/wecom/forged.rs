//! What others than WeCom send to the callback address: one refusal for all of it, and nothing is kept.

use super::super::storm::{person, texts};
use super::callers::Callers;
use super::{WeCom, only_held};
use channels::wecom::crypto::Seal;
use channels::{RawRequest, Secret};
use domain::limits::CALLBACK_BYTES_MAX;
use std::collections::BTreeSet;
use tests::networks::SECRET;
use tests::networks::wecom::{KEY, calls};
use tests::{Dice, House};

/// What nobody may send who is not WeCom, by what is wrong with it.
fn strangers() -> Vec<(&'static str, RawRequest)> {
    let word = calls::text_of(&person(0), "1", "forged");
    let (real, now) = (calls::post(&word), calls::now());
    let sealed = calls::seal().close(word.as_bytes(), [7; 16]).unwrap();
    let other = Seal::new(Secret::new(SECRET), KEY, "ww_other").unwrap();
    let for_other = other.close(word.as_bytes(), [7; 16]).unwrap();
    let mut wrong: Vec<_> =
        calls::forgeries(&real).into_iter().map(|request| ("forged", request)).collect();
    wrong.push(("stale", calls::post_sealed(&sealed, now - 3_600)));
    wrong.push(("of the future", calls::post_sealed(&sealed, now + 3_600)));
    wrong.push(("for another corporation", calls::post_sealed(&for_other, now)));
    // Signed with the right token: whoever holds it must not learn by it what a padding is.
    for (what, sealed) in [
        ("truncated by a block", sealed.get(..sealed.len() - 64).unwrap()),
        ("truncated within a block", sealed.get(..sealed.len() - 20).unwrap()),
        ("padded wrong", &"A".repeat(128)),
        ("no base64", "%%%"),
        ("nothing", ""),
    ] {
        wrong.push((what, calls::post_sealed(sealed, now)));
    }
    let body = |text: String| RawRequest { body: text.into(), ..real.clone() };
    let envelope = calls::envelope(&sealed);
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;\">]>{}",
        "x".repeat(1_000),
        envelope.replace("<xml>", "<xml><A>&b;</A>")
    );
    let outside = format!(
        "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{}",
        envelope.replace("<xml>", "<xml><A>&a;</A>")
    );
    wrong.push(("laden with entities", body(bomb)));
    wrong.push(("with an entity from outside", body(outside)));
    wrong.push(("longer than any envelope", body(format!("{envelope}{}", " ".repeat(300_000)))));
    wrong.push(("deep", body(format!("{}{envelope}", "<a>".repeat(10_000)))));
    wrong.push(("no XML", body("{}".to_owned())));
    let (challenge, _) = calls::challenge("1616140317555161061");
    let altered = challenge.path_and_query.replace("nonce=1", "nonce=2");
    wrong.push(("a forged challenge", RawRequest { path_and_query: altered, ..challenge }));
    wrong
}

/// Everything that lies in Redis under names of messages and people.
async fn kept(house: &House) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    for pattern in ["log:", "conv:", "open:", "seen:", "shelf:", "box", "delivery:"] {
        kept.extend(
            house.redis.ask::<Vec<String>>(&["KEYS", &format!("{{main}}:{pattern}*")]).await,
        );
    }
    kept
}

#[tokio::test]
async fn whatever_is_wrong_with_a_call_the_answer_is_the_same_and_nothing_is_kept() {
    let wecom = WeCom::start();
    let (house, agent) = super::house(&wecom).await;
    let ports = [house.gateways[0].port(), house.gateways[1].port()];
    let mut callers = Callers::new(ports, Dice::new(1));
    let before = kept(&house).await;
    let mut answers = BTreeSet::new();
    for (what, request) in strangers() {
        let (status, body) = callers.answer_at(0, &request).await.unwrap();
        assert_eq!(status, 403, "{what}: {body}");
        answers.insert(body);
    }
    assert_eq!(answers.len(), 1, "no oracle: {answers:?}");

    // Signed and sealed as it should be, and no message: the network itself, or a defect of it.
    let mut answers = BTreeSet::new();
    let laden =
        "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><MsgType>text</MsgType><Content>&a;</Content></xml>";
    let long =
        format!("<xml><MsgType>text</MsgType><Content>{}</Content></xml>", "x".repeat(150_000));
    for said in [laden, &long, "<xml><MsgType>text</MsgType></xml>", "<xml>", "{}"] {
        let (status, body) = callers.answer_at(0, &calls::post(said)).await.unwrap();
        assert_eq!(status, 400, "{body}");
        answers.insert(body);
    }
    assert_eq!(answers.len(), 1, "{answers:?}");

    // More than any network sends is not even read.
    let huge = RawRequest {
        body: vec![b' '; CALLBACK_BYTES_MAX + 1].into(),
        ..calls::post("<xml></xml>")
    };
    assert!(matches!(callers.answer_at(0, &huge).await, None | Some((413, _))));
    assert_eq!(kept(&house).await, before, "nothing is kept");
    assert!(wecom.network.seen.look(|seen| seen.asked.is_empty()), "nobody was asked about");

    // A call that was overheard and is sent again is what it was: one word.
    let request = calls::post(&calls::text_of(&person(0), "2", "once"));
    callers.is_taken(&request).await;
    for gateway in [0, 1, 0] {
        assert_eq!(callers.try_at(gateway, &request).await, Some(200));
    }
    let conversation = only_held(&agent).await;
    assert_eq!(texts(&agent.log(&conversation).await, ""), ["once"]);
    house.ends_well();
}
