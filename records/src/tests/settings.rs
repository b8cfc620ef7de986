//! Settings: versions, validity as a whole, undo.

use crate::RecordsError;
use crate::settings::{
    Applied, AppliedOutcome, Change, Deleted, Put, SettingKind, VERSIONS_KEPT_MAX,
};
use crate::tests::engine::on_both_engines;
use crate::tests::sample::agent;
use domain::{Desk, Timestamp};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn change(expected_version: Option<u64>) -> Change<'static> {
    Change { expected_version, by: "admin", now: Timestamp(7) }
}

fn skill(id: &str, name: &str) -> Value {
    json!({"id": id, "name": {"zh-CN": name, "en": ""}, "sort": "topic"})
}

fn sample_desk() -> Desk {
    serde_json::from_value(json!({
        "skills": [skill("tax", "税务")],
        "queues": [{
            "id": "tax", "name": {"zh-CN": "税务"}, "target_secs": 30,
            "ladder": [{"skills": {"tax": 3}}],
        }],
        "agents": [{"id": "wang", "name": "王", "role": "agent", "skills": {"tax": 4}}],
        "channels": [{
            "id": "site", "name": {"zh-CN": "网站"}, "kind": "web_chat", "adapter": "web_chat",
            "audience": "public", "topics": [{"id": "tax", "name": {"zh-CN": "税"}, "queue": "tax"}],
        }],
        "quick_replies": [{"id": "hi", "title": {"en": "Hi"}, "text": {"en": "Hello"}}],
        "request_types": [{"id": "fault", "name": {"en": "Fault"}}],
        "webhooks": [{"id": "crm", "url": "https://crm.example/h"}],
        "calendars": [{"id": "office", "time_zone": "Asia/Shanghai",
                       "week": [[], [], [], [], [], [], []]}],
    }))
    .unwrap()
}

on_both_engines! {
    async fn a_document_is_put_only_on_its_present_version(r) {
        let city = r.tenant("city").await;
        let put = |value, version| r.settings().put(&city, SettingKind::Skills, "tax", value, change(version));
        assert_eq!(put(skill("tax", "税"), Some(0)).await.unwrap(), Put::Saved { version: 1 });
        assert_eq!(put(skill("tax", "税务"), Some(1)).await.unwrap(), Put::Saved { version: 2 });
        assert_eq!(put(skill("tax", "税务"), None).await.unwrap(), Put::Unchanged { version: 2 });
        let stale = put(skill("tax", "别的"), Some(1)).await.unwrap();
        let Put::Stale { current: Some(current) } = stale else { panic!("{stale:?}") };
        assert_eq!((current.version, &current.value), (2, &skill("tax", "税务")));
        assert!(matches!(put(skill("tax", "新"), Some(0)).await.unwrap(), Put::Stale { .. }));
        let list = r.settings().list(&city, SettingKind::Skills).await.unwrap();
        assert_eq!(list, vec![current.clone()]);
        assert_eq!((current.updated_by.as_str(), current.updated_at), ("admin", Timestamp(7)));
        assert_eq!(r.settings().version(&city).await.unwrap(), 2);
    }

    async fn of_many_who_change_the_same_version_one_wins(r) {
        let city = r.tenant("city").await;
        let settings = r.settings();
        let puts = (0..10).map(|n| {
            let value = skill("tax", &format!("税{n}"));
            settings.put(&city, SettingKind::Skills, "tax", value, change(Some(0)))
        });
        let saved = join_all(puts).await.into_iter().filter(|put| {
            matches!(put, Ok(Put::Saved { version: 1 }))
        });
        assert_eq!(saved.count(), 1);
        assert_eq!(r.settings().version(&city).await.unwrap(), 1);
    }

    async fn what_would_make_the_desk_invalid_is_refused(r) {
        let city = r.tenant("city").await;
        r.settings().apply(&city, &sample_desk(), "file", Timestamp(1)).await.unwrap();
        let before = r.settings().version(&city).await.unwrap();
        let delete = r.settings().delete(&city, SettingKind::Skills, "tax", change(None));
        let Deleted::Refused { problems } = delete.await.unwrap() else { panic!() };
        assert!(!problems.is_empty());
        for (id, value) in [
            ("li", json!({"id": "li", "name": "李", "role": "agent", "skills": {"unknown": 3}})),
            ("li", json!({"id": "wang", "name": "王", "role": "agent"})),
            ("li", json!({"id": "li", "name": "李", "role": "agent", "surprise": 1})),
            ("li", json!("li")),
        ] {
            let put = r.settings().put(&city, SettingKind::Agents, id, value, change(None));
            assert!(matches!(put.await.unwrap(), Put::Refused { .. }));
        }
        assert_eq!(r.settings().version(&city).await.unwrap(), before);
        assert_eq!(r.settings().list(&city, SettingKind::Agents).await.unwrap().len(), 1);
    }

    async fn a_desk_is_applied_as_a_whole_and_applying_again_changes_nothing(r) {
        let city = r.tenant("city").await;
        let desk = sample_desk();
        let preview = r.settings().preview(&city, &desk).await.unwrap();
        assert_eq!(r.settings().version(&city).await.unwrap(), 0);
        let applied = r.settings().apply(&city, &desk, "file", Timestamp(3)).await.unwrap();
        assert_eq!(preview, applied);
        let Applied::Applied { changes } = applied else { panic!() };
        assert!(changes.iter().all(|change| change.outcome == AppliedOutcome::Created));
        assert_eq!(changes.len(), 8);
        assert_eq!(r.settings().desk(&city).await.unwrap(), (desk.clone(), 1));

        let Applied::Applied { changes } =
            r.settings().apply(&city, &desk, "file", Timestamp(4)).await.unwrap() else { panic!() };
        assert!(changes.iter().all(|change| change.outcome == AppliedOutcome::Unchanged));
        assert_eq!(r.settings().version(&city).await.unwrap(), 1);

        // A part over it: what is not named stays.
        let part = Desk { agents: vec![agent("li"), agent("wang")], ..Desk::default() };
        let Applied::Applied { changes } =
            r.settings().apply(&city, &part, "file", Timestamp(5)).await.unwrap() else { panic!() };
        let outcomes: Vec<_> = changes.iter().map(|c| (c.id.as_str(), c.outcome)).collect();
        assert_eq!(outcomes, [("li", AppliedOutcome::Created), ("wang", AppliedOutcome::Updated)]);
        let (merged, version) = r.settings().desk(&city).await.unwrap();
        assert_eq!((merged.agents.len(), merged.queues.len(), version), (2, 1, 2));
    }

    async fn a_desk_that_is_not_valid_is_not_applied_at_all(r) {
        let city = r.tenant("city").await;
        let mut desk = sample_desk();
        desk.agents.push(agent("wang"));
        let Applied::Refused { problems } =
            r.settings().apply(&city, &desk, "file", Timestamp(3)).await.unwrap() else { panic!() };
        assert_eq!(problems[0].problem, "`wang` is there twice");
        assert_eq!(r.settings().desk(&city).await.unwrap(), (Desk::default(), 0));
    }

    async fn the_versions_before_can_be_put_back_even_after_deleting(r) {
        let city = r.tenant("city").await;
        let put = |value| r.settings().put(&city, SettingKind::Skills, "tax", value, change(None));
        put(skill("tax", "一")).await.unwrap();
        put(skill("tax", "二")).await.unwrap();
        let delete = r.settings().delete(&city, SettingKind::Skills, "tax", change(Some(2)));
        assert_eq!(delete.await.unwrap(), Deleted::Deleted);
        let delete = r.settings().delete(&city, SettingKind::Skills, "tax", change(None));
        assert_eq!(delete.await.unwrap(), Deleted::Unknown);
        let history = r.settings().history(&city, SettingKind::Skills, "tax", 10).await.unwrap();
        let values: Vec<_> = history.iter().map(|v| (v.version, v.value.clone())).collect();
        assert_eq!(values, [
            (3, None), (2, Some(skill("tax", "二"))), (1, Some(skill("tax", "一"))),
        ]);
        let undo = put(history[1].value.clone().unwrap()).await.unwrap();
        assert_eq!(undo, Put::Saved { version: 4 });
        assert_eq!(r.settings().get(&city, SettingKind::Skills, "tax").await.unwrap().unwrap().version, 4);
        assert_eq!(r.settings().version(&city).await.unwrap(), 4);
    }

    async fn the_oldest_versions_are_forgotten(r) {
        let city = r.tenant("city").await;
        for n in 0..VERSIONS_KEPT_MAX + 3 {
            let value = skill("tax", &n.to_string());
            r.settings().put(&city, SettingKind::Skills, "tax", value, change(None)).await.unwrap();
        }
        let history = r.settings().history(&city, SettingKind::Skills, "tax", 1000).await.unwrap();
        assert_eq!(history.len(), usize::try_from(VERSIONS_KEPT_MAX).unwrap());
        assert_eq!(history.last().unwrap().version, 4);
    }

    async fn a_channel_id_belongs_to_one_tenant(r) {
        let (city, port) = (r.tenant("city").await, r.tenant("port").await);
        let refused = |problems: &[domain::desk::DeskProblem]| {
            problems.iter().any(|problem| problem.path == "channels.site")
        };
        r.settings().apply(&city, &sample_desk(), "cli", Timestamp(1)).await.unwrap();
        let applied = r.settings().apply(&port, &sample_desk(), "cli", Timestamp(2)).await.unwrap();
        assert!(matches!(&applied, Applied::Refused { problems } if refused(problems)), "{applied:?}");
        let tried = r.settings().preview(&port, &sample_desk()).await.unwrap();
        assert!(matches!(&tried, Applied::Refused { problems } if refused(problems)), "{tried:?}");
        let mut desk = sample_desk();
        let channel = desk.channels.remove(0);
        r.settings().apply(&port, &desk, "cli", Timestamp(3)).await.unwrap();
        let value = serde_json::to_value(&channel).unwrap();
        let put = |tenant| r.settings().put(tenant, SettingKind::Channels, "site", value.clone(), change(None));
        let taken = put(&port).await.unwrap();
        assert!(matches!(&taken, Put::Refused { problems } if refused(problems)), "{taken:?}");
        assert!(matches!(put(&city).await.unwrap(), Put::Unchanged { .. }), "its owner's stays");
        let gone = r.settings().delete(&city, SettingKind::Channels, "site", change(None)).await.unwrap();
        assert_eq!(gone, Deleted::Deleted);
        assert!(matches!(put(&port).await.unwrap(), Put::Saved { .. }), "it is free again");
    }

    async fn of_two_tenants_who_make_the_same_channel_at_once_one_gets_it(r) {
        let mut desk = sample_desk();
        let channel = serde_json::to_value(desk.channels.remove(0)).unwrap();
        let mut tenants = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let tenant = r.tenant(name).await;
            r.settings().apply(&tenant, &desk, "cli", Timestamp(1)).await.unwrap();
            tenants.push(tenant);
        }
        let all = tenants.iter().map(|tenant| {
            r.settings().put(tenant, SettingKind::Channels, "site", channel.clone(), change(None))
        });
        let all = join_all(all).await;
        let saved = all.iter().filter(|put| matches!(put, Ok(Put::Saved { .. }))).count();
        assert_eq!(saved, 1, "{all:?}");
    }

    async fn an_unknown_tenant_has_no_settings(r) {
        let nobody = "nobody".parse().unwrap();
        for error in [
            r.settings().version(&nobody).await.unwrap_err(),
            r.settings().desk(&nobody).await.unwrap_err(),
            r.settings().apply(&nobody, &Desk::default(), "x", Timestamp(1)).await.unwrap_err(),
        ] {
            assert!(matches!(error, RecordsError::UnknownTenant { .. }), "{error:?}");
        }
    }
}
