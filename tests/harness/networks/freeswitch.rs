//! FreeSWITCH's event socket as its documents describe it. A client of somebody else speaks with it too
//! (`conformance`).

use super::SECRET;
use super::telephones::{Happened, Leg, Shared, State, Unrung};
use serde_json::{Value, json};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The names of causes (`switch_types.h`).
const CAUSES: &[(u16, &str)] = &[
    (1, "UNALLOCATED_NUMBER"),
    (16, "NORMAL_CLEARING"),
    (17, "USER_BUSY"),
    (18, "NO_USER_RESPONSE"),
    (19, "NO_ANSWER"),
    (21, "CALL_REJECTED"),
    (28, "INVALID_NUMBER_FORMAT"),
    (38, "NETWORK_OUT_OF_ORDER"),
];
/// The channel variables that an `originate` may set here.
const VARIABLES: &[&str] = &[
    "origination_uuid",
    "originate_timeout",
    "ignore_early_media",
    "hangup_after_bridge",
    "origination_caller_id_number",
    "origination_caller_id_name",
];

/// A running FreeSWITCH; it ends with this.
#[derive(Debug)]
pub struct FreeSwitch {
    /// Its telephones.
    pub phones: Arc<Shared>,
    port: u16,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl FreeSwitch {
    /// Starts it.
    ///
    /// # Panics
    /// When no port is free.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (phones, stop) = (Arc::<Shared>::default(), CancellationToken::new());
        let (shared, token) = (phones.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                token.run_until_cancelled(accept_all(listener, shared)).await;
            });
        });
        Self { phones, port, stop, thread: Some(thread) }
    }

    /// The port of its event socket.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for FreeSwitch {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

async fn accept_all(listener: TcpListener, phones: Arc<Shared>) {
    let mut lines = JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        if !phones.look(|phones| phones.is_away) {
            lines.spawn(talk(tcp, phones.clone()));
        }
        while lines.try_join_next().is_some() {}
    }
}

struct Line {
    tcp: BufReader<TcpStream>,
    phones: Arc<Shared>,
    is_json: bool,
    hears_events: bool,
}

async fn talk(tcp: TcpStream, phones: Arc<Shared>) {
    let cuts = phones.look(|phones| phones.cuts);
    let mut line = Line {
        tcp: BufReader::new(tcp),
        phones: phones.clone(),
        is_json: false,
        hears_events: false,
    };
    drop(line.talk_until_it_ends(cuts).await);
    if line.hears_events {
        phones.change(|phones| phones.lines -= 1);
    }
}

impl Line {
    async fn talk_until_it_ends(&mut self, cuts: usize) -> std::io::Result<()> {
        self.says("Content-Type: auth/request\n\n").await?;
        let mut command = Vec::new();
        let mut part = String::new();
        let phones = self.phones.clone();
        loop {
            let happened = match self.hears_events {
                true => phones.change(|phones| phones.happened.pop_front()),
                false => None,
            };
            if let Some(happened) = happened {
                for event in events(&phones, &happened) {
                    self.says_event(&event).await?;
                }
                if let Happened::Noise(noise) = happened {
                    self.says(&frame("text/event-json", &noise)).await?;
                }
                continue;
            }
            tokio::select! {
                // What was read of a line stays in `part`.
                read = self.tcp.read_line(&mut part) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    let text = std::mem::take(&mut part).trim_end_matches(['\r', '\n']).to_owned();
                    if !text.is_empty() {
                        command.push(text);
                    } else if !command.is_empty() {
                        self.hears(std::mem::take(&mut command)).await?;
                    }
                }
                _ = phones.within(Duration::from_secs(1), |phones| {
                    (!phones.happened.is_empty() || phones.cuts != cuts).then_some(())
                }), if self.hears_events => {}
            }
            if phones.look(|phones| phones.cuts != cuts) {
                return Ok(());
            }
        }
    }

    async fn hears(&mut self, command: Vec<String>) -> std::io::Result<()> {
        let (verb, rest) = command[0].split_once(' ').unwrap_or((&command[0], ""));
        let reply = |text: &str| format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
        let answer = match verb {
            "auth" if rest == SECRET => reply("+OK accepted"),
            "auth" => reply("-ERR invalid"),
            "event" | "events" => {
                self.is_json = rest.starts_with("json");
                if !std::mem::replace(&mut self.hears_events, true) {
                    self.phones.change(|phones| {
                        phones.lines += 1;
                        phones.lines_so_far += 1;
                        phones.happened.clear();
                    });
                }
                reply("+OK event listener enabled json")
            }
            "api" => frame("api/response", &self.does(rest)),
            "bgapi" => {
                let given = command.iter().find_map(|line| line.strip_prefix("Job-UUID: "));
                let job = given.unwrap_or("7f4de4bc-17d7-11dd-b7a0-db4edd065621");
                let text = format!("+OK Job-UUID: {job}\nJob-UUID: {job}");
                self.originates(rest);
                reply(&text)
            }
            "exit" => reply("+OK bye"),
            _ => reply("-ERR command not found"),
        };
        self.says(&answer).await
    }

    /// `originate {variables}dial-string &park()`.
    fn originates(&self, command: &str) {
        let fault = |what: &str| {
            let fault = format!("{what}: {command}");
            self.phones.change(|phones| phones.faults.push(fault));
        };
        let Some(rest) = command.strip_prefix("originate {") else { return fault("no originate") };
        let Some((variables, rest)) = rest.split_once('}') else { return fault("no variables") };
        let Some(dialled) = rest.strip_suffix(" &park()") else { return fault("no &park()") };
        if dialled.is_empty()
            || dialled.contains([' ', ',', '{', '}', '[', ']', '\'', '"', '|', '&'])
        {
            return fault("more than one dial string");
        }
        let mut pairs = std::collections::BTreeMap::new();
        for pair in variables.split(',') {
            match pair.split_once('=') {
                Some((name, value)) if VARIABLES.contains(&name) && !value.is_empty() => {
                    pairs.insert(name, value);
                }
                _ => return fault("a variable of another kind"),
            }
        }
        let id = pairs.get("origination_uuid").copied().unwrap_or_default();
        if id.is_empty() || id.len() > 36 {
            return fault("no uuid");
        }
        let timeout = pairs.get("originate_timeout").and_then(|secs| secs.parse().ok());
        let Some(timeout) = timeout else { return fault("no timeout") };
        let rung = self.phones.change(|phones| phones.rings(id, dialled, timeout));
        if rung == Err(Unrung::Exists) {
            fault("there is such a channel");
        }
    }

    fn does(&self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let leg = |id: &str| self.phones.look(|phones| phones.legs.get(id).cloned());
        match words.as_slice() {
            ["uuid_exists", id] => leg(id).is_some().to_string(),
            ["uuid_dump", id, "json"] => match leg(id) {
                Some(leg) => self.dump(&leg),
                None => no_channel(),
            },
            ["uuid_kill", id, "NORMAL_CLEARING"] => match leg(id) {
                Some(_) => {
                    self.phones.change(|phones| phones.ends(id, 16));
                    "+OK\n".to_owned()
                }
                None => no_channel(),
            },
            ["uuid_bridge", one, other] => match (leg(one), leg(other)) {
                (Some(one), Some(other)) if one.state == State::Up && other.state == State::Up => {
                    self.phones.change(|phones| {
                        for id in [&one.id, &other.id] {
                            phones.legs.get_mut(id).unwrap().bridge = Some(one.id.clone());
                        }
                    });
                    format!("+OK {}\n", other.id)
                }
                _ => "-ERR Invalid uuid\n".to_owned(),
            },
            ["uuid_hold", "off", id] => self.holds(id, false),
            ["uuid_hold", id] => self.holds(id, true),
            ["uuid_record", id, "start", file] if leg(id).is_some() => {
                self.phones.change(|phones| phones.recordings.push((*file).to_owned()));
                "+OK Success\n".to_owned()
            }
            ["status"] => "UP 0 years, 0 days\n".to_owned(),
            _ => {
                let fault = format!("no such command: {command}");
                self.phones.change(|phones| phones.faults.push(fault));
                "-ERR command not found\n".to_owned()
            }
        }
    }

    /// The other one hears music.
    fn holds(&self, id: &str, is_held: bool) -> String {
        self.phones.change(|phones| {
            let Some(leg) = phones.legs.get(id).cloned() else { return no_channel() };
            for other in phones.legs.values_mut() {
                if other.bridge.is_some() && other.bridge == leg.bridge && other.id != leg.id {
                    other.has_music = is_held;
                }
            }
            phones.says(if is_held { Happened::Holds(leg) } else { Happened::Resumes(leg) });
            "+OK Success\n".to_owned()
        })
    }

    fn dump(&self, leg: &Leg) -> String {
        let other = self.phones.look(|phones| {
            let other =
                |it: &&Leg| it.bridge.is_some() && it.bridge == leg.bridge && it.id != leg.id;
            phones.legs.values().find(other).cloned()
        });
        let is_held = other.as_ref().is_some_and(|other| other.has_music);
        let (answer, call) = match leg.state {
            State::Rings => ("ringing", "RINGING"),
            State::Up if is_held => ("answered", "HELD"),
            State::Up => ("answered", "ACTIVE"),
        };
        let mut dump = json!({
            "Event-Name": "CHANNEL_DATA", "Unique-ID": leg.id, "Answer-State": answer,
            "Channel-Call-State": call,
        });
        if let Some(other) = other {
            dump["variable_signal_bond"] = json!(other.id);
        }
        dump.to_string()
    }

    async fn says_event(&mut self, event: &Value) -> std::io::Result<()> {
        let text = if self.is_json {
            frame("text/event-json", &event.to_string())
        } else {
            let pairs = event.as_object().unwrap().iter().filter(|(name, _)| *name != "_body");
            let lines = pairs.map(|(name, value)| format!("{name}: {}\n", value.as_str().unwrap()));
            let body = event["_body"].as_str().map_or_else(
                || "\n".to_owned(),
                |body| format!("Content-Length: {}\n\n{body}", body.len()),
            );
            frame("text/event-plain", &format!("{}{body}", lines.collect::<String>()))
        };
        self.says(&text).await
    }

    async fn says(&mut self, text: &str) -> std::io::Result<()> {
        self.tcp.get_mut().write_all(text.as_bytes()).await
    }
}

fn frame(kind: &str, body: &str) -> String {
    format!("Content-Length: {}\nContent-Type: {kind}\n\n{body}", body.len())
}

fn no_channel() -> String {
    "-ERR No such channel!\n".to_owned()
}

fn events(phones: &Shared, happened: &Happened) -> Vec<Value> {
    let event = |name: &str, leg: &Leg| {
        json!({
            "Event-Name": name, "Unique-ID": leg.id, "Event-Date-Timestamp": TIME,
            "Call-Direction": "outbound",
        })
    };
    let job = |id: &str, body: String| json!({ "Event-Name": "BACKGROUND_JOB", "Job-UUID": id, "Job-Command": "originate", "_body": body });
    match happened {
        Happened::Rings(leg) => vec![event("CHANNEL_PROGRESS", leg)],
        Happened::Answers(leg) => {
            vec![event("CHANNEL_ANSWER", leg), job(&leg.id, format!("+OK {}\n", leg.id))]
        }
        Happened::Ends(leg, cause) => {
            let name = CAUSES.iter().find(|(number, _)| number == cause).unwrap().1;
            let mut ended = event("CHANNEL_HANGUP", leg);
            ended["Hangup-Cause"] = json!(name);
            let mut complete = ended.clone();
            complete["Event-Name"] = json!("CHANNEL_HANGUP_COMPLETE");
            let mut events = vec![ended, complete];
            if leg.state == State::Rings {
                events.push(job(&leg.id, format!("-ERR {name}\n")));
            }
            events
        }
        Happened::Holds(leg) => vec![event("CHANNEL_HOLD", leg)],
        Happened::Resumes(leg) => vec![event("CHANNEL_UNHOLD", leg)],
        Happened::Missed(id, number) => {
            phones.change(|phones| phones.callers.retain(|it| it != id));
            vec![json!({
                "Event-Name": "CHANNEL_HANGUP_COMPLETE", "Unique-ID": id, "Event-Date-Timestamp": TIME,
                "Call-Direction": "inbound", "variable_hutong_missed": "true",
                "Caller-Caller-ID-Number": number, "Caller-Destination-Number": "65529988",
                "Hangup-Cause": "NO_ANSWER",
            })]
        }
        Happened::Refuses(id) => vec![job(id, "-ERR INVALID_GATEWAY\n".to_owned())],
        Happened::Leaves(_) | Happened::Noise(_) => Vec::new(),
    }
}

/// The present, in microseconds.
const TIME: &str = "1795743000123456";
