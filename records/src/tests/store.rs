//! Opening, migrating, closing.

use crate::audit::{AuditEntry, Verified};
use crate::files::Uploader;
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::files::file;
use crate::tests::sample::{agent_id, closed, identity, new_contact};
use crate::{Records, RecordsConfig, RecordsError};
use domain::Timestamp;
use futures_util::{FutureExt, future::join_all};

on_both_engines! {
    async fn opening_twice_migrates_once_and_finds_what_was_stored(r) {
        let tenant = r.tenant("city").await;
        let again = Records::open(&r.config).await.unwrap();
        assert_eq!(again.tenants().list().await.unwrap()[0].id, tenant);
        again.ping().await.unwrap();
        again.close().await;
        r.ping().await.unwrap();
    }

    async fn a_database_of_a_later_release_is_refused(r) {
        r.tamper("UPDATE migrations SET number = 9999 WHERE number = 5").await.unwrap();
        let error = Records::open(&r.config).await.unwrap_err();
        assert!(matches!(error, RecordsError::Newer { found: 9999, .. }), "{error:?}");
    }

    async fn an_edited_migration_is_noticed(r) {
        r.tamper("UPDATE migrations SET sha256 = (SELECT sha256 FROM migrations WHERE number = 2) \
                  WHERE number = 1").await.unwrap();
        let error = Records::open(&r.config).await.unwrap_err();
        assert!(matches!(error, RecordsError::MigrationDiffers { number: 1 }), "{error:?}");
    }

    async fn two_gateways_write_at_once_and_neither_is_turned_away(r) {
        let city = r.tenant("city").await;
        let other = Records::open(&r.config).await.unwrap();
        let entry = |n| AuditEntry {
            at: Timestamp(n), actor: "system".to_owned(), action: "tried".to_owned(),
            object: String::new(), details: serde_json::Value::Null,
        };
        let appended = join_all((0..100).map(|n| {
            let (city, entry) = (city.clone(), entry(n));
            let records = if n % 2 == 0 { r.records.clone() } else { other.clone() };
            async move { records.audit().append(&city, &entry).await }
        })).await;
        appended.into_iter().for_each(Result::unwrap);
        assert_eq!(r.audit().verify(&city).await.unwrap(), Verified::Intact { rows: 100 });
    }

    async fn of_many_writes_at_once_a_wrong_one_fails_alone(r) {
        let city = r.tenant("city").await;
        let nobody: domain::TenantId = "nobody".parse().unwrap();
        let created = join_all((0..60).map(|n| {
            let (tenant, file) = (if n == 30 { &nobody } else { &city }, file(n, Uploader::Agent(agent_id("ming"))));
            let files = r.files();
            async move { files.create(tenant, &file).await }
        })).await;
        for (n, created) in created.into_iter().enumerate() {
            assert_eq!(created.ok(), (n != 30).then_some(true), "{n}");
        }
        let again = join_all((0..60).map(|n| {
            let (files, city, file) = (r.files(), city.clone(), file(n, Uploader::Agent(agent_id("ming"))));
            async move { files.create(&city, &file).await }
        })).await;
        let new = again.into_iter().map(Result::unwrap).filter(|is_new| *is_new).count();
        assert_eq!(new, 1, "all but the wrong one were written");
    }

    async fn transactions_and_single_statements_take_turns(r) {
        let city = r.tenant("city").await;
        let storing = join_all((0..20).map(|n| {
            let (history, city) = (r.history(), city.clone());
            async move { history.store_closed(&city, &closed(n, 9_000, &["一", "二"])).await }
        }));
        let noting = join_all((0..40).map(|n| {
            let (files, city, file) = (r.files(), city.clone(), file(n, Uploader::Agent(agent_id("ming"))));
            async move { files.create(&city, &file).await }
        }));
        let reading = join_all((0..40).map(|_| r.ping()));
        let (stored, noted, read) = tokio::join!(storing, noting, reading);
        assert!(stored.into_iter().all(|stored| stored.unwrap().new_messages == 2));
        assert!(noted.into_iter().all(Result::unwrap));
        assert!(read.into_iter().all(|read| read.is_ok()));
    }

    async fn what_comes_after_the_close_is_refused_and_may_be_tried_elsewhere(r) {
        let city = r.tenant("city").await;
        let again = Records::open(&r.config).await.unwrap();
        again.close().await;
        let file = file(1, Uploader::Agent(agent_id("ming")));
        let refused = again.files().create(&city, &file).await.unwrap_err();
        assert!(refused.may_retry(), "{refused:?}");
        assert!(again.files().get(&city, &file.id).await.is_err());
        assert!(r.files().create(&city, &file).await.unwrap(), "the others go on");
    }

    async fn a_change_that_is_given_up_half_way_leaves_nothing_and_blocks_nobody(r) {
        let city = r.tenant("city").await;
        let (contacts, id, new) = (r.contacts(), identity("u1", true), new_contact(1, ""));
        // Each turn lets the change go one step further before it is dropped.
        for steps in 0..40 {
            let mut change = Box::pin(contacts.find_or_create_by_identity(&city, &id, &new));
            for _ in 0..steps {
                if (&mut change).now_or_never().is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let made = contacts.find_or_create_by_identity(&city, &id, &new_contact(2, "")).await.unwrap();
        assert_eq!(contacts.list(&city, None, 9).await.unwrap().len(), 1);
        assert_eq!(contacts.get(&city, &made.id).await.unwrap().unwrap().identities, std::slice::from_ref(&id));
    }

    async fn many_gateways_may_open_at_once(r) {
        // Back to an empty database: all start together on it.
        if r.engine() == crate::Engine::Postgres {
            r.tamper("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
        }
        let config = match r.engine() {
            crate::Engine::Postgres => r.config.clone(),
            crate::Engine::Sqlite => RecordsConfig { url: format!("{}.fresh", r.config.url) },
        };
        let opened = join_all((0..6).map(|_| Records::open(&config))).await;
        for records in opened {
            records.unwrap().ping().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_made_is_named() {
    let config = RecordsConfig { url: "/nowhere/at/all/records.db".to_owned() };
    let error = Records::open(&config).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all/records.db"), "{error}");
}

#[tokio::test]
async fn an_unreachable_server_is_an_error_that_may_pass_and_hides_the_password() {
    let url = "postgres://hutong:s3cret@localhost/x?host=/nowhere/at/all".to_owned();
    let error = Records::open(&RecordsConfig { url }).await.unwrap_err();
    assert!(error.may_retry(), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("s3cret"));
}

#[tokio::test]
async fn the_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let records = TestRecords::sqlite().await;
    let path = records.config.url.strip_prefix("sqlite:").unwrap().to_owned();
    for file in [path.clone(), format!("{path}-wal")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn connections_that_the_server_ended_are_made_anew() {
    let r = TestRecords::postgres().await;
    let city = r.tenant("city").await;
    r.tamper(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'hutong'",
    )
    .await
    .unwrap();
    assert_eq!(r.settings().version(&city).await.unwrap(), 0);
    r.tenants().replace_secret(&city, "access", b"one").await.unwrap();
}
