//! Compares what a gateway answers with what it publishes in `/openapi.json`.

use crate::answer::Answer;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;

/// The published description, with its schemas compiled as they are needed.
pub struct OpenApi {
    document: Value,
    schemas: Mutex<HashMap<String, std::sync::Arc<jsonschema::Validator>>>,
}

impl std::fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenApi").finish_non_exhaustive()
    }
}

impl OpenApi {
    /// From the published document.
    pub fn new(document: Value) -> Self {
        Self { document, schemas: Mutex::default() }
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation: method in upper case and path template.
    pub fn operations(&self) -> Vec<(String, String)> {
        let paths = self.document["paths"].as_object().expect("paths");
        let of_path = |(path, item): (&String, &Value)| -> Vec<(String, String)> {
            let methods = item.as_object().expect("a path item").keys();
            let methods = methods.filter(|key| METHODS.contains(&key.as_str()));
            methods.map(|method| (method.to_uppercase(), path.clone())).collect()
        };
        paths.iter().flat_map(of_path).collect()
    }

    /// Checks an answer: its path and status are described, and its body fits the schema.
    ///
    /// # Panics
    /// When they do not.
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or(path);
        let Some((template, operation)) = self.find(method, path) else {
            assert!([404, 405].contains(&answer.status), "not published: {answer:?}");
            return;
        };
        let responses = &operation["responses"];
        let status = answer.status.to_string();
        let range = format!("{}XX", answer.status / 100);
        let described = [status.as_str(), range.as_str(), "default"]
            .into_iter()
            .find(|key| responses.get(*key).is_some());
        let Some(key) = described else {
            panic!("{method} {template} does not publish the status {status}: {answer:?}")
        };
        let response = self.follow(&responses[key]);
        let kind = answer.header("content-type").split(';').next().unwrap_or("").trim();
        let Some(content) = response["content"].as_object().filter(|content| !content.is_empty())
        else {
            return;
        };
        let Some(media) = content.get(kind).or_else(|| content.get("*/*")) else {
            assert!(
                answer.bytes.is_empty(),
                "{method} {template}: `{kind}` is not published: {answer:?}"
            );
            return;
        };
        if kind.ends_with("json") {
            self.check_body(&format!("{method} {template} {key}"), &media["schema"], answer);
        }
    }

    fn check_body(&self, place: &str, schema: &Value, answer: &Answer) {
        let validator = {
            let mut schemas = self.schemas.lock().unwrap();
            let compile = || {
                let schema =
                    json!({ "allOf": [schema], "components": self.document["components"] });
                let compiled = jsonschema::draft202012::new(&schema);
                std::sync::Arc::new(compiled.unwrap_or_else(|error| panic!("{place}: {error}")))
            };
            schemas.entry(place.to_owned()).or_insert_with(compile).clone()
        };
        let problems: Vec<String> = validator
            .iter_errors(&answer.body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{place} is not as published: {problems:#?}\n{answer:?}");
    }

    fn find(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let paths = self.document["paths"].as_object()?;
        let mut fitting: Vec<_> =
            paths.iter().filter(|(template, _)| fits(template, path)).collect();
        // A fixed word beats a parameter: `/v1/settings/apply` before `/v1/settings/{kind}`.
        fitting.sort_by_key(|(template, _)| template.matches('{').count());
        fitting
            .into_iter()
            .find_map(|(template, item)| Some((template.clone(), item.get(method.to_lowercase())?)))
    }

    fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(place) => self.document.pointer(place.trim_start_matches('#')).unwrap_or(value),
            None => value,
        }
    }
}

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

fn fits(template: &str, path: &str) -> bool {
    let (mut a, mut b) = (template.split('/'), path.split('/'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(word), Some(part))
                if word == part || (word.starts_with('{') && !part.is_empty()) => {}
            _ => return false,
        }
    }
}
