//! What a contact wants to be told of on their devices, and when.

use crate::device::NotificationKind;
use crate::time::Timestamp;
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Is it wanted? On the wire `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum Wish {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl From<bool> for Wish {
    fn from(wanted: bool) -> Self {
        if wanted { Self::Yes } else { Self::No }
    }
}

impl From<Wish> for bool {
    fn from(wish: Wish) -> Self {
        wish == Wish::Yes
    }
}

/// What a contact wants to be told of, on all devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationWishes {
    /// An agent has answered.
    #[schema(value_type = bool)]
    pub answer: Wish,
    /// The request stands otherwise than before: an agent has taken it, or it waits again.
    #[schema(value_type = bool)]
    pub status: Wish,
    /// A callback is near.
    #[schema(value_type = bool)]
    pub reminder: Wish,
    /// How was it? asked once after the end.
    #[schema(value_type = bool)]
    pub rating: Wish,
    /// Notifications do not show what was said, nor by whom.
    pub private: bool,
    /// When nothing is to be heard; what was said meanwhile is told afterwards.
    #[serde(default)]
    pub quiet: Option<QuietHours>,
}

impl Default for NotificationWishes {
    fn default() -> Self {
        Self {
            answer: Wish::Yes,
            status: Wish::Yes,
            reminder: Wish::Yes,
            rating: Wish::Yes,
            private: false,
            quiet: None,
        }
    }
}

impl NotificationWishes {
    /// Does the contact want notifications of this kind?
    pub fn wants(&self, kind: NotificationKind) -> bool {
        let wish = match kind {
            NotificationKind::Answer => self.answer,
            NotificationKind::Status => self.status,
            NotificationKind::Reminder => self.reminder,
            NotificationKind::Rating => self.rating,
        };
        wish == Wish::Yes
    }
}

/// The hours of each day in which nothing is to be heard, in the contact's own time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From when, `22:00`.
    #[serde(with = "minutes")]
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub from: NaiveTime,
    /// Until when, `07:00`; on the next day when it is not later than `from`.
    #[serde(with = "minutes")]
    #[schema(value_type = String, pattern = "^[0-2][0-9]:[0-5][0-9]$")]
    pub to: NaiveTime,
    /// An IANA time zone, `Asia/Shanghai`.
    #[schema(value_type = String)]
    pub time_zone: Tz,
}

impl QuietHours {
    /// When the quiet that reigns now ends; `None` when none does.
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        let utc = DateTime::from_timestamp_millis(now.0)?;
        let local = self.time_zone.from_utc_datetime(&utc.naive_utc()).naive_local();
        let time = local.time();
        let ends_today = time < self.to;
        let is_quiet = if self.from < self.to {
            self.from <= time && ends_today
        } else {
            self.from <= time || ends_today
        };
        if !is_quiet {
            return None;
        }
        let days = TimeDelta::days(i64::from(!ends_today));
        let end = local.date().checked_add_signed(days)?.and_time(self.to);
        // An hour that the clock skips ends when the clock goes on.
        let end = self.time_zone.from_local_datetime(&end).earliest().or_else(|| {
            self.time_zone.from_local_datetime(&(end + TimeDelta::hours(1))).earliest()
        })?;
        Some(Timestamp(end.timestamp_millis()))
    }
}

/// Times of a day as `HH:MM`.
mod minutes {
    use chrono::NaiveTime;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &NaiveTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&time.format("%H:%M"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveTime, D::Error> {
        let text = String::deserialize(from)?;
        NaiveTime::parse_from_str(&text, "%H:%M")
            .map_err(|_bad| de::Error::custom("must be a time of day such as `22:00`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, to: &str) -> QuietHours {
        let quiet = serde_json::json!({"from": from, "to": to, "time_zone": "Asia/Shanghai"});
        serde_json::from_value(quiet).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn a_night_is_quiet_until_its_morning() {
        let night = quiet("22:00", "07:00");
        let end = at("2026-11-28T07:00:00+08:00");
        assert_eq!(night.until(at("2026-11-27T21:59:59+08:00")), None);
        assert_eq!(night.until(at("2026-11-27T22:00:00+08:00")), Some(end));
        assert_eq!(night.until(at("2026-11-28T06:59:59+08:00")), Some(end));
        assert_eq!(night.until(end), None);
        let noon = quiet("12:00", "14:00");
        assert_eq!(noon.until(at("2026-11-27T11:59:00+08:00")), None);
        assert_eq!(
            noon.until(at("2026-11-27T13:00:00+08:00")),
            Some(at("2026-11-27T14:00:00+08:00"))
        );
    }

    #[test]
    fn the_same_time_twice_is_a_whole_day() {
        let always = quiet("08:00", "08:00");
        assert_eq!(
            always.until(at("2026-11-27T08:00:00+08:00")),
            Some(at("2026-11-28T08:00:00+08:00"))
        );
        assert_eq!(
            always.until(at("2026-11-27T07:59:00+08:00")),
            Some(at("2026-11-27T08:00:00+08:00"))
        );
    }

    #[test]
    fn quiet_that_ends_in_an_hour_that_the_clock_skips_ends_after_it() {
        let mut night = quiet("22:00", "02:30");
        night.time_zone = chrono_tz::Europe::Berlin;
        // On 29 March 2026 the clock goes from 02:00 to 03:00.
        assert_eq!(
            night.until(at("2026-03-29T01:00:00+01:00")),
            Some(at("2026-03-29T03:30:00+02:00"))
        );
    }

    #[test]
    fn wishes_are_read_as_they_are_written_and_nothing_else_is() {
        let wishes =
            NotificationWishes { quiet: Some(quiet("22:00", "07:00")), ..Default::default() };
        let text = serde_json::to_string(&wishes).unwrap();
        assert!(text.contains(r#""from":"22:00""#));
        assert_eq!(serde_json::from_str::<NotificationWishes>(&text).unwrap(), wishes);
        for bad in ["25:00", "7", "07:00:00", "abc"] {
            assert!(
                serde_json::from_str::<NotificationWishes>(&text.replace("22:00", bad)).is_err()
            );
        }
    }
}
