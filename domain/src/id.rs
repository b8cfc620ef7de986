//! Identifiers. Born things (conversations, messages, …) carry a typed prefix and a time-ordered
//! random part; named things (tenants, queues, agents, …) are slugs that a person chose.
//!
//! Every identifier is safe inside a Redis key, a URL path and a JSON string: its characters are
//! `[A-Za-z0-9_-]`, at most [`ID_CHARS_MAX`] of them, and the checks run on parsing.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The longest identifier, in characters.
pub const ID_CHARS_MAX: usize = 64;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The prefix of another kind, or none.
    #[error("expected an id that starts with `{expected}_`")]
    Prefix {
        /// The prefix that the kind wants.
        expected: &'static str,
    },
    /// A character outside `[A-Za-z0-9_-]`, an empty text, or one that is too long.
    #[error("an id has 1 to 64 characters of A-Z a-z 0-9 _ -")]
    Characters,
    /// A slug must start with a letter or digit and be lower case.
    #[error("a name has 1 to 48 characters of a-z 0-9 _ - and starts with a letter or digit")]
    Slug,
    /// A device's name that others could guess.
    #[error("a device has a name of 16 to 64 characters of A-Z a-z 0-9 _ -, such as a UUID")]
    Short,
}

fn check_characters(text: &str) -> Result<(), IdError> {
    let fits = (1..=ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if fits { Ok(()) } else { Err(IdError::Characters) }
}

fn check_slug(text: &str) -> Result<(), IdError> {
    let fits = (1..=48).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    if fits { Ok(()) } else { Err(IdError::Slug) }
}

/// Crockford's base 32 in lower case: 26 characters that sort as the number does.
pub fn base32(value: u128) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..26u32)
        .rev()
        .map(|place| {
            let digit = usize::try_from((value >> (place * 5)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(digit).copied().unwrap_or(b'0'))
        })
        .collect()
}

macro_rules! text_id {
    ($name:ident, $check:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text as it stands in keys, URLs and JSON.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> Result<(), IdError> = $check;
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .max_length(Some(ID_CHARS_MAX))
                    .pattern(Some("^[A-Za-z0-9_-]+$"))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

macro_rules! born_id {
    ($name:ident, $prefix:literal, $doc:literal) => {
        text_id!(
            $name,
            |text| {
                check_characters(text)?;
                match text.strip_prefix(concat!($prefix, "_")) {
                    Some(rest) if !rest.is_empty() => Ok(()),
                    _ => Err(IdError::Prefix { expected: $prefix }),
                }
            },
            $doc
        );

        impl $name {
            /// An id from a UUID; version 7 keeps ids in order of birth.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(format!(concat!($prefix, "_{}"), base32(uuid.as_u128())))
            }
        }
    };
}

/// A device names itself by so many characters at least, so that nobody guesses another's name.
const DEVICE_CHARS_MIN: usize = 16;

text_id!(
    DeviceId,
    |text| {
        check_characters(text)?;
        if text.len() < DEVICE_CHARS_MIN { Err(IdError::Short) } else { Ok(()) }
    },
    "An app on somebody's device, named by itself: 16 characters at least, such as a UUID."
);

macro_rules! named_id {
    ($name:ident, $doc:literal) => {
        text_id!($name, check_slug, $doc);
    };
}

born_id!(ConversationId, "conv", "A conversation, `conv_…`.");
born_id!(MessageId, "msg", "A message, `msg_…`; stable over redelivery.");
born_id!(ContactId, "ctc", "A person who asks, `ctc_…`.");
born_id!(
    FileId,
    "file",
    "A file, `file_…`; uploads have 122 random bits, letters and their files a name made of their content, so that access is checked and never follows from knowing the name."
);
born_id!(DeliveryId, "dlv", "One outbound message on its way, `dlv_…`.");
born_id!(
    CallId,
    "call",
    "One attempt to bring an agent and a contact together by telephone, `call_…`."
);
born_id!(
    RefusedNumberId,
    "nocall",
    "A telephone number that the desk does not call, `nocall_…`, where the number is not shown."
);
born_id!(OfferToken, "ofr", "The token of one offer, `ofr_…`; accepting needs it.");
named_id!(TenantId, "A tenant's name; it is the hash tag of all its Redis keys.");
named_id!(QueueId, "A queue's name.");
named_id!(AgentId, "An agent's name, also the log-in.");
named_id!(ChannelId, "A configured channel's name.");
named_id!(SkillId, "A skill's name.");
named_id!(CalendarId, "A business calendar's name.");
named_id!(EndpointId, "Where deliveries go: an outbound webhook or a channel, in order for each.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_later_uuids_sort_later() {
        let early = ConversationId::from_uuid(Uuid::from_u128(1 << 80));
        let late = ConversationId::from_uuid(Uuid::from_u128(1 << 81));
        assert!(early < late);
        assert_eq!(early.as_str().len(), "conv_".len() + 26);
    }

    #[test]
    fn parsing_refuses_other_kinds_and_other_characters() {
        assert!("conv_1".parse::<ConversationId>().is_ok());
        assert_eq!("msg_1".parse::<ConversationId>(), Err(IdError::Prefix { expected: "conv" }));
        assert_eq!("conv_{a}".parse::<ConversationId>(), Err(IdError::Characters));
        assert_eq!("conv_".parse::<ConversationId>(), Err(IdError::Prefix { expected: "conv" }));
        assert_eq!("Tax".parse::<QueueId>(), Err(IdError::Slug));
        assert_eq!("".parse::<QueueId>(), Err(IdError::Slug));
        assert_eq!("a:b".parse::<QueueId>(), Err(IdError::Slug));
    }
}
