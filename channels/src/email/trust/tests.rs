//! When name servers are silent.

use super::*;

fn trust() -> Trust {
    // Nobody listens there.
    Trust {
        believed: Vec::new(),
        servers: vec!["127.0.0.1:1".parse().unwrap()],
        resolver: OnceLock::new(),
        silence: Mutex::default(),
    }
}

#[test]
fn name_servers_are_dead_after_several_domains_and_not_for_ever() {
    let (trust, now) = (trust(), Instant::now());
    for _ in 0..10 {
        trust.note("a@slow.cn", false, now);
    }
    assert!(!trust.is_silent(now), "one domain's servers silence the others");
    trust.note("a@b.cn", false, now);
    trust.note("a@c.cn", true, now);
    trust.note("a@d.cn", false, now);
    trust.note("a@e.cn", false, now);
    assert!(!trust.is_silent(now), "an answer did not count");
    trust.note("a@f.cn", false, now);
    assert!(trust.is_silent(now));
    assert!(!trust.is_silent(now + DEAD_TIME));
}

#[tokio::test]
async fn a_bomb_of_signatures_is_not_checked() {
    let mut letter = String::new();
    for n in 0..50 {
        letter.push_str(&format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d=evil.cn; s=s{n}; c=relaxed/relaxed; l={n}; \
             h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
        ));
    }
    letter.push_str("From: a@evil.cn\r\n\r\nbody\r\n");
    let begun = Instant::now();
    let verdict = trust().judge(letter.as_bytes(), "a@evil.cn").await;
    assert_eq!(verdict, Verdict::default());
    assert!(begun.elapsed() < TIME, "it asked the name servers");
}
