//! The caller of a request: its bearer token, checked once, and its address.

use super::error::{ApiError, Code};
use crate::app::App;
use crate::auth::access::{Staff, staff};
use crate::auth::{Principal, VisitorIdentity};
use crate::middleware::client;
use crate::middleware::limits::Limit;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use domain::Role;
use futures_util::future::LocalBoxFuture;
use std::net::{IpAddr, Ipv4Addr};

/// Tokens at once for each token a second, of a caller's own limit.
const BURST: u32 = 10;

/// Whoever the bearer token names; a request without one that counts is refused.
#[derive(Debug, Clone)]
pub struct Caller(pub Principal);

impl Caller {
    /// The caller as a member of the desk with at least this role.
    ///
    /// # Errors
    /// 403 for a visitor, a lower role, or a password that must be changed first.
    pub fn staff(&self, least: Role) -> Result<Staff, ApiError> {
        Ok(staff(&self.0, least)?)
    }

    /// The caller as a visitor.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn visitor(&self) -> Result<&VisitorIdentity, ApiError> {
        match &self.0 {
            Principal::Visitor(visitor) => Ok(visitor),
            Principal::Agent(_) | Principal::Key(_) => {
                Err(ApiError::new(Code::Forbidden, "for visitors only"))
            }
        }
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Principal>().cloned();
        let app = request.app_data::<web::Data<App>>().cloned();
        let token = bearer(request.headers()).map(str::to_owned);
        Box::pin(async move {
            let app = app.ok_or_else(|| ApiError::internal("no app in this worker"))?;
            let principal = match (known, token) {
                (Some(known), _) => known,
                (None, Some(token)) => app.auth.principal(&token).await.map_err(ApiError::from)?,
                (None, None) => {
                    let detail = "an Authorization: Bearer header is needed";
                    return Err(ApiError::new(Code::Unauthenticated, detail).into());
                }
            };
            let limit = app.config.limits.requests_per_second;
            let limit = Limit::per_second(limit, limit.saturating_mul(BURST));
            app.take_here(&format!("{}:{}", principal.tenant(), principal.name()), limit)?;
            Ok(Self(principal))
        })
    }
}

/// The principal of a request that has not reached its handler; kept for the handler.
pub async fn principal_of(app: &App, request: &mut ServiceRequest) -> Option<Principal> {
    let token = bearer(request.headers())?.to_owned();
    let principal = app.auth.principal(&token).await.ok()?;
    request.extensions_mut().insert(principal.clone());
    Some(principal)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The client's address, behind the proxies that are trusted.
pub fn address(app: &App, peer: Option<IpAddr>, headers: &actix_http::header::HeaderMap) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    // Several headers count as one list, in their order.
    let hops: Vec<&str> =
        headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    client::address(peer, Some(hops.join(",")).as_deref(), &app.proxies)
}

/// The name under which limits count the client of this request.
pub fn limit_key(app: &App, request: &HttpRequest) -> String {
    let peer = request.peer_addr().map(|peer| peer.ip());
    client::limit_key(address(app, peer, request.headers()))
}
