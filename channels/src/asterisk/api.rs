//! What is asked of Asterisk, and what it answers.

use super::Asterisk;
use crate::adapter::Finding;
use crate::http::{ANSWER_BYTES_MAX, Answer, CallError};
use crate::phone::pbx::{Found, Joined, LegState, Pbx, Refused, Signal, leg_id};
use crate::phone::{Call, MissedCall};
use domain::{CallId, Leg};
use reqwest::Method;
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;
use url::Url;

/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(5);
/// The longest that Asterisk says of why, in characters.
const WORDS_MAX: usize = 100;

impl Asterisk {
    /// Asks for something of the interface: its path, and a query.
    async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Answer, CallError> {
        // Nobody closes it.
        let _lane = self.lanes.acquire().await;
        let mut url = Url::parse(&self.config.url).map_err(|_bad| CallError::NotAllowed)?;
        url.path_segments_mut()
            .map_err(|()| CallError::NotAllowed)?
            .pop_if_empty()
            .push("ari")
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.means.http.request(method, url.as_str())?;
        let (user, password) = (&self.config.username, self.config.password.reveal());
        let request = request.basic_auth(user, Some(password)).timeout(WITHIN);
        self.means.http.call(request, ANSWER_BYTES_MAX).await
    }

    /// The same, judged: an answer of 404 is `None`.
    async fn asks(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Answer>, Refused> {
        match self.creates(method, path, query).await {
            // Elsewhere 409 says that a channel is not where it must be.
            Err(Refused::Exists) => Err(Refused::No("HTTP 409".to_owned())),
            other => other,
        }
    }

    /// The same of what may be there already.
    async fn creates(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Answer>, Refused> {
        judge(self.ask(method, path, query).await)
    }

    /// A leg, as Asterisk has it.
    async fn leg(&self, call: &CallId, leg: Leg) -> Result<LegState, Refused> {
        let id = leg_id(call, leg);
        let Some(answer) = self.asks(Method::GET, &["channels", &id], &[]).await? else {
            return Ok(LegState::Gone);
        };
        let channel: Value = answer.json().map_err(away)?;
        let is_up = channel.get("state").and_then(Value::as_str) == Some("Up");
        Ok(if is_up { LegState::Up } else { LegState::Rings })
    }

    /// The ids of the channels in the call's bridge; none without a bridge.
    async fn bridged(&self, call: &CallId) -> Result<Vec<String>, Refused> {
        let Some(answer) = self.asks(Method::GET, &["bridges", &bridge_id(call)], &[]).await?
        else {
            return Ok(Vec::new());
        };
        let bridge: Value = answer.json().map_err(away)?;
        let channels = bridge.get("channels").and_then(Value::as_array);
        let ids = channels.into_iter().flatten().filter_map(Value::as_str);
        Ok(ids.map(str::to_owned).collect())
    }

    async fn joins(&self, call: &CallId, legs: &[Leg]) -> Result<(), Refused> {
        let ids: Vec<String> = legs.iter().map(|leg| leg_id(call, *leg)).collect();
        let query = [("channel", ids.join(","))];
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        let path = [&*bridge_id(call), "addChannel"];
        let joined = self.asks(Method::POST, &["bridges", path[0], path[1]], &query).await?;
        joined.map(drop).ok_or_else(|| Refused::No("the bridge is gone".to_owned()))
    }

    /// Records what is said in the bridge, and tells under which name; a call is not ended because it cannot be.
    async fn records(&self, call: &CallId) -> Option<String> {
        if self.config.record.is_empty() {
            return None;
        }
        let query =
            [("name", call.as_str()), ("format", &*self.config.record), ("ifExists", "fail")];
        let bridge = bridge_id(call);
        match self.asks(Method::POST, &["bridges", &bridge, "record"], &query).await {
            Ok(Some(_)) => Some(call.to_string()),
            Ok(None) => None,
            Err(why) => {
                tracing::warn!(call = %call, why = ?why, "a call is not recorded");
                None
            }
        }
    }

    /// Lets somebody go who rang.
    pub(super) async fn let_channel_go(&self, id: &str) {
        let gone = self.asks(Method::DELETE, &["channels", id], &[("reason", "normal")]).await;
        if let Err(why) = gone {
            tracing::warn!(why = ?why, "a caller is not let go");
        }
    }

    /// Asks what the user may, and whether the application is there.
    pub(super) async fn try_settings(&self) -> Vec<Finding> {
        if let Some(missing) = self.config.missing() {
            return vec![Finding::no("credentials", format!("{missing} is missing"))];
        }
        let answer = match self.ask(Method::GET, &["channels"], &[]).await {
            Ok(answer) => answer,
            Err(error) => return vec![Finding::no("connection", error.to_string())],
        };
        match answer.status {
            200..=299 => {}
            401 | 403 => {
                return vec![
                    Finding::yes("connection", ""),
                    Finding::no("credentials", "Asterisk does not take the user or password"),
                ];
            }
            status => {
                return vec![Finding::no("connection", format!("Asterisk says HTTP {status}"))];
            }
        }
        let app = &*self.config.app;
        let events = match self.ask(Method::GET, &["applications", app], &[]).await {
            Ok(answer) if answer.is_success() => Finding::yes("callback", ""),
            _ => Finding::unknown("callback", "no gateway listens to the application now"),
        };
        vec![Finding::yes("connection", ""), Finding::yes("credentials", ""), events]
    }
}

#[async_trait::async_trait]
impl Pbx for Asterisk {
    async fn ring(&self, call: &Call, leg: Leg) -> Result<(), Refused> {
        if !self.is_open.load(Ordering::Acquire) {
            return Err(Refused::Away("its events do not come".to_owned()));
        }
        let (endpoint, timeout) = match leg {
            Leg::Agent => (self.config.agent.agent(&call.agent), call.ring_agent),
            Leg::Contact => (Some(self.config.contact.number(&call.contact)), call.ring_contact),
        };
        let Some(endpoint) = endpoint else {
            return Err(Refused::No("the agent's address cannot be dialled".to_owned()));
        };
        let (id, timeout) = (leg_id(&call.id, leg), timeout.as_secs().max(1).to_string());
        let agent_id = leg_id(&call.id, Leg::Agent);
        // Both see the desk's number: whom the agent will speak with is not for a telephone's display.
        let shown = self.config.caller_id.as_ref().map(domain::PhoneNumber::e164);
        let mut query = vec![
            ("endpoint", endpoint.as_str()),
            ("app", &*self.config.app),
            ("appArgs", leg.name()),
            ("timeout", &*timeout),
        ];
        query.extend(shown.map(|number| ("callerId", number)));
        if leg == Leg::Contact {
            query.push(("originator", &agent_id));
        }
        self.creates(Method::POST, &["channels", &id], &query).await?;
        if leg == Leg::Contact {
            // The agent hears that it rings. They speak all the same if not.
            let heard = self.asks(Method::POST, &["channels", &agent_id, "ring"], &[]).await;
            tracing::trace!(is_heard = heard.is_ok(), "the agent hears the ringing");
        }
        Ok(())
    }

    async fn connect(&self, call: &CallId) -> Result<Option<String>, Refused> {
        let id = bridge_id(call);
        let query = [("type", "mixing"), ("name", call.as_str())];
        match self.creates(Method::POST, &["bridges", &id], &query).await {
            Ok(_) | Err(Refused::Exists) => {}
            Err(other) => return Err(other),
        }
        let agent = leg_id(call, Leg::Agent);
        let quiet = self.asks(Method::DELETE, &["channels", &agent, "ring"], &[]).await;
        tracing::trace!(is_quiet = quiet.is_ok(), "the agent hears no ringing");
        self.joins(call, &[Leg::Agent, Leg::Contact]).await?;
        Ok(self.records(call).await)
    }

    async fn hold(&self, call: &CallId) -> Result<Option<Signal>, Refused> {
        let (bridge, contact) = (bridge_id(call), leg_id(call, Leg::Contact));
        let query = [("channel", contact.as_str())];
        match self.asks(Method::POST, &["bridges", &bridge, "removeChannel"], &query).await {
            // It is out already.
            Ok(_) | Err(Refused::No(_)) => {}
            Err(other) => return Err(other),
        }
        let music = [("mohClass", &*self.config.music)];
        let query = if self.config.music.is_empty() { &[][..] } else { &music[..] };
        let plays = self.asks(Method::POST, &["channels", &contact, "moh"], query).await?;
        match plays {
            Some(_) => Ok(Some(Signal::Held)),
            None => Err(Refused::No("the person's channel is gone".to_owned())),
        }
    }

    async fn resume(&self, call: &CallId) -> Result<Option<Signal>, Refused> {
        let contact = leg_id(call, Leg::Contact);
        self.asks(Method::DELETE, &["channels", &contact, "moh"], &[]).await?;
        self.joins(call, &[Leg::Contact]).await?;
        Ok(Some(Signal::Resumed))
    }

    async fn let_go(&self, call: &CallId) -> Result<(), Refused> {
        let normal = [("reason", "normal")];
        for leg in [Leg::Agent, Leg::Contact] {
            self.asks(Method::DELETE, &["channels", &leg_id(call, leg)], &normal).await?;
        }
        self.asks(Method::DELETE, &["bridges", &bridge_id(call)], &[]).await?;
        Ok(())
    }

    async fn find(&self, call: &CallId) -> Result<Found, Refused> {
        let agent = self.leg(call, Leg::Agent).await?;
        let contact = self.leg(call, Leg::Contact).await?;
        let bridged = match (agent, contact) {
            (LegState::Up, LegState::Up) => self.bridged(call).await?,
            _ => Vec::new(),
        };
        let is_in = |leg: Leg| bridged.contains(&leg_id(call, leg));
        let joined = match (is_in(Leg::Agent), is_in(Leg::Contact)) {
            (true, true) => Joined::Both,
            (true, false) => Joined::Held,
            _ => Joined::Not,
        };
        Ok(Found { agent, contact, joined })
    }

    async fn let_caller_go(&self, missed: &MissedCall) {
        self.let_channel_go(&missed.external_id).await;
    }
}

fn bridge_id(call: &CallId) -> String {
    format!("{call}-b")
}

fn away(error: CallError) -> Refused {
    match error {
        CallError::NotAllowed => Refused::No(error.to_string()),
        _ => Refused::Away(error.to_string()),
    }
}

/// What an answer means; `None` for 404.
fn judge(answer: Result<Answer, CallError>) -> Result<Option<Answer>, Refused> {
    let answer = answer.map_err(away)?;
    match answer.status {
        200..=299 => Ok(Some(answer)),
        404 => Ok(None),
        409 => Err(Refused::Exists),
        408 | 429 | 500..=599 => {
            Err(Refused::Away(format!("Asterisk says HTTP {}", answer.status)))
        }
        status => Err(Refused::No(format!("HTTP {status} {}", words(&answer)))),
    }
}

fn words(answer: &Answer) -> String {
    let told: Value = answer.json().unwrap_or_default();
    let words = told.get("message").and_then(Value::as_str).unwrap_or_default();
    words.chars().filter(|letter| !letter.is_control()).take(WORDS_MAX).collect()
}
