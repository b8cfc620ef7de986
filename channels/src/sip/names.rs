//! Names that say by which machines a service is given, and in which order they are to be tried: `SRV` records
//! (RFC 2782).

use mail_auth::hickory_resolver::TokioResolver;
use mail_auth::hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use mail_auth::hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::hickory_resolver::proto::rr::RData;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long name servers may take to say it.
const TIME: Duration = Duration::from_secs(2);
/// Name servers that did not answer are not asked again for so long: names are then reached by their addresses.
const QUIET: Duration = Duration::from_secs(30);
/// The most machines of one service.
const MACHINES_MAX: usize = 16;

/// One machine of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Machine {
    priority: u16,
    weight: u16,
    port: u16,
    name: String,
}

/// Asks name servers, and remembers what they said for as long as they allow.
pub(super) struct Names {
    servers: Arc<[SocketAddr]>,
    /// Built at the first question; `None` when this system has no name servers.
    resolver: OnceLock<Option<TokioResolver>>,
    quiet_until: Mutex<Option<Instant>>,
}

impl Names {
    /// Asks these name servers; those of this system when there are none.
    pub(super) fn new(servers: Arc<[SocketAddr]>) -> Self {
        Self { servers, resolver: OnceLock::new(), quiet_until: Mutex::default() }
    }

    /// The machines and ports of a service (`_sip._udp`) of a name, in the order in which they are to be tried. `None` when
    /// nothing is said of it, or name servers do not answer; nothing in it when it is said that there is none.
    pub(super) async fn service(&self, service: &str, host: &str) -> Option<Vec<(String, u16)>> {
        if host.eq_ignore_ascii_case("localhost") || self.is_quiet() {
            return None;
        }
        let resolver = self.resolver.get_or_init(|| open(&self.servers)).as_ref()?;
        let name = format!("{service}.{}.", host.trim_end_matches('.'));
        let Ok(answered) = tokio::time::timeout(TIME, resolver.srv_lookup(name)).await else {
            tracing::warn!(
                "name servers do not answer: SIP addresses are taken without SRV for a while"
            );
            *self.quiet() = Some(Instant::now() + QUIET);
            return None;
        };
        // Denied, or not answered well: the name itself is tried.
        let answered = answered.ok()?;
        let machines = answered.answers().iter().filter_map(|record| match &record.data {
            RData::SRV(said) => Some(Machine {
                priority: said.priority,
                weight: said.weight,
                port: said.port,
                name: said.target.to_ascii().trim_end_matches('.').to_owned(),
            }),
            _ => None,
        });
        let machines: Vec<Machine> = machines.take(MACHINES_MAX).collect();
        let ordered = order(machines, |most| rand::random_range(0..=most));
        ordered.map(|machines| {
            let is_one = |machine: &Machine| !machine.name.is_empty() && machine.port > 0;
            let machines = machines.into_iter().filter(is_one);
            machines.map(|machine| (machine.name, machine.port)).collect()
        })
    }

    fn is_quiet(&self) -> bool {
        self.quiet().is_some_and(|until| Instant::now() < until)
    }

    fn quiet(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Machines by priority, and among the same by lot, so that each comes first as often as its weight says.
fn order(mut left: Vec<Machine>, mut lot: impl FnMut(u32) -> u32) -> Option<Vec<Machine>> {
    if left.is_empty() {
        return None;
    }
    // Those without weight come first, so that they have a small chance (RFC 2782).
    left.sort_by_key(|machine| (machine.priority, machine.weight));
    let mut ordered = Vec::with_capacity(left.len());
    while let Some(priority) = left.first().map(|machine| machine.priority) {
        let same = left.iter().take_while(|machine| machine.priority == priority);
        let whole: u32 = same.clone().map(|machine| u32::from(machine.weight)).sum();
        let drawn = lot(whole);
        let mut sum = 0;
        let place = same.map(|machine| {
            sum += u32::from(machine.weight);
            sum
        });
        let place = place.into_iter().position(|sum| sum >= drawn).unwrap_or_default();
        ordered.push(left.remove(place));
    }
    Some(ordered)
}

fn open(servers: &[SocketAddr]) -> Option<TokioResolver> {
    let builder = if servers.is_empty() {
        TokioResolver::builder_tokio()
    } else {
        let servers = servers.iter().map(|server| {
            let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
            ways.iter_mut().for_each(|way| way.port = server.port());
            NameServerConfig::new(server.ip(), true, ways.to_vec())
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
    };
    builder
        .and_then(|builder| builder.build())
        .inspect_err(
            |error| tracing::warn!(%error, "no name servers: SIP addresses are taken without SRV"),
        )
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(priority: u16, weight: u16, name: &str) -> Machine {
        Machine { priority, weight, port: 5_060, name: name.to_owned() }
    }

    fn names(machines: Option<Vec<Machine>>) -> Vec<String> {
        machines.unwrap_or_default().into_iter().map(|machine| machine.name).collect()
    }

    #[test]
    fn lower_numbers_come_first_whatever_the_weights() {
        let all = vec![machine(20, 100, "c"), machine(10, 0, "a"), machine(15, 1, "b")];
        assert_eq!(names(order(all, |most| most)), ["a", "b", "c"]);
        assert!(order(Vec::new(), |most| most).is_none());
    }

    #[test]
    fn the_lot_follows_the_weights() {
        let all = || vec![machine(10, 30, "b"), machine(10, 10, "a"), machine(10, 60, "c")];
        for (drawn, first) in [(0, "a"), (10, "a"), (11, "b"), (40, "b"), (41, "c"), (100, "c")] {
            let ordered = names(order(all(), |most| drawn.min(most)));
            assert_eq!((ordered[0].as_str(), ordered.len()), (first, 3), "{drawn}");
        }
    }

    #[tokio::test]
    async fn this_machine_is_asked_of_nobody() {
        let nobody = Names::new(Arc::from(["127.0.0.1:9".parse().unwrap()]));
        assert_eq!(nobody.service("_sip._udp", "localhost").await, None);
    }
}
