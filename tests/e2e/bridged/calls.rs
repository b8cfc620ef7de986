//! Who waits in a messenger asks to be called by a word.

use super::Messenger;
use serde_json::json;
use tests::exchange::Exchange;
use tests::{DeskFile, House};

#[tokio::test]
async fn a_word_and_a_number_ask_for_a_call_which_is_said_and_made() {
    let (messenger, exchange) = (Messenger::open(), Exchange::start());
    let line = exchange.settings(json!({}));
    let chat = json!({ "desk": { "ask_rating": false }, "phone": { "channel": "hotline" } });
    let desk = DeskFile::small()
        .with_messenger("bridge", &["tax"], messenger.settings(&chat))
        .with_telephone(("hotline", "phone_bridge"), &["tax"], line)
        .with_agent_changed("ming", json!({ "phone": "1001" }));
    let mut house = House::of(desk).start().await;
    messenger.says(&house, ("bridge", "an"), "发票系统打不开").await;
    messenger.says(&house, ("bridge", "an"), "回电").await;
    messenger.hears("an", "请告诉我们回拨号码").await;
    messenger.says(&house, ("bridge", "an"), "回电 110110").await;
    messenger.hears("an", "暂时无法回拨").await;
    messenger.says(&house, ("bridge", "an"), "回电 138 0013 8000").await;
    messenger.hears("an", "我们将拨打 +86*******8000").await;

    let mut ming = house.ready_agent("ming").await;
    let conversation = ming.accepts_next_offer().await;
    let order = exchange.gets("call.place", None).await;
    assert_eq!(order["contact"], "+8613800138000", "{order}");
    // The words were commands: the log has the question alone.
    let log = ming.log(&conversation).await;
    let said: Vec<&str> = log.iter().filter_map(|message| message["text"].as_str()).collect();
    assert_eq!(said, ["发票系统打不开"]);
    // They are not reached: that is said where they wrote.
    let call = order["id"].clone();
    let ended = json!({ "type": "call.ended", "id": call, "outcome": "busy" });
    assert_eq!(exchange.tells(house.gateways[0].port(), &ended).await, 200);
    messenger.hears("an", "线路正忙").await;
    house.ends_well();
}
