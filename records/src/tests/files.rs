//! What is known of uploads.

use crate::files::{Attached, FileRecord, Uploader};
use crate::tests::engine::on_both_engines;
use crate::tests::sample::{agent_id, conversation_id};
use domain::Timestamp;
use futures_util::future::join_all;

pub(crate) fn file(n: u8, uploaded_by: Uploader) -> FileRecord {
    FileRecord {
        id: format!("file_{n}").parse().unwrap(),
        name: "收入证明.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 12_345,
        sha256: [n; 32],
        uploaded_by,
        conversation: None,
        created_at: Timestamp(n.into()),
    }
}

on_both_engines! {
    async fn a_file_goes_with_one_conversation_for_good(r) {
        let city = r.tenant("city").await;
        let one = file(1, Uploader::Contact("ctc_ming".parse().unwrap()));
        r.files().create(&city, &one).await.unwrap();
        assert_eq!(r.files().get(&city, &one.id).await.unwrap(), Some(one.clone()));
        let files = r.files();
        let ids = [1, 2, 3, 4].map(conversation_id);
        let attached = join_all(ids.iter().map(|id| files.attach(&city, &one.id, id))).await;
        let won = attached.iter().position(|a| matches!(a, Ok(Attached::Attached))).unwrap();
        for (n, outcome) in attached.into_iter().enumerate().filter(|(n, _)| *n != won) {
            let holder = Attached::Elsewhere { conversation: ids[won].clone() };
            assert_eq!(outcome.unwrap(), holder, "{n}");
        }
        assert_eq!(files.attach(&city, &one.id, &ids[won]).await.unwrap(), Attached::Attached);
        let unknown = "file_9".parse().unwrap();
        assert_eq!(files.attach(&city, &unknown, &ids[0]).await.unwrap(), Attached::Unknown);
        assert_eq!(files.get(&city, &one.id).await.unwrap().unwrap().conversation.as_ref(), Some(&ids[won]));
    }

    async fn only_old_files_that_no_message_carries_are_cleaned_up(r) {
        let city = r.tenant("city").await;
        for n in 1..=4 {
            r.files().create(&city, &file(n, Uploader::Agent(agent_id("wang")))).await.unwrap();
        }
        let (carried, old) = (file(1, Uploader::Agent(agent_id("wang"))).id, "file_2".parse().unwrap());
        r.files().attach(&city, &carried, &conversation_id(1)).await.unwrap();
        let found = r.files().unattached(&city, Timestamp(4), 10).await.unwrap();
        assert_eq!(found.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["file_2", "file_3"]);
        let forget = async |id| r.files().forget_unattached(&city, id, Timestamp(4), async || ()).await.unwrap();
        assert!(!forget(&carried).await);
        assert!(forget(&old).await);
        assert!(!forget(&old).await);
        assert_eq!(r.files().unattached(&city, Timestamp(9), 1).await.unwrap()[0].id.as_str(), "file_3");
    }

    async fn a_file_that_comes_again_is_not_cleaned_up_under_its_letter(r) {
        let city = r.tenant("city").await;
        let one = file(1, Uploader::Channel("mail".parse().unwrap()));
        assert!(r.files().create(&city, &one).await.unwrap());
        let found = r.files().unattached(&city, Timestamp(50), 10).await.unwrap();
        assert_eq!(found.len(), 1, "it is old, and about to be cleaned up");
        // Its letter comes again before that is done.
        assert!(!r.files().create(&city, &one).await.unwrap());
        r.files().renew(&city, &one.id, Timestamp(99)).await.unwrap();
        let removed = std::sync::atomic::AtomicBool::new(false);
        let remove = async || removed.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(!r.files().forget_unattached(&city, &one.id, Timestamp(50), remove).await.unwrap());
        assert!(!removed.load(std::sync::atomic::Ordering::Relaxed), "its bytes went");
        assert!(r.files().get(&city, &one.id).await.unwrap().is_some());
    }

    async fn whoever_creates_a_file_that_is_being_forgotten_waits_until_its_bytes_are_gone(r) {
        let city = r.tenant("city").await;
        let one = file(1, Uploader::Channel("mail".parse().unwrap()));
        r.files().create(&city, &one).await.unwrap();
        let bytes_are_gone = std::sync::atomic::AtomicBool::new(false);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let forget = r.files().forget_unattached(&city, &one.id, Timestamp(50), async || {
            begun.send(()).unwrap();
            // Long enough for whoever would not wait.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            bytes_are_gone.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let again = async {
            begins.await.unwrap();
            let is_new = r.files().create(&city, &one).await.unwrap();
            (is_new, bytes_are_gone.load(std::sync::atomic::Ordering::Relaxed))
        };
        let (forgotten, again) = tokio::join!(forget, again);
        assert!(forgotten.unwrap());
        assert_eq!(again, (true, true), "a new file whose bytes were about to go");
    }
}
