use super::token::*;
use super::*;
use crate::config::Config;
use domain::Desk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that a test moves.
#[derive(Debug)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

struct House {
    auth: Auth,
    clock: Arc<Hand>,
    records: Records,
    _folder: tempfile::TempDir,
}

const START: i64 = 1_800_000_000_000;
const PASSWORD: &str = "a long enough secret";

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

/// Two tenants with an agent `ming` each, who has a password.
async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("records.sqlite").display().to_string();
    let records = Records::open(&records::RecordsConfig { url }).await.unwrap();
    let desk: Desk = serde_json::from_value(json!({ "agents": [
        { "id": "ming", "name": "Ming", "role": "agent" },
        { "id": "off", "name": "Off", "role": "agent", "enabled": false },
    ] }))
    .unwrap();
    let clock = Arc::new(Hand(AtomicI64::new(START)));
    let hash = password::hash_blocking(PASSWORD).unwrap();
    for name in ["one", "two"] {
        let name = tenant(name);
        records.tenants().create(&name, "", clock.now()).await.unwrap();
        records.settings().apply(&name, &desk, "test", clock.now()).await.unwrap();
        for who in ["ming", "off"] {
            let kind = records::credentials::PasswordKind::Own;
            let credentials = records.credentials();
            credentials.set_password(&name, &agent(who), &hash, kind, clock.now()).await.unwrap();
        }
    }
    clock.0.fetch_add(1_000, Ordering::SeqCst);
    let mut config = Config::default().auth;
    config.lockout_after = 3;
    let settings = Settings::load(&records).await.unwrap();
    let auth = Auth::load(&config, clock.clone(), &records, &settings).await.unwrap();
    House { auth, clock, records, _folder: folder }
}

impl House {
    async fn token(&self, of: &str) -> String {
        let signed_in = self.auth.login(&tenant(of), &agent("ming"), PASSWORD).await.unwrap();
        signed_in.unwrap().access_token
    }

    fn passes(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    async fn secret(&self, of: &str) -> Vec<u8> {
        self.records.tenants().secret(&tenant(of), "access_token").await.unwrap().unwrap()
    }
}

fn claims(secs: i64) -> Value {
    json!({ "iss": ISSUER, "aud": ACCESS_AUDIENCE, "sub": "ming", "tnt": "one", "role": "admin",
        "jti": "j", "fam": "f", "iat": secs, "iat_ms": secs * 1000, "nbf": secs, "exp": secs + 600 })
}

fn sign(header: &Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn header() -> Header {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(ACCESS_TYPE.to_owned());
    header.kid = Some("one".to_owned());
    header
}

#[tokio::test]
async fn a_token_names_its_agent_with_the_role_of_the_settings() {
    let house = house().await;
    let identity = house.auth.agent(&house.token("one").await).unwrap();
    assert_eq!((identity.tenant, identity.agent), (tenant("one"), agent("ming")));
    let now = START / 1000 + 1;
    let forged_role = sign(&header(), &claims(now), &house.secret("one").await);
    assert_eq!(house.auth.agent(&forged_role).unwrap().role, Role::Agent);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_it_is_refused() {
    let house = house().await;
    let (secret, now) = (house.secret("one").await, START / 1000 + 1);
    let check = |what: &str, token: String, wanted: AuthError| {
        assert_eq!(house.auth.agent(&token), Err(wanted), "{what}");
    };
    let with = |key: &str, value: Value| {
        let mut claims = claims(now);
        claims[key] = value;
        sign(&header(), &claims, &secret)
    };
    let without = |key: &str| {
        let mut claims = claims(now);
        claims.as_object_mut().unwrap().remove(key);
        sign(&header(), &claims, &secret)
    };
    for key in ["iss", "aud", "sub", "tnt", "role", "jti", "iat", "nbf", "exp"] {
        check(&format!("no {key}"), without(key), AuthError::Invalid);
    }
    check("wrong aud", with("aud", json!(VISITOR_AUDIENCE)), AuthError::Invalid);
    check("wrong iss", with("iss", json!("someone")), AuthError::Invalid);
    check("string exp", with("exp", json!((now + 600).to_string())), AuthError::Invalid);
    check("string nbf", with("nbf", json!(now.to_string())), AuthError::Invalid);
    check("expired", with("exp", json!(now)), AuthError::Expired);
    check("not yet", with("nbf", json!(now + 60)), AuthError::Invalid);
    check("from the future", with("iat", json!(now + 60)), AuthError::Invalid);
    check("another tenant's name in it", with("tnt", json!("two")), AuthError::Invalid);
    check("an agent who is not there", with("sub", json!("nobody")), AuthError::Revoked);
    check("a disabled agent", with("sub", json!("off")), AuthError::Revoked);
    check(
        "another tenant's key",
        sign(&header(), &claims(now), &house.secret("two").await),
        AuthError::Invalid,
    );
    let mut other = header();
    other.kid = Some("two".to_owned());
    check("another tenant's kid", sign(&other, &claims(now), &secret), AuthError::Invalid);
    other.kid = Some("../one".to_owned());
    check("a kid that is a path", sign(&other, &claims(now), &secret), AuthError::Invalid);
    let mut typ = header();
    typ.typ = Some(VISITOR_TYPE.to_owned());
    check("another typ", sign(&typ, &claims(now), &secret), AuthError::Invalid);
    let mut jku = header();
    jku.jku = Some("https://evil.example/keys".to_owned());
    check("a header with keys elsewhere", sign(&jku, &claims(now), &secret), AuthError::Invalid);
    let mut algorithm = header();
    algorithm.alg = Algorithm::HS512;
    check("another algorithm", sign(&algorithm, &claims(now), &secret), AuthError::Invalid);
    check("empty", String::new(), AuthError::Invalid);
    check("too long", "x".repeat(TOKEN_BYTES_MAX + 1), AuthError::Invalid);
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let house = house().await;
    let body = URL_SAFE_NO_PAD.encode(claims(START / 1000 + 1).to_string());
    for alg in ["none", "None", "NONE", "nOnE"] {
        let head = json!({ "alg": alg, "typ": ACCESS_TYPE, "kid": "one" }).to_string();
        let head = URL_SAFE_NO_PAD.encode(head);
        for signature in ["", "AAAA"] {
            let token = format!("{head}.{body}.{signature}");
            assert_eq!(house.auth.agent(&token), Err(AuthError::Invalid), "{alg}");
        }
    }
}

#[tokio::test]
async fn a_visitor_token_is_no_access_token_and_the_other_way() {
    let house = house().await;
    let token = house.token("one").await;
    assert_eq!(house.auth.visitor(&token), Err(AuthError::Invalid));
    let secs = START / 1000 + 1;
    let claims = json!({ "iss": ISSUER, "aud": VISITOR_AUDIENCE, "sub": "ctc_1", "tnt": "one",
        "channel": "website", "verified": true, "jti": "j", "iat": secs, "nbf": secs, "exp": secs + 60 });
    let mut header = header();
    header.typ = Some(VISITOR_TYPE.to_owned());
    let with_access_key = sign(&header, &claims, &house.secret("one").await);
    assert_eq!(house.auth.visitor(&with_access_key), Err(AuthError::Invalid));
}

#[tokio::test]
async fn revoking_ends_tokens_at_once_and_later_ones_count() {
    let house = house().await;
    let (one, two) = (house.token("one").await, house.token("two").await);
    house.passes(10);
    house.auth.revoke(&tenant("one"), &agent("ming")).await.unwrap();
    assert_eq!(house.auth.agent(&one), Err(AuthError::Revoked));
    assert!(house.auth.agent(&two).is_ok(), "another tenant's agent of the same name");
    house.passes(10);
    assert!(house.auth.agent(&house.token("one").await).is_ok(), "in the same second");
}

#[tokio::test]
async fn wrong_passwords_unknown_and_disabled_agents_get_the_same_answer() {
    let house = house().await;
    for (who, password) in
        [("ming", "wrong"), ("nobody", PASSWORD), ("off", PASSWORD), ("ming", "")]
    {
        let answer = house.auth.login(&tenant("one"), &agent(who), password).await.unwrap();
        assert_eq!(answer, None, "{who}");
    }
    let answer = house.auth.login(&tenant("three"), &agent("ming"), PASSWORD).await.unwrap();
    assert_eq!(answer, None, "a tenant that does not exist");
}

#[tokio::test]
async fn whoever_finds_no_room_to_hash_is_told_so_and_a_hung_up_client_frees_none() {
    let house = house().await;
    let rooms = Arc::clone(&house.auth.inner.hashing);
    let all = u32::try_from(rooms.available_permits()).unwrap();
    // One who hangs up while the thread works.
    let work = house.auth.verify_password("wrong".to_owned(), None);
    tokio::select! {
        biased;
        _ = work => {}
        () = tokio::task::yield_now() => {}
    }
    let room = Arc::clone(&rooms).acquire_many_owned(all).await.unwrap();
    tokio::time::pause();
    let refused = house.auth.verify_password("wrong".to_owned(), None).await;
    assert_eq!(refused, Err(password::HashError::Busy));
    drop(room);
}

#[tokio::test]
async fn an_account_rests_after_failures_and_comes_back() {
    let house = house().await;
    let tries = async |password| {
        house.auth.login(&tenant("one"), &agent("ming"), password).await.unwrap().is_some()
    };
    assert!(!tries("wrong").await && !tries("wrong").await);
    assert!(tries(PASSWORD).await, "two failures do not rest it, and success forgets them");
    for _ in 0..3 {
        assert!(!tries("wrong").await);
    }
    assert!(!tries(PASSWORD).await, "resting");
    house.passes(300_000);
    assert!(tries(PASSWORD).await, "rested");
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_its_copy_ends_the_family() {
    let house = house().await;
    let signed_in =
        house.auth.login(&tenant("one"), &agent("ming"), PASSWORD).await.unwrap().unwrap();
    let again = house.auth.refresh_session(&signed_in.refresh_token).await.unwrap();
    let refresh::Refreshed::Again(next) = again else { panic!("{again:?}") };
    assert!(house.auth.agent(&next.access_token).is_ok());
    house.passes(records::credentials::REPEATED_WITHIN_MS);
    let copied = house.auth.refresh_session(&signed_in.refresh_token).await.unwrap();
    assert!(matches!(copied, refresh::Refreshed::Reused { .. }), "{copied:?}");
    let ended = house.auth.refresh_session(&next.refresh_token).await.unwrap();
    assert_eq!(ended, refresh::Refreshed::Refused, "the whole family ended");
    for token in [&signed_in.access_token, &next.access_token] {
        assert_eq!(house.auth.agent(token), Err(AuthError::Revoked), "access tokens too");
    }
    assert!(house.auth.agent(&house.token("one").await).is_ok(), "another sign-in counts");
}

#[tokio::test]
async fn what_another_gateway_ended_counts_no_more_after_the_next_reading() {
    let house = house().await;
    let settings = Settings::load(&house.records).await.unwrap();
    let config = Config::default().auth;
    let other = Auth::load(&config, house.clock.clone(), &house.records, &settings).await.unwrap();
    let login = async || house.auth.login(&tenant("one"), &agent("ming"), PASSWORD).await.unwrap();
    let (out, revoked) = (login().await.unwrap(), login().await.unwrap());
    house.passes(10);
    other.logout(&out.refresh_token).await.unwrap();
    assert!(house.auth.agent(&out.access_token).is_ok(), "not read yet");
    house.auth.refresh().await.unwrap();
    assert_eq!(house.auth.agent(&out.access_token), Err(AuthError::Revoked));
    assert!(house.auth.agent(&revoked.access_token).is_ok());
    other.revoke(&tenant("one"), &agent("ming")).await.unwrap();
    house.auth.refresh().await.unwrap();
    assert_eq!(house.auth.agent(&revoked.access_token), Err(AuthError::Revoked));
}

#[tokio::test]
async fn a_bootstrap_code_works_once_and_not_for_ever() {
    let house = house().await;
    let code = house.auth.new_bootstrap_code(&tenant("two")).await.unwrap();
    assert_eq!(house.auth.take_bootstrap_code("wrong").await.unwrap(), None);
    assert_eq!(house.auth.take_bootstrap_code(&code).await.unwrap(), Some(tenant("two")));
    assert_eq!(house.auth.take_bootstrap_code(&code).await.unwrap(), None, "used");
    let late = house.auth.new_bootstrap_code(&tenant("two")).await.unwrap();
    house.passes(86_400_001);
    assert_eq!(house.auth.take_bootstrap_code(&late).await.unwrap(), None, "over");
}

#[tokio::test]
async fn an_api_key_counts_until_it_is_revoked() {
    let house = house().await;
    let key = house.auth.create_key(&tenant("one"), "crm", Role::Supervisor, "test").await.unwrap();
    let identity = house.auth.key(&key.key).await.unwrap();
    assert_eq!((identity.tenant, identity.role), (tenant("one"), Role::Supervisor));
    let changed = format!("{}x", key.key.get(..key.key.len() - 1).unwrap());
    assert_eq!(house.auth.key(&changed).await, Err(AuthError::Invalid));
    assert!(house.auth.revoke_key(&tenant("one"), &key.id).await.unwrap());
    assert_eq!(house.auth.key(&key.key).await, Err(AuthError::Revoked));
}
