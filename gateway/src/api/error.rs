//! The one table of problems: each code with its status, its title and whether trying again may
//! help. Nothing below this module knows HTTP, and nothing internal is ever sent.

use crate::auth::access::Denied;
use crate::auth::login::LoginError;
use crate::auth::{AuthError, password::HashError};
use crate::metrics;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use domain::desk::DeskProblem;
use serde::Serialize;
use std::error::Error;
use std::fmt;
use utoipa::ToSchema;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request cannot be read.
    BadRequest,
    /// It can be read, and says something that cannot be.
    Invalid,
    /// No token, or none that counts.
    Unauthenticated,
    /// Log-in or password is wrong.
    LoginFailed,
    /// The role does not reach.
    Forbidden,
    /// The password must be changed first.
    PasswordChangeRequired,
    /// There is no such thing.
    NotFound,
    /// The offer is no longer this one.
    StaleOffer,
    /// The agent does not hold the conversation.
    NotAssigned,
    /// The conversation is in a state in which this cannot be.
    WrongState,
    /// Someone else changed it meanwhile.
    StaleVersion,
    /// It does not fit into the agent's capacity.
    OverCapacity,
    /// The agent does not take work.
    AgentUnavailable,
    /// The network carries no more answers until the contact writes again.
    ReplyWindowClosed,
    /// The number is to be rung for another conversation already.
    NumberTaken,
    /// The number has to be proved: a code was sent to it.
    CodeNeeded,
    /// This is not the code that was sent.
    CodeWrong,
    /// The conversation named as many mail addresses as it may.
    TooManyAddresses,
    /// The idempotency key was used for another request.
    KeyReused,
    /// A request with this idempotency key is under way.
    InProgress,
    /// Too many wait in the queue.
    QueueFull,
    /// The body is too large.
    TooLarge,
    /// This type of content is not taken.
    UnsupportedType,
    /// The body did not arrive in time.
    Timeout,
    /// Too many requests.
    RateLimited,
    /// A part of this desk is not set up.
    NotConfigured,
    /// Redis or the archive is away, or too much is under way.
    Unavailable,
    /// A bug.
    Internal,
}

impl Code {
    /// Name, status, title, and whether trying again may help.
    fn row(self) -> (&'static str, u16, &'static str, bool) {
        match self {
            Self::BadRequest => ("bad_request", 400, "The request cannot be read", false),
            Self::Invalid => ("invalid", 422, "The request says something that cannot be", false),
            Self::Unauthenticated => ("unauthenticated", 401, "Sign in first", false),
            Self::LoginFailed => ("login_failed", 401, "Log-in or password is wrong", false),
            Self::Forbidden => ("forbidden", 403, "Not for this role", false),
            Self::PasswordChangeRequired => {
                ("password_change_required", 403, "Change the password first", false)
            }
            Self::NotFound => ("not_found", 404, "There is no such thing", false),
            Self::StaleOffer => ("stale_offer", 409, "The offer is over", false),
            Self::NotAssigned => ("not_assigned", 409, "The conversation is not yours", false),
            Self::WrongState => ("wrong_state", 409, "Not in this state", false),
            Self::StaleVersion => ("stale_version", 409, "Someone else changed it", false),
            Self::OverCapacity => {
                ("over_capacity", 409, "It does not fit into the capacity", false)
            }
            Self::AgentUnavailable => ("agent_unavailable", 409, "The agent takes no work", false),
            Self::ReplyWindowClosed => {
                ("reply_window_closed", 409, "The time to answer is over", false)
            }
            Self::NumberTaken => ("number_taken", 409, "The number is to be rung already", false),
            Self::CodeNeeded => ("code_needed", 403, "The number has to be proved", false),
            Self::CodeWrong => ("code_wrong", 403, "This is not the code", false),
            Self::TooManyAddresses => {
                ("too_many_addresses", 409, "Two addresses are the most", false)
            }
            Self::KeyReused => ("key_reused", 422, "The key belongs to another request", false),
            Self::InProgress => ("in_progress", 409, "The same request is under way", true),
            Self::QueueFull => ("queue_full", 503, "Too many wait", true),
            Self::TooLarge => ("too_large", 413, "Too large", false),
            Self::UnsupportedType => ("unsupported_type", 415, "Not this type of content", false),
            Self::Timeout => ("timeout", 408, "The body did not arrive in time", true),
            Self::RateLimited => ("rate_limited", 429, "Too many requests", true),
            Self::NotConfigured => ("not_configured", 501, "Not set up here", false),
            Self::Unavailable => ("unavailable", 503, "Try again soon", true),
            Self::Internal => ("internal", 500, "Something went wrong here", true),
        }
    }

    /// The stable name, as in `code`.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A short text for people.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// May the same request succeed later?
    pub fn may_retry(self) -> bool {
        self.row().3
    }
}

/// One wrong part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Dotted path.
    pub path: String,
    /// In one sentence.
    pub problem: String,
}

/// The body of every refusal: `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `/problems/<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short text for people.
    pub title: String,
    /// The HTTP status again.
    pub status: u16,
    /// The stable name.
    pub code: String,
    /// What is wrong with this request, in plain words.
    pub detail: String,
    /// Every wrong part, where there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// A refusal on its way out.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    detail: String,
    errors: Vec<FieldProblem>,
    retry_after_ms: Option<u64>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// A refusal with words that the client may read.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after_ms: None, source: None }
    }

    /// There is no such thing (or it is another tenant's).
    pub fn unknown(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// One wrong part.
    pub fn field(path: &str, problem: impl Into<String>) -> Self {
        let problem = FieldProblem { path: path.to_owned(), problem: problem.into() };
        let detail = format!("{}: {}", problem.path, problem.problem);
        Self { errors: vec![problem], ..Self::new(Code::Invalid, detail) }
    }

    /// Several wrong parts.
    pub fn fields(errors: Vec<FieldProblem>) -> Self {
        let detail = format!("{} problems, each in `errors`", errors.len());
        Self { errors, ..Self::new(Code::Invalid, detail) }
    }

    /// Come back later.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Code::Unavailable, detail)
    }

    /// Too many; come back after so many milliseconds.
    pub fn limited(retry_after_ms: i64) -> Self {
        let after = u64::try_from(retry_after_ms.max(1)).unwrap_or(1);
        Self {
            retry_after_ms: Some(after),
            ..Self::new(Code::RateLimited, "too many requests of this kind")
        }
    }

    /// A bug: logged with its chain, told without.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "it was written down; please try again";
        Self { source: Some(source.into()), ..Self::new(Code::Internal, detail) }
    }

    /// Adds what caused it, for the log only.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The words for the client.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// When a retry may succeed, in milliseconds.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self.retry_after_ms {
            None if self.code.may_retry() => Some(1_000 + u64::from(rand::random::<u16>() % 2_000)),
            other => other,
        }
    }

    fn problem(&self) -> Problem {
        Problem {
            kind: format!("/problems/{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            code: self.code.name().to_owned(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.detail)
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        metrics::request_refused(self.code.name());
        if let Some(source) = &self.source {
            let chain = crate::telemetry::chain(source.as_ref());
            match self.code {
                Code::Internal => tracing::error!(error = chain, "a request failed"),
                // The link monitor says once that a store is away; not each request again.
                _ => {
                    tracing::debug!(error = chain, code = self.code.name(), "a request was refused")
                }
            }
        }
        let mut response = HttpResponse::build(self.code.status());
        if let Some(ms) = self.retry_after_ms() {
            response.insert_header((RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000))));
        }
        if self.code == Code::Unauthenticated {
            response.insert_header(("WWW-Authenticate", "Bearer"));
        }
        let body = serde_json::to_string(&self.problem()).unwrap_or_default();
        response
            .insert_header(("Cache-Control", "no-store"))
            .content_type("application/problem+json")
            .body(body)
    }
}

impl From<routing::RoutingError> for ApiError {
    fn from(error: routing::RoutingError) -> Self {
        match &error {
            error if error.is_unavailable() => {
                Self::unavailable("the queue cannot be reached; the same request may be sent again")
            }
            routing::RoutingError::BadArgument(_) => {
                Self::new(Code::Invalid, "a part of the request cannot be stored")
            }
            _ => Self::internal(Box::<dyn Error + Send + Sync>::from("routing")),
        }
        .because(error)
    }
}

impl From<records::RecordsError> for ApiError {
    fn from(error: records::RecordsError) -> Self {
        match &error {
            records::RecordsError::Unstorable { field, problem } => {
                Self::field(field, problem.clone())
            }
            error if error.may_retry() => Self::unavailable(
                "the archive cannot be reached; the same request may be sent again",
            ),
            _ => Self::internal(Box::<dyn Error + Send + Sync>::from("records")),
        }
        .because(error)
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unavailable => Self::unavailable("the token cannot be checked just now"),
            AuthError::Invalid | AuthError::Expired | AuthError::Revoked => {
                Self::new(Code::Unauthenticated, "the token is missing, over or not valid")
            }
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unknown => Self::unknown("thing"),
            Denied::Role => Self::new(Code::Forbidden, "the role does not reach"),
            Denied::PasswordChange => {
                Self::new(Code::PasswordChangeRequired, "change the one-time password first")
            }
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Records(error) => error.into(),
            LoginError::Hash(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::unavailable("too many are signing in; try again soon"),
            HashError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<Vec<DeskProblem>> for ApiError {
    fn from(problems: Vec<DeskProblem>) -> Self {
        let errors = problems.into_iter();
        Self::fields(errors.map(|p| FieldProblem { path: p.path, problem: p.problem }).collect())
    }
}
