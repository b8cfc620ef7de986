//! The minute's limit.

use super::*;
use crate::email::config::{MailServer, Security};

fn sender(per_minute: usize) -> Sender {
    let server = MailServer {
        host: "127.0.0.1".to_owned(),
        port: 1,
        security: Security::Plain,
        ca_file: None,
        login: None,
        reach: crate::MailReach::anywhere(),
    };
    Sender::new(SmtpConfig { server, per_minute, connections_max: 1 }, "desk.cn", None)
}

#[tokio::test]
async fn so_many_letters_leave_in_any_minute_and_no_more() {
    let (sender, begun) = (sender(2), Instant::now());
    let at = |seconds: u64| begun + Duration::from_secs(seconds);
    assert_eq!(sender.take_turn(at(0)), Ok(()));
    assert_eq!(sender.take_turn(at(30)), Ok(()));
    assert_eq!(sender.take_turn(at(40)), Err(Duration::from_secs(20)));
    assert_eq!(sender.take_turn(at(60)), Ok(()));
    assert_eq!(sender.take_turn(at(89)), Err(Duration::from_secs(1)));
    assert_eq!(sender.take_turn(at(90)), Ok(()));
}

#[tokio::test]
async fn without_a_limit_nothing_is_counted() {
    let sender = sender(0);
    for _ in 0..1_000 {
        assert_eq!(sender.take_turn(Instant::now()), Ok(()));
    }
    assert!(sender.left.lock().unwrap().is_empty());
}
