//! What the desk itself says in a messenger's chat, in the contact's language.

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
    match conversation.info.locale {
        Locale::ZhCn => format!("您好，您的消息我们已经收到。{standing}"),
        Locale::En => format!("Hello, we have your message. {standing}"),
    }
}

/// Where the matter stands, asked by the contact.
pub(super) fn position(
    conversation: &Conversation,
    estimate: Option<&Estimate>,
    zone: Tz,
) -> String {
    let standing = standing(conversation, estimate, zone);
    match conversation.info.locale {
        Locale::ZhCn => format!("正在为您安排人工服务。{standing}"),
        Locale::En => format!("You are in the queue for a person. {standing}"),
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

#[cfg(test)]
mod tests {
    use super::*;

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
