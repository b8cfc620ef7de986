//! The demo's steps against a made-up `hutong`: a script, and a listener that answers for it.

use super::*;
use std::os::unix::fs::PermissionsExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Serves until it is told to stop; makes passwords that are never the same.
const HUTONG: &str = r#"#!/bin/sh
here="${0%/*}"
echo "$*" >> "$here/calls"
case "$1" in
  serve) trap 'echo drained >> "$here/calls"; exit 0' TERM; while :; do sleep 0.05; done ;;
  admin) echo "password for $3:"; cat /proc/sys/kernel/random/uuid ;;
esac
"#;

struct FakeHouse {
    folder: tempfile::TempDir,
    plan: Plan,
    answers: JoinSet<()>,
}

impl FakeHouse {
    /// Every request is answered with this status; nothing is well before `serve` runs.
    async fn answering(script: &str, status: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("hutong");
        std::fs::write(&binary, script).unwrap();
        std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = folder.path().join("calls");
        let mut answers = JoinSet::new();
        answers.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).await.unwrap_or(0);
                assert!(read > 0);
                let serves =
                    std::fs::read_to_string(&calls).is_ok_and(|text| text.contains("serve "));
                let status = if status == 200 && !serves { 503 } else { status };
                let text = format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\n{{}}");
                drop(stream.write_all(text.as_bytes()).await);
            }
        });
        let plan =
            Plan { hutong: Hutong::at(binary), port, data: data_folder(folder.path()).unwrap() };
        Self { folder, plan, answers }
    }

    fn calls(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_demo_is_checked_started_filled_and_drained() {
    let mut house = FakeHouse::answering(HUTONG, 200).await;
    let mut signals = Signals::listen().unwrap();
    let mut server = Server::start(&house.plan).unwrap();
    let log_ins = prepare(&house.plan, &mut server, &desk_file()).await.unwrap();
    assert!(log_ins.len() >= 9, "{log_ins:?}");
    assert!(!server.has_ended());
    server.stop(&mut signals).await.unwrap();
    let calls = house.calls();
    let order = ["check-config", "serve", "apply", "admin set-password", "drained"];
    let places: Vec<Option<usize>> = order.iter().map(|call| calls.find(call)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{calls}");
    house.answers.shutdown().await;
}

#[tokio::test]
async fn log_ins_are_random_and_the_same_at_the_next_start() {
    let house = FakeHouse::answering(HUTONG, 200).await;
    let (desk, config) = (desk_file(), config::file(&house.plan.data));
    let first = log_ins::ensure(&house.plan, &desk, &config).await.unwrap();
    let second = log_ins::ensure(&house.plan, &desk, &config).await.unwrap();
    let passwords = |log_ins: &[LogIn]| -> Vec<String> {
        log_ins.iter().map(|log_in| log_in.password.clone()).collect()
    };
    assert_eq!(passwords(&first), passwords(&second));
    let different: std::collections::BTreeSet<String> = passwords(&first).into_iter().collect();
    assert_eq!(different.len(), first.len());
}

#[tokio::test]
async fn log_ins_that_open_nothing_are_made_anew() {
    let house = FakeHouse::answering(HUTONG, 401).await;
    let (desk, config) = (desk_file(), config::file(&house.plan.data));
    let first = log_ins::ensure(&house.plan, &desk, &config).await.unwrap();
    let second = log_ins::ensure(&house.plan, &desk, &config).await.unwrap();
    assert_ne!(first[0].password, second[0].password);
}

#[tokio::test]
async fn a_gateway_that_dies_at_start_is_told_with_its_last_words() {
    let script =
        "#!/bin/sh\n[ \"$1\" = serve ] && echo 'no redis-server here' >&2 && exit 1\nexit 0\n";
    let house = FakeHouse::answering(script, 503).await;
    let mut server = Server::start(&house.plan).unwrap();
    let error = format!("{:#}", prepare(&house.plan, &mut server, &desk_file()).await.unwrap_err());
    assert!(error.contains("no redis-server here"), "{error}");
    assert!(server.has_ended());
}

#[tokio::test]
async fn the_telephones_are_part_of_a_desk_that_is_written_for_this_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let phones = Phones::start(1).await.unwrap();
    let file = phones.write_desk(&desk_file(), folder.path()).unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
    let desk: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let channels = desk["channels"].as_array().unwrap();
    let line = channels.iter().find(|channel| channel["kind"] == "phone").unwrap();
    assert!(line["settings"]["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{line}");
    let website = channels.iter().find(|channel| channel["id"] == "website").unwrap();
    assert_eq!(website["settings"]["phone"]["channel"], "hotline");
    assert!(desk["agents"].as_array().unwrap().iter().all(|agent| agent["phone"].is_string()));
}
