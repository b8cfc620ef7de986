//! Asterisk's REST interface and its events, as the descriptions in its own tree have them
//! (`asterisk/ari.json`): every request that comes, every answer and every event is held against those.

mod described;

use super::SECRET;
use super::telephones::{Happened, Leg, Shared, State, Unrung};
use crate::cloud::{Answered, Asked, Line, Network};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use described::Description;
use futures_util::future::BoxFuture;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

/// The user that it knows, with [`SECRET`] as the password.
pub const USER: &str = "hutong";
/// The application that it knows.
pub const APP: &str = "hutong";

/// Asterisk.
#[derive(Debug)]
pub struct StandIn {
    /// Its telephones.
    pub phones: Shared,
    description: Description,
}

impl Default for StandIn {
    fn default() -> Self {
        Self { phones: Shared::default(), description: Description::read() }
    }
}

impl StandIn {
    /// Holds something that it says against its description.
    fn checked(&self, model: &str, value: Value) -> Value {
        let faults = self.description.faults_of(model, &value);
        self.phones.change(|phones| phones.faults.extend(faults));
        value
    }

    fn channel(&self, leg: &Leg) -> Value {
        let state = if leg.state == State::Up { "Up" } else { "Ringing" };
        let app_data = format!("{APP},");
        channel(&leg.id, state, "", ("s", &app_data))
    }

    fn bridge(&self, id: &str) -> Value {
        let channels: Vec<String> = self.phones.look(|phones| {
            let inside = phones.legs.values().filter(|leg| leg.bridge.as_deref() == Some(id));
            inside.map(|leg| leg.id.clone()).collect()
        });
        json!({
            "id": id, "technology": "simple_bridge", "bridge_type": "mixing", "bridge_class": "stasis",
            "creator": "Stasis", "name": "", "channels": channels, "creationtime": TIME,
        })
    }

    /// What an event is in its words.
    fn events(&self, happened: &Happened) -> Vec<Value> {
        let event = |kind: &str, mut value: Value| {
            value["type"] = json!(kind);
            value["application"] = json!(APP);
            value["timestamp"] = json!(TIME);
            value["asterisk_id"] = json!("00:50:56:aa:bb:cc");
            self.checked(kind, value)
        };
        let of = |kind: &str, leg: &Leg| event(kind, json!({ "channel": self.channel(leg) }));
        let dial = |leg: &Leg, status: &str| {
            let value =
                json!({ "peer": self.channel(leg), "dialstatus": status, "dialstring": "x" });
            event("Dial", value)
        };
        match happened {
            Happened::Rings(leg) => {
                vec![dial(leg, ""), of("ChannelStateChange", leg), dial(leg, "RINGING")]
            }
            Happened::Answers(leg) => {
                let args = json!({ "args": [], "channel": self.channel(leg) });
                vec![dial(leg, "ANSWER"), of("ChannelStateChange", leg), event("StasisStart", args)]
            }
            Happened::Leaves(leg) => vec![of("ChannelHangupRequest", leg)],
            Happened::Ends(leg, cause) => {
                let ended = json!({
                    "cause": cause, "cause_txt": "in words", "channel": self.channel(leg),
                });
                let mut events = Vec::new();
                match (leg.state, cause) {
                    (State::Up, _) => events.push(of("StasisEnd", leg)),
                    (State::Rings, 17) => events.push(dial(leg, "BUSY")),
                    (State::Rings, 19) => events.push(dial(leg, "NOANSWER")),
                    (State::Rings, _) => events.push(dial(leg, "CONGESTION")),
                }
                events.push(event("ChannelDestroyed", ended));
                events
            }
            Happened::Holds(leg) => vec![of("ChannelHold", leg)],
            Happened::Resumes(leg) => vec![of("ChannelUnhold", leg)],
            Happened::Missed(id, number) => {
                let channel = channel(id, "Up", number, ("65529988", "hutong,missed"));
                vec![event("StasisStart", json!({ "args": ["missed"], "channel": channel }))]
            }
            Happened::Refuses(_) | Happened::Noise(_) => Vec::new(),
        }
    }

    fn rings(&self, id: &str, asked: &Asked) -> Answered {
        let query = |name: &str| asked.query.get(name).map_or("", String::as_str);
        let timeout = query("timeout").parse().unwrap_or(30);
        let rung = self.phones.change(|phones| phones.rings(id, query("endpoint"), timeout));
        match rung {
            Ok(()) => {
                let leg = json!(channel(id, "Down", "", ("s", "hutong,")));
                Answered::Json(200, self.checked("Channel", leg))
            }
            Err(Unrung::Exists) => error(409, "Channel with given unique ID already exists."),
            Err(Unrung::Refused) => error(400, "Allocation failed"),
        }
    }

    fn of_channel(&self, method: &str, id: &str, rest: &[&str], asked: &Asked) -> Answered {
        if (method, rest) == ("POST", &[]) {
            return self.rings(id, asked);
        }
        let leg = self.phones.look(|phones| phones.legs.get(id).cloned());
        let is_caller = self.phones.look(|phones| phones.callers.iter().any(|it| it == id));
        match (method, rest, leg) {
            ("DELETE", [], None) if is_caller => {
                self.phones.change(|phones| phones.callers.retain(|it| it != id));
                nothing()
            }
            (_, _, None) => error(404, "Channel not found"),
            ("GET", [], Some(leg)) => {
                Answered::Json(200, self.checked("Channel", self.channel(&leg)))
            }
            ("DELETE", [], Some(_)) => {
                self.phones.change(|phones| phones.ends(id, 16));
                nothing()
            }
            (_, _, Some(leg)) if leg.state != State::Up => {
                error(409, "Channel not in a Stasis application")
            }
            (_, ["ring"], Some(_)) => nothing(),
            (_, ["moh"], Some(leg)) => {
                // Within a bridge nobody would hear it.
                let has_music = method == "POST" && leg.bridge.is_none();
                let set = |leg: &mut Leg| leg.has_music = has_music;
                self.phones.change(|phones| phones.legs.get_mut(id).map(set));
                nothing()
            }
            _ => error(404, "no such operation"),
        }
    }

    fn of_bridge(&self, method: &str, id: &str, rest: &[&str], asked: &Asked) -> Answered {
        let is_there = self.phones.look(|phones| phones.bridges.iter().any(|it| it == id));
        match (method, rest, is_there) {
            ("POST", [], true) => error(409, "Bridge with the same bridgeId already exists"),
            ("POST", [], false) => {
                self.phones.change(|phones| phones.bridges.push(id.to_owned()));
                Answered::Json(200, self.checked("Bridge", self.bridge(id)))
            }
            (_, _, false) => error(404, "Bridge not found"),
            ("GET", [], true) => Answered::Json(200, self.checked("Bridge", self.bridge(id))),
            ("DELETE", [], true) => {
                self.phones.change(|phones| phones.bridges.retain(|it| it != id));
                nothing()
            }
            (_, ["addChannel" | "removeChannel"], true) => self.moves(id, rest, asked),
            (_, ["record"], true) => self.records(asked),
            _ => error(404, "no such operation"),
        }
    }

    fn moves(&self, id: &str, rest: &[&str], asked: &Asked) -> Answered {
        let is_added = rest == ["addChannel"];
        let channels = asked.query.get("channel").map_or("", String::as_str);
        for channel in channels.split(',') {
            let Some(leg) = self.phones.look(|phones| phones.legs.get(channel).cloned()) else {
                return error(400, "Channel not found");
            };
            match (leg.state, leg.bridge) {
                (State::Rings, _) => return error(422, "Channel not in Stasis application"),
                (_, None) if !is_added => return error(422, "Channel not in this bridge"),
                _ => {}
            }
            let bridge = is_added.then(|| id.to_owned());
            let set = |leg: &mut Leg| leg.bridge = bridge;
            self.phones.change(|phones| phones.legs.get_mut(channel).map(set));
        }
        nothing()
    }

    fn records(&self, asked: &Asked) -> Answered {
        let name = asked.query["name"].clone();
        let value = json!({
            "name": name, "format": asked.query["format"], "target_uri": "bridge:x", "state": "recording",
        });
        let is_new = self.phones.change(|phones| {
            let is_new = !phones.recordings.contains(&name);
            phones.recordings.push(name);
            is_new
        });
        match is_new {
            true => Answered::Json(201, self.checked("LiveRecording", value)),
            false => error(409, "A recording with the same name already exists"),
        }
    }
}

/// The present, as it writes it.
const TIME: &str = "2026-11-27T09:30:00.123+0800";

fn channel(id: &str, state: &str, number: &str, (exten, app_data): (&str, &str)) -> Value {
    json!({
        "id": id, "protocol_id": "x", "name": "PJSIP/x-00000001", "state": state, "accountcode": "",
        "caller": { "name": "", "number": number }, "connected": { "name": "", "number": "" },
        "creationtime": TIME, "language": "en",
        "dialplan": {
            "context": "default", "exten": exten, "priority": 1, "app_name": "Stasis",
            "app_data": app_data,
        },
    })
}

/// Asterisk says 204 here, which the small server cannot; what counts is that it is well.
fn nothing() -> Answered {
    Answered::Bytes(Vec::new())
}

fn error(status: u16, message: &str) -> Answered {
    Answered::Json(status, json!({ "message": message }))
}

impl Network for StandIn {
    fn answer(&self, asked: &Asked) -> Answered {
        if self.phones.look(|phones| phones.is_away) {
            return Answered::Cut;
        }
        let user = STANDARD.encode(format!("{USER}:{SECRET}"));
        if asked.headers.get("authorization") != Some(&format!("Basic {user}")) {
            return error(401, "Authentication required");
        }
        let Some(path) = asked.path.strip_prefix("/ari") else { return error(404, "not here") };
        let faults = self.description.faults_in(&asked.method, path, &asked.query);
        self.phones.change(|phones| phones.faults.extend(faults));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["events"]) if asked.query["app"] == APP => Answered::Socket,
            ("GET", ["channels"]) => {
                let legs: Vec<Leg> =
                    self.phones.look(|phones| phones.legs.values().cloned().collect());
                Answered::Json(200, legs.iter().map(|leg| self.channel(leg)).collect())
            }
            ("GET", ["applications", name]) if self.phones.look(|phones| phones.lines > 0) => {
                let ids = json!([]);
                let value = json!({
                    "name": name, "channel_ids": ids, "bridge_ids": ids, "endpoint_ids": ids,
                    "device_names": ids, "events_allowed": ids, "events_disallowed": ids,
                });
                Answered::Json(200, self.checked("Application", value))
            }
            (method, ["channels", id, rest @ ..]) => self.of_channel(method, id, rest, asked),
            (method, ["bridges", id, rest @ ..]) => self.of_bridge(method, id, rest, asked),
            _ => error(404, "not here"),
        }
    }

    fn talk(&self, _asked: Asked, mut line: Line) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let cuts = self.phones.change(|phones| {
                (phones.lines, phones.lines_so_far) = (phones.lines + 1, phones.lines_so_far + 1);
                phones.happened.clear();
                phones.cuts
            });
            self.talk_until_it_ends(&mut line, cuts).await;
            self.phones.change(|phones| phones.lines -= 1);
        })
    }
}

impl StandIn {
    async fn talk_until_it_ends(&self, line: &mut Line, cuts: usize) {
        loop {
            let happened = self.phones.change(|phones| phones.happened.pop_front());
            if let Some(happened) = happened {
                let noise = match &happened {
                    Happened::Noise(noise) => Some(noise.clone()),
                    _ => None,
                };
                let events = self.events(&happened).into_iter().map(|event| event.to_string());
                for event in events.chain(noise) {
                    if line.send(Message::text(event)).await.is_err() {
                        return;
                    }
                }
                continue;
            }
            tokio::select! {
                came = line.next() => match came {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                _ = self.phones.within(Duration::from_secs(1), |phones| {
                    (!phones.happened.is_empty() || phones.cuts != cuts).then_some(())
                }) => {}
            }
            if self.phones.look(|phones| phones.cuts != cuts) {
                return;
            }
        }
    }
}
