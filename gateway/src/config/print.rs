//! Print: the config as it holds, each key with the layer it came from, passwords blanked.

use super::Layers;
use toml::{Table, Value};

/// The config as TOML, a comment after each key telling its source.
pub fn print(layers: &Layers) -> String {
    let Ok(Value::Table(table)) = Value::try_from(&layers.config) else { return String::new() };
    let mut text = String::new();
    let (sections, keys): (Vec<_>, Vec<_>) = table.into_iter().partition(|(_, v)| v.is_table());
    for (key, value) in keys {
        line(&mut text, layers, &key, &key, value);
    }
    for (section, value) in sections {
        let Value::Table(keys) = value else { continue };
        text.push_str(&format!("\n[{section}]\n"));
        print_section(&mut text, layers, &section, keys);
    }
    text
}

fn print_section(text: &mut String, layers: &Layers, section: &str, keys: Table) {
    for (key, value) in keys {
        line(text, layers, &format!("{section}.{key}"), &key, value);
    }
}

fn line(text: &mut String, layers: &Layers, path: &str, key: &str, value: Value) {
    let source = layers.sources.get(path).map_or("default", String::as_str);
    text.push_str(&format!("{key} = {} # {source}\n", blank(value)));
}

/// URLs lose their user and password.
fn blank(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(blank_url(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(blank).collect()),
        other => other,
    }
}

fn blank_url(text: &str) -> String {
    match (text.split_once("://"), text.rfind('@')) {
        (Some((scheme, _)), Some(at)) => {
            format!("{scheme}://[redacted]{}", text.get(at..).unwrap_or(""))
        }
        _ => text.to_owned(),
    }
}
