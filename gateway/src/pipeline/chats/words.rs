//! What the desk itself says in a messenger's chat, in the contact's language.

use super::place::Place;
use crate::pipeline::acknowledgements::standing;
use channels::Choice;
use chrono_tz::Tz;
use domain::{Conversation, Locale};
use routing::reply::Estimate;

/// The grades, from the best to the worst.
const GRADES: [(u8, &str, &str); 5] = [
    (5, "非常满意", "Very good"),
    (4, "满意", "Good"),
    (3, "一般", "Fair"),
    (2, "不满意", "Poor"),
    (1, "非常不满意", "Very poor"),
];

/// The desk has the matter; how many are before it, or when the desk opens.
pub(super) fn acknowledged(
    conversation: &Conversation,
    estimate: Option<&Estimate>,
    zone: Tz,
) -> String {
    let standing = standing(conversation, estimate, zone);
    let wait = wait(conversation, estimate);
    match conversation.info.locale {
        Locale::ZhCn => format!("您好，您的消息我们已经收到。{standing}{wait}"),
        Locale::En => format!("Hello, we have your message. {standing}{wait}"),
    }
}

/// Where the matter stands, asked by the contact.
pub(super) fn position(
    conversation: &Conversation,
    estimate: Option<&Estimate>,
    zone: Tz,
) -> String {
    let standing = standing(conversation, estimate, zone);
    let wait = wait(conversation, estimate);
    match conversation.info.locale {
        Locale::ZhCn => format!("正在为您安排人工服务。{standing}{wait}"),
        Locale::En => format!("You are in the queue for a person. {standing}{wait}"),
    }
}

/// About how long it takes, after what stands before it; empty when it is not known.
fn wait(conversation: &Conversation, estimate: Option<&Estimate>) -> String {
    let minutes = estimate.and_then(|estimate| Place::of(estimate).minutes());
    match (conversation.info.locale, minutes) {
        (_, None) => String::new(),
        (Locale::ZhCn, Some(minutes)) => format!("预计等待{}。", span(Locale::ZhCn, minutes)),
        (Locale::En, Some(minutes)) => format!(" It may take {}.", span(Locale::En, minutes)),
    }
}

/// Some minutes, at least and at most.
fn span(locale: Locale, (least, most): (u64, u64)) -> String {
    match locale {
        Locale::ZhCn if least <= 1 => format!(" {most} 分钟以内"),
        Locale::ZhCn if least == most => format!("约 {most} 分钟"),
        Locale::ZhCn => format!(" {least} 至 {most} 分钟"),
        Locale::En if most == 1 => "a minute at most".to_owned(),
        Locale::En if least <= 1 => format!("{most} minutes at most"),
        Locale::En if least == most => format!("about {most} minutes"),
        Locale::En => format!("{least} to {most} minutes"),
    }
}

/// The place in the queue became another.
pub(super) fn moved(locale: Locale, place: Place) -> String {
    let (least, most) = place.before;
    let before = match locale {
        Locale::ZhCn if most == 0 => "您现在排在最前面".to_owned(),
        Locale::ZhCn if least == most => format!("您前面现在有 {most} 件"),
        Locale::ZhCn => format!("您前面现在有 {least} 至 {most} 件"),
        Locale::En if most == 0 => "Nobody is before you now".to_owned(),
        Locale::En if most == 1 && least == 1 => "One is before you now".to_owned(),
        Locale::En if least == most => format!("{most} are before you now"),
        Locale::En => format!("{least} to {most} are before you now"),
    };
    match (locale, place.minutes()) {
        (Locale::ZhCn, None) => format!("{before}。"),
        (Locale::En, None) => format!("{before}."),
        (Locale::ZhCn, Some(minutes)) => format!("{before}，预计等待{}。", span(locale, minutes)),
        (Locale::En, Some(minutes)) => format!("{before}. It may take {}.", span(locale, minutes)),
    }
}

/// Somebody serves the contact already.
pub(super) fn served(locale: Locale, name: &str) -> String {
    match locale {
        Locale::ZhCn => format!("{name}正在为您服务，请直接留言。"),
        Locale::En => format!("{name} is with you: simply write."),
    }
}

/// It is over; what did the contact think of it?
pub(super) fn asked_to_rate(locale: Locale, has_buttons: Buttons) -> String {
    match (locale, has_buttons) {
        (Locale::ZhCn, Buttons::Some) => "本次会话已结束，请您评价：".to_owned(),
        (Locale::En, Buttons::Some) => "This conversation is over. How was it?".to_owned(),
        (Locale::ZhCn, Buttons::None) => {
            "本次会话已结束。请回复数字评价：5 非常满意，4 满意，3 一般，2 不满意，1 非常不满意。"
                .to_owned()
        }
        (Locale::En, Buttons::None) => {
            "This conversation is over. How was it? Answer with a number \
             from 5 (very good) to 1 (very poor)."
                .to_owned()
        }
    }
}

/// It is over.
pub(super) fn over(locale: Locale) -> String {
    match locale {
        Locale::ZhCn => "本次会话已结束。如需帮助，请随时留言。".to_owned(),
        Locale::En => "This conversation is over. Write at any time if you need us.".to_owned(),
    }
}

/// The rating was taken.
pub(super) fn thanks(locale: Locale) -> String {
    match locale {
        Locale::ZhCn => "感谢您的评价。".to_owned(),
        Locale::En => "Thank you for your rating.".to_owned(),
    }
}

/// Has the network buttons?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buttons {
    /// It has.
    Some,
    /// It has none: a number is the answer.
    None,
}

/// The buttons of a rating.
pub(super) fn grades(locale: Locale) -> Vec<Choice> {
    let choice = |(grade, zh, en): (u8, &str, &str)| Choice {
        label: match locale {
            Locale::ZhCn => zh.to_owned(),
            Locale::En => en.to_owned(),
        },
        value: format!("rate:{grade}"),
    };
    GRADES.map(choice).to_vec()
}

/// The grade that a button stands for.
pub(super) fn grade_of(value: &str) -> Option<u8> {
    let grade = value.strip_prefix("rate:")?.parse().ok()?;
    (1..=5).contains(&grade).then_some(grade)
}

/// A call is asked for, and no number is known.
pub(super) fn which_number(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "请告诉我们回拨号码，例如：回电 13800138000",
        Locale::En => "Which number shall we call? For example: callback +86 138 0013 8000",
    }
}

/// A code was sent to the number.
pub(super) fn which_code(locale: Locale, number: &str) -> String {
    match locale {
        Locale::ZhCn => format!("验证码已发送到该号码。请回复：回电 {number} 验证码"),
        Locale::En => format!("A code was sent to this number. Write: callback {number} CODE"),
    }
}

/// This number is not called.
pub(super) fn not_called(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "这个号码暂时无法回拨，请检查后重试，或换一个号码。",
        Locale::En => "We cannot call this number just now. Please check it, or name another.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_said_as_people_say_it() {
        let said = |before: (u64, u64), handling_ms: i64| {
            let (before_min, before_max) = before;
            let estimate = Estimate { before_min, before_max, agents: 1, slots: 1, handling_ms };
            [Locale::ZhCn, Locale::En].map(|locale| moved(locale, Place::of(&estimate)))
        };
        assert_eq!(said((0, 0), 0), ["您现在排在最前面。", "Nobody is before you now."]);
        let one = [
            "您前面现在有 1 件，预计等待 2 分钟以内。",
            "One is before you now. It may take 2 minutes at most.",
        ];
        assert_eq!(said((1, 1), 60_000), one);
        let some = [
            "您前面现在有 3 至 8 件，预计等待 10 至 20 分钟。",
            "3 to 8 are before you now. It may take 10 to 20 minutes.",
        ];
        assert_eq!(said((3, 8), 130_000), some);
    }

    #[test]
    fn every_button_is_understood_and_nothing_else() {
        for choice in grades(Locale::ZhCn) {
            assert!(grade_of(&choice.value).is_some(), "{choice:?}");
            assert!(choice.label.chars().count() <= 20);
        }
        for value in ["rate:0", "rate:6", "rate:", "rate:-1", "5", "end"] {
            assert_eq!(grade_of(value), None, "{value}");
        }
    }
}
