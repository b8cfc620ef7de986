//! Who is one person, and who is not.

use crate::persons::{CONTACTS_MAX, EVIDENCE_MS, JoinedAgain};
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::sample::{identity, new_contact};
use domain::{ContactId, Evidence, EvidenceKind, Identity, TenantId, Timestamp};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};

const NOW: Timestamp = Timestamp(1_000);

fn id(name: &str) -> Evidence {
    Evidence::directory_id("city", name).unwrap()
}

fn email(address: &str) -> Evidence {
    Evidence::email(address).unwrap()
}

fn phone(last: u32) -> Evidence {
    Evidence::phone(&format!("+86138{last:08}")).unwrap()
}

/// A contact who exists, by number.
async fn meet(r: &TestRecords, tenant: &TenantId, n: u128) -> ContactId {
    let known_by = identity(&format!("user{n}"), true);
    let contacts = r.contacts();
    contacts.find_or_create_by_identity(tenant, &known_by, &new_contact(n, "")).await.unwrap().id
}

async fn recognise(
    r: &TestRecords,
    tenant: &TenantId,
    n: u128,
    evidence: &[Evidence],
) -> ContactId {
    let contact = meet(r, tenant, n).await;
    r.persons().recognise(tenant, &contact, evidence, NOW).await.unwrap();
    contact
}

async fn fellows(r: &TestRecords, tenant: &TenantId, contact: &ContactId) -> BTreeSet<ContactId> {
    let found = r.persons().fellows(tenant, contact).await.unwrap();
    found.into_iter().map(|fellow| fellow.contact).collect()
}

on_both_engines! {
    async fn what_is_shared_makes_contacts_one_person_and_nothing_else_does(r) {
        let city = r.tenant("city").await;
        let wecom = recognise(r, &city, 1, &[id("4220"), email("Wang@City.example"), phone(1)]).await;
        let feishu = meet(r, &city, 2).await;
        let joined = r.persons().recognise(&city, &feishu, &[id("4220")], Timestamp(7)).await.unwrap();
        assert_eq!((joined.len(), joined[0].by, joined[0].since), (1, EvidenceKind::DirectoryId, Timestamp(7)));
        // Linked through the first with whom the second shares nothing.
        let slack = recognise(r, &city, 3, &[email("wang@city.example")]).await;
        let stranger = recognise(r, &city, 4, &[email("li@city.example"), phone(2)]).await;
        assert_eq!(fellows(r, &city, &feishu).await, BTreeSet::from([wecom.clone(), slack.clone()]));
        assert_eq!(fellows(r, &city, &slack).await, BTreeSet::from([wecom, feishu]));
        assert!(fellows(r, &city, &stranger).await.is_empty());
    }

    async fn an_id_counts_in_its_directory_alone(r) {
        let city = r.tenant("city").await;
        recognise(r, &city, 1, &[id("4220")]).await;
        let other = Evidence::directory_id("agency", "4220").unwrap();
        let elsewhere = recognise(r, &city, 2, &[other]).await;
        assert!(fellows(r, &city, &elsewhere).await.is_empty());
    }

    async fn a_mailbox_that_was_proved_is_evidence_and_one_that_was_claimed_is_not(r) {
        let city = r.tenant("city").await;
        let mailbox = |verified| Identity { kind: "email".to_owned(), ..identity("Wang@city.example", verified) };
        let writes = async |n, verified| {
            let new = new_contact(n, "");
            r.contacts().find_or_create_by_identity(&city, &mailbox(verified), &new).await.unwrap().id
        };
        let (owner, claimant) = (writes(1, true).await, writes(2, false).await);
        let wecom = recognise(r, &city, 3, &[email("wang@city.example")]).await;
        assert_eq!(fellows(r, &city, &wecom).await, BTreeSet::from([owner]));
        assert!(fellows(r, &city, &claimant).await.is_empty());
    }

    async fn two_ids_in_one_directory_are_two_people_whatever_they_share(r) {
        let city = r.tenant("city").await;
        let wang = recognise(r, &city, 1, &[id("4220"), phone(1)]).await;
        let li = recognise(r, &city, 2, &[id("4333"), phone(1)]).await;
        // The telephone of an office brings nobody together who is known to be two, by no detour.
        let office = recognise(r, &city, 3, &[phone(1)]).await;
        assert!(!fellows(r, &city, &wang).await.contains(&li));
        assert_eq!(fellows(r, &city, &office).await.len(), 1);
    }

    async fn what_the_network_no_longer_tells_proves_nothing(r) {
        let city = r.tenant("city").await;
        // The number went to somebody else.
        recognise(r, &city, 1, &[phone(1)]).await;
        recognise(r, &city, 1, &[phone(2)]).await;
        let next_owner = recognise(r, &city, 2, &[phone(1)]).await;
        assert!(fellows(r, &city, &next_owner).await.is_empty());
        // And what nobody told for long neither.
        let later = meet(r, &city, 3).await;
        let just_before = Timestamp(NOW.0 + EVIDENCE_MS);
        let after = Timestamp(just_before.0 + 1);
        assert!(r.persons().recognise(&city, &later, &[phone(2)], after).await.unwrap().is_empty());
        assert_eq!(r.persons().recognise(&city, &later, &[phone(2)], just_before).await.unwrap().len(), 1);
    }

    async fn who_is_told_apart_stays_apart_until_somebody_takes_it_back(r) {
        let city = r.tenant("city").await;
        let persons = r.persons();
        let one = recognise(r, &city, 1, &[phone(1), email("a@city.example")]).await;
        let two = recognise(r, &city, 2, &[phone(1)]).await;
        let three = recognise(r, &city, 3, &[email("a@city.example")]).await;
        assert_eq!(fellows(r, &city, &two).await.len(), 2);

        assert_eq!(persons.separate(&city, &two, "wang", NOW).await.unwrap(), 1);
        assert!(fellows(r, &city, &two).await.is_empty());
        assert_eq!(fellows(r, &city, &one).await, BTreeSet::from([three.clone()]));
        let apart = persons.separated(&city, &two).await.unwrap();
        assert_eq!((apart.len(), &apart[0].contact), (1, &one));
        // Neither by the same evidence nor through a third.
        recognise(r, &city, 2, &[phone(1), email("a@city.example")]).await;
        recognise(r, &city, 4, &[phone(1)]).await;
        assert!(!fellows(r, &city, &two).await.contains(&one));

        assert_eq!(persons.join_again(&city, &one, &three).await.unwrap(), JoinedAgain::NotSeparated);
        assert_eq!(persons.join_again(&city, &one, &two).await.unwrap(), JoinedAgain::Joined);
        assert!(fellows(r, &city, &two).await.is_superset(&BTreeSet::from([one, three])));
        assert!(persons.separated(&city, &two).await.unwrap().is_empty());
    }

    async fn two_who_became_contradictory_are_not_joined_again(r) {
        let city = r.tenant("city").await;
        let one = recognise(r, &city, 1, &[phone(1)]).await;
        let two = recognise(r, &city, 2, &[phone(1)]).await;
        r.persons().separate(&city, &two, "wang", NOW).await.unwrap();
        recognise(r, &city, 1, &[id("4220")]).await;
        recognise(r, &city, 2, &[id("4333")]).await;
        assert_eq!(r.persons().join_again(&city, &one, &two).await.unwrap(), JoinedAgain::Contradicted);
        assert!(fellows(r, &city, &one).await.is_empty());
    }

    async fn what_a_crowd_shares_proves_nothing_more(r) {
        let city = r.tenant("city").await;
        let mut last = None;
        for n in 0..40 {
            last = Some(recognise(r, &city, n, &[phone(1)]).await);
        }
        let first = meet(r, &city, 0).await;
        assert_eq!(fellows(r, &city, &first).await.len(), CONTACTS_MAX - 1);
        assert!(fellows(r, &city, &last.unwrap()).await.is_empty());
    }

    async fn whatever_happens_nobody_is_one_with_whom_something_speaks_against(r) {
        let city = r.tenant("city").await;
        let steps = proptest::collection::vec((0..4u8, 0..8u128, 0..3u32, 0..8u128), 200);
        let steps = steps.new_tree(&mut TestRunner::deterministic()).unwrap().current();
        let mut ids: BTreeMap<ContactId, u32> = BTreeMap::new();
        for (deed, n, piece, m) in steps {
            let (contact, other) = (meet(r, &city, n).await, meet(r, &city, m).await);
            match deed {
                0 => drop(r.persons().separate(&city, &contact, "x", NOW).await.unwrap()),
                1 => drop(r.persons().join_again(&city, &contact, &other).await.unwrap()),
                2 => {
                    // An id belongs to a contact for good here; links stand when evidence goes.
                    let own = *ids.entry(contact.clone()).or_insert(piece);
                    let evidence = [id(&own.to_string()), phone(piece)];
                    r.persons().recognise(&city, &contact, &evidence, NOW).await.unwrap();
                }
                _ if ids.contains_key(&contact) => {}
                _ => drop(r.persons().recognise(&city, &contact, &[phone(piece)], NOW).await.unwrap()),
            }
            for n in 0..8 {
                let contact = meet(r, &city, n).await;
                let mut person = fellows(r, &city, &contact).await;
                for fellow in &person {
                    assert!(fellows(r, &city, fellow).await.contains(&contact), "both know it");
                }
                let apart = r.persons().separated(&city, &contact).await.unwrap();
                assert!(apart.iter().all(|one| !person.contains(&one.contact)), "told apart");
                person.insert(contact);
                let known: BTreeSet<_> = person.iter().filter_map(|one| ids.get(one)).collect();
                assert!(known.len() <= 1, "two ids in one directory");
            }
        }
    }
}
