//! Session timers (RFC 4028): a call that nobody refreshes is dead. We ask for none, and keep to what the others
//! want.

use super::talk::Exchange;
use super::{CallTask, Phase};
use crate::sip::outcome::ours;
use crate::sip::trace::{Refresh, Refresher};
use domain::{CallOutcome, Leg};
use rsipstack::sip::{Header, HeadersExt, Request, Response, headers};
use std::time::Duration;
use tokio::time::Instant;

/// The bounds of an interval, in seconds: RFC 4028 has 90 as the least that is sensible; we only keep anybody
/// from making us ask all the time.
const SECS: (u32, u32) = (4, 86_400);

impl CallTask {
    /// What the answer to a request of ours says of it.
    pub(super) fn agree(&mut self, leg: Leg, answer: &Response) {
        let value = answer.session_expires_header().map(|header| header.value().to_owned());
        // We are the one who asked, its `uac`.
        let refresh = value.and_then(|value| read(&value, Refresher::We, Refresher::They));
        self.set_refresh(leg, refresh);
    }

    /// What a telephone's request says of it, and what we answer.
    pub(super) fn refreshed(&mut self, leg: Leg, request: &Request) -> Vec<Header> {
        let value = request.session_expires_header().map(|header| header.value().to_owned());
        let refresh = value.and_then(|value| read(&value, Refresher::They, Refresher::We));
        self.set_refresh(leg, refresh);
        let Some(Refresh { secs, by }) = refresh else { return Vec::new() };
        let by = match by {
            Refresher::They => "uac",
            Refresher::We => "uas",
        };
        let text = format!("{secs};refresher={by}");
        let mut fields = vec![Header::SessionExpires(headers::SessionExpires::new(text))];
        if by == "uac" {
            fields.push(Header::Require(headers::Require::new("timer")));
        }
        fields
    }

    pub(super) fn set_refresh(&mut self, leg: Leg, refresh: Option<Refresh>) {
        let peer = self.peer(leg);
        peer.side.refresh = refresh;
        peer.refresh_at = refresh.map(|Refresh { secs, by }| {
            let whole = Duration::from_secs(u64::from(secs));
            Instant::now() + if by == Refresher::We { whole / 2 } else { whole }
        });
    }

    /// It is time to refresh, or somebody has not.
    pub(super) fn on_refresh(&mut self, leg: Leg) {
        let Some(refresh) = self.peer(leg).side.refresh else { return };
        if self.phase == Phase::Over {
            return;
        }
        if refresh.by == Refresher::They {
            let outcome = match self.phase {
                Phase::Talking => CallOutcome::Completed,
                _ => CallOutcome::Failed,
            };
            self.finish(ours(outcome, "a telephone has not refreshed the call in time"));
            return;
        }
        // Whatever else is asked refreshes as well.
        self.set_refresh(leg, Some(refresh));
        let told = self.peer(leg).side.told.clone();
        if let Some(told) = told.filter(|_| self.exchange.is_none() && self.phase == Phase::Talking)
        {
            self.begin(Exchange::Refresh, leg, told);
        }
    }
}

/// `1800;refresher=uac`; without a word it is whoever asked.
fn read(value: &str, uac: Refresher, uas: Refresher) -> Option<Refresh> {
    let mut parts = value.split(';').map(str::trim);
    let secs = parts.next()?.parse::<u32>().ok()?.clamp(SECS.0, SECS.1);
    let word = parts.find_map(|part| part.strip_prefix("refresher="));
    let by = if word.is_some_and(|word| word.eq_ignore_ascii_case("uas")) { uas } else { uac };
    Some(Refresh { secs, by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_refreshes_and_how_often() {
        let read = |value| read(value, Refresher::We, Refresher::They);
        let refresh = |secs, by| Some(Refresh { secs, by });
        assert_eq!(read("1800"), refresh(1_800, Refresher::We));
        assert_eq!(read("1800;refresher=uac"), refresh(1_800, Refresher::We));
        assert_eq!(read("90 ; refresher=UAS"), refresh(90, Refresher::They));
        assert_eq!(read("0;refresher=uas"), refresh(4, Refresher::They));
        assert_eq!(read("soon"), None);
    }
}
