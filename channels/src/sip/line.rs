//! The line itself: where it listens, how it reaches others, and what it sends.

use super::config::{Listen, SipConfig};
use super::guard::Guard;
use super::reach::{SipNotAllowed, SipReach};
use super::ways::Ways;
use crate::error::AdapterError;
use base64::Engine as _;
use rsipstack::EndpointBuilder;
use rsipstack::sip::{Header, Request, Response, Transport, headers};
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::{Transaction, TransactionReceiver};
use rsipstack::transport::udp::UdpConnection;
use rsipstack::transport::{
    SipAddr, SipConnection, TcpListenerConnection, TlsConfig, TlsListenerConnection,
};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What we call ourselves.
const AGENT: &str = "Hutong";
/// A place that is still taken is tried again: whoever had it may be leaving.
const BIND_TRIES: u32 = 50;
/// The pause in between.
const BIND_PAUSE: Duration = Duration::from_millis(100);
/// Above every time for which a telephone may ring: those are watched by the call.
const RINGS_MAX: Duration = Duration::from_secs(1_800);

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unsent {
    /// Whoever runs the gateway does not allow the address, or it is not known.
    #[error("{0}")]
    NotAllowed(#[from] SipNotAllowed),
    /// The request cannot be made of what the far end told.
    #[error("the request cannot be written")]
    Unwritable,
}

/// A line that listens.
pub(super) struct Line {
    pub(super) config: Arc<SipConfig>,
    pub(super) ways: Ways,
    endpoint: EndpointInnerRef,
    /// Where others reach us, as they are told.
    places: Vec<Listen>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Line {
    /// Listens. What comes in is received from the second part, while [`Line::serve`] runs.
    ///
    /// # Errors
    /// When a place is not allowed, or taken by somebody else.
    pub(super) async fn open(
        config: Arc<SipConfig>,
        reach: SipReach,
        guard: Guard,
        cancel: &CancellationToken,
    ) -> Result<(Arc<Self>, TransactionReceiver), AdapterError> {
        let refused = |error: rsipstack::Error| AdapterError::Unavailable(stack_words(&error));
        let from =
            config.listen.first().map_or(IpAddr::from([0, 0, 0, 0]), |listen| listen.at.ip());
        let ways = Ways::new(reach.clone(), from);
        let mut builder = EndpointBuilder::new();
        builder.with_user_agent(AGENT).with_cancel_token(cancel.clone());
        builder.with_option(EndpointOption { timerc: RINGS_MAX, ..EndpointOption::default() });
        builder.with_target_locator(Box::new(ways.clone()));
        builder.with_domain_resolver(Box::new(ways.clone()));
        builder.with_transport_inspector(Box::new(guard));
        let endpoint = builder.build();
        let mut places = Vec::with_capacity(config.listen.len());
        for listen in &config.listen {
            let told = told(listen.at, config.public_address);
            let listener = listener(*listen, told, &reach, cancel).await?;
            endpoint.inner.transport_layer.add_transport(listener);
            places.push(Listen { at: told, ..*listen });
        }
        let layer = &endpoint.inner.transport_layer;
        layer.set_tls_config(TlsConfig {
            ca_certs: Some(authorities(reach.authorities.as_deref())),
            ..TlsConfig::default()
        });
        let incoming = endpoint.incoming_transactions().map_err(refused)?;
        Ok((Arc::new(Self { config, ways, endpoint: endpoint.inner, places }), incoming))
    }

    /// Sends and receives, until the token of [`Line::open`] is cancelled.
    pub(super) async fn serve(self: Arc<Self>) {
        if self.endpoint.serve().await.is_err() {
            tracing::warn!("a SIP line has stopped");
        }
    }

    /// The address that others see in descriptions of media.
    pub(super) fn here(&self) -> IpAddr {
        self.places.first().map_or(IpAddr::from([127, 0, 0, 1]), |place| place.at.ip())
    }

    fn place(&self, transport: Transport) -> Option<&Listen> {
        let same = self.places.iter().find(|place| place.transport == transport);
        same.or_else(|| self.places.first())
    }

    /// Our own address, as a URI: for `From` where nothing else is said.
    pub(super) fn own_uri(&self) -> String {
        self.place(Transport::Udp)
            .map_or_else(String::new, |place| format!("sip:hutong@{}", place.at))
    }

    /// Where requests within a call come back to us.
    pub(super) fn contact(&self, transport: Transport) -> Header {
        let (mut uri, mut by) = (self.own_uri(), Transport::Udp);
        if let Some(place) = self.place(transport) {
            (uri, by) = (format!("sip:hutong@{}", place.at), place.transport);
        }
        let by = match by {
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            _ => "",
        };
        Header::Contact(headers::Contact::new(format!("<{uri}{by}>")))
    }

    /// The way back of a request (RFC 3261, 8.1.1.7, and RFC 3581).
    pub(super) fn via(&self, transport: Transport, branch: &str) -> Header {
        let at = self.place(transport).map_or_else(String::new, |place| place.at.to_string());
        let text = format!("SIP/2.0/{transport} {at};branch={branch};rport");
        Header::Via(headers::Via::new(text))
    }

    /// A request on its way to one of the places of [`Ways::locate`]: nothing is sent yet.
    pub(super) fn begin(&self, request: Request, to: SipAddr) -> Result<Transaction, Unsent> {
        if !self.ways.allows(&to) {
            return Err(SipNotAllowed.into());
        }
        let key = TransactionKey::from_request(&request, TransactionRole::Client);
        let key = key.map_err(|_unwritable| Unsent::Unwritable)?;
        let mut transaction = Transaction::new_client(key, request, self.endpoint.clone(), None);
        transaction.destination = Some(to);
        Ok(transaction)
    }

    /// Confirms an answer for which there is no transaction: that of somebody who died.
    pub(super) async fn acknowledge(
        &self,
        invite: &Request,
        answer: &Response,
    ) -> Result<(), Unsent> {
        let unwritable = |_error| Unsent::Unwritable;
        let ack = self.endpoint.make_ack(invite, answer).map_err(unwritable)?;
        let to = self.ways.first(&ack.destination()).await?;
        let (connection, to) =
            self.endpoint.transport_layer.lookup(&to, None).await.map_err(unwritable)?;
        connection.send(ack.into(), Some(&to)).await.map_err(unwritable)
    }
}

/// A new id of a transaction (RFC 3261, 8.1.1.7).
pub(super) fn new_branch() -> String {
    format!("z9hG4bK{:032x}", rand::random::<u128>())
}

/// A new tag: nobody can guess it, and so nobody ends a call that is not theirs.
pub(super) fn new_tag() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// What others are told of a place.
fn told(at: SocketAddr, public: Option<IpAddr>) -> SocketAddr {
    match public {
        Some(public) => SocketAddr::new(public, at.port()),
        None => SipConnection::resolve_bind_address(at),
    }
}

async fn listener(
    listen: Listen,
    told: SocketAddr,
    reach: &SipReach,
    cancel: &CancellationToken,
) -> Result<SipConnection, AdapterError> {
    let Listen { transport, at } = listen;
    if !reach.allows_listening(at) {
        let words = format!("listen {transport} {at}: {SipNotAllowed}");
        return Err(AdapterError::Unavailable(words));
    }
    let taken =
        |error: io::Error| AdapterError::Unavailable(format!("listen {transport} {at}: {error}"));
    let refused = |error: rsipstack::Error| {
        AdapterError::Unavailable(format!("listen {transport} {at}: {}", stack_words(&error)))
    };
    wait_for(listen).await.map_err(taken)?;
    Ok(match transport {
        Transport::Tcp => {
            let listener = TcpListenerConnection::new(at, Some(told)).await.map_err(refused)?;
            SipConnection::TcpListener(listener)
        }
        Transport::Tls => {
            let Some(certificate) = &reach.certificate else {
                let words = format!(
                    "listen {transport} {at}: whoever runs this gateway has given no certificate"
                );
                return Err(AdapterError::Unavailable(words));
            };
            let config = TlsConfig {
                cert: Some(certificate.chain.to_vec()),
                key: Some(certificate.key.to_vec()),
                ..TlsConfig::default()
            };
            let listener =
                TlsListenerConnection::new(at, Some(told), config).await.map_err(refused)?;
            SipConnection::TlsListener(listener)
        }
        _ => {
            let cancel = Some(cancel.child_token());
            let listener = UdpConnection::create_connection(at, Some(told), cancel).await;
            SipConnection::Udp(listener.map_err(refused)?)
        }
    })
}

/// Waits until nobody has the place any more: the stack would only write into its log that it is taken.
async fn wait_for(listen: Listen) -> io::Result<()> {
    for n in 1.. {
        let bound = match listen.transport {
            Transport::Udp => tokio::net::UdpSocket::bind(listen.at).await.map(drop),
            _ => tokio::net::TcpListener::bind(listen.at).await.map(drop),
        };
        match bound {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && n < BIND_TRIES => {
                tokio::time::sleep(BIND_PAUSE).await;
            }
            bound => return bound,
        }
    }
    Ok(())
}

/// The authorities that this machine trusts, and those of whoever runs the gateway, PEM: the stack trusts none
/// by itself.
fn authorities(more: Option<&[u8]>) -> Vec<u8> {
    let mut pem = String::from_utf8_lossy(more.unwrap_or_default()).into_owned();
    pem.push('\n');
    for certificate in rustls_native_certs::load_native_certs().certs {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = base64::engine::general_purpose::STANDARD.encode(&certificate);
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem.into_bytes()
}

/// What the stack says, without what may be somebody's address.
fn stack_words(error: &rsipstack::Error) -> String {
    match error {
        rsipstack::Error::IoError(error) => error.to_string(),
        _ => "the SIP stack refuses".to_owned(),
    }
}
