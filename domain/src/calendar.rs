//! Business calendars: opening hours by weekday, holidays and make-up days, in a time zone.

use crate::id::CalendarId;
use crate::time::Timestamp;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How far ahead an opening is looked for, in days.
const LOOK_AHEAD_DAYS: u64 = 366;

/// Opening hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Its name.
    pub id: CalendarId,
    /// An IANA time zone, for example `Asia/Shanghai`.
    #[schema(value_type = String)]
    pub time_zone: Tz,
    /// Open intervals for Monday to Sunday: seven lists.
    pub week: [Vec<Interval>; 7],
    /// Days that differ: an empty list is a holiday, intervals are a make-up working day.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub days: BTreeMap<NaiveDate, Vec<Interval>>,
}

/// An open interval within one day, `from` included and `to` excluded; `24:00` ends the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Opens, `HH:MM`.
    #[schema(value_type = String)]
    pub from: Minute,
    /// Closes, `HH:MM`, later than `from`.
    #[schema(value_type = String)]
    pub to: Minute,
}

/// A minute of the day, 0 to 1,440, written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(pub u16);

impl Serialize for Minute {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.split_once(':').and_then(|(h, m)| {
            let (h, m): (u16, u16) = (h.parse().ok()?, m.parse().ok()?);
            (m < 60 && h * 60 + m <= 1440 && h <= 24).then_some(Self(h * 60 + m))
        });
        parsed.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a time HH:MM")))
    }
}

impl Calendar {
    /// Is the desk open at this time?
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.closes_at(at).is_some()
    }

    /// The next opening when the desk is closed at `at`; `None` when it is open, or when it does
    /// not open within a year (then nothing is gained by waiting for it).
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let (from, _) = self.spans(at).find(|(_, to)| *to > at)?;
        (from > at).then_some(from)
    }

    /// When the desk next closes, if it is open at `at`.
    pub fn closes_at(&self, at: Timestamp) -> Option<Timestamp> {
        self.spans(at).find(|(_, to)| *to > at).filter(|(from, _)| *from <= at).map(|(_, to)| to)
    }

    /// The time at which so many open milliseconds have passed since `from`; closed hours do not
    /// count. A calendar that stays closed for a year counts every hour.
    pub fn after_open_ms(&self, from: Timestamp, open_ms: i64) -> Timestamp {
        let mut left_ms = open_ms;
        for (opens, closes) in self.spans(from) {
            let start = opens.max(from);
            let span_ms = closes.ms_since(start);
            if span_ms >= left_ms && closes > start {
                return start.plus_ms(left_ms);
            }
            left_ms -= span_ms;
        }
        from.plus_ms(open_ms)
    }

    /// Open spans from the day before `at` on, in order; the day before matters in no zone that
    /// exists today, but costs nothing and keeps intervals that end at midnight whole.
    fn spans(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let first = self
            .local_date(at)
            .and_then(|date| date.checked_sub_days(Days::new(1)))
            .unwrap_or_default();
        (0..LOOK_AHEAD_DAYS)
            .filter_map(move |n| first.checked_add_days(Days::new(n)))
            .flat_map(move |date| {
                self.intervals(date).iter().map(move |interval| {
                    (self.instant(date, interval.from), self.instant(date, interval.to))
                })
            })
            .filter(|(from, to)| to > from)
    }

    fn intervals(&self, date: NaiveDate) -> &[Interval] {
        let weekday = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or(0);
        self.days.get(&date).or_else(|| self.week.get(weekday)).map_or(&[], Vec::as_slice)
    }

    fn local_date(&self, at: Timestamp) -> Option<NaiveDate> {
        DateTime::from_timestamp_millis(at.0)
            .map(|utc| utc.with_timezone(&self.time_zone).date_naive())
    }

    /// The instant of a local minute. In the hour that a clock change skips, the first instant
    /// after the gap; in the hour that it repeats, the earlier one.
    fn instant(&self, date: NaiveDate, minute: Minute) -> Timestamp {
        let (date, minute) = if minute.0 == 1440 {
            (date.checked_add_days(Days::new(1)).unwrap_or(date), 0)
        } else {
            (date, u32::from(minute.0))
        };
        (0..180)
            .find_map(|skipped| {
                let minute = minute + skipped;
                let date = date.checked_add_days(Days::new(u64::from(minute / 1440)))?;
                let time = NaiveTime::from_hms_opt(minute / 60 % 24, minute % 60, 0)?;
                self.time_zone.from_local_datetime(&date.and_time(time)).earliest()
            })
            .map_or(Timestamp(0), |local| Timestamp(local.timestamp_millis()))
    }
}

#[cfg(test)]
#[path = "calendar/tests.rs"]
mod tests;
