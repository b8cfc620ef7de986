//! Looks at a line's settings without calling anybody: is listening allowed, does the trunk answer, does it
//! believe us?

use super::config::{Register, SipConfig, Trunk};
use super::dialog::Dialog;
use super::guard::{Guard, LetGo};
use super::line::Line;
use super::outcome::words;
use super::reach::SipReach;
use super::registration::{self, Registered, Tells};
use crate::adapter::Finding;
use rsipstack::sip::{Method, Transport};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Tries the settings.
pub(super) async fn check(config: &SipConfig, reach: &SipReach) -> Vec<Finding> {
    let mut findings = vec![listening(config, reach)];
    let Some(trunk) = &config.trunk else {
        findings.push(Finding::no("connection", "no trunk is set up (`trunk.uri`)"));
        return findings;
    };
    let cancel = CancellationToken::new();
    let _ends = cancel.clone().drop_guard();
    let probe = probe(config, reach);
    let strays = mpsc::channel(1).0;
    let guard = Guard::new(LetGo::default(), strays);
    let opened = match probe {
        Some((config, reach)) => Line::open(Arc::new(config), reach, guard, &cancel).await,
        None => return findings,
    };
    match opened {
        Ok((line, _incoming)) => {
            let serving = Arc::clone(&line).serve();
            let asking = ask_trunk(&line, trunk);
            tokio::select! {
                () = serving => findings.push(Finding::unknown("connection", "the line has stopped")),
                asked = asking => findings.extend(asked),
            }
        }
        Err(error) => findings.push(Finding::no("connection", error.to_string())),
    }
    findings
}

fn listening(config: &SipConfig, reach: &SipReach) -> Finding {
    if config.listen.is_empty() {
        return Finding::no("callback", "no place to listen at is set (`listen`)");
    }
    let refused = config.listen.iter().find(|listen| !reach.allows_listening(listen.at));
    let bare = config.listen.iter().find(|listen| listen.transport == Transport::Tls);
    match (refused, bare) {
        (Some(listen), _) => Finding::no(
            "callback",
            format!(
                "whoever runs this gateway does not allow a line to listen at {} {}",
                listen.transport, listen.at
            ),
        ),
        (None, Some(_)) if reach.certificate.is_none() => {
            let detail = "whoever runs this gateway has given no certificate for TLS";
            Finding::no("callback", detail)
        }
        _ => Finding::yes("callback", ""),
    }
}

/// The line itself may be running, here or elsewhere: another port of the same address asks.
fn probe(config: &SipConfig, reach: &SipReach) -> Option<(SipConfig, SipReach)> {
    let first = *config.listen.first().filter(|listen| reach.allows_listening(listen.at))?;
    let at = free_at(first.at.ip())?;
    let listen = super::config::Listen { transport: Transport::Udp, at };
    let reach = SipReach { listen_ports: Arc::from([at.port()..=at.port()]), ..reach.clone() };
    Some((SipConfig { listen: vec![listen], public_address: None, ..config.clone() }, reach))
}

/// A port that nobody has now.
fn free_at(ip: IpAddr) -> Option<SocketAddr> {
    std::net::UdpSocket::bind((ip, 0)).and_then(|socket| socket.local_addr()).ok()
}

async fn ask_trunk(line: &Arc<Line>, trunk: &Trunk) -> Vec<Finding> {
    if trunk.register == Register::Yes
        && let Some(mut dialog) = registration::dialog(trunk)
    {
        return registered(registration::register(line, trunk, &mut dialog, Tells::Nothing).await);
    }
    let whom = trunk.uri.with_user("").to_string();
    let id = format!("{:032x}.options", rand::random::<u128>());
    let mut dialog = Dialog::new(id, line.own_uri(), whom);
    let asked = dialog.ask(Method::Options, Vec::new(), None);
    let answer = match dialog.write(line, asked) {
        Ok(request) => registration::last(line, request).await,
        Err(_unwritable) => None,
    };
    match answer.map(|answer| answer.status_code.code()) {
        None => vec![silent()],
        // Whatever it says, it is there; whether it takes calls only a call can tell.
        Some(code) => vec![Finding::yes("connection", words(code))],
    }
}

fn registered(registered: Registered) -> Vec<Finding> {
    match registered {
        Registered::For(_) => {
            vec![Finding::yes("connection", ""), Finding::yes("credentials", "")]
        }
        Registered::Refused => vec![
            Finding::yes("connection", ""),
            Finding::no("credentials", "the trunk refuses `trunk.user` and `trunk.password`"),
        ],
        Registered::Failed(Some(code)) => {
            vec![Finding::yes("connection", ""), Finding::unknown("credentials", words(code))]
        }
        Registered::Failed(None) => vec![silent()],
    }
}

fn silent() -> Finding {
    let detail = "the trunk does not answer at `trunk.uri`, or whoever runs this gateway does not allow its address";
    Finding::no("connection", detail)
}
