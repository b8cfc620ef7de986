//! What every door keeps, whatever it can do.

use crate::doors::{self, Rig, SECRET};
use crate::inlet::Behind;
use channels::{Action, AdapterError, Capabilities, Command, Outcome, RawRequest, registry};
use domain::{Author, ChannelKind};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub(crate) fn name(rig: &dyn Rig) -> String {
    rig.adapter().descriptor().adapter.to_owned()
}

pub(crate) fn can(rig: &dyn Rig) -> Capabilities {
    rig.adapter().descriptor().capabilities
}

pub(crate) fn command(id: &str, action: Action) -> Command {
    let (id, recipient) = (id.to_owned(), "contact".to_owned());
    Command { id, recipient, external_conversation: None, answers: None, action }
}

pub(crate) fn says(text: &str) -> Action {
    let author = Author::Agent { id: "li".parse().unwrap() };
    Action::Send {
        text: text.to_owned(),
        files: Vec::new(),
        author,
        mail: None,
        choices: Vec::new(),
    }
}

/// Mail and telephones have far ends of their own: see `email` and `phone`.
#[test]
fn every_adapter_of_the_registry_is_under_test() {
    let tested: Vec<String> = doors::all().iter().map(|rig| name(rig.as_ref())).collect();
    let elsewhere = |kind: &ChannelKind| matches!(kind, ChannelKind::Email | ChannelKind::Phone);
    for (adapter, _) in registry::ADAPTERS.iter().filter(|(_, kind)| !elsewhere(kind)) {
        assert!(tested.iter().any(|name| name == adapter), "{adapter} has no rig in `doors`");
    }
}

#[test]
fn what_a_door_says_of_itself_fits_together() {
    for rig in doors::all() {
        let (adapter, name) = (rig.adapter(), name(rig.as_ref()));
        let (can, limits) = (adapter.descriptor().capabilities, adapter.descriptor().limits);
        assert_eq!(can.media_in || can.media_out, limits.file_bytes_max > 0, "{name}: files");
        assert_eq!(limits.file_bytes_max > 0, limits.files_max > 0, "{name}: files");
        assert!(limits.text_bytes_max > 0, "{name}: no text at all");
        assert!(!can.delivers_where_it_runs || can.runs, "{name}: delivers where it never runs");
        assert!(
            !(can.read_from_log && can.delivers_where_it_runs),
            "{name}: delivers what is read"
        );
        assert_eq!(adapter.descriptor(), rig.adapter().descriptor(), "{name} changes its mind");
    }
}

#[test]
fn no_secret_is_shown_by_debug() {
    for rig in doors::all() {
        let shown = format!("{:?}", rig.adapter());
        assert!(
            !shown.contains("CANARY") && !shown.contains(SECRET),
            "{}: {shown}",
            name(rig.as_ref())
        );
    }
}

#[tokio::test]
async fn what_a_door_cannot_do_it_refuses_for_good_and_at_once() {
    for rig in doors::all() {
        let (can, id) = (can(rig.as_ref()), String::from("m1"));
        let text = String::from("other words");
        let edit = Action::Edit { external_id: id.clone(), text };
        let react = Action::React { external_id: id.clone(), emoji: "👍".to_owned() };
        let call = Action::StartCall { agent_address: "+1".to_owned() };
        let cases = [
            (can.edit, edit),
            (can.delete, Action::Delete { external_id: id.clone() }),
            (can.reactions, react),
            (can.voice, call),
            (can.voice, Action::EndCall { call: id }),
        ];
        for (is_able, action) in cases {
            let command = command("c1", action);
            let outcome = rig.adapter().deliver(&command).await;
            let is_refused = matches!(outcome, Outcome::Rejected(_));
            assert_eq!(is_refused, !is_able, "{}: {command:?} → {outcome:?}", name(rig.as_ref()));
        }
    }
}

#[tokio::test]
async fn what_a_door_does_not_do_answers_so() {
    for rig in doors::all() {
        let (can, name, (inlet, _)) = (can(rig.as_ref()), name(rig.as_ref()), Behind::open());
        if !can.runs {
            let run = rig.adapter();
            let run = run.run(inlet.clone(), CancellationToken::new());
            let ended = tokio::time::timeout(Duration::from_secs(5), run).await;
            assert!(matches!(ended, Ok(Ok(()))), "{name} has nothing to run: {ended:?}");
        }
        if !can.callbacks {
            let request = RawRequest {
                method: "POST".to_owned(),
                path_and_query: "/".to_owned(),
                below: String::new(),
                headers: Vec::new(),
                body: bytes::Bytes::new(),
            };
            let answer = rig.adapter().callback(&request, &inlet).await;
            assert!(matches!(answer, Err(AdapterError::Unsupported(_))), "{name}: {answer:?}");
        }
        let file = rig.adapter().fetch_media(&rig.media(), 1_000_000).await;
        if can.media_in && !can.read_from_log {
            assert!(file.is_ok_and(|file| !file.is_empty()), "{name} has files at its network");
            let file = rig.adapter().fetch_media(&rig.media(), 10).await;
            assert!(file.is_err() || file.is_ok_and(|file| file.len() <= 10), "{name}: too large");
        } else {
            assert!(matches!(file, Err(AdapterError::Unsupported(_))), "{name}: {file:?}");
        }
    }
}
