//! Email: letters come in and go out.
//!
//! The reading path is pure: [`letter::read`] turns the bytes of a letter into a [`letter::Letter`]
//! and does no IO. It reads what the world sends, not only what the standards allow, and every bound
//! is a constant beside the code that keeps it. MIME is split by our own code, since libraries build
//! as many parts and headers as an attacker likes, and decode charsets before the pieces of a
//! character are put together.
//!
//! Letters with expected results lie in `channels/fixtures/email/`. The mutation test reads damaged
//! copies of them; `HUTONG_FUZZ_SECS=300 cargo test -p channels damaged_letters` lets it run
//! for so many seconds, each time on other damage.

mod address;
mod body;
mod bounce;
mod charset;
mod file_name;
mod header;
pub mod html;
pub mod ids;
pub mod letter;
mod locale;
mod markup;
mod nature;
mod params;
mod part;
mod plain;
mod reply;
mod report;
#[cfg(test)]
mod tests;
mod transfer;
mod words;
