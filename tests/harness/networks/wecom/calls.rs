//! How WeCom calls us (接收消息与事件, 加解密方案说明).

use super::{AGENT, CORP, KEY, MEMBER};
use crate::networks::SECRET;
use bytes::Bytes;
use channels::wecom::crypto::Seal;
use channels::{RawRequest, Secret};
use reqwest::Url;
use std::time::{SystemTime, UNIX_EPOCH};

/// What seals calls, as the settings of whoever is called say.
pub fn seal() -> Seal {
    Seal::new(Secret::new(SECRET), KEY, CORP).unwrap()
}

/// The present, in seconds.
#[expect(clippy::disallowed_methods, reason = "the network has the true time")]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A call that says this.
pub fn post(xml: &str) -> RawRequest {
    post_sealed(&seal().close(xml.as_bytes(), [7; 16]).unwrap(), now())
}

/// A call with this as its sealed text, whatever it is, signed as of a time in seconds.
pub fn post_sealed(sealed: &str, at: u64) -> RawRequest {
    signed("POST", (sealed, at), &[], envelope(sealed).into())
}

/// The body around a sealed text.
pub fn envelope(sealed: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><AgentID><![CDATA[{AGENT}]]></AgentID>\
         <Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    )
}

/// How the network asks whether it is us, and what it wants to hear.
pub fn challenge(echo: &str) -> (RawRequest, Bytes) {
    let sealed = seal().close(echo.as_bytes(), [9; 16]).unwrap();
    let more = [("echostr", sealed.as_str())];
    (signed("GET", (&sealed, now()), &more, Bytes::new()), Bytes::copy_from_slice(echo.as_bytes()))
}

fn signed(
    method: &str,
    (sealed, at): (&str, u64),
    more: &[(&str, &str)],
    body: Bytes,
) -> RawRequest {
    let (timestamp, nonce) = (at.to_string(), "1372623149");
    let signature = seal().signature(&timestamp, nonce, sealed);
    let pairs = [("msg_signature", &*signature), ("timestamp", &*timestamp), ("nonce", nonce)];
    let mut url = Url::parse("http://desk.example/v1/callbacks/city/reference").unwrap();
    url.query_pairs_mut().extend_pairs(pairs).extend_pairs(more);
    RawRequest {
        method: method.to_owned(),
        path_and_query: format!("{}?{}", url.path(), url.query().unwrap()),
        below: String::new(),
        headers: Vec::new(),
        body,
    }
}

/// The signature stands in the query and covers the sealed text.
pub fn forgeries(request: &RawRequest) -> Vec<RawRequest> {
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let sealed = body.split("<Encrypt><![CDATA[").nth(1).unwrap().split(']').next().unwrap();
    let first = if sealed.starts_with('A') { "B" } else { "A" };
    let altered = body.replace(sealed, &format!("{first}{}", sealed.get(1..).unwrap()));
    let cut = body.replace(sealed, sealed.get(..sealed.len() - 4).unwrap());
    let (path, query) = request.path_and_query.split_once('?').unwrap();
    let with =
        |query: String| RawRequest { path_and_query: format!("{path}?{query}"), ..request.clone() };
    let body = |text: String| RawRequest { body: text.into(), ..request.clone() };
    vec![
        RawRequest { path_and_query: path.to_owned(), ..request.clone() },
        with(query.replace("nonce=1", "nonce=2")),
        with(query.replace("msg_signature=", "msg_signature=0")),
        body(altered),
        body(cut),
        body(String::new()),
    ]
}

/// The first member writes.
pub fn text(id: &str, text: &str) -> String {
    text_of(MEMBER, id, text)
}

/// A member writes.
pub fn text_of(member: &str, id: &str, text: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[{member}]]></FromUserName>\
         <CreateTime>{}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>\
         <MsgId>{id}</MsgId><AgentID>{AGENT}</AgentID></xml>",
        now()
    )
}

/// There is something to fetch.
pub fn something(account: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><CreateTime>{}</CreateTime>\
         <MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event>\
         <Token><![CDATA[{}]]></Token><OpenKfId><![CDATA[{account}]]></OpenKfId></xml>",
        now(),
        super::CALL_TOKEN,
    )
}
