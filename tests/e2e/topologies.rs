//! The shapes in which it is shipped: two gateways on PostgreSQL, on a Redis Cluster, behind Sentinel.

use serde_json::json;
use tests::house::Plan;
use tests::postgres::PostgresServer;
use tests::redis_group::RedisGroup;
use tests::{DeskFile, House, eventually};

/// A conversation through two gateways, from its first word until it is in the records.
async fn is_served_through_two_gateways(plan: Plan) {
    let mut house = plan.with_gateways(2).start().await;
    let mut ming = house.ready_agent_at("ming", 1).await;
    let mut visitor = house.visitor_at(0).await;
    let conversation = visitor.asks("tax", "hello").await.conversation;
    assert_eq!(ming.accepts_next_offer().await, conversation);
    ming.says(&conversation, "hello from the other side").await;
    visitor.hears("hello from the other side").await;
    ming.notes(&conversation, "a note").await;

    // The first dies in the middle; the same word again is the same message.
    let unsure = visitor.word("still there?", json!({}));
    visitor.sends(&unsure).await;
    house.gateways[0].kill();
    visitor.moves_to(house.gateways[1].port());
    visitor.connects().await;
    visitor.gets_ack(&unsure).await;
    ming.hears(&conversation, "still there?").await;
    ming.closes(&conversation).await;
    visitor.sees_state("closed").await;
    house.gateways[0].start().await;

    let mut sun = house.signs_in("sun").await;
    let texts = |log: &[serde_json::Value]| -> Vec<String> {
        let spoken = log.iter().filter(|message| message["kind"] != "notice");
        spoken.map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let expected = ["hello", "hello from the other side", "a note", "still there?"];
    for gateway in 0..2 {
        sun.moves_to(house.gateways[gateway].port());
        assert_eq!(texts(&sun.log(&conversation).await), expected, "gateway {gateway}");
    }
    let root = house.signs_in("root").await;
    eventually("the trail has its end", async || {
        let path = format!("/v1/audit?conversation={conversation}&limit=100");
        let trail = root.api().get(&path).await.ok().to_string();
        if trail.contains("conversation_closed") { Ok(()) } else { Err(trail) }
    })
    .await;
    house.ends_well();
}

#[tokio::test]
async fn two_gateways_on_postgresql_serve_a_conversation() {
    let postgres = PostgresServer::start();
    let plan = House::of(DeskFile::small()).with("records.url", postgres.url());
    is_served_through_two_gateways(plan).await;
}

#[tokio::test]
async fn two_gateways_on_a_cluster_serve_a_conversation() {
    let redis = RedisGroup::cluster().await;
    is_served_through_two_gateways(redis.under(House::of(DeskFile::small()))).await;
}

#[tokio::test]
async fn two_gateways_behind_sentinel_serve_a_conversation() {
    let redis = RedisGroup::sentinel().await;
    is_served_through_two_gateways(redis.under(House::of(DeskFile::small()))).await;
}
