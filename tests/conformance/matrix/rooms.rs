//! Groups, people who leave, and people who have not written yet.

use super::desk::{DESK, Desk, LI, command, sent};
use crate::everyone::says;
use channels::matrix::Matrix;
use channels::{ChannelAdapter as _, Command, Outcome, Payload};
use serde_json::json;
use std::sync::Arc;
use tests::eventually;

#[tokio::test]
async fn in_a_group_only_what_names_the_desk_is_meant_for_it() {
    let desk = Desk::open(&["li", "wang"]).await;
    let (mut li, mut wang) = (desk.person("li").await, desk.person("wang").await);
    let create = json!({
        "do": "create_room", "invite": [DESK, "@wang:hutong.test"], "direct": false, "name": "二楼",
    });
    let room = li.asks(create).await["room"].as_str().unwrap().to_owned();
    wang.asks(json!({ "do": "join", "room": room })).await;
    li.sees_joined(&room, DESK).await;
    li.sees_joined(&room, "@wang:hutong.test").await;

    wang.says(&room, "午饭吃什么").await;
    li.says(&room, "办事大厅：打印机坏了").await;
    let mention = json!({
        "msgtype": "m.text", "body": "and the lamp", "m.mentions": { "user_ids": [DESK] },
    });
    let last = li.sends(&room, mention).await;
    let inbound = desk.gets_text("and the lamp").await;
    assert_eq!(desk.behind.now(), ["打印机坏了", "and the lamp"]);
    let Payload::MessageNew(message) = &inbound.payload else { panic!("no message") };
    assert_eq!(message.group.as_deref(), Some("二楼"));
    // What is answered there names whom it is for, and what it answers.
    let mut say = command("dlv_1", &room, says("we come at 10"));
    say.answers = Some(last.clone());
    sent(desk.adapter.deliver(&say).await);
    let heard = wang.hears(&room, "we come at 10", 1).await;
    assert_eq!(heard[0]["content"]["m.mentions"]["user_ids"], json!([LI]));
    assert_eq!(heard[0]["content"]["m.relates_to"]["m.in_reply_to"]["event_id"], json!(last));
}

#[tokio::test]
async fn who_left_or_sent_the_desk_away_is_gone() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    let left = desk.room_of(&mut li).await;
    // In a room of two of whom both may do everything, nobody can be sent away.
    let create = json!({ "do": "create_room", "invite": [DESK], "direct": false });
    let kicked = li.asks(create).await["room"].as_str().unwrap().to_owned();
    li.sees_joined(&kicked, DESK).await;
    sent(desk.adapter.deliver(&command("dlv_1", &left, says("hello"))).await);
    sent(desk.adapter.deliver(&command("dlv_2", &kicked, says("hello"))).await);
    li.asks(json!({ "do": "leave", "room": left })).await;
    li.asks(json!({ "do": "kick", "room": kicked, "user": DESK })).await;
    for room in [&left, &kicked] {
        let gone = desk.gets("that it is over", |inbound| {
            inbound.payload == Payload::Membership { joined: false }
                && inbound.external_conversation.as_ref() == Some(room)
        });
        assert_eq!(gone.await.sender.value, LI);
    }
    for (id, room) in
        [("dlv_3", left.as_str()), ("dlv_4", kicked.as_str()), ("dlv_5", "!no:hutong.test")]
    {
        let outcome = desk.adapter.deliver(&command(id, room, says("still there?"))).await;
        assert_eq!(outcome, Outcome::RecipientGone, "{id}");
    }
    // A gateway that saw nothing of it finds the same.
    let outcome = desk.elsewhere().deliver(&command("dlv_6", &left, says("hello?"))).await;
    assert_eq!(outcome, Outcome::RecipientGone);
    // And whoever invites the desk again is heard at once and answered again.
    li.asks(json!({ "do": "invite", "room": kicked, "user": DESK })).await;
    li.says(&kicked, "sorry").await;
    desk.gets_text("sorry").await;
    sent(desk.adapter.deliver(&command("dlv_7", &kicked, says("no harm"))).await);
}

#[tokio::test]
async fn a_person_who_has_not_written_is_invited_into_one_room() {
    let desk = Desk::open(&["li"]).await;
    let mut li = desk.person("li").await;
    // Two gateways at once open one room.
    let (first, second) =
        (command("dlv_1", "", says("first")), command("dlv_2", "", says("second")));
    let other = desk.elsewhere();
    let whoever = async |adapter: &Arc<Matrix>, command: &Command| {
        eventually("it is sent", async || match adapter.deliver(command).await {
            Outcome::Sent(_) => Ok(()),
            Outcome::Unavailable(why) => Err(why),
            other => panic!("{other:?}"),
        })
        .await;
    };
    tokio::join!(whoever(&desk.adapter, &first), whoever(&other, &second));
    let rooms = li.asks(json!({ "do": "invited" })).await["rooms"].clone();
    assert_eq!(rooms.as_array().unwrap().len(), 1, "{rooms}");
    let room = rooms[0].as_str().unwrap();
    li.asks(json!({ "do": "join", "room": room })).await;
    sent(desk.adapter.deliver(&command("dlv_3", "", says("third"))).await);
    li.hears(room, "third", 1).await;
    li.says(room, "yes?").await;
    let inbound = desk.gets_text("yes?").await;
    assert_eq!(inbound.external_conversation.as_deref(), Some(room));
    let mut nobody = command("dlv_4", "", says("hello"));
    nobody.recipient = "@nobody:nowhere.invalid".to_owned();
    let outcome = desk.adapter.deliver(&nobody).await;
    assert!(!matches!(outcome, Outcome::Sent(_)), "{outcome:?}");
}
