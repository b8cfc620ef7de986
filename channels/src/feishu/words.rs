//! What a message says, as plain text, and the files in it. Pure.
//!
//! Source: open.feishu.cn, 接收消息内容 (`content` of each `message_type`).

use super::media;
use crate::inbound::{MediaRef, NewMessage};
use crate::refusal::text;
use domain::Locale;
use domain::limits::FILES_PER_MESSAGE_MAX;
use serde_json::Value;

/// The deepest nesting of a card that is read.
const DEPTH_MAX: usize = 8;

/// What a picture in a text is called, and its type.
const PICTURE: (&str, &str) = ("图片.jpg", "image/jpeg");
/// The same of a film.
const FILM: (&str, &str) = ("视频.mp4", "video/mp4");

/// What a message's mentions stand for.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// The key in the text, and what is put in its place: nothing for us.
    found: Vec<(String, String)>,
}

impl Mentions {
    /// Reads them; `ours` is the robot's own id.
    pub(super) fn of(message: &Value, ours: &str) -> Self {
        let all = message.get("mentions").and_then(Value::as_array).into_iter().flatten();
        let found = all.map(|mention| {
            let name = if is_ours(mention, ours) { "" } else { text(mention, "name") };
            let shown = if name.is_empty() { String::new() } else { format!("@{name}") };
            (text(mention, "key").to_owned(), shown)
        });
        let mut found: Vec<(String, String)> = found.filter(|(key, _)| !key.is_empty()).collect();
        // `@_user_12` before `@_user_1`, which it begins with.
        found.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
        Self { found }
    }

    fn shown(&self, words: &str) -> String {
        let replaced = |words: String, (key, name): &(String, String)| words.replace(key, name);
        let words = self.found.iter().fold(words.to_owned(), replaced);
        words.replace("@_all", "@所有人").trim().to_owned()
    }

    fn name_of(&self, key: &str) -> Option<&str> {
        let found = self.found.iter().find(|(known, _)| known == key);
        found.map(|(_, name)| name.as_str())
    }
}

/// Is it our robot that is mentioned?
pub(super) fn is_ours(mention: &Value, ours: &str) -> bool {
    let id = mention.pointer("/id/open_id").and_then(Value::as_str).unwrap_or_default();
    !ours.is_empty() && id == ours
}

/// What a message says; `None` for a kind that cannot be said in words.
pub(super) fn said(message: &Value, mentions: &Mentions, locale: Locale) -> Option<NewMessage> {
    let id = text(message, "message_id");
    let content: Value = serde_json::from_str(text(message, "content")).unwrap_or_default();
    let file = |kind, key, name: &str, media_type| {
        media::reference(id, kind, text(&content, key)).map(|reference| MediaRef {
            reference,
            name: name.to_owned(),
            media_type: String::from(media_type),
        })
    };
    let own_name = |other: &'static str| match text(&content, "file_name") {
        "" => other,
        name => name,
    };
    let is_zh = locale == Locale::ZhCn;
    let or = |zh: &'static str, en: &'static str| if is_zh { zh } else { en };
    let media = match text(message, "message_type") {
        "text" => return Some(words(mentions.shown(text(&content, "text")))),
        "post" => return Some(Post::read(&content, id, mentions).message()),
        "image" => file("image", "image_key", or("图片.jpg", "image.jpg"), "image/jpeg"),
        "file" => {
            file("file", "file_key", own_name(or("文件", "file")), "application/octet-stream")
        }
        "audio" => file("file", "file_key", or("语音.opus", "voice.opus"), "audio/ogg"),
        "media" => file("file", "file_key", own_name(or("视频.mp4", "video.mp4")), "video/mp4"),
        kind => return in_words(kind, &content, locale).map(words),
    };
    media.map(|media| NewMessage { media: vec![media], ..NewMessage::default() })
}

fn words(text: String) -> NewMessage {
    NewMessage { text, ..NewMessage::default() }
}

/// What is neither text nor file, in a sentence.
fn in_words(kind: &str, content: &Value, locale: Locale) -> Option<String> {
    let is_zh = locale == Locale::ZhCn;
    let label = |zh: &str, en: &str, what: &str| {
        let what = if what.is_empty() { String::new() } else { format!(" {what}") };
        Some(format!("[{}]{what}", if is_zh { zh } else { en }))
    };
    match kind {
        "sticker" => label("表情", "sticker", ""),
        "location" => {
            let (name, lat, long) =
                (text(content, "name"), text(content, "latitude"), text(content, "longitude"));
            let place = if is_zh {
                format!("{name}（{lat}, {long}）")
            } else {
                format!("{name} ({lat}, {long})")
            };
            label("位置", "location", &place)
        }
        "share_chat" => label("群名片", "group card", ""),
        "share_user" => label("个人名片", "contact card", ""),
        "share_calendar_event" | "calendar" | "general_calendar" => {
            label("日程", "event", text(content, "summary"))
        }
        "video_chat" => label("视频会议", "meeting", text(content, "topic")),
        "vote" => label("投票", "vote", text(content, "topic")),
        "todo" => {
            let title = content.pointer("/summary/title").and_then(Value::as_str);
            label("任务", "task", title.unwrap_or_default())
        }
        "merge_forward" => label("合并转发的聊天记录", "forwarded messages", ""),
        "hongbao" => label("红包", "red packet", ""),
        "interactive" => {
            let mut shown = vec![text(content, "title").to_owned()];
            card(content.get("elements").unwrap_or(&Value::Null), DEPTH_MAX, &mut shown);
            shown.retain(|words| !words.trim().is_empty());
            label("卡片", "card", &shown.join("\n"))
        }
        _ => None,
    }
}

/// The words of a card, wherever they stand in it.
fn card(element: &Value, depth: usize, shown: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match element {
        Value::Array(items) => items.iter().for_each(|item| card(item, depth, shown)),
        Value::Object(_)
            if matches!(text(element, "tag"), "text" | "a" | "lark_md" | "plain_text") =>
        {
            let words = Some(text(element, "text")).filter(|words| !words.is_empty());
            shown.push(words.unwrap_or(text(element, "content")).to_owned());
        }
        Value::Object(fields) => {
            for key in ["text", "title", "elements", "fields", "columns", "content"] {
                fields.get(key).into_iter().for_each(|inner| card(inner, depth, shown));
            }
        }
        _ => {}
    }
}

/// A text with pictures, links and mentions (`post`).
#[derive(Debug, Default)]
struct Post {
    lines: Vec<String>,
    media: Vec<MediaRef>,
}

impl Post {
    fn read(content: &Value, id: &str, mentions: &Mentions) -> Self {
        // One that was sent is told without its language; some clients wrap it in one.
        let body = ["zh_cn", "en_us", "ja_jp"].iter().find_map(|key| content.get(*key));
        let body = body.unwrap_or(content);
        let mut post = Self::default();
        post.lines.push(text(body, "title").to_owned());
        let lines = body.get("content").and_then(Value::as_array);
        for line in lines.into_iter().flatten() {
            let mut words = String::new();
            for piece in line.as_array().into_iter().flatten() {
                post.piece(piece, id, mentions, &mut words);
            }
            post.lines.push(words);
        }
        post
    }

    fn piece(&mut self, piece: &Value, id: &str, mentions: &Mentions, words: &mut String) {
        match text(piece, "tag") {
            "a" => {
                let (shown, link) = (text(piece, "text"), text(piece, "href"));
                words.push_str(shown);
                if shown != link && !link.is_empty() {
                    words.push_str(&format!("（{link}）"));
                }
            }
            "at" => {
                let key = text(piece, "user_id");
                let other = || format!("@{}", text(piece, "user_name"));
                words.push_str(&mentions.name_of(key).map_or_else(other, str::to_owned));
            }
            "img" => {
                self.file(media::reference(id, "image", text(piece, "image_key")), PICTURE, words)
            }
            "media" => {
                self.file(media::reference(id, "file", text(piece, "file_key")), FILM, words)
            }
            "emotion" => words.push_str(&format!("[{}]", text(piece, "emoji_type"))),
            "hr" => words.push_str("――――"),
            _ => words.push_str(text(piece, "text")),
        }
    }

    fn file(&mut self, reference: Option<String>, named: (&str, &str), words: &mut String) {
        let Some(reference) = reference else { return };
        if self.media.len() == FILES_PER_MESSAGE_MAX {
            words.push_str("[…]");
            return;
        }
        let (name, media_type) = (named.0.to_owned(), named.1.to_owned());
        self.media.push(MediaRef { reference, name, media_type });
    }

    fn message(self) -> NewMessage {
        let text = self.lines.join("\n").trim().to_owned();
        NewMessage { text, media: self.media, ..NewMessage::default() }
    }
}
