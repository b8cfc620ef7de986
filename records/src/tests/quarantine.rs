//! The quarantine.

use crate::files::{FileRecord, Uploader};
use crate::quarantine::{QuarantineReason, Quarantined};
use crate::tests::engine::on_both_engines;
use domain::Timestamp;

fn letter(n: u32) -> Quarantined {
    Quarantined {
        original: format!("file_{n}").parse().unwrap(),
        channel: "mail".parse().unwrap(),
        place: format!("INBOX 1/{n}"),
        mail_from: Some(String::new()),
        rcpt_to: vec!["help@city.example".to_owned()],
        bytes: 7,
        is_whole: n != 3,
        reason: QuarantineReason::Unreadable,
        detail: "no header at all\0".to_owned(),
        received_at: Timestamp(i64::from(n)),
        tries: 1,
    }
}

fn stored(n: u32) -> Quarantined {
    Quarantined { detail: "no header at all\u{fffd}".to_owned(), ..letter(n) }
}

on_both_engines! {
    async fn a_letter_lies_in_the_quarantine_until_it_goes_on(r) {
        let (city, other) = (r.tenant("city").await, r.tenant("other").await);
        let quarantine = r.quarantine();
        for n in [1, 2, 3] {
            quarantine.put(&city, &letter(n)).await.unwrap();
        }
        let all = quarantine.list(&city, None, 9).await.unwrap();
        assert_eq!(all, [stored(3), stored(2), stored(1)]);
        let second = letter(2).original;
        let before = Some((Timestamp(2), &second));
        assert_eq!(quarantine.list(&city, before, 9).await.unwrap(), [stored(1)]);
        assert_eq!(quarantine.oldest(&city, 2).await.unwrap(), [stored(1), stored(2)]);
        assert_eq!((quarantine.bytes(&city).await.unwrap(), quarantine.bytes(&other).await.unwrap()), (21, 0));

        let again = Quarantined { reason: QuarantineReason::Loop, ..letter(2) };
        quarantine.put(&city, &again).await.unwrap();
        let found = quarantine.get(&city, &second).await.unwrap().unwrap();
        assert_eq!((found.reason, found.tries), (QuarantineReason::Loop, 2));
        assert_eq!(quarantine.count(&city).await.unwrap(), 3);

        assert_eq!(quarantine.get(&other, &second).await.unwrap(), None);
        assert!(quarantine.list(&other, None, 9).await.unwrap().is_empty());
        assert!(!quarantine.remove(&other, &second).await.unwrap());
        assert_eq!(quarantine.count(&other).await.unwrap(), 0);
        assert!(quarantine.remove(&city, &second).await.unwrap());
        assert!(!quarantine.remove(&city, &second).await.unwrap());
    }

    async fn the_bytes_of_a_letter_stay_as_long_as_it_lies_in_the_quarantine(r) {
        let city = r.tenant("city").await;
        let file = FileRecord {
            id: letter(1).original,
            name: "letter.eml".to_owned(),
            media_type: "message/rfc822".to_owned(),
            bytes: 7,
            sha256: [1; 32],
            uploaded_by: Uploader::Channel("mail".parse().unwrap()),
            conversation: None,
            created_at: Timestamp(1),
        };
        r.files().create(&city, &file).await.unwrap();
        r.files().create(&city, &file).await.unwrap();
        r.quarantine().put(&city, &letter(1)).await.unwrap();
        assert!(r.files().unattached(&city, Timestamp(99), 9).await.unwrap().is_empty());
        let forget = async || r.files().forget_unattached(&city, &file.id, Timestamp(99), async || ()).await;
        assert!(!forget().await.unwrap());
        r.quarantine().remove(&city, &file.id).await.unwrap();
        let left = r.files().unattached(&city, Timestamp(99), 9).await.unwrap();
        assert_eq!(left, std::slice::from_ref(&file));
        assert!(forget().await.unwrap());
    }
}
