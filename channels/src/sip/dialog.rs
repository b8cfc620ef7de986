//! One telephone's side of a call: what a request to it must carry (RFC 3261, 12). It is plain data, so that
//! another gateway can go on with it.

use super::line::{Line, Unsent, new_branch, new_tag};
use super::trace::Invite;
use super::ways::transport_of;
use rsipstack::sip::typed::RecordRoute;
use rsipstack::sip::{
    HasHeaders, Header, HeadersExt, Method, Request, Response, Uri, Version, headers,
};
use serde::{Deserialize, Serialize};

/// The most proxies on the way.
const ROUTES_MAX: usize = 16;
/// The longest address of a way, in bytes.
const URI_BYTES_MAX: usize = 512;
/// What we understand within a call.
const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY";

/// What identifies a call at one telephone, and the way there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Dialog {
    pub(super) call_id: String,
    local_tag: String,
    pub(super) remote_tag: Option<String>,
    /// Who calls, as the telephone is told.
    local: String,
    /// Who is called.
    remote: String,
    /// Where requests go.
    target: String,
    routes: Vec<String>,
    /// The last number that we have used.
    seq: u32,
    /// The last number that the telephone has used.
    remote_seq: Option<u32>,
}

/// A request's own part of what it carries.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) seq: u32,
    pub(super) branch: String,
    pub(super) fields: Vec<Header>,
    pub(super) body: Option<String>,
}

impl Asked {
    /// What names it, without what it carries.
    pub(super) fn name(&self) -> Self {
        let (fields, body) = (Vec::new(), None);
        Self { method: self.method, seq: self.seq, branch: self.branch.clone(), fields, body }
    }
}

impl Dialog {
    /// A telephone that nobody has called yet.
    pub(super) fn new(call_id: String, local: String, remote: String) -> Self {
        let (target, seq) = (remote.clone(), 0);
        Self {
            call_id,
            local_tag: new_tag(),
            remote_tag: None,
            local,
            remote,
            target,
            routes: Vec::new(),
            seq,
            remote_seq: None,
        }
    }

    /// The same, where requests go to somebody who knows them.
    pub(super) fn sent_to(self, target: String) -> Self {
        Self { target, ..self }
    }

    /// A request of ours with the next number.
    pub(super) fn ask(
        &mut self,
        method: Method,
        fields: Vec<Header>,
        body: Option<String>,
    ) -> Asked {
        self.seq = self.seq.saturating_add(1);
        Asked { method, seq: self.seq, branch: new_branch(), fields, body }
    }

    /// The numbers of somebody who died may have gone on after they were last told.
    pub(super) fn leap(&mut self) {
        self.seq = self.seq.saturating_add(1_000);
    }

    /// Writes a request.
    pub(super) fn write(&self, line: &Line, asked: Asked) -> Result<Request, Unsent> {
        let parsed = |text: &str| Uri::try_from(text).map_err(|_unwritable| Unsent::Unwritable);
        let target = parsed(&self.target)?;
        let first = match self.routes.first() {
            Some(route) => parsed(route)?,
            None => target.clone(),
        };
        let transport = transport_of(&first);
        let Asked { method, seq, branch, fields, body } = asked;
        let mut all = vec![
            line.via(transport, &branch),
            Header::MaxForwards(headers::MaxForwards::new("70")),
            Header::From(headers::From::new(format!("<{}>;tag={}", self.local, self.local_tag))),
            Header::To(headers::To::new(self.to())),
            Header::CallId(headers::CallId::new(self.call_id.clone())),
            Header::CSeq(headers::CSeq::new(format!("{seq} {method}"))),
            Header::UserAgent(headers::UserAgent::new("Hutong")),
        ];
        if matches!(method, Method::Invite | Method::Update | Method::Register) {
            all.push(line.contact(transport));
        }
        if method == Method::Invite {
            all.push(Header::Allow(headers::Allow::new(ALLOW)));
            all.push(Header::Supported(headers::Supported::new("timer")));
        }
        for route in &self.routes {
            all.push(Header::Route(headers::Route::new(format!("<{route}>"))));
        }
        all.extend(fields);
        if body.is_some() {
            all.push(Header::ContentType(headers::ContentType::new("application/sdp")));
        }
        let body = body.unwrap_or_default().into_bytes();
        Ok(Request { method, uri: target, version: Version::V2, headers: all.into(), body })
    }

    /// The transaction that began it all, for a `CANCEL` or a late `ACK`: without what it described.
    pub(super) fn invite_again(&self, line: &Line, invite: &Invite) -> Result<Request, Unsent> {
        let first = Self {
            remote_tag: None,
            target: invite.uri.clone(),
            routes: Vec::new(),
            ..self.clone()
        };
        let asked = Asked {
            method: Method::Invite,
            seq: invite.seq,
            branch: invite.branch.clone(),
            fields: Vec::new(),
            body: None,
        };
        first.write(line, asked)
    }

    /// What names a request that is about to be sent.
    pub(super) fn invite_of(&self, asked: &Asked) -> Invite {
        Invite { branch: asked.branch.clone(), seq: asked.seq, uri: self.target.clone(), at: None }
    }

    fn to(&self) -> String {
        match &self.remote_tag {
            Some(tag) => format!("<{}>;tag={tag}", self.remote),
            None => format!("<{}>", self.remote),
        }
    }

    /// Learns from an answer to the first `INVITE` who answers, and the way there.
    pub(super) fn learn(&mut self, answer: &Response) {
        self.remote_tag = tag_of(answer).or_else(|| self.remote_tag.take());
        self.turn_to(answer);
        let found = answer.record_route_headers();
        let mut routes = Vec::new();
        for header in found {
            let list = RecordRoute::parse_header_list(header.value()).unwrap_or_default();
            routes.extend(list.into_iter().map(|route| route.uri.to_string()));
        }
        routes.truncate(ROUTES_MAX);
        routes.retain(|route| is_short(route));
        routes.reverse();
        if answer.status_code.code() >= 200 || !routes.is_empty() {
            self.routes = routes;
        }
    }

    /// A telephone says where it is now (RFC 3261, 12.2.1.2).
    pub(super) fn turn_to(&mut self, message: &impl HeadersExt) {
        let contacts = message.typed_contact_headers().unwrap_or_default();
        let target = contacts.first().map(|contact| contact.uri.to_string());
        if let Some(target) = target.filter(|target| is_short(target)) {
            self.target = target;
        }
    }

    /// Is a request of this call: has it the tags that only the two of us know?
    pub(super) fn has(&self, request: &Request) -> bool {
        let tag = |found: Result<Option<_>, _>| {
            found.ok().flatten().map(|tag: rsipstack::sip::param::Tag| tag.value().to_owned())
        };
        let theirs = request.from_header().ok().and_then(|from| tag(from.tag()));
        let ours = request.to_header().ok().and_then(|to| tag(to.tag()));
        ours.as_deref() == Some(&self.local_tag)
            && theirs.is_some()
            && theirs.as_deref() == self.remote_tag.as_deref()
    }

    /// Is it newer than everything that the telephone has asked (RFC 3261, 12.2.2)?
    pub(super) fn is_next(&mut self, request: &Request) -> bool {
        let Ok(seq) = request.cseq_header().and_then(|cseq| cseq.seq()) else { return false };
        let is_next = self.remote_seq.is_none_or(|last| seq > last);
        if is_next {
            self.remote_seq = Some(seq);
        }
        is_next
    }

    /// Does an answer come from another telephone than the one that we speak with (a fork)?
    pub(super) fn is_other(&self, answer: &Response) -> bool {
        tag_of(answer)
            .is_some_and(|tag| self.remote_tag.as_ref().is_some_and(|known| *known != tag))
    }

    /// The side of that other telephone.
    pub(super) fn of_other(&self, answer: &Response) -> Self {
        let mut other = Self { remote_tag: None, routes: Vec::new(), ..self.clone() };
        other.learn(answer);
        other
    }
}

/// Takes a request back (RFC 3261, 9.1): the same way, the same transaction, the same `To`.
pub(super) fn cancel(invite: &Request, reason: Header) -> Request {
    let mut cancel = invite.clone();
    cancel.method = Method::Cancel;
    cancel.body = Vec::new();
    cancel.headers_mut().retain(|header| {
        matches!(
            header,
            Header::Via(_)
                | Header::From(_)
                | Header::To(_)
                | Header::CallId(_)
                | Header::MaxForwards(_)
                | Header::Route(_)
        )
    });
    let seq = invite.cseq_header().and_then(|cseq| cseq.seq()).unwrap_or(1);
    cancel.headers_mut().push(Header::CSeq(headers::CSeq::new(format!("{seq} CANCEL"))));
    cancel.headers_mut().push(reason);
    cancel
}

/// What we understand.
pub(super) fn allow() -> Header {
    Header::Allow(headers::Allow::new(ALLOW))
}

/// Which telephone answers.
pub(super) fn tag_of(answer: &Response) -> Option<String> {
    let tag = answer.to_header().ok()?.tag().ok().flatten()?;
    let tag = tag.value();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>\";,".contains(&byte);
    (tag.len() <= 256 && tag.bytes().all(is_plain)).then(|| tag.to_owned())
}

fn is_short(uri: &str) -> bool {
    uri.len() <= URI_BYTES_MAX && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The same request for another place, which is another transaction (RFC 3263, 4.3).
pub(super) fn elsewhere(request: &Request, line: &Line) -> Request {
    let transport = transport_of(&request.destination());
    let mut again = request.clone();
    again.headers_mut().retain(|header| !matches!(header, Header::Via(_)));
    again.headers_mut().push_front(line.via(transport, &new_branch()));
    again
}

/// The same request once more, with who we are.
pub(super) fn again(request: &Request, line: &Line, asked: &Asked, proof: Header) -> Request {
    let mut again = anew(request, line, asked);
    again.headers_mut().push(proof);
    again
}

/// The same request once more: its own number and its own way back.
pub(super) fn anew(request: &Request, line: &Line, asked: &Asked) -> Request {
    let transport = transport_of(&request.destination());
    let mut again = request.clone();
    again.headers_mut().retain(|header| {
        !matches!(header, Header::Via(_) | Header::Authorization(_) | Header::ProxyAuthorization(_))
    });
    let seq = format!("{} {}", asked.seq, asked.method);
    again.headers_mut().unique_push(Header::CSeq(headers::CSeq::new(seq)));
    again.headers_mut().push_front(line.via(transport, &asked.branch));
    again
}
