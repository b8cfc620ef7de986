//! The audit trail: exactly once, chained, append-only.

use crate::audit::{AuditEntry, CommitsAppended, Verified};
use crate::tests::engine::on_both_engines;
use domain::Timestamp;
use futures_util::future::join_all;
use serde_json::json;

fn entry(n: i64) -> AuditEntry {
    AuditEntry {
        at: Timestamp(n),
        actor: "agent:wang".to_owned(),
        action: "contact_read".to_owned(),
        object: format!("contact:ctc_{}", n % 2),
        details: json!({"n": n, "why": "查\0看"}),
    }
}

on_both_engines! {
    async fn a_stretch_of_the_stream_is_stored_exactly_once(r) {
        let city = r.tenant("city").await;
        let audit = r.audit();
        assert_eq!(audit.cursor(&city, "audit").await.unwrap(), None);
        let append = |from: &'static str, to: &'static str, n| {
            let (city, entries) = (city.clone(), vec![entry(n), entry(n + 1)]);
            async move { audit.append_commits(&city, "audit", (from, to), &entries).await }
        };
        assert_eq!(append("0-0", "99-0", 1).await.unwrap(), CommitsAppended::Stored);
        assert_eq!(append("99-0", "100-2", 3).await.unwrap(), CommitsAppended::Stored);
        assert_eq!(append("100-2", "100-10", 5).await.unwrap(), CommitsAppended::Stored);
        // Handed in again, or by one who fell behind: also a stretch that goes beyond what is stored.
        let known = CommitsAppended::Elsewhere { cursor: "100-10".to_owned() };
        for (from, to) in [("0-0", "99-0"), ("100-2", "100-10"), ("100-2", "100-12")] {
            assert_eq!(append(from, to, 7).await.unwrap(), known, "{from} to {to}");
        }
        assert!(append("100-10", "later", 7).await.is_err());
        assert_eq!(audit.cursor(&city, "audit").await.unwrap().as_deref(), Some("100-10"));
        assert_eq!(audit.cursor(&city, "other").await.unwrap(), None);
        assert_eq!(audit.verify(&city).await.unwrap(), Verified::Intact { rows: 6 });
    }

    async fn many_who_append_make_one_chain(r) {
        let city = r.tenant("city").await;
        let audit = r.audit();
        assert_eq!(audit.verify(&city).await.unwrap(), Verified::Intact { rows: 0 });
        let entries: Vec<_> = (0..30).map(entry).collect();
        let direct = join_all(entries.iter().map(|entry| audit.append(&city, entry)));
        let same = join_all((0..5).map(|_| audit.append_commits(&city, "audit", ("0-0", "5-0"), &entries[..3])));
        let (direct, same) = futures_util::future::join(direct, same).await;
        direct.into_iter().for_each(Result::unwrap);
        let stored = same.into_iter().filter(|s| matches!(s, Ok(CommitsAppended::Stored))).count();
        assert_eq!(stored, 1);
        assert_eq!(audit.verify(&city).await.unwrap(), Verified::Intact { rows: 33 });
    }

    async fn a_long_stretch_is_one_chain_in_its_order(r) {
        let city = r.tenant("city").await;
        let (audit, entries) = (r.audit(), (0..150).map(entry).collect::<Vec<_>>());
        audit.append(&city, &entry(-1)).await.unwrap();
        let stored = audit.append_commits(&city, "audit", ("0-0", "5-0"), &entries).await.unwrap();
        assert_eq!(stored, CommitsAppended::Stored);
        assert_eq!(audit.verify(&city).await.unwrap(), Verified::Intact { rows: 151 });
        let listed = audit.list(&city, None, 200, None).await.unwrap();
        let times: Vec<i64> = listed.iter().rev().map(|row| row.entry.at.0).collect();
        assert_eq!(times, (-1..150).collect::<Vec<_>>());
    }

    async fn rows_are_listed_from_the_newest_and_by_object(r) {
        let city = r.tenant("city").await;
        for n in 1..=5 {
            r.audit().append(&city, &entry(n)).await.unwrap();
        }
        let ns = async |before, limit, object| {
            let rows = r.audit().list(&city, before, limit, object).await.unwrap();
            rows.into_iter().map(|row| row.n).collect::<Vec<_>>()
        };
        assert_eq!(ns(None, 2, None).await, [5, 4]);
        assert_eq!(ns(Some(4), 10, None).await, [3, 2, 1]);
        assert_eq!(ns(None, 10, Some("contact:ctc_1")).await, [5, 3, 1]);
        assert_eq!(r.audit().list(&city, None, 1, None).await.unwrap()[0].entry, entry(5));
    }

    async fn rows_cannot_be_changed_or_taken_out_by_a_plain_statement(r) {
        let city = r.tenant("city").await;
        r.audit().append(&city, &entry(1)).await.unwrap();
        for script in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"] {
            assert!(r.tamper(script).await.is_err(), "{script}");
        }
    }

    async fn tampering_breaks_the_chain_at_its_place(r) {
        let drop_guards = if r.engine() == crate::Engine::Postgres {
            "ALTER TABLE audit DISABLE TRIGGER ALL"
        } else {
            "DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted"
        };
        r.tamper(drop_guards).await.unwrap();
        for (place, (broken_at, script)) in [
            (3, "UPDATE audit SET actor = 'agent:li' WHERE n = 3 AND tenant = 't0'"),
            (2, "UPDATE audit SET at = at + 1 WHERE n = 2 AND tenant = 't1'"),
            (4, "DELETE FROM audit WHERE n = 4 AND tenant = 't2'"),
            (5, "DELETE FROM audit WHERE n = 5 AND tenant = 't3'"),
            (1, "DELETE FROM audit WHERE n = 1 AND tenant = 't4'"),
            (1, "DELETE FROM audit WHERE tenant = 't5'"),
            (2, "UPDATE audit SET n = n + 10 WHERE n = 2 AND tenant = 't6'"),
            (4, "UPDATE audit SET details = '{}' WHERE n = 4 AND tenant = 't7'"),
            (5, "UPDATE audit_heads SET hash = prev_hash FROM audit WHERE audit.n = 5 \
                 AND audit.tenant = 't8' AND audit_heads.tenant = 't8'"),
            (4, "UPDATE audit_heads SET n = 3 WHERE tenant = 't9'"),
        ].into_iter().enumerate() {
            let tenant = r.tenant(&format!("t{place}")).await;
            for n in 1..=5 {
                r.audit().append(&tenant, &entry(n)).await.unwrap();
            }
            r.tamper(script).await.unwrap();
            let verified = r.audit().verify(&tenant).await.unwrap();
            assert_eq!(verified, Verified::BrokenAt { n: broken_at }, "{script}");
        }
    }
}
