//! What comes in that belongs to no call of ours: calls that nobody takes, and everything else that is
//! answered without doing anything.

use super::address::{NumberFormat, user_of};
use super::call::answer;
use super::dialog::allow;
use super::line::Line;
use crate::adapter::Inlet;
use crate::inbound::{Accepted, EXTERNAL_ID_BYTES_MAX};
use crate::phone::{CallDesk, MissedCall};
use domain::{CallId, Leg, Network};
use rsipstack::sip::{Header, HeadersExt, Method, Request};
use rsipstack::transaction::Transaction;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The most that is answered at once; above, whoever asks asks again.
const AT_ONCE: usize = 256;
/// So often a missed call is told again.
const TELLS: u32 = 20;
/// The pause in between.
const TELLS_PAUSE: Duration = Duration::from_millis(500);
/// The longest name of one of the desk's numbers, in bytes.
const TO_BYTES_MAX: usize = 64;

/// Answers whoever belongs to no call.
pub(super) struct Strangers {
    desk: Arc<dyn CallDesk>,
    missed_from: Vec<Network>,
    numbers: NumberFormat,
    room: Arc<Semaphore>,
}

/// The call and the telephone that a Call-ID of ours names.
pub(super) fn leg_of(call_id: &str) -> Option<(CallId, Leg)> {
    let (id, name) = call_id.rsplit_once('.')?;
    let leg = [Leg::Agent, Leg::Contact].into_iter().find(|leg| leg.name() == name)?;
    Some((id.parse().ok()?, leg))
}

impl Strangers {
    pub(super) fn new(line: &Line, inlet: &Inlet) -> Self {
        let numbers = line.config.trunk.as_ref().map(|trunk| trunk.number_format.clone());
        Self {
            desk: Arc::clone(&inlet.calls),
            missed_from: line.config.missed_calls_from.clone(),
            numbers: numbers.unwrap_or(NumberFormat::Plus),
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Whose call a request belongs to, by its Call-ID.
    pub(super) fn owner(
        &self,
        transaction: &Transaction,
        is_ours: impl Fn(&CallId) -> bool,
    ) -> Option<(CallId, Leg)> {
        let call_id = transaction.original.call_id_header().ok()?;
        leg_of(call_id.value()).filter(|(id, _)| is_ours(id))
    }

    /// Answers a request; `None` when there is no room.
    pub(super) fn answer(
        &self,
        transaction: Box<Transaction>,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let (code, fields) = self.judge(&transaction);
        let missed = match code {
            480 => self.missed(&transaction.original),
            _ => None,
        };
        let desk = Arc::clone(&self.desk);
        Some(Box::pin(async move {
            let is_kept = match missed {
                Some(missed) => tell(desk.as_ref(), missed).await,
                None => true,
            };
            let code = if is_kept { code } else { 500 };
            answer(transaction, code, fields, None).await;
            drop(room);
        }))
    }

    fn judge(&self, transaction: &Transaction) -> (u16, Vec<Header>) {
        let request = &transaction.original;
        let is_within = request.to_header().is_ok_and(|to| to.tag().is_ok_and(|tag| tag.is_some()));
        match request.method {
            Method::Options => (200, vec![allow()]),
            _ if is_within => (481, Vec::new()),
            Method::Invite if self.is_listed(transaction) => (480, Vec::new()),
            Method::Invite => (403, Vec::new()),
            Method::Bye | Method::Cancel | Method::Update | Method::Info => (481, Vec::new()),
            _ => (405, vec![allow()]),
        }
    }

    fn is_listed(&self, transaction: &Transaction) -> bool {
        let from = transaction.connection.as_ref().and_then(|connection| {
            connection.get_remote_addr().and_then(|from| from.get_socketaddr().ok())
        });
        from.is_some_and(|from| self.lists(from.ip()))
    }

    fn lists(&self, from: IpAddr) -> bool {
        self.missed_from.iter().any(|network| network.contains(from))
    }

    /// Who rang; `None` where no number is told.
    fn missed(&self, request: &Request) -> Option<MissedCall> {
        let asserted = request.p_asserted_identity_header().map(|header| header.value().to_owned());
        let from = request.from_header().ok().map(|from| from.value().to_owned());
        let mut all = [asserted, from].into_iter().flatten();
        let from = all.find_map(|text| self.numbers.read(&user_of(&text)?))?;
        let to = request.to_header().ok().and_then(|to| user_of(to.value())).unwrap_or_default();
        let is_plain = |byte: u8| byte.is_ascii_graphic();
        let to =
            if to.len() <= TO_BYTES_MAX && to.bytes().all(is_plain) { to } else { String::new() };
        let call_id = request.call_id_header().ok()?.value().to_owned();
        let external_id = if call_id.len() <= EXTERNAL_ID_BYTES_MAX {
            call_id
        } else {
            crate::digest::digest(&call_id)
        };
        Some(MissedCall { external_id, from, to, at: None })
    }
}

/// Tells of a call that nobody took; whoever rang hears the end of it only when it is kept.
async fn tell(desk: &dyn CallDesk, missed: MissedCall) -> bool {
    for _ in 0..TELLS {
        match desk.missed(missed.clone()).await {
            Ok(Accepted::Refused(_)) => {
                tracing::warn!("a missed call was refused by the desk");
                return true;
            }
            Ok(_) => return true,
            Err(_away) => tokio::time::sleep(TELLS_PAUSE).await,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_id_of_ours_names_a_call_and_a_telephone() {
        let id = "call_1".parse::<CallId>().expect("an id");
        assert_eq!(leg_of(&format!("{id}.agent")), Some((id.clone(), Leg::Agent)));
        assert_eq!(leg_of(&format!("{id}.contact")), Some((id.clone(), Leg::Contact)));
        for other in [format!("{id}"), format!("{id}.other"), "x.agent".to_owned(), String::new()] {
            assert_eq!(leg_of(&other), None, "{other}");
        }
    }
}
