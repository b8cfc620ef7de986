//! Who waits in a messenger hears when the place in the queue became another, seldom, and never once
//! somebody serves them.

use super::Messenger;
use serde_json::{Value, json};
use tests::{DeskFile, House};

/// A desk with two channels of the messenger: on the second one may answer four times.
fn desk(messenger: &Messenger, chat: &Value) -> DeskFile {
    let seldom = json!({ "desk": chat, "reply_window": { "hours": 48, "messages_max": 4 } });
    let often = json!({ "desk": chat });
    DeskFile::small()
        .with_messenger("bridge", &["tax"], messenger.settings(&seldom))
        .with_channel_changed("bridge", json!({ "id": "few" }))
        .with_messenger("bridge", &["tax"], messenger.settings(&often))
}

#[tokio::test]
async fn who_waits_hears_of_another_place_and_nobody_else() {
    let messenger = Messenger::open();
    let chat = json!({ "update_after_secs": 10, "ask_rating": false });
    let desk = desk(&messenger, &chat).with_only(&["ming"]);
    let mut house = House::of(desk).with_gateways(2).start().await;
    for (channel, who) in [("bridge", "an"), ("bridge", "bao"), ("few", "dai"), ("bridge", "chen")]
    {
        messenger.says(&house, (channel, who), &format!("{who}: 发票系统打不开")).await;
    }
    // Each hears once where the matter stands.
    for (who, before) in
        [("an", "没有其他"), ("bao", "有 1 件"), ("dai", "有 2 件"), ("chen", "有 3 件")]
    {
        messenger.hears(who, before).await;
    }
    let mut ming = house.ready_agent_at("ming", 1).await;
    ming.accepts_next_offer().await;
    // Bao is held out now, Dai is the first who waits, and Chen the second.
    messenger.hears("chen", "您前面现在有 1 件").await;
    // Whichever gateway said it, both know.
    house.gateways[0].kill();
    house.gateways[0].spawn();
    house.gateways[0].becomes_ready().await;
    let mut answered = Vec::new();
    while answered.len() < 3 {
        let conversation = ming.accepts_next_offer().await;
        ming.says(&conversation, &format!("这就来看 {}", answered.len())).await;
        answered.push(conversation);
    }
    for who in ["bao", "dai", "chen"] {
        messenger.hears(who, "这就来看").await;
    }
    // Their answers come in the order of what was said to them before.
    let places = |who: &str| {
        let texts = messenger.texts_to(who);
        texts.iter().filter(|text| text.contains("您前面现在") || text.contains("最前面")).count()
    };
    assert_eq!(places("an"), 0, "served at once");
    assert_eq!(places("bao"), 0, "held out");
    assert_eq!(places("dai"), 0, "the network carries too few answers");
    assert!((1..=2).contains(&places("chen")), "{:?}", messenger.texts_to("chen"));
    let texts = messenger.texts_to("chen");
    let mut once = texts.clone();
    once.dedup();
    assert_eq!(texts, once, "nothing twice");
    house.ends_well();
}

#[tokio::test]
async fn a_channel_may_leave_it_at_the_first_word() {
    let messenger = Messenger::open();
    let off = json!({ "position_updates": false, "update_after_secs": 10 });
    let on = json!({ "reply_window": null, "desk": { "position_updates": true } });
    let desk = desk(&messenger, &off).with_only(&["ming"]);
    let desk = desk.with_channel_changed("few", json!({ "settings": on }));
    let mut house = House::of(desk).start().await;
    for (channel, who) in [("bridge", "an"), ("bridge", "bao"), ("few", "chen")] {
        messenger.says(&house, (channel, who), &format!("{who}: 发票系统打不开")).await;
        messenger.hears(who, "已经收到").await;
    }
    let sun = house.signs_in("sun").await;
    let waiting = sun.api().get("/v1/queues/tax/waiting?limit=10").await.ok();
    let first = waiting[0]["id"].as_str().unwrap().to_owned();
    // The first one ends it: the others move up, and who is on the other channel hears of it.
    messenger.says(&house, ("bridge", "an"), "结束").await;
    messenger.hears("an", "已结束").await;
    messenger.hears("chen", "您前面现在有 1 件").await;
    let mut ming = house.ready_agent("ming").await;
    let second = ming.accepts_next_offer().await;
    assert_ne!(second, first);
    ming.says(&second, "这就来看").await;
    messenger.hears("bao", "这就来看").await;
    assert_eq!(messenger.texts_to("bao").len(), 2, "{:?}", messenger.texts_to("bao"));
    house.ends_well();
}
