//! Holds requests, answers and events against Asterisk's own description of its interface.

use serde_json::Value;
use std::collections::BTreeMap;

/// Names and types out of Asterisk's tree; see `source` in it.
const DESCRIPTION: &str = include_str!("ari.json");

/// The description.
#[derive(Debug)]
pub(super) struct Description(Value);

impl Description {
    pub(super) fn read() -> Self {
        Self(serde_json::from_str(DESCRIPTION).unwrap())
    }

    /// What is wrong with a request.
    pub(super) fn faults_in(
        &self,
        method: &str,
        path: &str,
        query: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let operations = self.0["operations"].as_array().unwrap();
        let is_it = |operation: &&Value| {
            operation["method"] == method && fits(operation["path"].as_str().unwrap(), path)
        };
        let Some(operation) = operations.iter().find(is_it) else {
            return vec![format!("no operation is {method} {path}")];
        };
        let params = operation["params"].as_array().unwrap();
        let of_query = |param: &&Value| param["in"] == "query";
        let mut faults = Vec::new();
        for (name, value) in query {
            match params.iter().filter(of_query).find(|param| param["name"] == name.as_str()) {
                None => faults.push(format!("{method} {path} has no `{name}`")),
                Some(param) if !is_of_text(param, value) => {
                    faults.push(format!("{method} {path}: `{name}` cannot be `{value}`"));
                }
                Some(_) => {}
            }
        }
        for param in params.iter().filter(of_query).filter(|param| param["required"] == true) {
            if !query.contains_key(param["name"].as_str().unwrap()) {
                faults.push(format!("{method} {path} lacks {}", param["name"]));
            }
        }
        faults
    }

    /// What is wrong with something of this model.
    pub(super) fn faults_of(&self, model: &str, value: &Value) -> Vec<String> {
        let Some(properties) = self.0["models"][model].as_object() else {
            return vec![format!("no model is {model}")];
        };
        let Some(fields) = value.as_object() else { return vec![format!("{model} is no object")] };
        let mut faults = Vec::new();
        for (name, field) in fields {
            match properties.get(name) {
                None => faults.push(format!("{model} has no `{name}`")),
                Some(property) => faults.extend(self.faults_in_field(model, name, property, field)),
            }
        }
        let missing = properties
            .iter()
            .filter(|(name, property)| property["required"] == true && !fields.contains_key(*name));
        faults.extend(missing.map(|(name, _)| format!("{model} lacks `{name}`")));
        faults
    }

    fn faults_in_field(&self, model: &str, name: &str, is: &Value, value: &Value) -> Vec<String> {
        let kind = is["type"].as_str().unwrap();
        let fits = match kind {
            "string" => value.is_string(),
            "Date" => value.as_str().is_some_and(|text| text.len() == 28),
            "int" | "long" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "object" => value.is_object(),
            list if list.starts_with("List[") => value.is_array(),
            model => return self.faults_of(model, value),
        };
        let is_one = is["values"].as_array().is_none_or(|values| values.contains(value));
        if fits && is_one { Vec::new() } else { vec![format!("{model}.{name} is {value}")] }
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let is_same = |(of, is): (&&str, &&str)| of == is || (of.starts_with('{') && !is.is_empty());
    pattern.len() == path.len() && pattern.iter().zip(path.iter()).all(is_same)
}

fn is_of_text(param: &Value, value: &str) -> bool {
    let is_of_kind = match param["type"].as_str().unwrap() {
        "int" | "long" => value.parse::<i64>().is_ok(),
        "boolean" => matches!(value, "true" | "false"),
        _ => true,
    };
    let values = param["values"].as_array();
    is_of_kind && values.is_none_or(|values| values.iter().any(|one| one == value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_described_is_a_fault() {
        let description = Description::read();
        let query = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            pairs.collect::<BTreeMap<_, _>>()
        };
        let faults = |method: &str, path: &str, pairs: &[(&str, &str)]| {
            description.faults_in(method, path, &query(pairs)).len()
        };
        assert_eq!(faults("DELETE", "/channels/x", &[("reason", "normal")]), 0);
        assert_eq!(faults("DELETE", "/channels/x", &[("reason", "bored"), ("why", "x")]), 2);
        assert_eq!(faults("POST", "/channels/x", &[("timeout", "soon")]), 2);
        assert_eq!(faults("PUT", "/channels/x", &[]), 1);
        let caller = json!({ "name": "", "number": "1" });
        assert_eq!(description.faults_of("CallerID", &caller).len(), 0);
        assert_eq!(description.faults_of("CallerID", &json!({ "name": 1, "x": 1 })).len(), 3);
    }
}
