//! What is asked of FreeSWITCH. Everything in a command is an id of ours, or was checked when the settings and
//! the agent's address were read (`phone::dialling`): no comma, brace, quote or line break comes through.

use super::FreeSwitch;
use crate::adapter::Finding;
use crate::error::AdapterError;
use crate::phone::Call;
use crate::phone::pbx::{Found, Joined, LegState, Pbx, Refused, Signal, leg_id};
use crate::refusal::text;
use domain::{CallId, Leg};
use serde_json::Value;

/// The longest id of a channel (`SWITCH_UUID_FORMATTED_LENGTH`).
const ID_BYTES_MAX: usize = 36;
/// What is said of a channel that is not there.
const NO_CHANNEL: &str = "-ERR No such channel!";
/// The longest that FreeSWITCH says of why, in characters.
const WORDS_MAX: usize = 100;

impl FreeSwitch {
    /// A command that answers `+OK`; false when there is no such channel.
    async fn does(&self, command: String) -> Result<bool, Refused> {
        let answer = self.says(command).await?;
        match answer.trim() {
            NO_CHANNEL => Ok(false),
            error if error.starts_with("-ERR") => Err(Refused::No(words(error))),
            _ => Ok(true),
        }
    }

    /// Everything that FreeSWITCH knows of a leg; `None` when there is none.
    async fn dump(&self, id: &str) -> Result<Option<Value>, Refused> {
        let answer = self.says(format!("api uuid_dump {id} json")).await?;
        if answer.trim_start().starts_with("-ERR") {
            return Ok(None);
        }
        let nonsense = |_bad| Refused::Away("its answer makes no sense".to_owned());
        serde_json::from_str(&answer).map(Some).map_err(nonsense)
    }

    fn originate(&self, call: &Call, leg: Leg, id: &str) -> Option<String> {
        let (dialled, timeout) = match leg {
            Leg::Agent => (self.config.agent.agent(&call.agent)?, call.ring_agent),
            Leg::Contact => (self.config.contact.number(&call.contact), call.ring_contact),
        };
        // Both see the desk's number: whom the agent will speak with is not for a telephone's display.
        let shown = self.config.caller_id.as_ref().map(|number| {
            let number = number.e164();
            format!(",origination_caller_id_number={number},origination_caller_id_name={number}")
        });
        let (shown, timeout) = (shown.unwrap_or_default(), timeout.as_secs().max(1));
        // Without early media a leg is there when somebody has answered, and not when a machine plays a tone.
        Some(format!(
            "bgapi originate {{origination_uuid={id},originate_timeout={timeout},\
             ignore_early_media=true,hangup_after_bridge=true{shown}}}{dialled} &park()\n\
             Job-UUID: {id}"
        ))
    }

    /// Opens a line of its own, and closes it again.
    pub(super) async fn try_settings(&self) -> Vec<Finding> {
        if let Some(missing) = self.config.missing() {
            return vec![Finding::no("credentials", format!("{missing} is missing"))];
        }
        match self.open_line().await {
            Ok(_line) => vec![Finding::yes("connection", ""), Finding::yes("credentials", "")],
            Err(AdapterError::Unauthorised) => {
                let detail = "FreeSWITCH does not take the password";
                vec![Finding::yes("connection", ""), Finding::no("credentials", detail)]
            }
            Err(error) => vec![Finding::no("connection", error.to_string())],
        }
    }
}

#[async_trait::async_trait]
impl Pbx for FreeSwitch {
    async fn ring(&self, call: &Call, leg: Leg) -> Result<(), Refused> {
        let id = leg_id(&call.id, leg);
        if id.len() > ID_BYTES_MAX {
            return Err(Refused::No("the call's id is too long".to_owned()));
        }
        let Some(originate) = self.originate(call, leg, &id) else {
            return Err(Refused::No("the agent's address cannot be dialled".to_owned()));
        };
        if self.says(format!("api uuid_exists {id}")).await?.trim() == "true" {
            return Err(Refused::Exists);
        }
        self.does(originate).await.map(drop)
    }

    async fn connect(&self, call: &CallId) -> Result<Option<String>, Refused> {
        let (agent, contact) = (leg_id(call, Leg::Agent), leg_id(call, Leg::Contact));
        if !self.does(format!("api uuid_bridge {agent} {contact}")).await? {
            return Err(Refused::No("a channel is gone".to_owned()));
        }
        if self.config.record.is_empty() {
            return Ok(None);
        }
        let file = format!("{}/{call}.wav", self.config.record);
        match self.does(format!("api uuid_record {agent} start {file}")).await {
            Ok(true) => Ok(Some(call.to_string())),
            Ok(false) => Ok(None),
            Err(why) => {
                tracing::warn!(call = %call, why = ?why, "a call is not recorded");
                Ok(None)
            }
        }
    }

    async fn hold(&self, call: &CallId) -> Result<Option<Signal>, Refused> {
        self.does(format!("api uuid_hold {}", leg_id(call, Leg::Agent))).await?;
        // `CHANNEL_HOLD` and `CHANNEL_UNHOLD` tell.
        Ok(None)
    }

    async fn resume(&self, call: &CallId) -> Result<Option<Signal>, Refused> {
        self.does(format!("api uuid_hold off {}", leg_id(call, Leg::Agent))).await?;
        Ok(None)
    }

    async fn let_go(&self, call: &CallId) -> Result<(), Refused> {
        for leg in [Leg::Agent, Leg::Contact] {
            self.does(format!("api uuid_kill {} NORMAL_CLEARING", leg_id(call, leg))).await?;
        }
        Ok(())
    }

    async fn find(&self, call: &CallId) -> Result<Found, Refused> {
        let agent = self.dump(&leg_id(call, Leg::Agent)).await?;
        let contact = self.dump(&leg_id(call, Leg::Contact)).await?;
        let bond = agent.as_ref().map_or("", |agent| text(agent, "variable_signal_bond"));
        let is_held =
            agent.as_ref().is_some_and(|agent| text(agent, "Channel-Call-State") == "HELD");
        let joined = match (bond == leg_id(call, Leg::Contact), is_held) {
            (false, _) => Joined::Not,
            (true, false) => Joined::Both,
            (true, true) => Joined::Held,
        };
        Ok(Found { agent: state(agent), contact: state(contact), joined })
    }
}

fn state(leg: Option<Value>) -> LegState {
    match leg {
        None => LegState::Gone,
        Some(leg) if text(&leg, "Answer-State") == "answered" => LegState::Up,
        Some(_) => LegState::Rings,
    }
}

fn words(error: &str) -> String {
    error.chars().filter(|letter| !letter.is_control()).take(WORDS_MAX).collect()
}
