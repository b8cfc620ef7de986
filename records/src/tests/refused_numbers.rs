//! Numbers that are not called.

use crate::refused_numbers::{RefusedBy, RefusedNumber};
use crate::tests::engine::on_both_engines;
use domain::{RefusedNumberId, Timestamp};
use uuid::Uuid;

pub(super) fn refused(n: u128, by: RefusedBy) -> RefusedNumber {
    RefusedNumber {
        id: RefusedNumberId::from_uuid(Uuid::from_u128(n)),
        number: format!("+861380013800{n}").parse().unwrap(),
        since: Timestamp(1_000),
        by,
        note: format!("{n}扰"),
    }
}

on_both_engines! {
    async fn a_number_stands_on_the_list_once_until_it_is_taken_off(r) {
        let city = r.tenant("city").await;
        let list = r.refused_numbers();
        let first = refused(1, RefusedBy::Contact);
        assert_eq!(list.find(&city, &first.number).await.unwrap(), None);
        assert_eq!(list.put(&city, &first).await.unwrap(), first);
        let again = RefusedNumber { number: first.number.clone(), ..refused(9, RefusedBy::Agent) };
        assert_eq!(list.put(&city, &again).await.unwrap(), first, "who asked first");
        let long = RefusedNumber { note: "长".repeat(300), ..refused(2, RefusedBy::Supervisor) };
        assert_eq!(list.put(&city, &long).await.unwrap().note.chars().count(), 200);
        let third = list.put(&city, &refused(3, RefusedBy::Agent)).await.unwrap();
        let page = list.list(&city, None, 2).await.unwrap();
        assert_eq!(page.first(), Some(&third));
        let rest = list.list(&city, Some(&page[1].id), 2).await.unwrap();
        assert_eq!(rest, std::slice::from_ref(&first));
        assert_eq!(list.get(&city, &first.id).await.unwrap().as_ref(), Some(&first));
        assert!(list.remove(&city, &first.id).await.unwrap());
        assert_eq!(list.get(&city, &first.id).await.unwrap(), None);
        assert!(!list.remove(&city, &first.id).await.unwrap());
        assert_eq!(list.find(&city, &first.number).await.unwrap(), None);
    }

    async fn another_desks_list_is_not_seen(r) {
        let (full, empty) = (r.tenant("full").await, r.tenant("empty").await);
        let one = refused(1, RefusedBy::Contact);
        r.refused_numbers().put(&full, &one).await.unwrap();
        assert_eq!(r.refused_numbers().find(&empty, &one.number).await.unwrap(), None);
        assert_eq!(r.refused_numbers().get(&empty, &one.id).await.unwrap(), None);
        assert!(r.refused_numbers().list(&empty, None, 9).await.unwrap().is_empty());
        assert!(!r.refused_numbers().remove(&empty, &one.id).await.unwrap());
        assert!(r.refused_numbers().find(&full, &one.number).await.unwrap().is_some());
    }
}
