//! The published description of the API, generated from the handlers.

use super::{
    admin, auth, channel_states, chat, contacts, conversations, desk, files, health, letters,
    lines, phone, refused_numbers, reports, settings, supervisors, system,
};
use crate::middleware::body::UPLOAD_PATH;
use crate::socket::protocol::{AgentFrame, DeskFrame, VisitorFrame, WidgetFrame};
use domain::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hutong 互通",
        description = "A multichannel user-support gateway: one conversation queue for every channel.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Bearer),
    paths(
        health::healthz, health::readyz, health::metrics,
        auth::login, auth::refresh, auth::logout, auth::password, auth::bootstrap,
        chat::channel, chat::open, chat::messages, chat::transcript, chat::leave_address, chat::withdraw_address,
        chat::ask_callback, chat::drop_callback,
        chat::earlier, chat::earlier_messages,
        chat::register, chat::remove, chat::wishes, chat::set_wishes, chat::frames, chat::say,
        phone::ask, phone::look, phone::change, phone::cancel, phone::refuse,
        refused_numbers::list, refused_numbers::add, refused_numbers::remove, refused_numbers::refuse_contact,
        files::upload, files::download, files::shared,
        desk::desk, desk::presence,
        conversations::list, conversations::one, conversations::messages, conversations::send,
        conversations::accept, conversations::decline, conversations::transfer,
        conversations::close, conversations::end_wrap_up, conversations::snooze,
        conversations::describe, conversations::assign, conversations::request_callback,
        conversations::cancel_callback, conversations::callback_number, conversations::call,
        contacts::one, contacts::separate, contacts::join_again,
        letters::view, letters::addressees, letters::list, letters::original, letters::retry,
        letters::remove, lines::of_conversation, lines::check, lines::check_new,
        channel_states::states, channel_states::registration,
        supervisors::queues, supervisors::waiting, supervisors::agents, supervisors::held,
        supervisors::send_away, supervisors::ratings, reports::today, reports::callbacks,
        settings::list, settings::put, settings::delete, settings::apply, settings::try_out,
        settings::history, settings::undo,
        admin::new_password, admin::revoke, admin::keys, admin::new_key, admin::revoke_key,
        admin::secret, admin::rotate_secret, admin::dead, admin::retry,
        system::system, system::audit,
    )
)]
struct Api;

/// Tokens and API keys travel alike.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("bearer", scheme);
    }
}

/// The OpenAPI document, as `openapi.json` and `GET /openapi.json` have it.
pub fn openapi() -> String {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    call_problems_by_their_type(&mut document);
    every_call_may_fail(&mut document);
    posts_take_a_key(&mut document);
    let parts = flattened(&document);
    for part in parts {
        if let Some(Value::Object(schema)) = document.pointer_mut(&part) {
            schema.remove("additionalProperties");
        }
    }
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// Problems travel as `application/problem+json`, which the derive does not know.
fn call_problems_by_their_type(value: &mut Value) {
    let is_problem = |media: &Value| {
        media.pointer("/schema/$ref").is_some_and(|to| to == "#/components/schemas/Problem")
    };
    match value {
        Value::Object(map) => {
            if map.get("application/json").is_some_and(is_problem)
                && let Some(problem) = map.remove("application/json")
            {
                map.insert("application/problem+json".to_owned(), problem);
            }
            map.values_mut().for_each(call_problems_by_their_type);
        }
        Value::Array(items) => items.iter_mut().for_each(call_problems_by_their_type),
        _ => {}
    }
}

/// Schemas that are a part of others. Such a one cannot forbid further fields: the others have them.
fn flattened(value: &Value) -> Vec<String> {
    let mut parts = Vec::new();
    match value {
        Value::Object(map) => {
            let all_of = map.get("allOf").and_then(Value::as_array).into_iter().flatten();
            let references = all_of.filter_map(|part| part.get("$ref")?.as_str());
            parts.extend(references.map(|reference| reference.trim_start_matches('#').to_owned()));
            parts.extend(map.values().flat_map(flattened));
        }
        Value::Array(items) => parts.extend(items.iter().flat_map(flattened)),
        _ => {}
    }
    parts
}

/// Redis or the archive may be away for a while, whatever is asked.
fn every_call_may_fail(document: &mut Value) {
    let failure = json!({
        "description": "Not just now, or something went wrong here; the same request may be sent again",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    let operations = paths.flat_map(|(_path, item)| item.as_object_mut().into_iter().flatten());
    for (_method, operation) in operations {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut)
            && !responses.keys().any(|status| status.starts_with('5'))
        {
            responses.insert("5XX".to_owned(), failure.clone());
        }
    }
}

/// What every POST by a known caller understands, except the upload of a file.
fn posts_take_a_key(document: &mut Value) {
    let key = json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same key and body by the same caller within 24 hours get the first answer again, \
            if it was a success or a conflict (409); an answer that carried a secret is not kept, and its \
            repetition is a 422 `key_reused`.",
        "schema": { "type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_BYTES_MAX },
    });
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (path, item) in paths.filter(|(path, _item)| *path != UPLOAD_PATH) {
        let post = item.get_mut("post").and_then(Value::as_object_mut);
        let Some(post) = post.filter(|post| post.contains_key("security")) else { continue };
        let parameters = post.entry("parameters").or_insert_with(|| Value::Array(Vec::new()));
        match parameters.as_array_mut() {
            Some(parameters) => parameters.push(key.clone()),
            None => tracing::warn!(path, "the parameters are no list"),
        }
    }
}

#[derive(OpenApi)]
#[openapi(components(schemas(AgentFrame, DeskFrame, VisitorFrame, WidgetFrame)))]
struct Frames;

/// The frames of the two sockets as JSON schemas, as `socket-protocol.json` has them.
pub fn socket_protocol() -> String {
    let frames = serde_json::to_value(Frames::openapi()).unwrap_or_default();
    let schemas = frames.pointer("/components/schemas").cloned().unwrap_or(Value::Null);
    let document = json!({
        "title": "Hutong 互通: frames of the two sockets",
        "sockets": {
            "/v1/socket/agent": { "sends": "AgentFrame", "receives": "DeskFrame" },
            "/v1/socket/visitor": { "sends": "VisitorFrame", "receives": "WidgetFrame" },
        },
        "components": { "schemas": schemas },
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_of_both_documents_resolves() {
        for text in [openapi(), socket_protocol()] {
            let document: Value = serde_json::from_str(&text).unwrap();
            let mut references = Vec::new();
            collect(&document, &mut references);
            for reference in references {
                let pointer = reference.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
        }
    }

    #[test]
    fn a_parameter_stands_where_its_endpoint_has_it() {
        let document: Value = serde_json::from_str(&openapi()).unwrap();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let operations = methods.as_object().unwrap().iter();
            for (method, operation) in operations {
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let name = parameter["name"].as_str().unwrap();
                    let in_path = path.contains(&format!("{{{name}}}"));
                    let told = parameter["in"] == "path";
                    assert_eq!(told, in_path, "{method} {path}: {name}");
                }
            }
        }
    }

    fn collect(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    references.push(reference.clone());
                }
                map.values().for_each(|value| collect(value, references));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
            _ => {}
        }
    }
}
