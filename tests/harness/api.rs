//! Calls of the HTTP API, each answer compared with the published description.

use crate::answer::Answer;
use crate::openapi::OpenApi;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A caller at one gateway, with or without a bearer token.
#[derive(Debug, Clone)]
pub struct Api {
    port: u16,
    bearer: Option<String>,
    client: Client,
    openapi: Arc<OnceLock<Option<OpenApi>>>,
}

impl Api {
    /// A nameless caller at a port of this machine.
    pub fn at(port: u16) -> Self {
        // Two harnesses in one process may both come here; either's choice is the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { port, bearer: None, client, openapi: Arc::default() }
    }

    /// The same caller with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller at another gateway of the house.
    #[must_use]
    pub fn moved_to(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// Where it calls.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its token.
    pub fn token(&self) -> Option<&str> {
        self.bearer.as_deref()
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None, &[]).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None, &[]).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body.to_string().into()), &[]).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body.to_string().into()), &[]).await
    }

    /// Any call, with any body and more headers.
    ///
    /// # Panics
    /// When there is no answer at all.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let asked = format!("{method} {path}");
        let answer = self.try_call(method, path, body, headers).await;
        answer.unwrap_or_else(|error| panic!("{asked}: no answer: {error:?}"))
    }

    /// The same, for callers who expect that nobody may answer.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, reqwest::Error> {
        let answer = self.exchange(method.clone(), path, body, headers).await?;
        if path != "/openapi.json"
            && let Some(openapi) = self.openapi().await
        {
            openapi.check(method.as_str(), path, &answer);
        }
        Ok(answer)
    }

    /// Uploads a file as multipart.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn upload(&self, name: &str, media_type: &str, bytes: &[u8]) -> Answer {
        let boundary = "hutong-test-boundary";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let content_type = format!("multipart/form-data; boundary={boundary}");
        self.call(Method::POST, "/v1/files", Some(body), &[("content-type", &content_type)]).await
    }

    /// The published description, asked for once; nothing while no gateway gives it.
    pub async fn openapi(&self) -> Option<&OpenApi> {
        if self.openapi.get().is_none() {
            let answer = self.exchange(Method::GET, "/openapi.json", None, &[]).await.ok()?;
            let document = (answer.status == 200).then_some(answer.body)?;
            drop(self.openapi.set(Some(OpenApi::new(document))));
        }
        self.openapi.get().and_then(Option::as_ref)
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, reqwest::Error> {
        let asked = format!("{method} {path}");
        let mut request =
            self.client.request(method, format!("http://127.0.0.1:{}{path}", self.port));
        if let Some(token) = &self.bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.body(body);
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/json");
            }
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { asked, status, headers, bytes, body })
    }
}
