//! Devices and wishes.

use crate::devices::{DEVICES_MAX, Device};
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::sample::{identity, new_contact};
use domain::{ContactId, Locale, NotificationWishes, PushProvider, TenantId, Timestamp, Wish};
use futures_util::future::join_all;

fn device(n: u32, contact: &ContactId, token: &str, at: i64) -> Device {
    Device {
        id: format!("device-number-{n:06}").parse().unwrap(),
        channel: "app".parse().unwrap(),
        contact: contact.clone(),
        provider: PushProvider::Fcm,
        token: token.to_owned(),
        locale: Locale::ZhCn,
        app_version: "2.1".to_owned(),
        model: String::new(),
        registered_at: Timestamp(at),
        seen_at: Timestamp(at),
    }
}

async fn person(r: &TestRecords, tenant: &TenantId, n: u128) -> ContactId {
    let new = new_contact(n, "王");
    let identity = identity(&format!("user-{n}"), true);
    r.contacts().find_or_create_by_identity(tenant, &identity, &new).await.unwrap().id
}

on_both_engines! {
    async fn a_device_and_a_token_belong_to_whoever_registered_last(r) {
        let city = r.tenant("city").await;
        let (wang, li) = (person(r, &city, 1).await, person(r, &city, 2).await);
        let devices = r.devices();
        devices.register(&city, &device(1, &wang, "token-a", 10)).await.unwrap();
        assert_eq!(devices.of_contact(&city, &wang).await.unwrap(), [device(1, &wang, "token-a", 10)]);
        // Another person signs in on the device, which has another token by then.
        devices.register(&city, &device(1, &li, "token-b", 20)).await.unwrap();
        assert_eq!(devices.of_contact(&city, &wang).await.unwrap(), []);
        assert_eq!(devices.of_contact(&city, &li).await.unwrap(), [device(1, &li, "token-b", 20)]);
        // The app was installed anew: another name, the same token.
        devices.register(&city, &device(2, &wang, "token-b", 30)).await.unwrap();
        assert_eq!(devices.of_contact(&city, &li).await.unwrap(), []);
        assert_eq!(devices.of_contact(&city, &wang).await.unwrap(), [device(2, &wang, "token-b", 30)]);
        let (channel, id) = (device(2, &wang, "", 0).channel, device(2, &wang, "", 0).id);
        assert!(!devices.remove(&city, (&channel, &id), &li).await.unwrap(), "it is not theirs");
        assert!(devices.remove(&city, (&channel, &id), &wang).await.unwrap());
        assert_eq!(devices.get(&city, &channel, &id).await.unwrap(), None);
    }

    async fn many_who_register_one_token_at_once_leave_one_device(r) {
        let city = r.tenant("city").await;
        let wang = person(r, &city, 1).await;
        let all: Vec<_> = (0..8).map(|n| device(n, &wang, "the token", 10)).collect();
        let (devices, tenant) = (r.devices(), &city);
        let done = join_all(all.iter().map(|one| devices.register(tenant, one))).await;
        assert!(done.iter().any(Result::is_ok), "{done:?}");
        assert_eq!(devices.of_contact(&city, &wang).await.unwrap().len(), 1);
    }

    async fn a_contact_has_so_many_devices_and_those_seen_last_stay(r) {
        let city = r.tenant("city").await;
        let wang = person(r, &city, 1).await;
        for n in 0..DEVICES_MAX + 3 {
            let at = 10 + i64::from(n);
            r.devices().register(&city, &device(n, &wang, &format!("token {n}"), at)).await.unwrap();
        }
        let known = r.devices().of_contact(&city, &wang).await.unwrap();
        assert_eq!(known.len(), DEVICES_MAX as usize);
        assert_eq!(known.last().unwrap().token, "token 3");
        assert_eq!(r.devices().forget_unseen(&city, Timestamp(14)).await.unwrap(), 1);
    }

    async fn a_dead_token_goes_unless_it_was_registered_anew(r) {
        let city = r.tenant("city").await;
        let wang = person(r, &city, 1).await;
        let devices = r.devices();
        let old = device(1, &wang, "token", 10);
        devices.register(&city, &old).await.unwrap();
        assert!(!devices.forget_token(&city, &old, Some(Timestamp(10))).await.unwrap());
        devices.register(&city, &device(1, &wang, "token", 20)).await.unwrap();
        assert!(!devices.forget_token(&city, &old, None).await.unwrap(), "it lives again");
        let new = device(1, &wang, "token", 20);
        assert!(devices.forget_token(&city, &new, Some(Timestamp(21))).await.unwrap());
        assert_eq!(devices.of_contact(&city, &wang).await.unwrap(), []);
    }

    async fn being_seen_is_written_seldom(r) {
        let city = r.tenant("city").await;
        let wang = person(r, &city, 1).await;
        let one = device(1, &wang, "token", 1_000_000);
        r.devices().register(&city, &one).await.unwrap();
        for (at, seen) in [(1_100_000, 1_000_000), (1_300_001, 1_300_001)] {
            r.devices().seen(&city, (&one.channel, &one.id), &wang, Timestamp(at)).await.unwrap();
            let known = r.devices().get(&city, &one.channel, &one.id).await.unwrap().unwrap();
            assert_eq!(known.seen_at, Timestamp(seen));
        }
    }

    async fn wishes_are_kept_for_each_contact(r) {
        let city = r.tenant("city").await;
        let (wang, li) = (person(r, &city, 1).await, person(r, &city, 2).await);
        let quiet = NotificationWishes { status: Wish::No, private: true, ..Default::default() };
        r.devices().set_wishes(&city, &wang, &NotificationWishes::default()).await.unwrap();
        r.devices().set_wishes(&city, &wang, &quiet).await.unwrap();
        assert_eq!(r.devices().wishes(&city, &wang).await.unwrap(), quiet);
        assert_eq!(r.devices().wishes(&city, &li).await.unwrap(), NotificationWishes::default());
    }
}
