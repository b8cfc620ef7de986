//! Push services, each against what somebody else wrote: who reads what we send, and who takes our
//! stand-ins for the services.

mod apple;
mod fcm;
mod huawei;
mod jpush;
mod web;

use channels::push::{Notification, PushProvider, PushSettings, Target, Urgency};
use channels::{Means, Secret};
use domain::{NotificationKind, PushProvider as Provider};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tests::cloud::{Cloud, Network};
use tests::peer::Peer;
use tests::peers;
use tokio::process::Command;

/// A key on P-256, and one of RSA, that were made for the tests.
const EC_KEY: &str = include_str!("../../channels/fixtures/push/ec_p8.pem");
const RSA_KEY: &str = include_str!("../../channels/fixtures/push/rsa.pem");
const EC_PUBLIC: &str = include_str!("../../channels/fixtures/push/ec_public.pem");
const RSA_PUBLIC: &str = include_str!("../../channels/fixtures/push/rsa_public.pem");

/// A script of `tests/peers/push`.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/push").join(name)
}

fn judge() -> Peer {
    Peer::start("the judge of push", Command::new(peers::python()).arg(script("judge.py")))
}

/// A notification under this id.
fn notification(id: &str) -> Notification {
    Notification {
        id: id.to_owned(),
        conversation: "conv_01jc".parse().unwrap(),
        channel: "city_app".parse().unwrap(),
        kind: NotificationKind::Answer,
        seq: 7,
        title: "政务服务中心".to_owned(),
        body: "您的申请已受理。".to_owned(),
        badge: 3,
        ttl: Duration::from_secs(3_600),
        urgency: Urgency::High,
    }
}

/// The only service of these settings.
fn open(push: &Value, means: &Means) -> Arc<dyn PushProvider> {
    let settings = PushSettings::of(&json!({ "push": push })).unwrap().unwrap();
    let mut opened = settings.open(means);
    assert_eq!(opened.len(), 1);
    opened.remove(0)
}

fn target(provider: Provider, token: &str) -> Target {
    Target { provider, token: Secret::new(token) }
}

/// A service that stands in for a vendor's, and where it stands.
fn stand<N: Network + Default>() -> (Arc<N>, Cloud) {
    let network = Arc::<N>::default();
    let cloud = Cloud::start(|_| network.clone());
    (network, cloud)
}
