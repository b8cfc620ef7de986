//! What a page of an account says (接收消息与事件, document 94670).

use super::super::words::{self, Heard};
use crate::inbound::{Payload, SinkError};
use crate::means::Means;
use serde_json::Value;

/// Written by a customer.
const CUSTOMER: i64 = 3;
/// Said by the network.
const NETWORK: i64 = 4;
/// How long the code to greet somebody is good, in milliseconds: a little less than its 20 seconds.
const WELCOME_MS: u64 = 18_000;
/// The most lines that are shown of messages that somebody passes on.
const PASSED_ON_MAX: usize = 50;

/// Why nothing becomes of a message.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It says nothing that can be kept.
    Senseless(&'static str),
    /// What it says could not be laid on the shelf: it must be read again.
    Shelf(SinkError),
}

/// What a message says; `None` when it says nothing to the desk (an answer that somebody gave in WeCom
/// itself, a change of their state).
pub(super) async fn read(
    means: &Means,
    account: &str,
    message: &Value,
) -> Result<Option<Heard>, ReadError> {
    let id = text(message, "/msgid");
    if id.is_empty() {
        return Err(ReadError::Senseless("it has no msgid"));
    }
    let id = if id.len() > 128 { words::id_of(&[id]) } else { id.to_owned() };
    let (user, payload) = match message.pointer("/origin").and_then(Value::as_i64) {
        Some(CUSTOMER) => (text(message, "/external_userid"), Some(said(message))),
        Some(NETWORK) => {
            let user = text(message, "/event/external_userid");
            (user, event(means, account, message).await?)
        }
        Some(_) => return Ok(None),
        None => return Err(ReadError::Senseless("it has no origin")),
    };
    let Some(payload) = payload else { return Ok(None) };
    if user.is_empty() {
        return Err(ReadError::Senseless("it has no external_userid"));
    }
    Ok(Some(Heard {
        id,
        user: user.to_owned(),
        conversation: Some(account.to_owned()),
        at: message.pointer("/send_time").and_then(Value::as_i64),
        payload,
    }))
}

/// A text at a JSON pointer; empty when there is none.
fn text<'a>(message: &'a Value, pointer: &str) -> &'a str {
    message.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn said(message: &Value) -> Payload {
    let kind = text(message, "/msgtype");
    let inner = |name: &str| text(message, &format!("/{kind}/{name}"));
    let number = |name: &str| {
        let found = message.pointer(&format!("/location/{name}")).and_then(Value::as_f64);
        found.map(|found| found.to_string()).unwrap_or_default()
    };
    match kind {
        "text" => match inner("menu_id") {
            "" => words::text(inner("content")),
            // A menu that is not ours brings its words.
            menu => match words::chosen(menu) {
                chosen @ Payload::Chosen { .. } => chosen,
                _ => words::text(inner("content")),
            },
        },
        "image" | "voice" | "video" | "file" => words::media(kind, inner("media_id")),
        "location" => {
            let point = (number("latitude"), number("longitude"));
            words::location(inner("name"), inner("address"), (&point.0, &point.1))
        }
        "link" => words::titled("链接", inner("title"), inner("desc"), inner("url")),
        "business_card" => words::titled("名片", inner("userid"), "", ""),
        "miniprogram" => words::titled("小程序", inner("title"), "", ""),
        "channels" => words::titled("视频号", inner("nickname"), inner("title"), ""),
        "channels_shop_product" => {
            words::titled("商品", inner("title"), inner("shop_nickname"), "")
        }
        "channels_shop_order" => words::titled(
            "订单",
            inner("product_titles"),
            inner("order_id"),
            inner("price_wording"),
        ),
        "merged_msg" => words::titled("聊天记录", inner("title"), &passed_on(message), ""),
        other => Payload::Unsupported { what: other.chars().take(64).collect() },
    }
}

/// The lines of messages that somebody passes on.
fn passed_on(message: &Value) -> String {
    let items = message.pointer("/merged_msg/item").and_then(Value::as_array);
    let lines = items.into_iter().flatten().take(PASSED_ON_MAX).map(|item| {
        let content: Value = serde_json::from_str(text(item, "/msg_content")).unwrap_or_default();
        match text(&content, "/text/content") {
            "" => format!("{}: [{}]", text(item, "/sender_name"), text(item, "/msgtype")),
            words => format!("{}: {words}", text(item, "/sender_name")),
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

async fn event(
    means: &Means,
    account: &str,
    message: &Value,
) -> Result<Option<Payload>, ReadError> {
    let inner = |name: &str| text(message, &format!("/event/{name}"));
    Ok(match inner("event_type") {
        "enter_session" => {
            let (code, user) = (inner("welcome_code"), inner("external_userid"));
            if !code.is_empty() {
                let name = welcome_name(account, user);
                let put = means.shelf.put(&name, code, WELCOME_MS).await;
                put.map_err(ReadError::Shelf)?;
            }
            Some(Payload::Membership { joined: true })
        }
        "user_recall_msg" => {
            Some(Payload::Deleted { external_id: inner("recall_msgid").to_owned() })
        }
        "msg_send_fail" => {
            let failed = inner("fail_msgid");
            let command = means.shelf.find(&command_name(failed)).await;
            let command = command.map_err(ReadError::Shelf)?;
            Some(Payload::DeliveryReport {
                command: command.unwrap_or_else(|| failed.to_owned()),
                delivered: false,
                reason: why(message.pointer("/event/fail_type").and_then(Value::as_i64)).to_owned(),
            })
        }
        _ => None,
    })
}

/// Why a message did not arrive (document 94670, fail_type).
fn why(fail_type: Option<i64>) -> &'static str {
    match fail_type {
        Some(1) => "客服账号已删除",
        Some(2) => "应用已关闭",
        Some(4) => "会话已过期，超过48小时",
        Some(5) => "会话已关闭",
        Some(6) => "超过5条限制",
        Some(7) => "未绑定视频号",
        Some(8) => "主体未验证",
        Some(9) => "未绑定视频号且主体未验证",
        Some(10) => "用户拒收消息",
        Some(11) => "企业未有成员登录企业微信App",
        Some(12) => "发送的消息为客服组件禁发的消息类型",
        Some(13) => "安全限制",
        _ => "未知原因",
    }
}

/// Where the code lies by which somebody who has just come in may be greeted.
pub(super) fn welcome_name(account: &str, user: &str) -> String {
    format!("kf.welcome.{}", words::id_of(&[account, user]))
}

/// Where it lies which command a message id of ours stands for.
pub(super) fn command_name(msgid: &str) -> String {
    format!("kf.command.{msgid}")
}
