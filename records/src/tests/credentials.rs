//! Passwords, refresh tokens, the bootstrap code, API keys.

use crate::credentials::{
    Family, NewApiKey, NewRefreshToken, PasswordKind, REPEATED_WITHIN_MS, Rotation,
};
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
        let second = tokens.rotate(&city, &[2; 32], token(3, 200), Timestamp(2)).await.unwrap();
        assert!(matches!(second, Rotation::Rotated { .. }), "{second:?}");
        assert_eq!(tokens.revoked_families(&city, Timestamp(0)).await.unwrap(), []);
        let reused = tokens.rotate(&city, &[1; 32], token(4, 200), Timestamp(3)).await.unwrap();
        assert_eq!(reused, Rotation::Reused { agent: agent.clone(), family: family.clone() });
        let after = tokens.rotate(&city, &[3; 32], token(5, 200), Timestamp(4)).await.unwrap();
        assert_eq!(after, Rotation::Revoked { agent, family });
        let never = tokens.rotate(&city, &[4; 32], token(6, 200), Timestamp(4)).await.unwrap();
        assert_eq!(never, Rotation::Unknown);
        let ended = [("f1".to_owned(), Timestamp(3))];
        assert_eq!(tokens.revoked_families(&city, Timestamp(3)).await.unwrap(), ended);
        assert_eq!(tokens.revoked_families(&city, Timestamp(4)).await.unwrap(), []);
    }

    async fn whoever_missed_the_answer_may_show_the_last_token_again_for_a_moment(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        let late = 10 * REPEATED_WITHIN_MS;
        tokens.issue(&city, &wang, "f1", token(1, late), Timestamp(1)).await.unwrap();
        let show = async |byte: u8, next: u8, now: i64| {
            tokens.rotate(&city, &[byte; 32], token(next, late), Timestamp(now)).await.unwrap()
        };
        let rotated = Rotation::Rotated { agent: wang.clone(), family: "f1".to_owned() };
        assert_eq!(show(1, 2, 10).await, rotated);
        assert_eq!(show(1, 3, 20).await, rotated, "the answer was lost");
        assert_eq!(show(1, 4, 9 + REPEATED_WITHIN_MS).await, rotated, "and lost again");
        assert_eq!(show(4, 5, 30_000).await, rotated, "the last successor counts");
        assert_eq!(show(1, 6, 30_000).await, Rotation::Reused { agent: wang, family: "f1".to_owned() });
    }

    async fn a_repetition_hides_no_thief(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        let late = 10 * REPEATED_WITHIN_MS;
        let show = async |byte: u8, next: u8, now: i64| {
            tokens.rotate(&city, &[byte; 32], token(next, late), Timestamp(now)).await.unwrap()
        };
        let is_reuse = |rotation: &Rotation| matches!(rotation, Rotation::Reused { .. });
        // Too late.
        tokens.issue(&city, &wang, "late", token(1, late), Timestamp(1)).await.unwrap();
        show(1, 2, 10).await;
        assert!(is_reuse(&show(1, 3, 10 + REPEATED_WITHIN_MS).await));
        // The successor that was replaced is somebody else's.
        tokens.issue(&city, &wang, "two", token(11, late), Timestamp(1)).await.unwrap();
        show(11, 12, 10).await;
        show(11, 13, 11).await;
        assert!(is_reuse(&show(12, 14, 12).await));
        assert!(matches!(show(13, 15, 13).await, Rotation::Revoked { .. }));
    }

    async fn of_many_who_show_one_used_refresh_token_the_first_ends_the_family(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        let now = 2 + REPEATED_WITHIN_MS;
        tokens.issue(&city, &wang, "f1", token(1, now + 1), Timestamp(1)).await.unwrap();
        tokens.rotate(&city, &[1; 32], token(2, now + 1), Timestamp(2)).await.unwrap();
        let all = (10..20).map(|n| tokens.rotate(&city, &[1; 32], token(n, now + 1), Timestamp(now)));
        let all: Vec<Rotation> = join_all(all.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        let count = |wanted: fn(&Rotation) -> bool| all.iter().filter(|r| wanted(r)).count();
        assert_eq!(count(|r| matches!(r, Rotation::Reused { .. })), 1);
        assert_eq!(count(|r| matches!(r, Rotation::Revoked { .. })), 9);
    }

    async fn of_many_who_show_one_fresh_refresh_token_at_once_one_successor_counts(r) {
        let (city, wang) = (r.tenant("city").await, agent_id("wang"));
        let tokens = r.refresh_tokens();
        tokens.issue(&city, &wang, "f1", token(1, 100), Timestamp(1)).await.unwrap();
        let all = (10..20).map(|n| tokens.rotate(&city, &[1; 32], token(n, 100), Timestamp(2)));
        let all: Vec<Rotation> = join_all(all.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).collect();
        assert!(all.iter().all(|r| matches!(r, Rotation::Rotated { .. })), "{all:?}");
        let mut counting = 0;
        for n in 10..20 {
            let shown = tokens.rotate(&city, &[n; 32], token(n + 10, 100), Timestamp(3)).await.unwrap();
            counting += usize::from(matches!(shown, Rotation::Rotated { .. }));
        }
        assert!(counting <= 1, "{counting} successors of one token count");
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
        let ended = Family { agent: wang.clone(), id: "a".to_owned() };
        assert_eq!(tokens.revoke_family(&city, &[1; 32], Timestamp(2)).await.unwrap(), Some(ended));
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

    async fn of_many_gateways_that_start_at_once_one_tells_its_bootstrap_code(r) {
        let city = r.tenant("city").await;
        let bootstrap = r.bootstrap();
        let hashes: Vec<[u8; 32]> = (0..10).map(|n| [n; 32]).collect();
        let offers = hashes.iter().map(|hash| bootstrap.put_if_none(&city, hash, Timestamp(100), Timestamp(1)));
        let offers = join_all(offers).await;
        assert_eq!(offers.into_iter().filter(|kept| matches!(kept, Ok(true))).count(), 1);
        assert!(!bootstrap.put_if_none(&city, &[11; 32], Timestamp(200), Timestamp(99)).await.unwrap());
        assert!(bootstrap.put_if_none(&city, &[12; 32], Timestamp(200), Timestamp(100)).await.unwrap(), "the old one is over");
        assert!(bootstrap.take(&city, &[12; 32], Timestamp(101)).await.unwrap());
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
