//! The only file that names all adapters: a configured channel in, its door out.

use crate::adapter::ChannelAdapter;
use crate::email::{self, EmailAdapter};
use crate::error::SettingsProblem;
use crate::reach::Reach;
use crate::web_chat::{self, WebChat};
use domain::{Channel, ChannelKind};
use std::sync::Arc;

/// The adapters' names and the kind of door that each is.
pub const ADAPTERS: &[(&str, ChannelKind)] =
    &[(web_chat::ADAPTER, ChannelKind::WebChat), (email::ADAPTER, ChannelKind::Email)];

/// Builds the door of a configured channel, which reaches what whoever runs the gateway allows.
///
/// # Errors
/// Every problem of the channel's adapter, kind and settings, each with its dotted path.
pub fn build(
    channel: &Channel,
    reach: &Reach,
) -> Result<Arc<dyn ChannelAdapter>, Vec<SettingsProblem>> {
    let problems = head_problems(channel);
    if !problems.is_empty() {
        return Err(problems);
    }
    match channel.adapter.as_str() {
        web_chat::ADAPTER => Ok(Arc::new(WebChat::open(channel)?)),
        email::ADAPTER => Ok(Arc::new(EmailAdapter::open(channel, reach)?)),
        // `head_problems` has refused every other name.
        _ => Err(vec![unknown(channel)]),
    }
}

/// Every problem of a configured channel, each with its dotted path within the channel; empty means
/// that [`build`] succeeds.
pub fn problems(channel: &Channel, reach: &Reach) -> Vec<SettingsProblem> {
    build(channel, reach).err().unwrap_or_default()
}

fn head_problems(channel: &Channel) -> Vec<SettingsProblem> {
    match ADAPTERS.iter().find(|(name, _)| *name == channel.adapter) {
        None => vec![unknown(channel)],
        Some((_, kind)) if *kind != channel.kind => vec![SettingsProblem {
            path: "kind".to_owned(),
            problem: format!(
                "adapter `{}` is a door of kind `{kind}`, not `{}`",
                channel.adapter, channel.kind
            ),
        }],
        Some(_) => Vec::new(),
    }
}

fn unknown(channel: &Channel) -> SettingsProblem {
    let known: Vec<&str> = ADAPTERS.iter().map(|(name, _)| *name).collect();
    SettingsProblem {
        path: "adapter".to_owned(),
        problem: format!(
            "no adapter is named `{}`; there is {}",
            channel.adapter,
            known.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web_chat::tests::channel;

    #[test]
    fn every_adapter_opens_with_its_defaults_and_says_what_it_is() {
        for (name, kind) in ADAPTERS {
            let mut configured = channel(serde_json::json!({}));
            configured.adapter = (*name).to_owned();
            configured.kind = *kind;
            let adapter =
                build(&configured, &Reach::default()).expect("opens with default settings");
            assert_eq!(adapter.descriptor().adapter, *name);
            assert_eq!(adapter.descriptor().kind, *kind);
            assert_eq!(adapter.descriptor().channel, configured.id);
        }
    }

    #[test]
    fn an_unknown_adapter_and_a_wrong_kind_are_named() {
        let mut configured = channel(serde_json::json!({}));
        configured.adapter = "pigeon".to_owned();
        assert_eq!(
            problems(&configured, &Reach::default()).first().map(|p| p.path.as_str()),
            Some("adapter")
        );
        let mut configured = channel(serde_json::json!({}));
        configured.kind = ChannelKind::Email;
        assert_eq!(
            problems(&configured, &Reach::default()).first().map(|p| p.path.as_str()),
            Some("kind")
        );
    }
}
