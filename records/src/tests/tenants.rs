//! Tenants and their secrets.

use crate::tenants::Created;
use crate::tests::engine::on_both_engines;
use domain::Timestamp;
use futures_util::future::join_all;
use std::collections::BTreeSet;

on_both_engines! {
    async fn a_tenant_is_created_once(r) {
        let city = r.tenant("city").await;
        let again = r.tenants().create(&city, "Other", Timestamp(9)).await.unwrap();
        assert_eq!(again, Created::Exists);
        let all = r.tenants().list().await.unwrap();
        assert_eq!((all.len(), all[0].name.as_str(), all[0].created_at), (1, "city", Timestamp(1)));
    }

    async fn of_many_who_put_a_secret_one_wins_and_all_know(r) {
        let city = r.tenant("city").await;
        assert_eq!(r.tenants().secret(&city, "access").await.unwrap(), None);
        let tenants = r.tenants();
        let offers: Vec<Vec<u8>> = (0..20).map(|n| vec![n; 32]).collect();
        let kept = join_all(offers.iter().map(|o| tenants.put_secret_if_absent(&city, "access", o)));
        let kept: BTreeSet<Vec<u8>> = kept.await.into_iter().map(Result::unwrap).collect();
        assert_eq!(kept.len(), 1);
        assert_eq!(r.tenants().secret(&city, "access").await.unwrap(), kept.first().cloned());
    }

    async fn a_secret_can_be_replaced(r) {
        let city = r.tenant("city").await;
        let tenants = r.tenants();
        for secret in [b"one", b"two"] {
            tenants.replace_secret(&city, "webhook.crm", secret).await.unwrap();
        }
        assert_eq!(tenants.secret(&city, "webhook.crm").await.unwrap().unwrap(), b"two");
        let created = tenants.create(&city, "", Timestamp(9)).await.unwrap();
        assert_eq!(created, Created::Exists);
    }
}
