//! The demo's telephones: a phone bridge whose telephones answer by themselves, so that people can be called back in
//! the demo. It is the sample of the documentation, started as a child.

use crate::workspace;
use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The channel's name.
const CHANNEL: &str = "hotline";
/// The bridge must say where it is within this time.
const STARTED_WITHIN: Duration = Duration::from_secs(20);

/// The running bridge; it ends with this.
#[derive(Debug)]
pub(crate) struct Phones {
    _child: Child,
    place: Place,
}

/// What the bridge says of itself.
#[derive(Debug, Deserialize)]
struct Place {
    url: String,
    secret: String,
}

impl Phones {
    /// Starts the bridge of the gateway at this port.
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let script = workspace::root().join("docs/channels/phone/sample-bridge/bridge.mjs");
        let desk = format!("http://127.0.0.1:{port}/v1/callbacks/{CHANNEL}");
        let mut child = Command::new("node")
            .arg(&script)
            .args(["--desk", &desk])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Ctrl+C reaches only us; the bridge ends when we do.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {}", script.display()))?;
        let out = child.stdout.take().ok_or_else(|| anyhow!("the telephones have no output"))?;
        let mut lines = BufReader::new(out).lines();
        let line = timeout(STARTED_WITHIN, lines.next_line()).await;
        let line = line.context("the telephones do not start")??;
        let place = line.ok_or_else(|| anyhow!("the telephones ended at start"))?;
        let place = serde_json::from_str(&place).context("read where the telephones are")?;
        Ok(Self { _child: child, place })
    }

    /// Writes the demo desk with its telephones into the data folder.
    pub(crate) fn write_desk(&self, desk: &Path, data: &Path) -> Result<PathBuf> {
        let text =
            std::fs::read_to_string(desk).with_context(|| format!("read {}", desk.display()))?;
        let mut desk: Value = serde_json::from_str(&text).context("read the demo desk")?;
        self.connect(&mut desk)?;
        let file = data.join("desk.json");
        super::write_private(&file, &serde_json::to_string_pretty(&desk)?)?;
        Ok(file)
    }

    /// A phone channel beside the others, which ring by it, and a telephone for everybody.
    fn connect(&self, desk: &mut Value) -> Result<()> {
        let list = |desk: &mut Value, name: &str| {
            desk.get_mut(name)
                .map(Value::take)
                .ok_or_else(|| anyhow!("the demo desk has no {name}"))
        };
        let mut agents = list(desk, "agents")?;
        let people = agents.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        for (place, agent) in people.enumerate() {
            agent.insert("phone".to_owned(), format!("{}", 1001 + place).into());
        }
        let mut channels = list(desk, "channels")?;
        let calls_back = ["web_chat", "app", "email", "im"];
        for channel in channels.as_array_mut().into_iter().flatten() {
            let calls = calls_back.iter().any(|kind| channel.get("kind") == Some(&json!(kind)));
            let settings = channel.get_mut("settings").and_then(Value::as_object_mut);
            if let Some(settings) = settings.filter(|_| calls) {
                settings.insert("phone".to_owned(), json!({ "channel": CHANNEL }));
            }
        }
        let line = json!({
            "id": CHANNEL, "kind": "phone", "adapter": "phone_bridge", "audience": "public",
            "name": { "zh-CN": "电话回拨", "en": "Callbacks" },
            "topics": [{ "id": "general", "name": { "zh-CN": "办事咨询", "en": "General enquiries" },
                "queue": "general", "request_type": "consultation" }],
            "settings": { "url": self.place.url, "secret": self.place.secret, "callback": {
                "consent": { "zh-CN": "号码仅用于本次回电。", "en": "Your number is used for this call only." } } },
        });
        channels.as_array_mut().into_iter().for_each(|channels| channels.push(line.clone()));
        let desk = desk.as_object_mut().ok_or_else(|| anyhow!("the demo desk is no object"))?;
        desk.insert("agents".to_owned(), agents);
        desk.insert("channels".to_owned(), channels);
        Ok(())
    }
}
