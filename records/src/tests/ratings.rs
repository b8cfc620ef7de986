//! Ratings.

use crate::ratings::Rating;
use crate::tests::engine::on_both_engines;
use crate::tests::sample::conversation_id;
use domain::Timestamp;

fn rating(n: u128, grade: u8, at: i64) -> Rating {
    Rating {
        conversation: conversation_id(n), grade, comment: format!("{n}好"), at: Timestamp(at)
    }
}

on_both_engines! {
    async fn the_last_rating_of_a_conversation_counts_archived_or_not(r) {
        let city = r.tenant("city").await;
        r.ratings().put(&city, &rating(1, 2, 10)).await.unwrap();
        r.ratings().put(&city, &rating(1, 5, 20)).await.unwrap();
        r.ratings().put(&city, &rating(1, 1, 15)).await.unwrap();
        assert_eq!(r.ratings().get(&city, &conversation_id(1)).await.unwrap(), Some(rating(1, 5, 20)));
        for grade in [0, 6] {
            assert!(r.ratings().put(&city, &rating(1, grade, 30)).await.is_err());
        }
        r.ratings().put(&city, &rating(2, 3, 20)).await.unwrap();
        r.ratings().put(&city, &rating(3, 4, 5)).await.unwrap();
        let first = r.ratings().list(&city, None, 2).await.unwrap();
        assert_eq!(first, [rating(2, 3, 20), rating(1, 5, 20)]);
        let last = conversation_id(1);
        let rest = r.ratings().list(&city, Some((Timestamp(20), &last)), 2).await.unwrap();
        assert_eq!(rest, [rating(3, 4, 5)]);
    }
}
