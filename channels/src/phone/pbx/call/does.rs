//! What the PBX shall do next for a call, again until it does.

use super::{Action, CAUSE_WITHIN, Over, PAUSE, Served, over};
use crate::phone::CallEvent;
use crate::phone::pbx::{Found, Joined, LegState, Refused, Signal};
use domain::{CallOutcome, CallStage, Leg};
use tokio::time::Instant;

impl Served<'_> {
    /// Something shall be done, or it is too late.
    pub(super) async fn is_due(&mut self) -> Result<(), Over> {
        if Instant::now() >= self.deadline {
            return self.is_late();
        }
        let Some(action) = self.actions.front().copied() else { return Ok(()) };
        match self.does(action).await {
            Ok(()) => {
                self.pause = PAUSE.0;
                self.actions.retain(|other| *other != action);
                Ok(())
            }
            Err(Err(over)) => Err(over),
            Err(Ok(why)) => {
                tracing::debug!(call = %self.call.id, why, "the PBX does not answer");
                self.next_try = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(PAUSE.1);
                Ok(())
            }
        }
    }

    fn is_late(&mut self) -> Result<(), Over> {
        match self.stage {
            CallStage::Connected | CallStage::Held => {
                self.speaks();
                self.wants(Action::Check);
                Ok(())
            }
            _ if !self.rung.contains(&Leg::Agent) => {
                Err(over(CallOutcome::Failed, "the PBX does not answer"))
            }
            CallStage::AgentAnswered | CallStage::ContactRinging if self.contact_answered => {
                Err(over(CallOutcome::Failed, "the PBX does not connect them"))
            }
            CallStage::AgentAnswered | CallStage::ContactRinging => {
                Err(over(CallOutcome::NoAnswer, "no answer in time"))
            }
            _ => Err(over(CallOutcome::AgentUnreachable, "no answer in time")),
        }
    }

    /// Does one thing. The inner error says why it must be tried again, or that it is over.
    async fn does(&mut self, action: Action) -> Result<(), Result<String, Over>> {
        let id = &self.call.id;
        let done = match action {
            Action::Ring(leg) => {
                let rung = self.pbx.ring(&self.call, leg).await;
                return self.has_rung(leg, rung);
            }
            Action::Connect => match self.pbx.connect(id).await {
                Ok(recording) => return self.is_connected(recording).await.map_err(Err),
                Err(Refused::No(why)) => {
                    // Maybe one of them has just left.
                    tracing::debug!(call = %self.call.id, why, "the PBX does not connect a call");
                    self.wants(Action::Check);
                    return Ok(());
                }
                Err(other) => Err(other),
            },
            Action::Hold => self.pbx.hold(id).await,
            Action::Resume => self.pbx.resume(id).await,
            Action::Check => match self.pbx.find(id).await {
                Ok(found) => return self.is_found(found).await,
                Err(other) => Err(other),
            },
        };
        match done {
            Ok(Some(signal)) => self.hears(signal).await.map_err(Err),
            Ok(None) | Err(Refused::Exists) => Ok(()),
            Err(Refused::Away(why)) => Err(Ok(why)),
            Err(Refused::No(why)) => {
                tracing::warn!(call = %self.call.id, why, "the PBX refuses to steer a call");
                Ok(())
            }
        }
    }

    fn has_rung(
        &mut self,
        leg: Leg,
        rung: Result<(), Refused>,
    ) -> Result<(), Result<String, Over>> {
        match rung {
            Ok(()) => self.rung.push(leg),
            // An earlier try of it, or of another owner: how far has it come?
            Err(Refused::Exists) => {
                self.rung.push(leg);
                self.wants(Action::Check);
            }
            Err(Refused::Away(why)) => return Err(Ok(why)),
            Err(Refused::No(why)) => {
                let outcome = match leg {
                    Leg::Agent => CallOutcome::AgentUnreachable,
                    Leg::Contact => CallOutcome::Failed,
                };
                return Err(Err(over(outcome, &why)));
            }
        }
        Ok(())
    }

    async fn is_connected(&mut self, recording: Option<String>) -> Result<(), Over> {
        if self.stage >= CallStage::Connected {
            return Ok(());
        }
        self.stage = CallStage::Connected;
        self.speaks();
        self.tell(CallEvent::Connected).await?;
        match recording {
            Some(recording) => self.tell(CallEvent::Recorded(recording)).await,
            None => Ok(()),
        }
    }

    /// Hears what it did not hear while the line was away.
    async fn is_found(&mut self, found: Found) -> Result<(), Result<String, Over>> {
        for (leg, state) in [(Leg::Agent, found.agent), (Leg::Contact, found.contact)] {
            if !self.rung.contains(&leg) {
                continue;
            }
            let signal = match state {
                LegState::Gone if !self.is_long_gone() => {
                    return Err(Ok("a leg is gone: its end may be on its way".to_owned()));
                }
                LegState::Gone => Signal::Ends(leg, 0),
                LegState::Rings => Signal::Rings(leg),
                LegState::Up => Signal::Answers(leg),
            };
            self.hears(signal).await.map_err(Err)?;
        }
        self.gone_since = None;
        let speaks = self.stage >= CallStage::Connected;
        match found.joined {
            Joined::Not if speaks => self.wants(Action::Connect),
            Joined::Held if speaks => self.hears(Signal::Held).await.map_err(Err)?,
            Joined::Both if speaks => self.hears(Signal::Resumed).await.map_err(Err)?,
            _ => {}
        }
        Ok(())
    }

    /// The line says why a leg ended, unless it was away: that is waited for.
    fn is_long_gone(&mut self) -> bool {
        let since = *self.gone_since.get_or_insert_with(Instant::now);
        since.elapsed() >= CAUSE_WITHIN
    }
}
