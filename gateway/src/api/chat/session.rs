//! Visitors' sessions: a token for the widget, on the same contact as long as it is renewed, or on
//! the contact for whom the website vouches.

use super::find;
use crate::api::caller::limit_key;
use crate::api::error::{ApiError, Code};
use crate::api::extract::{Body, at_most, id};
use crate::app::App;
use crate::auth::token::{ISSUER, VISITOR_AUDIENCE, VisitorClaims, make_visitor};
use crate::auth::{AuthError, identity_token};
use crate::clock::mint;
use crate::middleware::limits::{Limit, WithoutRedis};
use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, web};
use channels::app::AppSettings;
use channels::web_chat::WebChatConfig;
use domain::{Channel, ChannelKind, ContactId, Identity, Locale, TenantId};
use records::contacts::{ContactUpdate, NewContact};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The most facts that a website sends along.
const ATTRIBUTES_MAX: usize = 32;
/// The longest of them, in characters.
const ATTRIBUTE_CHARS_MAX: usize = 500;

/// What a widget brings to a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionWish {
    /// The token of an earlier session: the same contact goes on.
    #[serde(default)]
    token: Option<String>,
    /// The website's word for its user (HS256 JWT: `sub`, `exp`, optional `name`).
    #[serde(default)]
    identity_token: Option<String>,
    /// The name that the person gave.
    #[serde(default)]
    name: Option<String>,
    /// The person's language.
    locale: Locale,
    /// Facts that the website sends along: at most 32 texts, numbers or booleans.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
}

/// A visitor's session.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatSession {
    /// For `Authorization: Bearer` and for the socket's `hello`.
    token: String,
    /// Who.
    contact: ContactId,
    /// Did the website vouch for the person?
    verified: bool,
}

/// Opens or renews a session.
#[utoipa::path(post, path = "/v1/chat/{channel}/sessions", tag = "chat",
    params(("channel" = String, Path)), request_body = SessionWish,
    responses((status = 200, body = ChatSession), (status = "4XX", body = crate::api::error::Problem)))]
pub(crate) async fn open(
    app: web::Data<App>,
    request: HttpRequest,
    path: web::Path<String>,
    body: Body<SessionWish>,
) -> Result<web::Json<ChatSession>, ApiError> {
    let (tenant, channel, config) = find(&app, &id(&path, "channel")?)?;
    check_origin(&app, &request, &config)?;
    let limit = Limit::per_minute(app.config.limits.sessions_per_minute);
    let what = format!("sessions:{}", limit_key(&app, &request));
    app.take(&tenant, &what, limit, WithoutRedis::CountHere).await?;
    let Body(wish) = body;
    check_wish(&wish)?;
    let (contact, verified) = match known_contact(&app, &tenant, &channel, &config, &wish)? {
        Known::Vouched { sub, name } => {
            (vouched(&app, &tenant, &channel, &wish, sub, name).await?, true)
        }
        Known::Renewed { contact, verified } => {
            // Whom the website vouched for has the name that the website says.
            let name = wish.name.as_deref().filter(|_| !verified);
            renew(&app, &tenant, &contact, name, &wish).await?;
            (contact, verified)
        }
        Known::Nobody if !takes_guests(&channel) => {
            let detail = "this app answers only people for whom its backend vouches";
            return Err(ApiError::field("identity_token", detail));
        }
        Known::Nobody => (stranger(&app, &tenant, &channel, &wish).await?, false),
    };
    let token = make_token(&app, &tenant, &channel, &contact, verified)?;
    Ok(web::Json(ChatSession { token, contact, verified }))
}

/// May somebody ask for whom nobody vouches? On a website everybody may.
fn takes_guests(channel: &Channel) -> bool {
    channel.kind != ChannelKind::App || AppSettings::of(channel).is_ok_and(|app| app.guests)
}

/// A page of a website that is not the channel's gets no session. Without the header it is not a
/// browser, and could write there what it likes.
fn check_origin(app: &App, request: &HttpRequest, config: &WebChatConfig) -> Result<(), ApiError> {
    let Some(origin) = request.headers().get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or("");
    if config.allows_origin(origin, &app.config.public_origin()) || app.config.allows_origin(origin)
    {
        Ok(())
    } else {
        Err(ApiError::new(
            Code::Forbidden,
            "this website is not among the channel's allowed_origins",
        ))
    }
}

fn check_wish(wish: &SessionWish) -> Result<(), ApiError> {
    if let Some(name) = &wish.name {
        at_most("name", name, 100)?;
    }
    let attributes = wish.attributes.iter().flatten();
    if wish.attributes.as_ref().is_some_and(|all| all.len() > ATTRIBUTES_MAX) {
        return Err(ApiError::field("attributes", format!("must be at most {ATTRIBUTES_MAX}")));
    }
    for (key, value) in attributes {
        let fits = match value {
            Value::String(text) => text.chars().count() <= ATTRIBUTE_CHARS_MAX,
            Value::Number(_) | Value::Bool(_) | Value::Null => true,
            Value::Array(_) | Value::Object(_) => false,
        };
        if key.len() > 64 || !fits {
            let path = format!("attributes.{}", key.chars().take(64).collect::<String>());
            return Err(ApiError::field(&path, "must be a short text, a number, true or false"));
        }
    }
    Ok(())
}

enum Known {
    Vouched { sub: String, name: Option<String> },
    Renewed { contact: ContactId, verified: bool },
    Nobody,
}

/// A wrong identity token is an error, never a silent stranger; an old session that no longer counts
/// is.
fn known_contact(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    config: &WebChatConfig,
    wish: &SessionWish,
) -> Result<Known, ApiError> {
    if let Some(token) = &wish.identity_token {
        let audience = Some(&channel.id).filter(|_| channel.kind == ChannelKind::App);
        let vouched = identity_token::check(&config.identity, audience, token, app.clock.now());
        let vouched = vouched.map_err(|error| {
            let detail = match (error, channel.kind) {
                (AuthError::Expired, _) => "has expired",
                (_, ChannelKind::App) => {
                    "is not signed with one of this app's keys, is not for this app (`aud`), or says too little"
                }
                _ => "is not signed with one of this channel's keys, or says too little",
            };
            ApiError::field("identity_token", detail)
        })?;
        return Ok(Known::Vouched { sub: vouched.sub, name: vouched.name });
    }
    let old = wish.token.as_deref().and_then(|token| app.auth.visitor(token).ok());
    Ok(match old.filter(|old| old.tenant == *tenant && old.channel == channel.id) {
        Some(old) => Known::Renewed { contact: old.contact, verified: old.verified },
        None => Known::Nobody,
    })
}

async fn vouched(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    wish: &SessionWish,
    sub: String,
    name: Option<String>,
) -> Result<ContactId, ApiError> {
    let identity = Identity {
        channel: channel.id.clone(),
        kind: "user_id".to_owned(),
        value: sub,
        verified: true,
    };
    let name = name.map(|name| name.chars().take(100).collect::<String>());
    let mut new = new_contact(app, channel, wish);
    if let Some(name) = name.clone() {
        new.name = name;
    }
    let contacts = app.records.contacts();
    let contact = contacts.find_or_create_by_identity(tenant, &identity, &new).await?;
    let update = ContactUpdate {
        name: name.filter(|name| *name != contact.name),
        locale: Some(wish.locale).filter(|locale| *locale != contact.locale),
        attributes: wish.attributes.clone().filter(|attributes| *attributes != contact.attributes),
    };
    apply(app, tenant, &contact.id, &update).await?;
    Ok(contact.id)
}

async fn renew(
    app: &App,
    tenant: &TenantId,
    contact: &ContactId,
    name: Option<&str>,
    wish: &SessionWish,
) -> Result<(), ApiError> {
    let Some(known) = app.records.contacts().get(tenant, contact).await? else { return Ok(()) };
    let name = name.map(str::trim).filter(|name| !name.is_empty() && *name != known.name);
    let update = ContactUpdate {
        name: name.map(str::to_owned),
        locale: Some(wish.locale).filter(|locale| *locale != known.locale),
        attributes: wish.attributes.clone().filter(|attributes| *attributes != known.attributes),
    };
    apply(app, tenant, contact, &update).await
}

async fn apply(
    app: &App,
    tenant: &TenantId,
    contact: &ContactId,
    update: &ContactUpdate,
) -> Result<(), ApiError> {
    if update.name.is_some() || update.locale.is_some() || update.attributes.is_some() {
        app.records.contacts().update(tenant, contact, update).await?;
    }
    Ok(())
}

async fn stranger(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    wish: &SessionWish,
) -> Result<ContactId, ApiError> {
    let identity = Identity {
        channel: channel.id.clone(),
        kind: "visitor".to_owned(),
        value: mint::name(),
        verified: false,
    };
    let new = new_contact(app, channel, wish);
    let contact =
        app.records.contacts().find_or_create_by_identity(tenant, &identity, &new).await?;
    Ok(contact.id)
}

fn new_contact(app: &App, channel: &Channel, wish: &SessionWish) -> NewContact {
    NewContact {
        id: mint::contact(),
        name: wish.name.as_deref().unwrap_or("").trim().to_owned(),
        audience: channel.audience,
        locale: wish.locale,
        created_at: app.clock.now(),
        attributes: wish.attributes.clone().unwrap_or_default(),
    }
}

fn make_token(
    app: &App,
    tenant: &TenantId,
    channel: &Channel,
    contact: &ContactId,
    verified: bool,
) -> Result<String, ApiError> {
    let now = app.clock.now().0.div_euclid(1000);
    let claims = VisitorClaims {
        iss: ISSUER.to_owned(),
        aud: VISITOR_AUDIENCE.to_owned(),
        sub: contact.clone(),
        tnt: tenant.clone(),
        channel: channel.id.clone(),
        verified,
        jti: mint::name(),
        iat: now,
        nbf: now,
        exp: now.saturating_add_unsigned(app.config.auth.visitor_secs),
    };
    let keys =
        app.auth.keys_of(tenant).ok_or_else(|| ApiError::unavailable("the keys are being read"))?;
    Ok(make_visitor(&claims, &keys)?)
}
