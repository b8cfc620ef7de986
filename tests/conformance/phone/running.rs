//! A line that runs as the gateway runs it, with the desk in memory.

use super::board::Board;
use crate::inlet::Behind;
use channels::phone::{Call, CallEvent};
use channels::{ChannelAdapter, Inlet};
use domain::{Audience, CallId, CallStage, Channel, ChannelKind, Leg, Locale, Localized};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The agent rings, answers, then the person, and both speak.
pub(super) const UNTIL_BOTH_SPEAK: [CallEvent; 5] = [
    CallEvent::Ringing(Leg::Agent),
    CallEvent::Answered(Leg::Agent),
    CallEvent::Ringing(Leg::Contact),
    CallEvent::Answered(Leg::Contact),
    CallEvent::Connected,
];

/// A running line.
pub(super) struct Running {
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Running {
    /// Runs it, again whenever it could not go on.
    pub(super) fn start(adapter: Arc<dyn ChannelAdapter>, board: &Arc<Board>) -> Self {
        let (inlet, stop) = (inlet(board), CancellationToken::new());
        let (token, mut running) = (stop.clone(), JoinSet::new());
        running.spawn(async move {
            while !token.is_cancelled() {
                if adapter.run(inlet.clone(), token.clone()).await.is_err() {
                    tokio::task::yield_now().await;
                }
            }
        });
        Self { stop, running }
    }

    /// Ends it, within a time.
    pub(super) async fn ends(mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(5), self.running.join_next()).await;
        assert!(matches!(ended, Ok(Some(Ok(())))), "it did not stop when asked: {ended:?}");
    }

    /// Kills it: nothing of it goes on, and nobody is told.
    pub(super) async fn dies(mut self) {
        self.running.shutdown().await;
    }
}

pub(super) fn inlet(board: &Arc<Board>) -> Inlet {
    let (inlet, _behind) = Behind::open();
    Inlet { calls: board.clone(), ..inlet }
}

pub(super) fn channel(adapter: &str, settings: Value) -> Channel {
    Channel {
        id: "line".parse().unwrap(),
        name: Localized::default(),
        kind: ChannelKind::Phone,
        adapter: adapter.to_owned(),
        audience: Audience::Public,
        topics: Vec::new(),
        enabled: true,
        settings,
    }
}

/// A call of its own, to an agent's telephone.
pub(super) fn call(n: u8, agent: &str) -> Call {
    Call {
        id: format!("call_{n:026}").parse().unwrap(),
        agent: agent.to_owned(),
        contact: "+8613800138000".parse().unwrap(),
        locale: Locale::ZhCn,
        ring_agent: Duration::from_secs(20),
        ring_contact: Duration::from_secs(20),
    }
}

/// Waits until a call has come so far.
pub(super) async fn comes_to(board: &Board, call: &CallId, stage: CallStage) {
    let event = match stage {
        CallStage::AgentRinging => CallEvent::Ringing(Leg::Agent),
        CallStage::AgentAnswered => CallEvent::Answered(Leg::Agent),
        CallStage::ContactRinging => CallEvent::Ringing(Leg::Contact),
        CallStage::Held => CallEvent::Held,
        _ => CallEvent::Connected,
    };
    board.until(call, &event).await;
}
