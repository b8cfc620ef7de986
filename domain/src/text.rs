//! Texts that exist in two languages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language that the desk speaks.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
pub enum Locale {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh-CN")]
    ZhCn,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Locale {
    /// The name on the wire and in Redis, a language tag (BCP 47).
    pub fn name(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }
}

impl std::str::FromStr for Locale {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::ZhCn, Self::En].into_iter().find(|locale| locale.name() == text);
        found.ok_or_else(|| format!("unknown language `{text}`"))
    }
}

/// One text in each language; an empty English text falls back to Chinese and the other way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    /// Simplified Chinese.
    #[serde(rename = "zh-CN", default)]
    pub zh_cn: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

impl Localized {
    /// The text in the wanted language, or in the other one when that is empty.
    pub fn get(&self, locale: Locale) -> &str {
        let (first, second) = match locale {
            Locale::ZhCn => (&self.zh_cn, &self.en),
            Locale::En => (&self.en, &self.zh_cn),
        };
        if first.is_empty() { second } else { first }
    }
}
