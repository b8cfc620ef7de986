//! Pictures of a page: those that came along are put into it, those of other servers are left out
//! unless asked for.

use super::{Images, Writer, escape, link, starts_with};
use crate::email::markup::Tag;
use crate::email::{transfer, words};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The largest picture that is put into the page, in bytes.
pub(super) const PICTURE_BYTES_MAX: usize = 1024 * 1024;
/// The most pictures that are put into the page, in bytes together.
pub(super) const TOGETHER_BYTES_MAX: usize = 5 * 1024 * 1024;

impl Writer<'_> {
    pub(super) fn picture(&mut self, tag: &Tag<'_>) {
        let source = tag.get("src").map(|src| src.trim().to_owned()).unwrap_or_default();
        let own = match source.split_once(':') {
            Some((scheme, id)) if scheme.eq_ignore_ascii_case("cid") => self.enclosed(id),
            Some((scheme, data)) if scheme.eq_ignore_ascii_case("data") => self.written_in(data),
            _ => None,
        };
        let is_remote = ["http:", "https:", "//"].iter().any(|start| starts_with(&source, start));
        let shown = match own {
            Some(data) => Some(data),
            None if is_remote && self.images == Images::Shown => {
                // The desk's pages load nothing without TLS, and pictures seldom need that.
                let rest = source.split_once("//").map_or("", |(_, rest)| rest);
                link(&format!("https://{rest}"))
            }
            None => {
                self.blocked += usize::from(is_remote);
                None
            }
        };
        match shown {
            Some(source) => {
                self.out.push_str("<img");
                self.attribute("src", &source);
                self.attribute("referrerpolicy", "no-referrer");
                self.attributes(tag, "img");
                self.out.push('>');
            }
            None => self.placeholder(tag),
        }
    }

    /// What stands where a picture is left out; nothing for those that nobody could see.
    fn placeholder(&mut self, tag: &Tag<'_>) {
        let is_tiny = |name| tag.get(name).is_some_and(|size| matches!(size.trim(), "0" | "1"));
        if is_tiny("width") || is_tiny("height") {
            return;
        }
        let alt = words::one_line(&tag.get("alt").unwrap_or_default(), 100);
        self.out.push_str("<span style=\"border: 1px dashed #999999; color: #666666\">🖼 ");
        escape(&alt, &mut self.out);
        self.out.push_str("</span>");
    }

    /// A picture that came along.
    fn enclosed(&mut self, id: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.content_id.as_deref() == Some(id.trim()))?;
        let media_type = raster(&file.media_type)?;
        self.room_for(file.bytes.len())?;
        Some(self.data(media_type, &file.bytes))
    }

    /// A picture that is written into the page: decoded and written anew.
    fn written_in(&mut self, data: &str) -> Option<String> {
        let (kind, content) = data.split_once(',')?;
        let media_type = raster(kind.strip_suffix(";base64")?.trim())?;
        self.room_for(content.len() / 4 * 3)?;
        let bytes = transfer::base64(content.as_bytes());
        Some(self.data(media_type, &bytes))
    }

    fn room_for(&mut self, bytes: usize) -> Option<()> {
        if bytes > PICTURE_BYTES_MAX {
            return None;
        }
        self.room = self.room.checked_sub(bytes)?;
        Some(())
    }

    fn data(&mut self, media_type: &str, bytes: &[u8]) -> String {
        let data = format!("data:{media_type};base64,{}", STANDARD.encode(bytes));
        self.limit = self.limit.saturating_add(data.len());
        data
    }
}

/// Pictures made of dots: others can carry scripts.
fn raster(media_type: &str) -> Option<&'static str> {
    const TYPES: &[&str] =
        &["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/x-icon"];
    let media_type =
        if media_type.eq_ignore_ascii_case("image/jpg") { "image/jpeg" } else { media_type };
    TYPES.iter().find(|known| known.eq_ignore_ascii_case(media_type)).copied()
}
