//! Calls of somebody who died. Two who speak are left alone, and watched from here on; whoever rings stops
//! ringing.

use super::talk::Hold;
use super::{CallTask, LINGERS, Made, Phase};
use crate::sip::outcome::ours;
use crate::sip::sdp::Sdp;
use crate::sip::trace::{Side, Stage};
use crate::sip::ways::transport_of;
use domain::{CallOutcome, CallStage, Leg};
use rsipstack::sip::{Request, Response};
use rsipstack::transport::SipAddr;
use std::net::SocketAddr;
use std::sync::Arc;

impl CallTask {
    /// Goes on with a call as far as it was told.
    pub(in crate::sip) fn take_over(made: Made, stage: CallStage) -> Self {
        let speaks = matches!(stage, CallStage::Connected | CallStage::Held);
        let are_up = [&made.sides.agent.0, &made.sides.contact.0]
            .into_iter()
            .all(|side| side.stage == Stage::Up);
        if speaks && are_up { Self::adopt(made, stage) } else { Self::release(made) }
    }

    fn adopt(made: Made, stage: CallStage) -> Self {
        let mut call = Self::new(made, Phase::Talking);
        for leg in [Leg::Agent, Leg::Contact] {
            let side = &mut call.peer(leg).side;
            leap(side);
            let refresh = side.refresh;
            call.set_refresh(leg, refresh);
        }
        call.told_place = call.agent.side.sdp.as_ref().and_then(Sdp::place);
        // Who held it is not known: an order ends it, and so does the agent's telephone.
        call.hold = if stage == CallStage::Held { Hold::ByPhone } else { Hold::No };
        call
    }

    fn release(made: Made) -> Self {
        let mut call = Self::new(made, Phase::Agent);
        for leg in [Leg::Agent, Leg::Contact] {
            let line = Arc::clone(&call.line);
            let peer = call.peer(leg);
            leap(&mut peer.side);
            if matches!(peer.side.stage, Stage::Planned | Stage::Called | Stage::Recalled) {
                let invite = peer.side.invite.as_ref();
                peer.invited =
                    invite.and_then(|invite| peer.side.dialog.invite_again(&line, invite).ok());
                peer.way = invite.and_then(|invite| way_of(invite.at?, peer.invited.as_ref()?));
                peer.side.stage = Stage::Called;
                // What it had said is not known: it is told to stop in any case.
                peer.is_heard = true;
            }
        }
        call.finish(ours(CallOutcome::Lost, "whoever kept the line died"));
        // An answer to them may still be on its way.
        call.work.spawn(tokio::time::sleep(LINGERS));
        call
    }

    /// A telephone has answered somebody who died, at the moment when it was told to stop.
    pub(super) fn on_stray(&mut self, leg: Leg, answer: &Response) {
        let line = Arc::clone(&self.line);
        let peer = self.peer(leg);
        let Some(invite) = peer.invited.clone() else { return };
        let confirmed = answer.clone();
        let is_first = peer.side.stage == Stage::Recalled;
        if is_first {
            peer.side.dialog.learn(answer);
            peer.side.stage = Stage::Up;
        }
        self.work.spawn(async move {
            if line.acknowledge(&invite, &confirmed).await.is_err() {
                tracing::debug!("a late answer could not be confirmed");
            }
        });
        if is_first {
            self.let_go(leg);
        }
    }
}

/// Where it went, which was told.
fn way_of(at: SocketAddr, invited: &Request) -> Option<SipAddr> {
    Some(SipAddr { r#type: Some(transport_of(&invited.destination())), addr: at.into() })
}

fn leap(side: &mut Side) {
    side.dialog.leap();
    side.session.leap();
}
