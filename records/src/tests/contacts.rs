//! Contacts and identities.

use crate::contacts::{ContactCursor, ContactUpdate, IdentityAdded};
use crate::tests::engine::on_both_engines;
use crate::tests::sample::{identity, new_contact};
use domain::{Locale, Timestamp};
use futures_util::future::join_all;
use std::collections::BTreeSet;

on_both_engines! {
    async fn fifty_who_meet_one_identity_make_one_contact(r) {
        let city = r.tenant("city").await;
        let (contacts, id) = (r.contacts(), identity("u1", true));
        let new: Vec<_> = (0..50).map(|n| new_contact(n, "小明")).collect();
        let met = join_all(new.iter().map(|new| contacts.find_or_create_by_identity(&city, &id, new)));
        let ids: BTreeSet<_> = met.await.into_iter().map(|contact| contact.unwrap().id).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(contacts.list(&city, None, 100).await.unwrap().len(), 1);
    }

    async fn a_claim_never_reaches_the_contact_who_proved_the_address(r) {
        let city = r.tenant("city").await;
        let contacts = r.contacts();
        let meet = async |verified, n| {
            contacts.find_or_create_by_identity(&city, &identity("u1", verified), &new_contact(n, "")).await.unwrap().id
        };
        let claimant = meet(false, 1).await;
        let owner = meet(true, 2).await;
        assert_ne!(claimant, owner);
        assert_eq!(meet(false, 3).await, claimant);
        assert_eq!(meet(true, 4).await, owner);
    }

    async fn what_is_made_is_what_is_found(r) {
        let city = r.tenant("city").await;
        let (contacts, id) = (r.contacts(), identity("u\0one", false));
        let made = contacts.find_or_create_by_identity(&city, &id, &new_contact(1, "小明")).await.unwrap();
        let found = contacts.find_or_create_by_identity(&city, &id, &new_contact(2, "")).await.unwrap();
        assert_eq!((&found.id, &found.name, &found.attributes), (&made.id, &made.name, &made.attributes));
        let whole = contacts.get(&city, &made.id).await.unwrap().unwrap();
        assert_eq!(whole.identities.len(), 1);
        assert_eq!(domain::Contact { identities: Vec::new(), ..whole }, found);
        assert_eq!(contacts.get(&city, &new_contact(2, "").id).await.unwrap(), None);
    }

    async fn an_identity_belongs_to_one_contact(r) {
        let city = r.tenant("city").await;
        let contacts = r.contacts();
        let one = contacts.find_or_create_by_identity(&city, &identity("u1", true), &new_contact(1, "")).await.unwrap().id;
        let two = contacts.find_or_create_by_identity(&city, &identity("u2", true), &new_contact(2, "")).await.unwrap().id;
        let add = async |to, value| contacts.add_identity(&city, to, &identity(value, true), Timestamp(9)).await.unwrap();
        assert_eq!(add(&one, "u3").await, IdentityAdded::Added);
        assert_eq!(add(&one, "u3").await, IdentityAdded::Present);
        assert_eq!(add(&two, "u3").await, IdentityAdded::Taken { contact: one.clone() });
        assert_eq!(add(&new_contact(9, "").id, "u4").await, IdentityAdded::UnknownContact);
        let values: Vec<_> = contacts.identities(&city, &one).await.unwrap().into_iter().map(|i| i.value).collect();
        assert_eq!(values, ["u1", "u3"]);
    }

    async fn an_update_changes_what_it_names(r) {
        let city = r.tenant("city").await;
        let contacts = r.contacts();
        let id = contacts.find_or_create_by_identity(&city, &identity("u1", true), &new_contact(1, "小明")).await.unwrap().id;
        let update = ContactUpdate { locale: Some(Locale::En), ..ContactUpdate::default() };
        let contact = contacts.update(&city, &id, &update).await.unwrap().unwrap();
        assert_eq!((contact.name.as_str(), contact.locale, contact.attributes.len()), ("小明", Locale::En, 1));
        let update = ContactUpdate {
            name: Some("王小明".to_owned()), attributes: Some(serde_json::Map::new()), ..ContactUpdate::default()
        };
        let contact = contacts.update(&city, &id, &update).await.unwrap().unwrap();
        assert_eq!((contact.name.as_str(), contact.locale, contact.attributes.len()), ("王小明", Locale::En, 0));
        assert_eq!(contacts.search(&city, "王小", None, 10).await.unwrap().len(), 1);
        assert_eq!(contacts.update(&city, &new_contact(5, "").id, &update).await.unwrap(), None);
    }

    async fn names_are_found_by_a_part_in_any_case_and_width_and_taken_literally(r) {
        let city = r.tenant("city").await;
        let contacts = r.contacts();
        for (n, name) in (1..).zip(["Anna Müller", "王小明", "100% _real_", "ＡＮＮＡ", "a\\b"]) {
            contacts.find_or_create_by_identity(&city, &identity(name, true), &new_contact(n, name)).await.unwrap();
        }
        for (text, found) in [
            ("anna", vec!["ＡＮＮＡ", "Anna Müller"]), ("MÜLL", vec!["Anna Müller"]), ("小", vec!["王小明"]),
            ("0% _", vec!["100% _real_"]), ("%", vec!["100% _real_"]), ("\\", vec!["a\\b"]), ("zzz", vec![]),
        ] {
            let names: Vec<_> = contacts.search(&city, text, None, 10).await.unwrap().into_iter().map(|c| c.name).collect();
            assert_eq!(names, found, "{text}");
        }
    }

    async fn lists_go_on_where_they_stopped(r) {
        let city = r.tenant("city").await;
        let contacts = r.contacts();
        for n in 1..=5 {
            // Two at the same time: the id decides.
            let new = crate::contacts::NewContact { created_at: Timestamp(n / 2), ..new_contact(n.try_into().unwrap(), "") };
            contacts.find_or_create_by_identity(&city, &identity(&n.to_string(), true), &new).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut before = None;
        while let Some(last) = {
            let page = contacts.list(&city, before.as_ref(), 2).await.unwrap();
            seen.extend(page.iter().map(|contact| contact.id.clone()));
            page.last().cloned()
        } {
            before = Some(ContactCursor { created_at: last.created_at, id: last.id });
        }
        let all: Vec<_> = (1..=5).rev().map(|n| new_contact(n, "").id).collect();
        assert_eq!(seen, all);
    }
}
