//! Files that a network does not carry go as links: the contact opens them without signing in, for a
//! while.

use crate::app::App;
use crate::auth::token::TenantKeys;
use crate::files::link;
use crate::pipeline::acknowledgements::when;
use crate::settings::DeskView;
use channels::im::ImSettings;
use chrono_tz::Tz;
use domain::{ChannelId, Conversation, FileRef, Locale, TenantId, Timestamp};
use std::fmt;
use std::sync::Arc;

/// The longest name of a file in the text around its link, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Makes the links of one line.
#[derive(Clone)]
pub struct Links {
    base: String,
    keys: Arc<TenantKeys>,
    tenant: TenantId,
    until: Timestamp,
    zone: Tz,
    locale: Locale,
    /// How long a link works, in hours.
    pub hours: u32,
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("hours", &self.hours).finish_non_exhaustive()
    }
}

impl Links {
    /// The links of the channel through which a conversation's contact is answered; `None` where files
    /// never go as links.
    pub(super) fn of(
        app: &App,
        tenant: &TenantId,
        (view, channel): (&DeskView, &ChannelId),
        conversation: &Conversation,
    ) -> Option<Self> {
        let settings = ImSettings::of(view.channel(channel)?).ok()?;
        let hours = Some(settings.link_hours).filter(|hours| *hours > 0)?;
        let base = app.config.server.public_url.trim_end_matches('/').to_owned();
        Some(Self {
            base,
            keys: app.auth.keys_of(tenant)?,
            tenant: tenant.clone(),
            until: app.clock.now().plus_ms(i64::from(hours).saturating_mul(3_600_000)),
            zone: view.zone_of(&conversation.queue),
            locale: conversation.info.locale,
            hours,
        })
    }

    /// What is said in the place of a file, in at most so many bytes; `None` when its link alone is
    /// longer, or cannot be made.
    pub(super) fn text(&self, file: &FileRef, bytes_max: usize) -> Option<String> {
        let token = link::token(self.keys.letters(), &self.tenant, &file.id, self.until)?;
        let url = format!("{}/v1/files/{}/shared?token={token}", self.base, file.id);
        let name: String = file.name.chars().take(NAME_CHARS_MAX).collect();
        let (size, until) = (size(file.bytes), when(self.until, self.zone, self.locale));
        let long = match self.locale {
            Locale::ZhCn => {
                format!("文件“{name}”（{size}）请点击链接下载：\n{url}\n链接{until}前有效。")
            }
            Locale::En => {
                format!("The file “{name}” ({size}) is here:\n{url}\nThe link works until {until}.")
            }
        };
        [long, url].into_iter().find(|text| text.len() <= bytes_max)
    }
}

/// A size as people read it: `3.2 MB`, in steps of 1024.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KB", "MB", "GB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(locale: Locale) -> Links {
        Links {
            base: "https://desk.city.example".to_owned(),
            keys: Arc::new(TenantKeys::new(b"a", b"v", b"l")),
            tenant: "main".parse().unwrap(),
            until: Timestamp(1_732_300_000_000),
            zone: Tz::Asia__Shanghai,
            locale,
            hours: 24,
        }
    }

    fn file(name: &str) -> FileRef {
        FileRef {
            id: "file_1".parse().unwrap(),
            name: name.to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: 3_355_444,
            pending: false,
        }
    }

    #[test]
    fn a_link_says_name_size_and_until_when_and_is_never_broken() {
        let zh = links(Locale::ZhCn).text(&file("通知.pdf"), 4_000).unwrap();
        assert!(zh.contains("“通知.pdf”（3.2 MB）") && zh.contains("11月23日 02:26前有效"), "{zh}");
        assert!(
            zh.contains(
                "\nhttps://desk.city.example/v1/files/file_1/shared?token=main.1732300000."
            )
        );
        let en = links(Locale::En).text(&file(&"n".repeat(300)), 4_000).unwrap();
        assert!(en.contains("(3.2 MB)") && en.chars().count() < 400, "{en}");
        let bare = links(Locale::En).text(&file("x"), 130).unwrap();
        assert!(bare.starts_with("https://") && bare.len() <= 130, "{bare}");
        assert_eq!(links(Locale::En).text(&file("x"), 80), None, "half a link is none");
        assert!(!format!("{:?}", links(Locale::En)).contains("desk.city"));
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 1_023, 1_024, 1_536, 1_048_576, 5_368_709_120].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KB", "1.5 KB", "1.0 MB", "5.0 GB"]);
    }
}
