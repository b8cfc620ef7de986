//! Tenants are worlds apart: whatever one has stored, another sees, counts and changes nothing of it.

use crate::audit::{AuditEntry, Verified};
use crate::contacts::{ContactUpdate, IdentityAdded};
use crate::credentials::{NewApiKey, NewRefreshToken, PasswordKind, Rotation};
use crate::files::{Attached, FileRecord, Uploader};
use crate::history::{HistoryFilter, MessagePage, MessagesFrom};
use crate::ratings::Rating;
use crate::reports::{Denominator, Period, ServiceLevel};
use crate::settings::{Change, Deleted, SettingKind};
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::sample::{agent_id, closed, conversation_id, identity, new_contact};
use domain::{Desk, Evidence, Role, TenantId, Timestamp};

const NOW: Timestamp = Timestamp(50);

fn entry() -> AuditEntry {
    AuditEntry {
        at: NOW,
        actor: "system".to_owned(),
        action: "opened".to_owned(),
        object: "x".to_owned(),
        details: serde_json::Value::Null,
    }
}

fn file() -> FileRecord {
    FileRecord {
        id: "file_1".parse().unwrap(),
        name: "a".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: 1,
        sha256: [1; 32],
        uploaded_by: Uploader::Agent(agent_id("wang")),
        conversation: None,
        created_at: Timestamp(1),
    }
}

/// Fills a tenant with one of everything.
async fn fill(r: &TestRecords, tenant: &TenantId) {
    r.tenants().put_secret_if_absent(tenant, "access", tenant.as_str().as_bytes()).await.unwrap();
    let desk = serde_json::from_value(serde_json::json!({
        "skills": [{"id": "tax", "name": {"zh-CN": tenant.as_str(), "en": ""}}],
    }));
    r.settings().apply(tenant, &desk.unwrap(), "file", NOW).await.unwrap();
    let wang = agent_id("wang");
    r.credentials().set_password(tenant, &wang, "hash", PasswordKind::Own, NOW).await.unwrap();
    r.credentials().count_failed_login(tenant, &wang, NOW).await.unwrap();
    let token = NewRefreshToken { hash: [1; 32], expires_at: Timestamp(100) };
    r.refresh_tokens().issue(tenant, &wang, "family", token, NOW).await.unwrap();
    r.bootstrap().put(tenant, &[1; 32], Timestamp(100)).await.unwrap();
    let contacts = r.contacts();
    contacts
        .find_or_create_by_identity(tenant, &identity("u1", true), &new_contact(1, "小明"))
        .await
        .unwrap();
    contacts
        .find_or_create_by_identity(tenant, &identity("u2", true), &new_contact(2, "小明"))
        .await
        .unwrap();
    for n in [1, 2] {
        let phone = [Evidence::phone("+8613800000000").unwrap()];
        r.persons().recognise(tenant, &new_contact(n, "").id, &phone, NOW).await.unwrap();
    }
    r.history().store_closed(tenant, &closed(1, 9_000, &["退税"])).await.unwrap();
    let rating =
        Rating { conversation: conversation_id(1), grade: 5, comment: String::new(), at: NOW };
    r.ratings().put(tenant, &rating).await.unwrap();
    r.audit().append_commits(tenant, "audit", ("0-0", "5-0"), &[entry()]).await.unwrap();
    r.files().create(tenant, &file()).await.unwrap();
}

on_both_engines! {
    async fn an_empty_tenant_sees_nothing_of_a_full_one(r) {
        let (full, empty) = (r.tenant("full").await, r.tenant("empty").await);
        fill(r, &full).await;
        let key = NewApiKey { id: "k1", secret_hash: [7; 32], role: Role::Admin, name: "", created_by: "a", created_at: NOW };
        r.api_keys().create(&full, &key).await.unwrap();

        assert_eq!(r.tenants().secret(&empty, "access").await.unwrap(), None);
        assert!(r.settings().list(&empty, SettingKind::Skills).await.unwrap().is_empty());
        assert_eq!(r.settings().get(&empty, SettingKind::Skills, "tax").await.unwrap(), None);
        assert!(r.settings().history(&empty, SettingKind::Skills, "tax", 9).await.unwrap().is_empty());
        assert_eq!(r.settings().desk(&empty).await.unwrap(), (Desk::default(), 0));
        assert_eq!(r.settings().version(&empty).await.unwrap(), 0);
        assert_eq!(r.credentials().get(&empty, &agent_id("wang")).await.unwrap(), None);
        assert!(!r.credentials().has_any(&empty).await.unwrap());
        assert!(r.credentials().revoked_agents(&empty).await.unwrap().is_empty());
        assert_eq!(r.api_keys().get(&empty, "k1").await.unwrap(), None);
        assert!(r.api_keys().list(&empty).await.unwrap().is_empty());
        let contact = new_contact(1, "").id;
        assert_eq!(r.contacts().get(&empty, &contact).await.unwrap(), None);
        assert_eq!(r.contacts().find_by_identity(&empty, &identity("u1", true)).await.unwrap(), None);
        assert!(r.contacts().identities(&empty, &contact).await.unwrap().is_empty());
        assert!(r.contacts().list(&empty, None, 9).await.unwrap().is_empty());
        assert!(r.contacts().search(&empty, "小明", None, 9).await.unwrap().is_empty());
        assert_eq!(r.persons().fellows(&full, &contact).await.unwrap().len(), 1);
        assert!(r.persons().fellows(&empty, &contact).await.unwrap().is_empty());
        assert!(r.persons().separated(&empty, &contact).await.unwrap().is_empty());
        let conversation = conversation_id(1);
        let page = MessagePage { from: MessagesFrom::End, limit: 9 };
        assert_eq!(r.history().conversation(&empty, &conversation).await.unwrap(), None);
        assert!(r.history().messages(&empty, &conversation, page).await.unwrap().is_empty());
        let filter = HistoryFilter { limit: 9, ..HistoryFilter::default() };
        assert!(r.history().list(&empty, &filter).await.unwrap().is_empty());
        assert!(r.history().search(&empty, "退税", &filter).await.unwrap().is_empty());
        let of_full = closed(1, 9_000, &[]).conversation;
        assert!(of_full.agent.is_some());
        assert_eq!(r.history().last_agent(&full, &of_full.contact).await.unwrap(), of_full.agent);
        assert_eq!(r.history().last_agent(&empty, &of_full.contact).await.unwrap(), None);
        assert_eq!(r.ratings().get(&empty, &conversation).await.unwrap(), None);
        assert!(r.ratings().list(&empty, None, 9).await.unwrap().is_empty());
        assert!(r.audit().list(&empty, None, 9, None).await.unwrap().is_empty());
        assert_eq!(r.audit().cursor(&empty, "audit").await.unwrap(), None);
        assert_eq!(r.audit().verify(&empty).await.unwrap(), Verified::Intact { rows: 0 });
        let period = Period { from: Timestamp(0), to: Timestamp(i64::MAX) };
        let level = ServiceLevel { within_secs: 20, short_abandon_secs: 5, denominator: Denominator::Offered };
        assert!(r.reports().queues(&empty, period, level).await.unwrap().is_empty());
        assert_eq!(r.files().get(&empty, &file().id).await.unwrap(), None);
        assert!(r.files().unattached(&empty, NOW, 9).await.unwrap().is_empty());
    }

    async fn an_empty_tenant_changes_nothing_of_a_full_one(r) {
        let (full, empty) = (r.tenant("full").await, r.tenant("empty").await);
        fill(r, &full).await;
        let key = NewApiKey { id: "k1", secret_hash: [7; 32], role: Role::Admin, name: "", created_by: "a", created_at: NOW };
        r.api_keys().create(&full, &key).await.unwrap();
        let (wang, conversation, contact) = (agent_id("wang"), conversation_id(1), new_contact(1, "").id);
        let before = r.credentials().get(&full, &wang).await.unwrap();

        r.tenants().replace_secret(&empty, "access", b"other").await.unwrap();
        let change = Change { expected_version: None, by: "x", now: NOW };
        let delete = r.settings().delete(&empty, SettingKind::Skills, "tax", change);
        assert_eq!(delete.await.unwrap(), Deleted::Unknown);
        assert_eq!(r.credentials().count_failed_login(&empty, &wang, NOW).await.unwrap(), 0);
        r.credentials().clear_failed_logins(&empty, &wang).await.unwrap();
        r.credentials().revoke_agent(&empty, &wang, Timestamp(99)).await.unwrap();
        r.credentials().remove(&empty, &wang, Timestamp(99)).await.unwrap();
        let token = NewRefreshToken { hash: [2; 32], expires_at: Timestamp(100) };
        assert_eq!(r.refresh_tokens().rotate(&empty, &[1; 32], token, NOW).await.unwrap(), Rotation::Unknown);
        assert_eq!(r.refresh_tokens().revoke_family(&empty, &[1; 32], NOW).await.unwrap(), None);
        assert_eq!(r.refresh_tokens().prune(&empty, Timestamp(999)).await.unwrap(), 0);
        assert!(!r.bootstrap().take(&empty, &[1; 32], NOW).await.unwrap());
        r.api_keys().note_use(&empty, "k1", NOW).await.unwrap();
        assert!(!r.api_keys().revoke(&empty, "k1", NOW).await.unwrap());
        let update = ContactUpdate { name: Some("x".to_owned()), ..ContactUpdate::default() };
        assert_eq!(r.contacts().update(&empty, &contact, &update).await.unwrap(), None);
        let added = r.contacts().add_identity(&empty, &contact, &identity("u9", true), NOW).await.unwrap();
        assert_eq!(added, IdentityAdded::UnknownContact);
        assert_eq!(r.persons().separate(&empty, &contact, "x", NOW).await.unwrap(), 0);
        assert_eq!(r.persons().fellows(&full, &contact).await.unwrap().len(), 1);
        assert_eq!(r.files().attach(&empty, &file().id, &conversation).await.unwrap(), Attached::Unknown);
        assert!(!r.files().forget_unattached(&empty, &file().id, NOW, async || ()).await.unwrap());

        assert_eq!(r.tenants().secret(&full, "access").await.unwrap().unwrap(), b"full");
        assert_eq!(r.settings().version(&full).await.unwrap(), 1);
        assert_eq!(r.settings().version(&empty).await.unwrap(), 0);
        assert_eq!(r.credentials().get(&full, &wang).await.unwrap(), before);
        assert!(matches!(
            r.refresh_tokens().rotate(&full, &[1; 32], token, NOW).await.unwrap(), Rotation::Rotated { .. }
        ));
        assert!(r.bootstrap().take(&full, &[1; 32], NOW).await.unwrap());
        let key = r.api_keys().get(&full, "k1").await.unwrap().unwrap();
        assert_eq!((key.last_used_at, key.revoked_at), (None, None));
        assert_eq!(r.contacts().get(&full, &contact).await.unwrap().unwrap().name, "小明");
        assert_eq!(r.files().get(&full, &file().id).await.unwrap(), Some(file()));
    }

    async fn two_tenants_keep_the_same_ids_apart(r) {
        let (one, two) = (r.tenant("one").await, r.tenant("two").await);
        fill(r, &one).await;
        fill(r, &two).await;
        for tenant in [&one, &two] {
            let (desk, version) = r.settings().desk(tenant).await.unwrap();
            assert_eq!((desk.skills[0].name.zh_cn.as_str(), version), (tenant.as_str(), 1));
            assert_eq!(r.tenants().secret(tenant, "access").await.unwrap().unwrap(), tenant.as_str().as_bytes());
            assert_eq!(r.audit().verify(tenant).await.unwrap(), Verified::Intact { rows: 1 });
            assert_eq!(r.history().search(tenant, "退税", &HistoryFilter { limit: 9, ..HistoryFilter::default() }).await.unwrap().len(), 1);
            assert_eq!(r.contacts().list(tenant, None, 9).await.unwrap().len(), 2);
            assert_eq!(r.ratings().list(tenant, None, 9).await.unwrap().len(), 1);
        }
    }
}
