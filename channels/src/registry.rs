//! The only file that names all adapters: a configured channel in, its door out.

use crate::adapter::ChannelAdapter;
use crate::app::{self, App};
use crate::asterisk::{self, Asterisk};
use crate::bridge::{self, Bridge};
use crate::dingtalk::{self, DingTalk};
use crate::email::{self, EmailAdapter};
use crate::error::SettingsProblem;
use crate::feishu::{self, Feishu};
use crate::freeswitch::{self, FreeSwitch};
use crate::im::{self, ImSettings};
use crate::mail_reach::MailReach;
use crate::matrix::{self, Matrix};
use crate::means::Means;
use crate::phone::code;
use crate::phone::policy::{self, CallbackPolicy};
use crate::phone_bridge::{self, PhoneBridge};
use crate::push;
use crate::sip::{self, Sip};
use crate::slack::{self, Slack};
use crate::telegram::{self, Telegram};
use crate::web_chat::{self, WebChat};
use crate::wecom::{self, WeCom, kf, kf::Kf};
use domain::{Channel, ChannelKind};
use std::sync::Arc;

/// The adapters' names and the kind of door that each is.
pub const ADAPTERS: &[(&str, ChannelKind)] = &[
    (web_chat::ADAPTER, ChannelKind::WebChat),
    (app::ADAPTER, ChannelKind::App),
    (email::ADAPTER, ChannelKind::Email),
    (matrix::ADAPTER, ChannelKind::Im),
    (bridge::ADAPTER, ChannelKind::Im),
    (wecom::ADAPTER, ChannelKind::Im),
    (kf::ADAPTER, ChannelKind::Im),
    (dingtalk::ADAPTER, ChannelKind::Im),
    (feishu::ADAPTER, ChannelKind::Im),
    (telegram::ADAPTER, ChannelKind::Im),
    (slack::ADAPTER, ChannelKind::Im),
    (sip::ADAPTER, ChannelKind::Phone),
    (phone_bridge::ADAPTER, ChannelKind::Phone),
    (asterisk::ADAPTER, ChannelKind::Phone),
    (freeswitch::ADAPTER, ChannelKind::Phone),
];

/// A secret among a channel's settings, as a JSON pointer, and the settings that decide to whom it is
/// shown: it is kept only as long as those stay, or whoever may change settings could have it sent to a
/// server of their own.
pub type SecretSetting = (&'static str, &'static [&'static str]);

/// The secrets of every adapter's settings, and of push, which every app has.
pub fn secrets() -> impl Iterator<Item = &'static SecretSetting> {
    let all = [
        web_chat::SECRETS,
        email::SECRETS,
        matrix::SECRETS,
        bridge::SECRETS,
        wecom::SECRETS,
        dingtalk::SECRETS,
        feishu::SECRETS,
        telegram::SECRETS,
        slack::SECRETS,
        sip::SECRETS,
        code::SECRETS,
        push::SECRETS,
        phone_bridge::SECRETS,
        asterisk::SECRETS,
        freeswitch::SECRETS,
    ];
    all.into_iter().flatten()
}

/// Builds the door of a configured channel, which reaches what whoever runs the gateway allows.
///
/// # Errors
/// Every problem of the channel's adapter, kind and settings, each with its dotted path.
pub fn build(
    channel: &Channel,
    means: &Means,
) -> Result<Arc<dyn ChannelAdapter>, Vec<SettingsProblem>> {
    let mut problems = head_problems(channel);
    if channel.kind == ChannelKind::Im {
        problems.extend(ImSettings::of(channel).err().unwrap_or_default());
    }
    if channel.kind == ChannelKind::Phone {
        problems.extend(CallbackPolicy::of(channel).err().unwrap_or_default());
    }
    problems.extend(policy::telephone_problem(channel));
    if !problems.is_empty() {
        return Err(problems);
    }
    let channel = &policy::without(&im::without(channel));
    match channel.adapter.as_str() {
        web_chat::ADAPTER => Ok(Arc::new(WebChat::open(channel)?)),
        app::ADAPTER => Ok(Arc::new(App::open(channel, means)?)),
        email::ADAPTER => Ok(Arc::new(EmailAdapter::open(channel, &means.mail)?)),
        matrix::ADAPTER => Ok(Arc::new(Matrix::open(channel, means)?)),
        bridge::ADAPTER => Ok(Arc::new(Bridge::open(channel, means)?)),
        wecom::ADAPTER => Ok(Arc::new(WeCom::open(channel, means)?)),
        kf::ADAPTER => Ok(Arc::new(Kf::open(channel, means)?)),
        dingtalk::ADAPTER => Ok(Arc::new(DingTalk::open(channel, means)?)),
        feishu::ADAPTER => Ok(Arc::new(Feishu::open(channel, means)?)),
        telegram::ADAPTER => Ok(Arc::new(Telegram::open(channel, means)?)),
        slack::ADAPTER => Ok(Arc::new(Slack::open(channel, means)?)),
        sip::ADAPTER => Ok(Arc::new(Sip::open(channel, means)?)),
        asterisk::ADAPTER => Ok(Arc::new(Asterisk::open(channel, means)?)),
        freeswitch::ADAPTER => Ok(Arc::new(FreeSwitch::open(channel, means)?)),
        phone_bridge::ADAPTER => Ok(Arc::new(PhoneBridge::open(channel, means)?)),
        // `head_problems` has refused every other name.
        _ => Err(vec![unknown(channel)]),
    }
}

/// Every problem of a configured channel, each with its dotted path within the channel; empty means
/// that [`build`] succeeds.
pub fn problems(channel: &Channel, mail: &MailReach) -> Vec<SettingsProblem> {
    let means = Means { mail: mail.clone(), ..Means::none() };
    build(channel, &means).err().unwrap_or_default()
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
            let adapter = build(&configured, &Means::none()).expect("opens with default settings");
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
            problems(&configured, &MailReach::default()).first().map(|p| p.path.as_str()),
            Some("adapter")
        );
        let mut configured = channel(serde_json::json!({}));
        configured.kind = ChannelKind::Email;
        assert_eq!(
            problems(&configured, &MailReach::default()).first().map(|p| p.path.as_str()),
            Some("kind")
        );
    }
}
