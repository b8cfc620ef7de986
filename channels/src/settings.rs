//! Reads an adapter's settings out of JSON and collects every problem with its dotted path, so that
//! a person can mend all of them at once.

use crate::error::SettingsProblem;
use crate::secret::Secret;
use domain::Localized;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The longest secret, in bytes: a long RSA key fits.
const SECRET_BYTES_MAX: usize = 16 * 1024;

/// One object of the settings. Take each known key, then [`Fields::finish`] reports the others.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    left: Map<String, Value>,
    problems: &'a mut Vec<SettingsProblem>,
}

impl<'a> Fields<'a> {
    /// Opens an object; null counts as empty, anything else is a problem.
    pub fn open(value: &Value, path: &str, problems: &'a mut Vec<SettingsProblem>) -> Self {
        let left = match value {
            Value::Object(map) => map.clone(),
            Value::Null => Map::new(),
            other => {
                problems.push(problem(path, format!("must be an object, not {}", shown(other))));
                Map::new()
            }
        };
        Self { path: path.to_owned(), left, problems }
    }

    /// Says that a key's value is wrong.
    pub fn say(&mut self, key: &str, what: impl Into<String>) {
        let path = self.path_of(key);
        self.problems.push(problem(&path, what.into()));
    }

    /// A text; the default when absent.
    pub fn text(&mut self, key: &str, default: &str) -> String {
        match self.left.remove(key) {
            None | Some(Value::Null) => default.to_owned(),
            Some(Value::String(text)) => text,
            Some(other) => {
                self.say(key, format!("must be a text, not {}", shown(&other)));
                default.to_owned()
            }
        }
    }

    /// A secret, never shown; empty when absent. Not out of files: whoever may change settings must not
    /// have any file of the gateway sent to a server of their own.
    pub fn secret(&mut self, key: &str) -> Secret {
        let text = self.text(key, "");
        if text.len() > SECRET_BYTES_MAX {
            self.say(key, format!("has more than {SECRET_BYTES_MAX} bytes"));
        }
        Secret::new(text)
    }

    /// The address of a service, without a slash at its end; the default when absent. Whether it may
    /// be reached is the operator's business, and is decided when it is called.
    pub fn base_url(&mut self, key: &str, default: &str) -> String {
        let text = self.text(key, default);
        let problem = match url::Url::parse(&text) {
            _ if text.is_empty() => None,
            Ok(url) if !matches!(url.scheme(), "https" | "http") => Some("must be https"),
            Ok(url) if url.host().is_none() => Some("has no host"),
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                Some("must not carry a user or password")
            }
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                Some("must end with its path")
            }
            Ok(_) => None,
            Err(_) => Some("is no URL"),
        };
        if let Some(problem) = problem {
            self.say(key, problem);
        }
        text.trim_end_matches('/').to_owned()
    }

    /// Yes or no; the default when absent.
    pub fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.left.remove(key) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(flag)) => flag,
            Some(other) => {
                self.say(key, format!("must be true or false, not {}", shown(&other)));
                default
            }
        }
    }

    /// A whole number within bounds; the default when absent.
    pub fn number(&mut self, key: &str, default: u64, bounds: RangeInclusive<u64>) -> u64 {
        let value = match self.left.remove(key) {
            None | Some(Value::Null) => return default,
            Some(value) => value,
        };
        match value.as_u64().filter(|number| bounds.contains(number)) {
            Some(number) => number,
            None => {
                let (low, high) = (bounds.start(), bounds.end());
                self.say(key, format!("must be from {low} to {high}, not {}", shown(&value)));
                default
            }
        }
    }

    /// A list of whole numbers; the default when absent.
    pub fn numbers(&mut self, key: &str, default: &[u64]) -> Vec<u64> {
        let items = match self.left.remove(key) {
            None | Some(Value::Null) => return default.to_vec(),
            Some(Value::Array(items)) => items,
            Some(other) => vec![other],
        };
        let mut numbers = Vec::with_capacity(items.len());
        for item in items {
            match item.as_u64() {
                Some(number) => numbers.push(number),
                None => {
                    self.say(key, format!("must be a list of whole numbers, not {}", shown(&item)));
                }
            }
        }
        numbers
    }

    /// One of some words; the first when absent.
    pub fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)], default: T) -> T {
        let text = match self.left.remove(key) {
            None | Some(Value::Null) => return default,
            Some(Value::String(text)) => text,
            Some(other) => shown(&other),
        };
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return *value;
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.say(key, format!("must be one of {}, not `{text}`", names.join(", ")));
        default
    }

    /// A list of texts; empty when absent.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        let items = match self.left.remove(key) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.say(key, format!("must be a list, not {}", shown(&other)));
                return Vec::new();
            }
        };
        let mut texts = Vec::with_capacity(items.len());
        for (n, item) in items.into_iter().enumerate() {
            match item {
                Value::String(text) => texts.push(text),
                other => self
                    .say(&format!("{key}[{n}]"), format!("must be a text, not {}", shown(&other))),
            }
        }
        texts
    }

    /// A text in each language; the default when absent.
    pub fn localized(&mut self, key: &str, default: Localized) -> Localized {
        match self.left.remove(key) {
            None | Some(Value::Null) => default,
            Some(value) => match serde_json::from_value(value) {
                Ok(text) => text,
                Err(error) => {
                    self.say(key, format!("must be {{\"zh-CN\": …, \"en\": …}}: {error}"));
                    default
                }
            },
        }
    }

    /// Is there anything at a key?
    pub fn has(&self, key: &str) -> bool {
        self.left.get(key).is_some_and(|value| !value.is_null())
    }

    /// The list of objects at a key, each with its own key for [`Fields::open_item`].
    pub fn items(&mut self, key: &str) -> Vec<(String, Value)> {
        match self.left.remove(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                let numbered = items.into_iter().enumerate();
                numbered.map(|(n, item)| (format!("{key}[{n}]"), item)).collect()
            }
            Some(other) => {
                self.say(key, format!("must be a list, not {}", shown(&other)));
                Vec::new()
            }
        }
    }

    /// One object of [`Fields::items`], opened below this one's path.
    pub fn open_item(&mut self, key: &str, item: &Value) -> Fields<'_> {
        let path = self.path_of(key);
        Fields::open(item, &path, self.problems)
    }

    /// The object at a key, opened below this one's path.
    pub fn inner(&mut self, key: &str) -> Fields<'_> {
        let value = self.left.remove(key).unwrap_or(Value::Null);
        let path = self.path_of(key);
        Fields::open(&value, &path, self.problems)
    }

    /// Reports every key that was not taken.
    pub fn finish(mut self) {
        for key in std::mem::take(&mut self.left).keys() {
            self.say(key, "is not a setting of this adapter");
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

fn problem(path: &str, problem: String) -> SettingsProblem {
    SettingsProblem { path: path.to_owned(), problem }
}

/// A value as shown in a problem, cut short.
fn shown(value: &Value) -> String {
    let text: String = value.to_string().chars().take(40).collect();
    format!("`{text}`")
}
