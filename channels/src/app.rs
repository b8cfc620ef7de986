//! A mobile app: the visitor's protocol of web chat, with users for whom the app's backend vouches, and push
//! for those who are away.

use crate::adapter::{ChannelAdapter, Descriptor, Finding};
use crate::error::SettingsProblem;
use crate::means::Means;
use crate::outbound::{Command, Outcome};
use crate::push::{PushProvider, PushSettings};
use crate::registry::SecretSetting;
use crate::settings::Fields;
use crate::web_chat::{self, WebChat};
use domain::Channel;
use serde_json::Value;
use std::sync::Arc;

/// The adapter's name in a channel's settings.
pub const ADAPTER: &str = "app";
/// The secrets of its settings, beside those of push.
pub const SECRETS: &[SecretSetting] = web_chat::SECRETS;

/// What an app's settings say beside those of a web chat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppSettings {
    /// May somebody ask for whom nobody vouches?
    pub guests: bool,
    /// How people are told who are away; none: they are not.
    pub push: Option<PushSettings>,
}

/// The settings that only apps have.
const OWN: [&str; 2] = ["guests", "push"];

/// An app's settings without those that only apps have.
pub(crate) fn without(settings: &Value) -> Value {
    let mut rest = settings.clone();
    if let Value::Object(fields) = &mut rest {
        fields.retain(|name, _| !OWN.contains(&name.as_str()));
    }
    rest
}

impl AppSettings {
    /// Reads what only apps have.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings`.
    pub fn of(channel: &Channel) -> Result<Self, Vec<SettingsProblem>> {
        let mut problems = Vec::new();
        let mut fields = Fields::open(&channel.settings, "settings", &mut problems);
        let guests = fields.flag("guests", false);
        let push = PushSettings::of(&channel.settings);
        problems.extend(push.as_ref().err().cloned().unwrap_or_default());
        match push {
            Ok(push) if problems.is_empty() => Ok(Self { guests, push }),
            _ => Err(problems),
        }
    }
}

/// One app.
#[derive(Debug)]
pub struct App {
    chat: WebChat,
    providers: Vec<Arc<dyn PushProvider>>,
}

impl App {
    /// Opens the door of a configured channel.
    ///
    /// # Errors
    /// Every problem of its settings, with paths that start with `settings`.
    pub fn open(channel: &Channel, means: &Means) -> Result<Self, Vec<SettingsProblem>> {
        let (chat, own) = (WebChat::open(channel), AppSettings::of(channel));
        match (chat, own) {
            (Ok(chat), Ok(own)) => {
                let providers = own.push.map(|push| push.open(means)).unwrap_or_default();
                Ok(Self { chat, providers })
            }
            (chat, own) => {
                let problems = [chat.err(), own.err()];
                Err(problems.into_iter().flatten().flatten().collect())
            }
        }
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for App {
    fn descriptor(&self) -> &Descriptor {
        self.chat.descriptor()
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        self.chat.deliver(command).await
    }

    fn push_providers(&self) -> &[Arc<dyn PushProvider>] {
        &self.providers
    }

    async fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for provider in &self.providers {
            findings.extend(provider.check().await);
        }
        findings
    }
}
