//! What a bridge tells, as `docs/channels/im/bridge.schema.json` says.

use serde::Deserialize;
use serde_json::Value;

/// The longest id of anything, in bytes.
const ID_BYTES_MAX: usize = 256;
/// The longest name of a person, a group or a department, in bytes.
const NAME_BYTES_MAX: usize = 500;
/// The most departments of a person.
const DEPARTMENTS_MAX: usize = 20;
/// The most files of a message.
const FILES_MAX: usize = 10;

/// What sort of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Message,
    Edited,
    Deleted,
    Reaction,
    Typing,
    Read,
    Chosen,
    DeliveryReport,
    Membership,
    Check,
}

/// One event. Which fields it has depends on its kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) id: String,
    #[serde(default)]
    pub(super) conversation: Option<String>,
    #[serde(default)]
    pub(super) sender: Option<Person>,
    #[serde(default)]
    pub(super) occurred_at: Option<String>,
    #[serde(default)]
    pub(super) group: Option<String>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) files: Vec<File>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) emoji: Option<String>,
    #[serde(default)]
    pub(super) added: Option<bool>,
    #[serde(default)]
    pub(super) value: Option<String>,
    #[serde(default)]
    pub(super) command: Option<String>,
    #[serde(default)]
    pub(super) delivered: Option<bool>,
    #[serde(default)]
    pub(super) reason: Option<String>,
    #[serde(default)]
    pub(super) joined: Option<bool>,
}

/// Who says it. All of it is personal data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) departments: Vec<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) phone: Option<String>,
    #[serde(default)]
    pub(super) directory_id: Option<String>,
    #[serde(default)]
    pub(super) locale: Option<String>,
}

/// A file: here, or at the bridge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) data: Option<String>,
    #[serde(default)]
    pub(super) url: Option<String>,
}

impl Event {
    /// Reads one; the problem is for whoever writes the bridge.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let event = Self::deserialize(value).map_err(|error| error.to_string())?;
        match event.problem() {
            None => Ok(event),
            Some(problem) => Err(problem),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn is_check(&self) -> bool {
        self.kind == Kind::Check
    }

    fn problem(&self) -> Option<String> {
        let mut problem = bounded("id", Some(&self.id), ID_BYTES_MAX);
        let texts = [
            ("conversation", self.conversation.as_ref(), ID_BYTES_MAX),
            ("message", self.message.as_ref(), ID_BYTES_MAX),
            ("value", self.value.as_ref(), ID_BYTES_MAX),
            ("command", self.command.as_ref(), ID_BYTES_MAX),
            ("emoji", self.emoji.as_ref(), ID_BYTES_MAX),
            ("group", self.group.as_ref(), NAME_BYTES_MAX),
        ];
        for (name, text, most) in texts {
            problem = problem.or_else(|| bounded(name, text, most));
        }
        problem
            .or_else(|| self.foreign_field())
            .or_else(|| self.missing_field())
            .or_else(|| self.sender.as_ref().and_then(Person::problem))
            .or_else(|| (self.files.len() > FILES_MAX).then(|| format!("over {FILES_MAX} files")))
            .or_else(|| self.files.iter().find_map(File::problem))
    }

    /// The fields that it has beside those that every event may have.
    fn own_fields(&self) -> Vec<&'static str> {
        let there = [
            ("group", self.group.is_some()),
            ("text", self.text.is_some()),
            ("files", !self.files.is_empty()),
            ("message", self.message.is_some()),
            ("emoji", self.emoji.is_some()),
            ("added", self.added.is_some()),
            ("value", self.value.is_some()),
            ("command", self.command.is_some()),
            ("delivered", self.delivered.is_some()),
            ("reason", self.reason.is_some()),
            ("joined", self.joined.is_some()),
        ];
        there.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
    }

    fn foreign_field(&self) -> Option<String> {
        let (needed, allowed) = self.kind.fields();
        let own = self.own_fields();
        let foreign = own.iter().find(|name| !needed.contains(name) && !allowed.contains(name))?;
        Some(format!("`{foreign}` does not belong to this type"))
    }

    fn missing_field(&self) -> Option<String> {
        let (needed, _) = self.kind.fields();
        let own = self.own_fields();
        let missing = needed.iter().find(|name| !own.contains(name));
        let says_nothing = self.kind == Kind::Message
            && self.files.is_empty()
            && self.text.as_ref().is_none_or(|text| text.trim().is_empty());
        let has_sender =
            self.sender.is_some() || matches!(self.kind, Kind::DeliveryReport | Kind::Check);
        match missing {
            Some(missing) => Some(format!("`{missing}` is missing")),
            None if !has_sender => Some("`sender` is missing".to_owned()),
            None if says_nothing => Some("a message needs `text` or `files`".to_owned()),
            None => None,
        }
    }
}

impl Kind {
    /// The fields that it needs, and those that it may have.
    fn fields(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Message => (&[], &["text", "files", "group"]),
            Self::Edited => (&["message", "text"], &[]),
            Self::Deleted | Self::Read => (&["message"], &[]),
            Self::Reaction => (&["message", "emoji"], &["added"]),
            Self::Chosen => (&["value"], &[]),
            Self::DeliveryReport => (&["command", "delivered"], &["reason"]),
            Self::Membership => (&["joined"], &[]),
            Self::Typing | Self::Check => (&[], &[]),
        }
    }
}

impl Person {
    fn problem(&self) -> Option<String> {
        let texts = [
            ("sender.email", self.email.as_ref()),
            ("sender.phone", self.phone.as_ref()),
            ("sender.directory_id", self.directory_id.as_ref()),
        ];
        let too_many = || {
            (self.departments.len() > DEPARTMENTS_MAX)
                .then(|| format!("over {DEPARTMENTS_MAX} departments"))
        };
        let department = |name: &String| bounded("sender.departments", Some(name), NAME_BYTES_MAX);
        bounded("sender.id", Some(&self.id), ID_BYTES_MAX)
            .or_else(|| too_long("sender.name", &self.name, NAME_BYTES_MAX))
            .or_else(|| texts.iter().find_map(|(name, text)| bounded(name, *text, ID_BYTES_MAX)))
            .or_else(too_many)
            .or_else(|| self.departments.iter().find_map(department))
    }
}

impl File {
    fn problem(&self) -> Option<String> {
        let one = self.data.is_some() != self.url.is_some();
        bounded("files.name", Some(&self.name), NAME_BYTES_MAX)
            .or_else(|| bounded("files.media_type", Some(&self.media_type), ID_BYTES_MAX))
            .or_else(|| (!one).then(|| "a file needs `data` or `url`, and not both".to_owned()))
    }
}

fn bounded(name: &str, text: Option<&String>, most: usize) -> Option<String> {
    let text = text?;
    if text.is_empty() {
        return Some(format!("`{name}` is empty"));
    }
    too_long(name, text, most)
}

fn too_long(name: &str, text: &str, most: usize) -> Option<String> {
    (text.len() > most).then(|| format!("`{name}` has more than {most} bytes"))
}
