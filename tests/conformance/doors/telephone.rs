//! A telephone: calls are commands, what becomes of them comes back as events of the exchange, which
//! calls us. Nothing that was said is text.

use super::{FarEnd, Rig, SECRET, describe, inbound, signature};
use bytes::Bytes;
use channels::{
    Action, AdapterError, Assurance, Capabilities, ChannelAdapter, Command, Descriptor, Inlet,
    Outcome, Payload, RawReply, RawRequest,
};
use domain::ChannelKind;
use std::fmt;
use std::sync::Arc;

pub(super) struct TelephoneRig(Arc<Telephone>);

struct Telephone {
    descriptor: Descriptor,
    far_end: FarEnd,
    token: String,
}

impl fmt::Debug for Telephone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telephone").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl TelephoneRig {
    pub(super) fn open() -> Self {
        let capabilities = Capabilities { callbacks: true, voice: true, ..Capabilities::default() };
        let descriptor = describe("telephone", ChannelKind::Phone, capabilities);
        let (far_end, token) = (FarEnd::that_knows_ids(), SECRET.to_owned());
        Self(Arc::new(Telephone { descriptor, far_end, token }))
    }

    fn told(&self, body: &str) -> RawRequest {
        RawRequest {
            method: "POST".to_owned(),
            path_and_query: "/v1/hooks/reference".to_owned(),
            below: String::new(),
            headers: vec![(
                "x-signature".to_owned(),
                signature(&self.0.token, body.as_bytes()).into(),
            )],
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }
}

impl Rig for TelephoneRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.0.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.0.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        Some(self.told(&format!("{id} {text}")))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(self.told("nothing"))
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for Telephone {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        let expected = signature(&self.token, &request.body);
        if request.header("x-signature") != Some(expected.as_str()) {
            return Err(AdapterError::NotAuthentic);
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let malformed = || AdapterError::Malformed("not `call state`".to_owned());
        let (call, state) = body.split_once(' ').ok_or_else(malformed)?;
        let mut event = inbound(&self.descriptor, call, "", Assurance::Claimed);
        event.payload = Payload::CallState { call: call.to_owned(), state: state.to_owned() };
        inlet.sink.accept(event).await.map_err(AdapterError::NotTaken)?;
        Ok(RawReply { status: 204, content_type: "text/plain", body: Bytes::new() })
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        match &command.action {
            Action::StartCall { .. } | Action::EndCall { .. } => self.far_end.carry(&command.id),
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("a telephone carries calls".to_owned()),
        }
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        self.far_end.look_up(&command.id)
    }
}
