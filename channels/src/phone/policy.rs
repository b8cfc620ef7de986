//! Whom a phone channel rings, and how often: the object `callback` of its settings, the same for every kind of
//! line. The adapters do not see it.

use crate::error::SettingsProblem;
use crate::phone::code::CodeSender;
use crate::phone::number::Callable;
use crate::settings::Fields;
use domain::channel::TELEPHONE;
use domain::{CallOutcome, Channel, ChannelId, ChannelKind, Localized, RetryPolicy};
use serde_json::Value;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The key of these settings.
pub const KEY: &str = "callback";
/// For how long the agent's telephone and the person's ring, in seconds: defaults and bounds. A hotline is
/// to answer within 15 s (GB/T 33358-2016); somebody who is called back may have to find their telephone.
const RING_SECS: (u64, u64, RangeInclusive<u64>) = (20, 40, 5..=120);
/// The pauses before the second and the third try, in seconds, where the settings say nothing.
const PAUSES_SECS: [u64; 2] = [300, 1_800];
/// The bounds of a pause, in seconds, and the most of them.
const PAUSE_SECS: RangeInclusive<u64> = 30..=86_400;
const PAUSES_MAX: usize = 9;
/// How often a day one number may be asked for: default and bounds.
const PER_NUMBER: (u64, RangeInclusive<u64>) = (5, 1..=100);
/// How many days ahead a window may begin: default and bounds.
const DAYS_AHEAD: (u64, RangeInclusive<u64>) = (14, 0..=60);
/// How long before its time a person is reminded, in minutes: default and bounds; 0 for never.
const REMIND_MINUTES: (u64, RangeInclusive<u64>) = (15, 0..=1_440);
/// After which outcomes a person is tried again, where the settings say nothing.
const AGAIN_AFTER: [CallOutcome; 4] =
    [CallOutcome::Busy, CallOutcome::NoAnswer, CallOutcome::Voicemail, CallOutcome::Failed];

/// Whom a phone channel rings, and how often.
#[derive(Debug, Clone)]
pub struct CallbackPolicy {
    /// The region of numbers that are written nationally (ISO 3166-1).
    pub region: String,
    /// The numbers that may be rung.
    pub callable: Callable,
    /// For how long the agent's telephone may ring.
    pub ring_agent: Duration,
    /// For how long the person's may.
    pub ring_contact: Duration,
    /// When somebody is tried again.
    pub retry: RetryPolicy,
    /// How often a day one number may be asked for.
    pub per_number_per_day: u32,
    /// How far ahead a window may begin.
    pub days_ahead: u32,
    /// How long before its time a person is reminded; zero for never.
    pub remind_before: Duration,
    /// What a person agrees to by asking, shown where they ask; may be empty.
    pub consent: Localized,
    /// How people prove that a number is theirs; `None` where they need not.
    pub verify: Option<CodeSender>,
}

impl CallbackPolicy {
    /// Reads it out of a phone channel's settings.
    ///
    /// # Errors
    /// Every problem, with paths that start with `settings.callback`.
    pub fn of(channel: &Channel) -> Result<Self, Vec<SettingsProblem>> {
        let value = channel.settings.get(KEY).cloned().unwrap_or(Value::Null);
        let mut problems = Vec::new();
        let mut fields = Fields::open(&value, "settings.callback", &mut problems);
        let region = fields.text("region", "CN");
        let callable = callable(&mut fields, &region);
        let (agent, contact, bounds) = RING_SECS;
        let ring_agent = fields.number("ring_agent_secs", agent, bounds.clone());
        let ring_contact = fields.number("ring_contact_secs", contact, bounds);
        let retry = retry(&mut fields);
        let (default, bounds) = PER_NUMBER;
        let per_number = fields.number("per_number_per_day", default, bounds);
        let (default, bounds) = DAYS_AHEAD;
        let days_ahead = fields.number("days_ahead", default, bounds);
        let (default, bounds) = REMIND_MINUTES;
        let remind = fields.number("remind_minutes", default, bounds);
        let consent = fields.localized("consent", Localized::default());
        let verify = CodeSender::read(&mut fields);
        fields.finish();
        match callable.filter(|_| problems.is_empty()) {
            None => Err(problems),
            Some(callable) => Ok(Self {
                region,
                callable,
                ring_agent: Duration::from_secs(ring_agent),
                ring_contact: Duration::from_secs(ring_contact),
                retry,
                per_number_per_day: u32::try_from(per_number).unwrap_or(u32::MAX),
                days_ahead: u32::try_from(days_ahead).unwrap_or(u32::MAX),
                remind_before: Duration::from_secs(remind * 60),
                consent,
                verify,
            }),
        }
    }
}

/// A channel as its adapter sees it: without this policy, and without the phone channel that rings for it.
pub(crate) fn without(channel: &Channel) -> Channel {
    let mut bare = channel.clone();
    let key = if channel.kind == ChannelKind::Phone { KEY } else { TELEPHONE };
    if let Some(settings) = bare.settings.as_object_mut() {
        settings.remove(key);
    }
    bare
}

/// What is wrong with how a channel names the phone channel that rings for it.
pub(crate) fn telephone_problem(channel: &Channel) -> Option<SettingsProblem> {
    let named = channel.settings.get(TELEPHONE).filter(|named| !named.is_null())?;
    let is_name =
        |value: &Value| value.as_str().is_some_and(|name| name.parse::<ChannelId>().is_ok());
    let fits = named.as_object().is_some_and(|object| object.len() == 1)
        && named.get("channel").is_some_and(is_name);
    (channel.kind != ChannelKind::Phone && !fits).then(|| SettingsProblem {
        path: format!("settings.{TELEPHONE}"),
        problem: "must be {\"channel\": the name of a phone channel}".to_owned(),
    })
}

fn callable(fields: &mut Fields<'_>, region: &str) -> Option<Callable> {
    let regions = fields.texts("regions");
    let (allowed, refused) = (fields.texts("allowed_prefixes"), fields.texts("refused_prefixes"));
    let key = if regions.is_empty() { "region" } else { "regions" };
    let read = Callable::within(region, &regions)
        .map_err(|bad| (key, bad))
        .and_then(|it| it.and_prefixes(&allowed).map_err(|bad| ("allowed_prefixes", bad)))
        .and_then(|it| it.without_prefixes(&refused).map_err(|bad| ("refused_prefixes", bad)));
    match read {
        Ok(callable) => Some(callable),
        Err((key, bad)) => {
            fields.say(key, bad.to_string());
            None
        }
    }
}

fn retry(fields: &mut Fields<'_>) -> RetryPolicy {
    let mut pauses_ms = Vec::new();
    let given = fields.numbers("retry_pauses_secs", &PAUSES_SECS);
    if given.len() > PAUSES_MAX {
        fields.say("retry_pauses_secs", format!("has more than {PAUSES_MAX}"));
    }
    for secs in given {
        if !PAUSE_SECS.contains(&secs) {
            let (low, high) = (PAUSE_SECS.start(), PAUSE_SECS.end());
            fields.say("retry_pauses_secs", format!("must be from {low} to {high}, not {secs}"));
        }
        pauses_ms.push(i64::try_from(secs.saturating_mul(1_000)).unwrap_or(i64::MAX));
    }
    let names = fields.has("retry_after").then(|| fields.texts("retry_after"));
    let mut after = Vec::new();
    for name in names.iter().flatten() {
        match name.parse::<CallOutcome>() {
            Ok(outcome) => after.push(outcome),
            Err(bad) => fields.say("retry_after", bad),
        }
    }
    if names.is_none() {
        after.extend(AGAIN_AFTER);
    }
    RetryPolicy { pauses_ms, after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web_chat::tests::channel;
    use serde_json::json;

    fn phone(callback: Value) -> Channel {
        let mut phone = channel(json!({ "callback": callback }));
        phone.kind = ChannelKind::Phone;
        phone
    }

    #[test]
    fn an_empty_policy_rings_at_home_three_times() {
        let policy = CallbackPolicy::of(&phone(Value::Null)).unwrap();
        assert_eq!(policy.retry.pauses_ms, [300_000, 1_800_000]);
        assert_eq!(policy.retry.after, AGAIN_AFTER);
        assert!(policy.callable.allows(&"+8613800138000".parse().unwrap()).is_ok());
        assert!(policy.callable.allows(&"+12015550123".parse().unwrap()).is_err());
    }

    #[test]
    fn every_problem_is_told_with_its_path() {
        let wrong = json!({ "region": "XX", "ring_agent_secs": 1, "retry_pauses_secs": [1], "retry_after": ["tired"],
            "refused_prefixes": ["86"], "per_number_per_day": 0, "what": 1 });
        let problems = CallbackPolicy::of(&phone(wrong)).unwrap_err();
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        for path in [
            "region",
            "ring_agent_secs",
            "retry_pauses_secs",
            "retry_after",
            "per_number_per_day",
            "what",
        ] {
            assert!(
                paths.contains(&format!("settings.callback.{path}").as_str()),
                "{path} in {paths:?}"
            );
        }
    }

    #[test]
    fn what_sends_codes_is_whole_or_not_there() {
        let problems = |verify: Value| {
            let problems = CallbackPolicy::of(&phone(json!({ "verify": verify }))).err();
            let paths = problems.unwrap_or_default().into_iter().map(|problem| problem.path);
            paths.collect::<Vec<_>>()
        };
        let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        assert!(
            problems(json!({ "url": "https://sms.example/send", "secret": secret })).is_empty()
        );
        assert!(problems(Value::Null).is_empty());
        let [url, key] = ["url", "secret"].map(|key| format!("settings.callback.verify.{key}"));
        assert_eq!(problems(json!({})), [url.clone(), key.clone()]);
        assert_eq!(problems(json!({ "url": "ftp://x", "secret": "x" })), [url, key]);
        let policy = json!({ "verify": { "url": "https://sms.example", "secret": secret } });
        let policy = CallbackPolicy::of(&phone(policy)).unwrap();
        assert!(!format!("{policy:?}").contains("MDEyMzQ"), "the secret is not shown");
    }

    #[test]
    fn adapters_see_nothing_of_it() {
        assert_eq!(without(&phone(json!({ "region": "DE" }))).settings, json!({}));
        let site = channel(json!({ "phone": { "channel": "hotline" }, "x": 1 }));
        assert_eq!(without(&site).settings, json!({ "x": 1 }));
        assert_eq!(site.telephone(), Some("hotline"));
    }

    #[test]
    fn a_phone_channel_is_named_or_not_at_all() {
        let problem = |settings| telephone_problem(&channel(settings)).map(|problem| problem.path);
        assert_eq!(problem(json!({})), None);
        assert_eq!(problem(json!({ "phone": { "channel": "hotline" } })), None);
        let wrong = [
            json!("hotline"),
            json!({}),
            json!({ "channel": "Hot Line" }),
            json!({ "channel": "a", "b": 1 }),
        ];
        for named in wrong {
            assert_eq!(problem(json!({ "phone": named })).as_deref(), Some("settings.phone"));
        }
    }
}
