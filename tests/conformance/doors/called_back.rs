//! A door that is called back, as messengers' platforms do: a signature over the raw bytes, and a
//! challenge before the first word.

use super::{FarEnd, Rig, SECRET, describe, inbound, signature};
use bytes::Bytes;
use channels::{
    Action, AdapterError, Assurance, Capabilities, ChannelAdapter, Command, Descriptor, Inlet,
    Outcome, RawReply, RawRequest,
};
use domain::ChannelKind;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

pub(super) struct CalledBackRig(Arc<CalledBack>);

struct CalledBack {
    descriptor: Descriptor,
    far_end: FarEnd,
    secret: String,
}

impl fmt::Debug for CalledBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CalledBack").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl CalledBackRig {
    pub(super) fn open() -> Self {
        let capabilities = Capabilities {
            callbacks: true,
            edit: true,
            reactions: true,
            ..Capabilities::default()
        };
        let descriptor = describe("called_back", ChannelKind::Im, capabilities);
        let (far_end, secret) = (FarEnd::that_knows_ids(), SECRET.to_owned());
        Self(Arc::new(CalledBack { descriptor, far_end, secret }))
    }

    fn signed(&self, body: Vec<u8>) -> RawRequest {
        let signature = signature(&self.0.secret, &body);
        RawRequest {
            method: "POST".to_owned(),
            path_and_query: "/v1/hooks/reference".to_owned(),
            below: String::new(),
            headers: vec![("x-signature".to_owned(), signature.into())],
            body: body.into(),
        }
    }
}

impl Rig for CalledBackRig {
    fn adapter(&self) -> Arc<dyn ChannelAdapter> {
        self.0.clone()
    }
    fn far_end(&self) -> Option<&FarEnd> {
        Some(&self.0.far_end)
    }
    fn request(&self, id: &str, text: &str) -> Option<RawRequest> {
        Some(self.signed(json!({ "id": id, "text": text }).to_string().into_bytes()))
    }
    fn gibberish(&self) -> Option<RawRequest> {
        Some(self.signed(b"\xff{".to_vec()))
    }
    fn challenge(&self) -> Option<(RawRequest, Bytes)> {
        let request = RawRequest {
            method: "GET".to_owned(),
            path_and_query: "/v1/hooks/reference?echo=4711".to_owned(),
            below: String::new(),
            headers: Vec::new(),
            body: Bytes::new(),
        };
        Some((request, Bytes::from_static(b"4711")))
    }
}

#[async_trait::async_trait]
impl ChannelAdapter for CalledBack {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    async fn callback(
        &self,
        request: &RawRequest,
        inlet: &Inlet,
    ) -> Result<RawReply, AdapterError> {
        let reply = |body: Bytes| RawReply { status: 200, content_type: "text/plain", body };
        if request.method == "GET" {
            let echo = request.path_and_query.split_once("echo=");
            let echo = echo.ok_or_else(|| AdapterError::Malformed("no echo".to_owned()))?.1;
            return Ok(reply(Bytes::copy_from_slice(echo.as_bytes())));
        }
        let given = request.header("x-signature").unwrap_or_default();
        let expected = signature(&self.secret, &request.body);
        if given != expected {
            return Err(AdapterError::NotAuthentic);
        }
        let said: Value = serde_json::from_slice(&request.body)
            .map_err(|error| AdapterError::Malformed(error.to_string()))?;
        let text = |key: &str| said[key].as_str().unwrap_or_default();
        let inbound = inbound(&self.descriptor, text("id"), text("text"), Assurance::Proved);
        inlet.sink.accept(inbound).await.map_err(AdapterError::NotTaken)?;
        Ok(reply(Bytes::new()))
    }

    async fn deliver(&self, command: &Command) -> Outcome {
        match &command.action {
            Action::Send { .. } | Action::Edit { .. } | Action::React { .. } => {
                self.far_end.carry(&command.id)
            }
            Action::Typing | Action::MarkRead { .. } => Outcome::Sent(Vec::new()),
            _ => Outcome::Rejected("this platform cannot do this".to_owned()),
        }
    }

    async fn look_up(&self, command: &Command) -> Outcome {
        self.far_end.look_up(&command.id)
    }
}
