//! Who people and channels are, as far as it can be told in the time that Slack leaves for an answer.

use super::Slack;
use super::api::ApiError;
use super::wire::{ChannelAnswer, Event, Identity, UserAnswer};
use super::words::{self, Names};
use crate::adapter::Profile;
use crate::error::AdapterError;
use domain::Locale;
use std::time::Duration;

/// How long names are kept, in milliseconds.
const NAME_MS: u64 = 24 * 3_600_000;
/// How long looking for names may take in all: an event wants its answer within 3 s.
const NAMES_WITHIN: Duration = Duration::from_secs(1);
/// The most people whose names are looked for in one text.
const NAMES_MAX: usize = 5;

impl Slack {
    /// The names in an event: its people, and its channel where others read along. What is not told in
    /// time keeps its id.
    pub(super) async fn names(&self, event: &Event, own: &str) -> Names {
        let mut names = Names::new();
        let asking = async {
            let changed = event.message.as_ref().map_or("", |message| message.text.as_str());
            for said in [event.text.as_str(), changed] {
                for user in words::mentioned(said, NAMES_MAX) {
                    if user != own && !names.contains_key(user) {
                        let name = self.name(user, Sort::Person).await?;
                        names.insert(user.to_owned(), name);
                    }
                }
            }
            let channel = event.channel.as_deref().filter(|_| event.sort == "app_mention");
            if let Some(channel) = channel {
                let name = self.name(channel, Sort::Channel).await?;
                names.insert(channel.to_owned(), name);
            }
            Ok::<(), AdapterError>(())
        };
        match tokio::time::timeout(NAMES_WITHIN, asking).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = %error, "a name is not told"),
            Err(_late) => tracing::debug!("names are not told in time"),
        }
        names.retain(|_, name| !name.is_empty());
        names
    }

    async fn name(&self, id: &str, sort: Sort) -> Result<String, AdapterError> {
        let key = format!("name.{id}");
        if let Some(known) = self.means.shelf.find(&key).await.map_err(AdapterError::NotTaken)? {
            return Ok(known);
        }
        let api = self.api();
        let name = match sort {
            Sort::Person => {
                let asked = api.call::<UserAnswer>("users.info", &[("user", id)]).await;
                asked.map(|answer| answer.user.shown().to_owned())
            }
            Sort::Channel => {
                let asked =
                    api.call::<ChannelAnswer>("conversations.info", &[("channel", id)]).await;
                asked.map(|answer| answer.channel.name)
            }
        };
        let name = match name {
            Ok(name) => name,
            // It will not be told tomorrow either: an empty name says so.
            Err(ApiError::Refused { .. }) => String::new(),
            Err(error) => return Err(error.into()),
        };
        self.means.shelf.put(&key, &name, NAME_MS).await.map_err(AdapterError::NotTaken)?;
        Ok(name)
    }

    /// The bot user's id.
    pub(super) async fn own_user(&self) -> Result<String, AdapterError> {
        let known = self.means.shelf.find("own").await.map_err(AdapterError::NotTaken)?;
        if let Some(known) = known {
            return Ok(known);
        }
        let me: Identity = self.api().call("auth.test", &[]).await?;
        if let Err(error) = self.means.shelf.put("own", &me.user_id, NAME_MS).await {
            tracing::debug!(error = %error, "the bot's id is used and not kept");
        }
        Ok(me.user_id)
    }

    /// What the workspace tells of a person. Telephone numbers are whatever people type, and left out.
    pub(super) async fn person(&self, user: &str) -> Result<Option<Profile>, AdapterError> {
        let arguments = [("user", user), ("include_locale", "true")];
        let found = match self.api().call::<UserAnswer>("users.info", &arguments).await {
            Ok(found) => found.user,
            Err(error) if error.is("user_not_found") || error.is("user_not_visible") => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let is_confirmed = found.is_email_confirmed == Some(true);
        let locale = found.locale.as_deref().map(|tag| match tag.split('-').next() {
            Some("zh") => Locale::ZhCn,
            _ => Locale::En,
        });
        Ok(Some(Profile {
            name: found.full().to_owned(),
            email: found.profile.email.filter(|_| is_confirmed),
            avatar_url: found.profile.image_192,
            locale,
            ..Profile::default()
        }))
    }
}

#[derive(Debug, Clone, Copy)]
enum Sort {
    Person,
    Channel,
}
