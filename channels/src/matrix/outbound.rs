//! Commands, carried out in rooms.

mod content;

use super::Matrix;
use super::api::Refusal;
use super::sent::MARK;
use crate::outbound::{Action, Command, Outcome, OutgoingFile};
use content::Place;
use reqwest::Method;
use serde_json::{Map, Value, json};

/// How long a sign of typing stands, in milliseconds: it is given again while somebody types.
const TYPING_MS: u64 = 8_000;

fn cannot_call() -> Outcome {
    Outcome::Rejected("calls are not carried by Matrix".to_owned())
}

impl Matrix {
    /// Carries out one command.
    pub(super) async fn carry_out(&self, command: &Command) -> Outcome {
        if matches!(command.action, Action::StartCall { .. } | Action::EndCall { .. }) {
            return cannot_call();
        }
        match self.carry_to_room(command).await {
            Ok(outcome) | Err(outcome) => outcome,
        }
    }

    async fn carry_to_room(&self, command: &Command) -> Result<Outcome, Outcome> {
        if let Some(missing) = self.config.missing() {
            return Err(Outcome::Rejected(format!("{missing} is missing")));
        }
        self.ensure_user().await.map_err(Refusal::before_sending)?;
        let room_id = self.room_of(command).await?;
        match &command.action {
            Action::Send { text, files, .. } => {
                self.send(command, &room_id, text, files.first()).await
            }
            Action::Edit { external_id, text } => {
                let content = content::edit(external_id, text);
                self.put_event(command, &room_id, "m.room.message", content).await
            }
            Action::React { external_id, emoji } => {
                let content = content::reaction(external_id, emoji);
                self.put_event(command, &room_id, "m.reaction", content).await
            }
            Action::Delete { external_id } => self.redact(command, &room_id, external_id).await,
            Action::Typing => self.types(&room_id).await,
            Action::MarkRead { external_id } => self.has_read(&room_id, external_id).await,
            Action::StartCall { .. } | Action::EndCall { .. } => Err(cannot_call()),
        }
    }

    /// The room that a command goes to.
    pub(super) async fn room_of(&self, command: &Command) -> Result<String, Outcome> {
        if let Some(room_id) = &command.external_conversation {
            return Ok(room_id.clone());
        }
        let person = self.whole_id(&command.recipient);
        let room_id = self.room_to(&person).await.map_err(Refusal::before_sending)?;
        let Some(own) = self.own.first() else { return Ok(room_id) };
        // A room has its name before it has anybody in it.
        match self.membership(&room_id, own).await.map_err(Refusal::before_sending)?.as_str() {
            "join" => Ok(room_id),
            "" => Err(Outcome::Unavailable("the room to this person is being opened".to_owned())),
            _ => Err(Outcome::RecipientGone),
        }
    }

    /// An address without a server is one of our own server's.
    fn whole_id(&self, user: &str) -> String {
        let is_whole = user.starts_with('@') && user.contains(':');
        if is_whole { user.to_owned() } else { format!("@{user}:{}", self.config.server_name) }
    }

    async fn send(
        &self,
        command: &Command,
        room_id: &str,
        text: &str,
        file: Option<&OutgoingFile>,
    ) -> Result<Outcome, Outcome> {
        let place = self.place(command, room_id).await?;
        let content = match file {
            None => content::text(text),
            Some(file) => {
                let address = self.upload(file).await.map_err(Refusal::before_sending)?;
                content::file(file, &address)
            }
        };
        let content = content::in_place(content, &place);
        self.put_event(command, room_id, "m.room.message", content).await
    }

    /// Is the person still there, and do others read along?
    async fn place(&self, command: &Command, room_id: &str) -> Result<Place, Outcome> {
        let room = self.room(room_id).await.map_err(Refusal::before_sending)?;
        let person = self.whole_id(&command.recipient);
        if room.lacks(&person) && !self.is_expected(command, room_id, &person).await? {
            return Err(Outcome::RecipientGone);
        }
        let answers = command.answers.clone();
        Ok(if room.group(room_id).is_some() {
            Place::Group { person, answers }
        } else {
            Place::Pair
        })
    }

    /// Is somebody who is not in the room on the way into it? Into the one that we opened for a person
    /// they are invited, if whoever opened it did not come to that yet.
    async fn is_expected(
        &self,
        command: &Command,
        room_id: &str,
        person: &str,
    ) -> Result<bool, Outcome> {
        let stands = self.membership(room_id, person).await.map_err(Refusal::before_sending)?;
        if stands.is_empty() && command.external_conversation.is_none() {
            return match self.invite(room_id, person).await {
                Ok(()) => Ok(true),
                // Invited meanwhile, or not to be invited by anybody.
                Err(Refusal::Said { status: 400..=499, .. }) => {
                    let stands = self.membership(room_id, person).await;
                    Ok(!stands.map_err(Refusal::before_sending)?.is_empty())
                }
                Err(refusal) => Err(refusal.before_sending()),
            };
        }
        Ok(matches!(stands.as_str(), "join" | "invite" | "knock"))
    }

    /// Puts an event of ours into a room, under the command's id.
    async fn put_event(
        &self,
        command: &Command,
        room_id: &str,
        kind: &str,
        mut content: Map<String, Value>,
    ) -> Result<Outcome, Outcome> {
        if !self.is_first_try(command).await? {
            match self.sent(room_id, &command.id).await {
                Ok(Some(event)) => return Ok(Outcome::Sent(vec![event])),
                Ok(None) => {}
                // The room tells us nothing any more: putting it there says why.
                Err(Refusal::Said { status: 400..=499, .. }) => {}
                Err(refusal) => return Err(refusal.before_sending()),
            }
        }
        content.insert(MARK.to_owned(), Value::from(command.id.as_str()));
        let path = ["_matrix", "client", "v3", "rooms", room_id, "send", kind, command.id.as_str()];
        self.judge(room_id, self.call(Method::PUT, &path, Some(&Value::Object(content))).await)
            .await
    }

    async fn redact(
        &self,
        command: &Command,
        room_id: &str,
        event_id: &str,
    ) -> Result<Outcome, Outcome> {
        let id = command.id.as_str();
        let path = ["_matrix", "client", "v3", "rooms", room_id, "redact", event_id, id];
        self.judge(room_id, self.call(Method::PUT, &path, Some(&json!({}))).await).await
    }

    async fn judge(&self, room_id: &str, said: Result<Value, Refusal>) -> Result<Outcome, Outcome> {
        match said {
            Ok(told) => match told.get("event_id").and_then(Value::as_str) {
                Some(event) => Ok(Outcome::Sent(vec![event.to_owned()])),
                None => Err(Outcome::InDoubt("the answer names no event".to_owned())),
            },
            Err(refusal) if refusal.has_status(403) => {
                Err(self.why_forbidden(room_id, refusal).await)
            }
            Err(refusal) => Err(refusal.sending()),
        }
    }

    /// 403 is said when we are not in the room, when its rules do not let us speak, and when the
    /// homeserver does not take us for the desk user.
    async fn why_forbidden(&self, room_id: &str, refusal: Refusal) -> Outcome {
        if let Err(refusal) = self.who_are_we().await {
            return refusal.before_sending();
        }
        let Some(own) = self.own.first() else { return refusal.sending() };
        match self.membership(room_id, own).await {
            Ok(stands) if stands == "join" => refusal.sending(),
            Ok(_) => Outcome::RecipientGone,
            Err(refusal) => refusal.before_sending(),
        }
    }

    async fn types(&self, room_id: &str) -> Result<Outcome, Outcome> {
        let Some(own) = self.own.first() else { return Ok(Outcome::Sent(Vec::new())) };
        let path = ["_matrix", "client", "v3", "rooms", room_id, "typing", own];
        let body = json!({ "typing": true, "timeout": TYPING_MS });
        self.sign(self.call(Method::PUT, &path, Some(&body)).await)
    }

    async fn has_read(&self, room_id: &str, event_id: &str) -> Result<Outcome, Outcome> {
        let path = ["_matrix", "client", "v3", "rooms", room_id, "receipt", "m.read", event_id];
        self.sign(self.call(Method::POST, &path, Some(&json!({}))).await)
    }

    /// A sign may be given twice.
    fn sign(&self, said: Result<Value, Refusal>) -> Result<Outcome, Outcome> {
        said.map(|_told| Outcome::Sent(Vec::new())).map_err(Refusal::before_sending)
    }
}
