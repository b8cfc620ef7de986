//! Load: text into one table, layer over layer, remembering where each key came from. Finds every
//! unknown key and every value of the wrong type, not only the first.

use super::{Config, DEFAULT_TOML, check};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// A loaded config and the layer that each key came from.
#[derive(Debug, Clone)]
pub struct Layers {
    /// The config.
    pub config: Config,
    /// Dotted path to `default`, the file's name or the variable's name.
    pub sources: BTreeMap<String, String>,
}

/// Loads the layers of this process.
///
/// # Errors
/// Every problem, one line each, with its dotted path.
pub fn load(file: Option<&Path>) -> Result<Layers, Vec<String>> {
    let text = match file {
        None => None,
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => return Err(vec![format!("{} cannot be read: {error}", path.display())]),
        },
    };
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    load_from(text, variables.filter(|(name, _)| name.starts_with("HUTONG__")).collect())
}

/// Loads from a file's name and text, and variables.
///
/// # Errors
/// Every problem, one line each, with its dotted path.
pub fn load_from(
    file: Option<(String, String)>,
    variables: Vec<(String, String)>,
) -> Result<Layers, Vec<String>> {
    let mut layered = Layered::defaults()?;
    if let Some((name, text)) = file {
        match text.parse::<Table>() {
            Ok(table) => layered.lay_table("", table, &name),
            Err(error) => layered.problems.push(format!("{name}: {}", error.to_string().trim())),
        }
    }
    for (name, value) in variables {
        layered.lay_variable(&name, &value);
    }
    layered.finish()
}

struct Layered {
    table: Table,
    sources: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Layered {
    fn defaults() -> Result<Self, Vec<String>> {
        let table: Table =
            DEFAULT_TOML.parse().map_err(|error| vec![format!("default.toml: {error}")])?;
        let mut sources = BTreeMap::new();
        for (section, value) in &table {
            match value {
                Value::Table(keys) => {
                    for key in keys.keys() {
                        sources.insert(format!("{section}.{key}"), "default".to_owned());
                    }
                }
                _ => {
                    sources.insert(section.clone(), "default".to_owned());
                }
            }
        }
        Ok(Self { table, sources, problems: Vec::new() })
    }

    fn lay_table(&mut self, prefix: &str, table: Table, source: &str) {
        for (key, value) in table {
            let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            match value {
                Value::Table(inner) if prefix.is_empty() => {
                    if matches!(self.table.get(&path), Some(Value::Table(_))) {
                        self.lay_table(&path, inner, source);
                    } else {
                        self.problems.push(format!("{path}: there is no such section ({source})"));
                    }
                }
                value => self.lay(&path, value, source),
            }
        }
    }

    fn slot(&mut self, path: &str) -> Option<&mut Value> {
        match path.split_once('.') {
            None => self.table.get_mut(path).filter(|value| !value.is_table()),
            Some((section, key)) => self.table.get_mut(section)?.as_table_mut()?.get_mut(key),
        }
    }

    fn lay(&mut self, path: &str, value: Value, source: &str) {
        let Some(slot) = self.slot(path) else {
            self.problems.push(format!("{path}: there is no such key ({source})"));
            return;
        };
        if slot.type_str() == value.type_str() {
            *slot = value;
            self.sources.insert(path.to_owned(), source.to_owned());
        } else {
            let (wanted, found) = (slot.type_str(), value.type_str());
            self.problems
                .push(format!("{path}: `{value}` is of type {found}, not {wanted} ({source})"));
        }
    }

    fn lay_variable(&mut self, name: &str, text: &str) {
        let path = name.trim_start_matches("HUTONG__").to_lowercase().replace("__", ".");
        let Some(slot) = self.slot(&path) else {
            self.problems.push(format!("{path}: there is no such key ({name})"));
            return;
        };
        let value = match slot {
            Value::String(_) => Some(Value::String(text.to_owned())),
            Value::Array(_) if !text.trim_start().starts_with('[') => Some(Value::Array(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Value::String(item.to_owned()))
                    .collect(),
            )),
            _ => {
                format!("value = {text}").parse::<Table>().ok().and_then(|mut t| t.remove("value"))
            }
        };
        match value {
            Some(value) => self.lay(&path, value, name),
            None => self.problems.push(format!("{path}: `{text}` cannot be read ({name})")),
        }
    }

    /// Each section by itself, so that one bad word does not hide the next section's.
    fn finish(mut self) -> Result<Layers, Vec<String>> {
        let mut config = Config::default();
        let mut table = std::mem::take(&mut self.table);
        self.section(&mut table, "data_dir", &mut config.data_dir);
        self.section(&mut table, "server", &mut config.server);
        self.section(&mut table, "redis", &mut config.redis);
        self.section(&mut table, "embedded", &mut config.embedded);
        self.section(&mut table, "records", &mut config.records);
        self.section(&mut table, "web", &mut config.web);
        self.section(&mut table, "auth", &mut config.auth);
        self.section(&mut table, "limits", &mut config.limits);
        self.section(&mut table, "presence", &mut config.presence);
        self.section(&mut table, "webhooks", &mut config.webhooks);
        self.section(&mut table, "doors", &mut config.doors);
        self.section(&mut table, "mail", &mut config.mail);
        self.section(&mut table, "sip", &mut config.sip);
        self.section(&mut table, "log", &mut config.log);
        for forgotten in table.keys() {
            self.problems.push(format!("{forgotten}: nobody reads this section, a defect"));
        }
        check::read_secret_files(&mut config, &mut self.problems);
        check::check(&config, &mut self.problems);
        if self.problems.is_empty() {
            Ok(Layers { config, sources: self.sources })
        } else {
            Err(self.problems)
        }
    }

    fn section<T: serde::de::DeserializeOwned>(
        &mut self,
        from: &mut Table,
        name: &str,
        to: &mut T,
    ) {
        let Some(value) = from.remove(name) else { return };
        match value.try_into() {
            Ok(section) => *to = section,
            Err(error) => {
                let text = error.to_string();
                let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                let problem = lines.next().unwrap_or("cannot be read").to_owned();
                let key = text.split("in `").nth(1).and_then(|rest| rest.split('`').next());
                let path = key.map_or_else(|| name.to_owned(), |key| format!("{name}.{key}"));
                self.problems.push(format!("{path}: {problem}"));
            }
        }
    }
}
