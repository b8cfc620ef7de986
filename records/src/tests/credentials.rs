//! Passwords, refresh tokens, the bootstrap code, API keys.

use crate::credentials::{NewApiKey, NewRefreshToken, PasswordKind, Rotation};
use crate::tests::engine::on_both_engines;
use crate::tests::sample::agent_id;
use domain::{Role, Timestamp};
use futures_util::future::join_all;

fn token(byte: u8, expires_at: i64) -> NewRefreshToken {
    NewRefreshToken { hash: [byte; 32], expires_at: Timestamp(expires_at) }
}

on_both_engines! {
    async fn a_password_is_set_and_failures_are_counted_until_success(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let credentials = r.credentials();
        assert!(!credentials.has_any(&city).await.unwrap());
        assert_eq!(credentials.get(&city, &wang).await.unwrap(), None);
        assert_eq!(credentials.count_failed_login(&city, &wang, Timestamp(1)).await.unwrap(), 0);
        credentials.set_password(&city, &wang, "$argon2id$1", PasswordKind::OneTime, Timestamp(5)).await.unwrap();
        assert!(credentials.has_any(&city).await.unwrap());
        for n in 1..=3 {
            assert_eq!(credentials.count_failed_login(&city, &wang, Timestamp(n.into())).await.unwrap(), n);
        }
        let now = credentials.get(&city, &wang).await.unwrap().unwrap();
        assert_eq!((now.failed_logins, now.last_failed_at, now.must_change), (3, Some(Timestamp(3)), true));
        credentials.clear_failed_logins(&city, &wang).await.unwrap();
        credentials.set_password(&city, &wang, "$argon2id$2", PasswordKind::Own, Timestamp(8)).await.unwrap();
        let now = credentials.get(&city, &wang).await.unwrap().unwrap();
        assert_eq!((now.failed_logins, now.last_failed_at, now.must_change), (0, None, false));
        assert_eq!(now.password_hash.as_deref(), Some("$argon2id$2"));
        assert_eq!(now.sessions_valid_after, Some(Timestamp(8)));
        credentials.remove(&city, &wang, Timestamp(9)).await.unwrap();
        assert!(!credentials.has_any(&city).await.unwrap());
    }

    async fn a_refresh_token_rotates_once_and_reuse_ends_its_family(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        tokens.issue(&city, &wang, "f1", token(1, 100), Timestamp(1)).await.unwrap();
        let (agent, family) = (wang.clone(), "f1".to_owned());
        let first = tokens.rotate(&city, &[1; 32], token(2, 200), Timestamp(2)).await.unwrap();
        assert_eq!(first, Rotation::Rotated { agent: agent.clone(), family: family.clone() });
        let reused = tokens.rotate(&city, &[1; 32], token(3, 200), Timestamp(3)).await.unwrap();
        assert_eq!(reused, Rotation::Reused { agent: agent.clone(), family: family.clone() });
        let after = tokens.rotate(&city, &[2; 32], token(4, 200), Timestamp(4)).await.unwrap();
        assert_eq!(after, Rotation::Revoked { agent, family });
        let never = tokens.rotate(&city, &[3; 32], token(5, 200), Timestamp(4)).await.unwrap();
        assert_eq!(never, Rotation::Unknown);
    }

    async fn of_many_who_show_one_refresh_token_one_rotates_and_the_family_ends(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        tokens.issue(&city, &wang, "f1", token(1, 100), Timestamp(1)).await.unwrap();
        let all = (10..20).map(|n| tokens.rotate(&city, &[1; 32], token(n, 100), Timestamp(2)));
        let all: Vec<Rotation> = join_all(all.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        let count = |wanted: fn(&Rotation) -> bool| all.iter().filter(|r| wanted(r)).count();
        assert_eq!(count(|r| matches!(r, Rotation::Rotated { .. })), 1);
        assert_eq!(count(|r| matches!(r, Rotation::Reused { .. })), 1);
        assert_eq!(count(|r| matches!(r, Rotation::Revoked { .. })), 8);
    }

    async fn an_expired_refresh_token_does_not_rotate(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        tokens.issue(&city, &wang, "f1", token(1, 100), Timestamp(1)).await.unwrap();
        let late = tokens.rotate(&city, &[1; 32], token(2, 200), Timestamp(100)).await.unwrap();
        assert_eq!(late, Rotation::Expired);
        assert_eq!(tokens.prune(&city, Timestamp(100)).await.unwrap(), 0);
        assert_eq!(tokens.prune(&city, Timestamp(101)).await.unwrap(), 1);
        let gone = tokens.rotate(&city, &[1; 32], token(2, 200), Timestamp(2)).await.unwrap();
        assert_eq!(gone, Rotation::Unknown);
    }

    async fn signing_out_and_revoking_end_families(r) {
        let (city, wang, li) = (r.tenant("city").await, agent_id("wang"), agent_id("li"));
        let tokens = r.refresh_tokens();
        for (family, agent, byte) in [("a", &wang, 1), ("b", &wang, 2), ("c", &li, 3)] {
            tokens.issue(&city, agent, family, token(byte, 100), Timestamp(1)).await.unwrap();
        }
        assert_eq!(tokens.revoke_family(&city, &[1; 32], Timestamp(2)).await.unwrap(), Some(wang.clone()));
        assert_eq!(tokens.revoke_family(&city, &[9; 32], Timestamp(2)).await.unwrap(), None);
        assert_eq!(r.credentials().revoked_agents(&city).await.unwrap(), []);
        r.credentials().revoke_agent(&city, &wang, Timestamp(3)).await.unwrap();
        r.credentials().revoke_agent(&city, &wang, Timestamp(2)).await.unwrap();
        assert_eq!(r.credentials().revoked_agents(&city).await.unwrap(), [(wang, Timestamp(3))]);
        for (byte, rotates) in [(1, false), (2, false), (3, true)] {
            let rotation = tokens.rotate(&city, &[byte; 32], token(byte + 10, 100), Timestamp(4)).await.unwrap();
            assert_eq!(matches!(rotation, Rotation::Rotated { .. }), rotates, "{byte}");
        }
    }

    async fn the_bootstrap_code_works_once_and_in_time(r) {
        let city = r.tenant("city").await;
        let bootstrap = r.bootstrap();
        bootstrap.put(&city, &[1; 32], Timestamp(100)).await.unwrap();
        bootstrap.put(&city, &[2; 32], Timestamp(100)).await.unwrap();
        assert!(!bootstrap.take(&city, &[1; 32], Timestamp(1)).await.unwrap());
        assert!(!bootstrap.take(&city, &[2; 32], Timestamp(100)).await.unwrap());
        let hash = [2; 32];
        let takes = join_all((0..10).map(|_| bootstrap.take(&city, &hash, Timestamp(99)))).await;
        assert_eq!(takes.into_iter().filter(|taken| matches!(taken, Ok(true))).count(), 1);
    }

    async fn an_api_key_is_kept_found_used_and_revoked(r) {
        let city = r.tenant("city").await;
        let keys = r.api_keys();
        let new = NewApiKey {
            id: "k1", secret_hash: [7; 32], role: Role::Supervisor, name: "BI",
            created_by: "admin", created_at: Timestamp(1),
        };
        keys.create(&city, &new).await.unwrap();
        assert_eq!(keys.tenant_of("k1").await.unwrap(), Some(city.clone()));
        assert_eq!(keys.tenant_of("k2").await.unwrap(), None);
        keys.note_use(&city, "k1", Timestamp(9)).await.unwrap();
        keys.note_use(&city, "k1", Timestamp(8)).await.unwrap();
        assert!(keys.revoke(&city, "k1", Timestamp(10)).await.unwrap());
        assert!(!keys.revoke(&city, "k1", Timestamp(11)).await.unwrap());
        let key = keys.get(&city, "k1").await.unwrap().unwrap();
        assert_eq!((key.role, key.last_used_at, key.revoked_at), (Role::Supervisor, Some(Timestamp(9)), Some(Timestamp(10))));
        assert_eq!(keys.list(&city).await.unwrap(), [key]);
    }
}
