//! What the desk says of calls by itself, in the contact's language.

use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use domain::{CallOutcome, Locale, Timestamp};

/// What stands in the log for somebody who rang and was not answered.
pub(super) fn missed(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "（来电未接）请回电。",
        Locale::En => "(Missed call) Please call back.",
    }
}

/// What stands in the log for somebody who asks for a call and says nothing more.
pub(super) fn asked(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "请回电。",
        Locale::En => "Please call me.",
    }
}

/// A time as people of the zone read it.
pub(super) fn time(at: Timestamp, zone: Tz, locale: Locale) -> String {
    let Some(at) = DateTime::from_timestamp_millis(at.0) else { return String::new() };
    let at = zone.from_utc_datetime(&at.naive_utc());
    match locale {
        Locale::ZhCn => at.format("%-m月%-d日 %H:%M").to_string(),
        Locale::En => at.format("%-d %b, %H:%M").to_string(),
    }
}

/// It is noted, with the number masked.
pub(super) fn requested(number: &str, from: Option<&str>, locale: Locale) -> String {
    match (locale, from) {
        (Locale::ZhCn, None) => {
            format!("好的，轮到您时我们将拨打 {number}，您的排队位置保持不变。")
        }
        (Locale::ZhCn, Some(from)) => format!("好的，我们将从 {from} 起拨打 {number}。"),
        (Locale::En, None) => {
            format!("We shall call {number} when it is your turn. You keep your place.")
        }
        (Locale::En, Some(from)) => format!("We shall call {number} from {from} on."),
    }
}

/// Nobody is rung any more.
pub(super) fn cancelled(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "已取消回电。",
        Locale::En => "The call is cancelled.",
    }
}

/// It is nearly time.
pub(super) fn near(at: &str, locale: Locale) -> String {
    match locale {
        Locale::ZhCn => format!("提醒：我们将在 {at} 前后给您回电，请保持电话畅通。"),
        Locale::En => format!("A reminder: we shall call you at about {at}."),
    }
}

/// They were not reached, and will be tried again.
pub(super) fn again(outcome: CallOutcome, at: &str, locale: Locale) -> String {
    match (locale, outcome) {
        (Locale::ZhCn, CallOutcome::Busy) => {
            format!("刚才给您回电时线路正忙，我们将于 {at} 再次拨打。")
        }
        (Locale::ZhCn, _) => format!("刚才给您回电未能接通，我们将于 {at} 再次拨打。"),
        (Locale::En, CallOutcome::Busy) => {
            format!("Your line was busy. We shall try again at {at}.")
        }
        (Locale::En, _) => format!("We could not reach you. We shall try again at {at}."),
    }
}

/// They were not reached, and nobody tries again.
pub(super) fn given_up(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "多次回电均未接通，本次回电已结束。如仍需帮助，请再次留言或重新预约回电。",
        Locale::En => {
            "We tried several times and could not reach you. Write to us, or ask for another call."
        }
    }
}

/// The code that proves that a number is somebody's, as a short message.
pub(super) fn code(desk: &str, code: &str, locale: Locale) -> String {
    match locale {
        Locale::ZhCn => {
            format!("【{desk}】您的回电验证码是 {code}，10 分钟内有效。请勿告诉他人。")
        }
        Locale::En => {
            format!(
                "{desk}: {code} is your code for being called back. It works for 10 minutes. Tell it to nobody."
            )
        }
    }
}

/// What is said, and where the person may change it.
pub(super) fn with_link(text: &str, link: &str, locale: Locale) -> String {
    match locale {
        Locale::ZhCn => format!("{text}\n查看、改时间或取消：{link}"),
        Locale::En => format!("{text}\nLook, move or cancel it: {link}"),
    }
}
