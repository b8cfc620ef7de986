//! Telephone numbers as people write them, and which of them a desk may ring.
//!
//! The plans of all countries are those of libphonenumber, by the crate `phonenumber`. Its reader is not used
//! where it can be avoided: it takes letters for digits, and strips a trunk prefix off numbers that are
//! international already, so that `+7 812 …` became `+7 12 …`.

use domain::PhoneNumber;
use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Mode, country};
use std::fmt;

/// The longest text that is read, in characters: 15 digits with anything between them, and no more.
pub const CHARS_MAX: usize = 64;
/// The most regions, and the most prefixes, of a rule.
pub const RULES_MAX: usize = 300;
/// What full-width forms are above ASCII (Unicode, block "Halfwidth and Fullwidth Forms").
const FULL_WIDTH: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';
/// From a full-width form to its ASCII one.
const FULL_WIDTH_SHIFT: u32 = 0xfee0;

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// There is no digit in it.
    #[error("the telephone number is missing")]
    Empty,
    /// It has more than [`CHARS_MAX`] characters.
    #[error("the telephone number has more than {CHARS_MAX} characters")]
    TooLong,
    /// It has an extension, which nobody is there to dial.
    #[error("a telephone number with an extension cannot be rung")]
    Extension,
    /// It is not written as a number is.
    #[error("the telephone number cannot be read")]
    Unreadable,
    /// There is no such region by which to read a national number.
    #[error("the region is not known")]
    UnknownRegion,
}

impl NotANumber {
    /// The fixed word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "number_missing",
            Self::TooLong => "number_too_long",
            Self::Extension => "number_has_extension",
            Self::Unreadable => "number_unreadable",
            Self::UnknownRegion => "region_unknown",
        }
    }
}

/// Why a number is not rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCallable {
    /// No number of its region looks like this.
    #[error("the telephone number does not exist in its region")]
    Invalid,
    /// It costs more than a call, or is nobody's telephone: premium rate, shared cost, UAN, personal,
    /// voicemail, emergency, short number.
    #[error("numbers of this kind are not rung")]
    Kind,
    /// Its region is not on the list.
    #[error("numbers of this region are not rung")]
    Region,
    /// It begins with a prefix that is refused.
    #[error("this telephone number is not rung")]
    Prefix,
}

impl NotCallable {
    /// The fixed word for it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Invalid => "number_invalid",
            Self::Kind => "number_kind_refused",
            Self::Region => "number_region_refused",
            Self::Prefix => "number_refused",
        }
    }
}

/// Reads a number as somebody wrote it: national as in the default region (ISO 3166-1, two letters), or
/// international behind `+` or `00`; with spaces, dashes, dots, slashes and brackets, in digits of either width.
///
/// Whether such a number exists is [`Callable::allows`]'s business.
///
/// # Errors
/// See [`NotANumber`]; none of them shows the text.
pub fn read(text: &str, default_region: &str) -> Result<PhoneNumber, NotANumber> {
    if text.chars().nth(CHARS_MAX).is_some() {
        return Err(NotANumber::TooLong);
    }
    let home = plan(default_region).ok_or(NotANumber::UnknownRegion)?;
    let digits = digits(text)?;
    let number = match digits.strip_prefix('+') {
        Some(abroad) => international(abroad).ok_or(NotANumber::Unreadable)?,
        None => national(&digits, home),
    };
    number.parse().map_err(|_short| NotANumber::Unreadable)
}

/// The plan of a region, by its two letters.
fn plan(region: &str) -> Option<&'static Metadata> {
    let id: country::Id = region.parse().ok()?;
    DATABASE.by_id(id.as_ref())
}

/// The country's code, and what stands behind it; no code is the beginning of another.
fn split(digits: &str) -> Option<(u16, &str)> {
    (1..=3).find_map(|length| {
        let (code, national) = digits.split_at_checked(length)?;
        let code: u16 = code.parse().ok()?;
        DATABASE.by_code(&code).is_some().then_some((code, national))
    })
}

/// Is it written as the plan's numbers are? The crate looks at how a number begins; how long it may be stands
/// with the kinds alone.
fn fits(plan: &Metadata, national: &str) -> bool {
    let kinds = plan.descriptors();
    let rung = [kinds.fixed_line(), kinds.mobile(), kinds.voip(), kinds.toll_free()];
    let refused = [
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    let length = u16::try_from(national.len()).unwrap_or(u16::MAX);
    let all = rung.into_iter().chain(refused).flatten();
    let is_long_enough = all.into_iter().any(|kind| kind.possible_length().contains(&length));
    is_long_enough && kinds.general().is_match(national)
}

/// Without the trunk prefix, where what is left is a number and the whole is none.
fn untrunked<'a>(plan: &Metadata, national: &'a str) -> &'a str {
    let stripped = plan.national_prefix().and_then(|prefix| national.strip_prefix(prefix));
    match stripped {
        Some(stripped) if !fits(plan, national) && fits(plan, stripped) => stripped,
        _ => national,
    }
}

/// Some write the trunk prefix all the same: `+44 020 …`.
fn international(digits: &str) -> Option<String> {
    let (code, national) = split(digits)?;
    let plans = DATABASE.by_code(&code)?;
    let national = plans.first().map_or(national, |plan| untrunked(plan, national));
    Some(format!("+{code}{national}"))
}

fn national(digits: &str, home: &'static Metadata) -> String {
    let code = home.country_code();
    let plain = untrunked(home, digits);
    if fits(home, plain) {
        return format!("+{code}{plain}");
    }
    let coded = code.to_string();
    if let Some(national) = digits.strip_prefix(&coded)
        && fits(home, national)
    {
        return format!("+{digits}");
    }
    // Plans with carriers' codes and other prefixes (Argentina, Brazil).
    let region = home.id().parse().ok();
    let read = phonenumber::parse(region, digits).ok().filter(phonenumber::PhoneNumber::is_valid);
    let read = read.map(|number| number.format().mode(Mode::E164).to_string());
    // No number of this region; judged where it is asked whether it may be rung.
    read.unwrap_or_else(|| format!("+{code}{digits}"))
}

/// The digits alone, behind a plus sign where it is international.
fn digits(text: &str) -> Result<String, NotANumber> {
    let text: String = text.trim().chars().map(narrow).collect();
    // The trunk prefix of a national number within an international one: `+44 (0)20 …`.
    let is_abroad = text.starts_with('+') || text.starts_with("00");
    let text = if is_abroad { text.replacen("(0)", "", 1) } else { text };
    let mut digits = String::with_capacity(text.len());
    for (place, letter) in text.chars().enumerate() {
        match letter {
            '0'..='9' => digits.push(letter),
            '+' if place == 0 => digits.push(letter),
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{3000}' | '\u{2010}'..='\u{2015}' => {
            }
            'e' | 'E' | 'x' | 'X' | '#' | ',' | ';' | '转' | '轉' | '分' if !digits.is_empty() =>
            {
                return Err(NotANumber::Extension);
            }
            _ => return Err(NotANumber::Unreadable),
        }
    }
    match digits.strip_prefix("00") {
        _ if !digits.bytes().any(|digit| digit.is_ascii_digit()) => Err(NotANumber::Empty),
        Some(abroad) => Ok(format!("+{abroad}")),
        None => Ok(digits),
    }
}

fn narrow(letter: char) -> char {
    let shifted = || char::from_u32(u32::from(letter).saturating_sub(FULL_WIDTH_SHIFT));
    if FULL_WIDTH.contains(&letter) { shifted().unwrap_or(letter) } else { letter }
}

/// A rule of [`Callable`] that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// No such region, as it was written.
    #[error("`{0}` is no region of ISO 3166-1 in two letters")]
    Region(String),
    /// No such prefix, as it was written.
    #[error("`{0}` is no prefix: `+` and 1 to 15 digits")]
    Prefix(String),
    /// There are more than [`RULES_MAX`].
    #[error("there are more than {RULES_MAX}")]
    TooMany,
}

/// Which numbers may be rung.
#[derive(Clone)]
pub struct Callable {
    regions: Vec<country::Id>,
    allowed: Vec<String>,
    refused: Vec<String>,
}

// Prefixes may be whole numbers.
impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callable").field("regions", &self.regions).finish_non_exhaustive()
    }
}

impl Callable {
    /// Numbers of these regions (ISO 3166-1, two letters); only of the default region when there are none.
    ///
    /// # Errors
    /// [`BadRule::Region`], [`BadRule::TooMany`].
    pub fn within(default_region: &str, regions: &[String]) -> Result<Self, BadRule> {
        let bad = |name: &str| BadRule::Region(name.to_owned());
        let read = |name: &str| name.parse::<country::Id>().map_err(|_unknown| bad(name));
        let regions = match regions {
            [] => vec![read(default_region)?],
            many if many.len() > RULES_MAX => return Err(BadRule::TooMany),
            some => some.iter().map(|name| read(name)).collect::<Result<_, _>>()?,
        };
        Ok(Self { regions, allowed: Vec::new(), refused: Vec::new() })
    }

    /// Besides, numbers that begin so (`+8610`), whatever their region; not those of a kind that is never rung.
    ///
    /// # Errors
    /// [`BadRule::Prefix`], [`BadRule::TooMany`].
    pub fn and_prefixes(self, prefixes: &[String]) -> Result<Self, BadRule> {
        Ok(Self { allowed: read_prefixes(prefixes)?, ..self })
    }

    /// Never numbers that begin so, whatever else allows them.
    ///
    /// # Errors
    /// [`BadRule::Prefix`], [`BadRule::TooMany`].
    pub fn without_prefixes(self, prefixes: &[String]) -> Result<Self, BadRule> {
        Ok(Self { refused: read_prefixes(prefixes)?, ..self })
    }

    /// May this number be rung?
    ///
    /// # Errors
    /// See [`NotCallable`].
    pub fn allows(&self, number: &PhoneNumber) -> Result<(), NotCallable> {
        let begins = |prefixes: &[String]| prefixes.iter().any(|it| number.e164().starts_with(it));
        if begins(&self.refused) {
            return Err(NotCallable::Prefix);
        }
        let digits = number.e164().trim_start_matches('+');
        let (code, national) = split(digits).ok_or(NotCallable::Invalid)?;
        let plan = plan_of(code, national).ok_or(NotCallable::Invalid)?;
        if !is_rung(plan, national)? {
            return Err(NotCallable::Kind);
        }
        let is_here = self.regions.iter().any(|region| region.as_ref() == plan.id());
        if is_here || begins(&self.allowed) { Ok(()) } else { Err(NotCallable::Region) }
    }
}

/// The plan of a number among those that share its country's code.
fn plan_of(code: u16, national: &str) -> Option<&'static Metadata> {
    let plans = DATABASE.by_code(&code)?;
    let leads = |plan: &&&Metadata| {
        let found = plan.leading_digits().and_then(|digits| digits.find(national));
        found.is_some_and(|found| found.start() == 0)
    };
    let is_own =
        |plan: &&&Metadata| plan.leading_digits().is_none() && is_rung(plan, national).is_ok();
    plans.iter().find(leads).or_else(|| plans.iter().find(is_own)).copied()
}

fn read_prefixes(prefixes: &[String]) -> Result<Vec<String>, BadRule> {
    if prefixes.len() > RULES_MAX {
        return Err(BadRule::TooMany);
    }
    let is_prefix = |text: &String| {
        let digits = text.strip_prefix('+').unwrap_or_default();
        (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    match prefixes.iter().find(|text| !is_prefix(text)) {
        Some(bad) => Err(BadRule::Prefix(bad.clone())),
        None => Ok(prefixes.to_vec()),
    }
}

/// Is it the telephone of somebody, at the price of a call?
///
/// # Errors
/// [`NotCallable::Invalid`] when the plan has no such number.
fn is_rung(plan: &Metadata, national: &str) -> Result<bool, NotCallable> {
    let kinds = plan.descriptors();
    let refused = [
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
        kinds.emergency(),
        kinds.short_code(),
    ];
    let rung = [kinds.fixed_line(), kinds.mobile(), kinds.voip(), kinds.toll_free()];
    if !fits(plan, national) {
        return Err(NotCallable::Invalid);
    }
    if refused.into_iter().flatten().any(|kind| kind.is_match(national)) {
        return Ok(false);
    }
    if rung.into_iter().flatten().any(|kind| kind.is_match(national)) {
        return Ok(true);
    }
    Err(NotCallable::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn e164(text: &str, region: &str) -> Result<String, NotANumber> {
        read(text, region).map(|number| number.e164().to_owned())
    }

    /// A number of each plan: its region, how it is written there, and its international form.
    const NUMBERS: &[(&str, &str, &str)] = &[
        ("CN", "138 0013 8000", "+8613800138000"),
        ("CN", "010-6552 9988", "+861065529988"),
        ("CN", "（０７５５）８２００３３４４", "+8675582003344"),
        ("HK", "2123 4567", "+85221234567"),
        ("TW", "0912-345-678", "+886912345678"),
        ("JP", "090-1234-5678", "+819012345678"),
        ("DE", "030 / 123456", "+4930123456"),
        ("DE", "0151 12345678", "+4915112345678"),
        ("GB", "(020) 7946 0018", "+442079460018"),
        ("US", "(201) 555-0123", "+12015550123"),
        ("FR", "06.12.34.56.78", "+33612345678"),
        ("IT", "06 1234 5678", "+390612345678"),
        ("RU", "8 (912) 345-67-89", "+79123456789"),
        ("RU", "8 (800) 555-35-35", "+78005553535"),
        ("RU", "8 (812) 345-67-89", "+78123456789"),
        ("RU", "812 345-67-89", "+78123456789"),
        ("BR", "(11) 96123-4567", "+5511961234567"),
        ("BR", "0 15 11 96123-4567", "+5511961234567"),
        ("AR", "011 15-2345-6789", "+5491123456789"),
        ("HU", "06 1 234 5678", "+3612345678"),
        ("MX", "55 1234 5678", "+525512345678"),
        ("CN", "86 138 0013 8000", "+8613800138000"),
    ];

    #[test]
    fn national_and_international_forms_are_one_number() {
        for (region, national, international) in NUMBERS {
            let expected = Ok((*international).to_owned());
            assert_eq!(e164(national, region), expected, "{national} in {region}");
            let abroad = international.replacen('+', "00", 1);
            for home in ["CN", "DE", "US", region] {
                assert_eq!(e164(international, home), expected, "{international} in {home}");
                assert_eq!(e164(&abroad, home), expected, "{abroad} in {home}");
            }
        }
        assert_eq!(e164("+44 (0)20 7946 0018", "CN"), Ok("+442079460018".to_owned()));
        assert_eq!(
            e164("＋８６　１３８－００１３－８０００", "DE"),
            Ok("+8613800138000".to_owned())
        );
    }

    #[test]
    fn what_is_no_number_has_a_fixed_word() {
        let long = "1".repeat(CHARS_MAX + 1);
        let cases = [
            ("", NotANumber::Empty),
            (" + ", NotANumber::Empty),
            ("()", NotANumber::Empty),
            (long.as_str(), NotANumber::TooLong),
            ("010-65529988 ext. 12", NotANumber::Extension),
            ("010-65529988转12", NotANumber::Extension),
            ("+861065529988;ext=12", NotANumber::Extension),
            ("+861065529988x12", NotANumber::Extension),
            ("010-65529988,12", NotANumber::Extension),
            ("call me", NotANumber::Unreadable),
            ("1380013\r\n8000", NotANumber::Unreadable),
            ("sip:13800138000", NotANumber::Unreadable),
            ("+86+13800138000", NotANumber::Unreadable),
            ("+999999999999", NotANumber::Unreadable),
            ("110", NotANumber::Unreadable),
            ("120", NotANumber::Unreadable),
            ("+8613800138000138001380013800", NotANumber::Unreadable),
        ];
        for (text, expected) in cases {
            assert_eq!(e164(text, "CN"), Err(expected), "{text}");
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            assert!(digits.len() < 5 || !expected.to_string().contains(&digits));
            assert!(!expected.code().is_empty());
        }
        assert_eq!(e164("13800138000", "XX"), Err(NotANumber::UnknownRegion));
        assert_eq!(e164("13800138000", ""), Err(NotANumber::UnknownRegion));
    }

    fn number(text: &str) -> PhoneNumber {
        text.parse().expect("E.164")
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn only_the_regions_of_the_list_are_rung() {
        let home = Callable::within("CN", &[]).expect("a region");
        assert_eq!(home.allows(&number("+8613800138000")), Ok(()));
        assert_eq!(home.allows(&number("+85221234567")), Err(NotCallable::Region));
        let both = Callable::within("CN", &texts(&["CN", "HK"])).expect("regions");
        assert_eq!(both.allows(&number("+85221234567")), Ok(()));
        // Countries that share a code are told apart.
        let canada = Callable::within("CA", &[]).expect("a region");
        assert_eq!(canada.allows(&number("+16137827274")), Ok(()));
        assert_eq!(canada.allows(&number("+15208782491")), Err(NotCallable::Region));
        let russia = Callable::within("RU", &[]).expect("a region");
        assert_eq!(russia.allows(&number("+77012345678")), Err(NotCallable::Region));
    }

    #[test]
    fn some_kinds_are_never_rung_and_what_does_not_exist_neither() {
        let regions = texts(&["CN", "DE", "GB", "AU", "US"]);
        let all = Callable::within("CN", &regions).expect("regions");
        let all = all.and_prefixes(&texts(&["+4", "+6", "+8"])).expect("prefixes");
        for (text, expected) in [
            ("+611900123456", NotCallable::Kind), // premium rate
            ("+499001234567", NotCallable::Kind), // premium rate
            ("+491801234567", NotCallable::Kind), // shared cost
            ("+447012345678", NotCallable::Kind), // personal number
            ("+445512345678", NotCallable::Kind), // UAN
            ("+8610086", NotCallable::Invalid),   // a short number
            ("+8612345678901", NotCallable::Invalid),
            ("+12010000000", NotCallable::Invalid),
            ("+9991234567", NotCallable::Invalid),
        ] {
            assert_eq!(all.allows(&number(text)), Err(expected), "{text}");
            assert!(!expected.to_string().contains(text));
        }
    }

    #[test]
    fn prefixes_go_before_regions_and_refusal_before_all() {
        let rules = Callable::within("CN", &[]).expect("a region");
        let rules = rules.and_prefixes(&texts(&["+852"])).expect("prefixes");
        let rules = rules.without_prefixes(&texts(&["+86138", "+85221"])).expect("prefixes");
        assert_eq!(rules.allows(&number("+8613900138000")), Ok(()));
        assert_eq!(rules.allows(&number("+85291234567")), Ok(()));
        assert_eq!(rules.allows(&number("+8613800138000")), Err(NotCallable::Prefix));
        assert_eq!(rules.allows(&number("+85221234567")), Err(NotCallable::Prefix));
        for bad in ["", "+", "86", "+86 1", "+1234567890123456"] {
            let rules = Callable::within("CN", &[]).expect("a region");
            let rules = rules.and_prefixes(&texts(&[bad])).map(drop);
            assert_eq!(rules, Err(BadRule::Prefix(bad.to_owned())));
        }
        let bad = Callable::within("CN", &texts(&["China"])).map(drop);
        assert_eq!(bad, Err(BadRule::Region("China".to_owned())));
        let many = vec!["CN".to_owned(); RULES_MAX + 1];
        assert_eq!(Callable::within("CN", &many).map(drop), Err(BadRule::TooMany));
    }

    proptest! {
        #[test]
        fn whatever_is_written_nothing_breaks(text in ".{0,80}", region in "[A-Z]{2}") {
            if let Ok(number) = read(&text, &region) {
                let rules = Callable::within("CN", &[]).expect("a region");
                prop_assert!(rules.allows(&number).map_err(NotCallable::code) != Err(""));
            }
        }

        #[test]
        fn what_looks_like_a_number_is_read_the_same_twice(text in "[+＋]?[0-9０-９ ()/.-]{3,30}", place in 0..NUMBERS.len()) {
            let region = NUMBERS[place].0;
            if let Ok(number) = read(&text, region) {
                let again = read(number.e164(), region);
                let rules = Callable::within(region, &[]).expect("a region");
                // What may be rung is what will be dialled, wherever it is read again.
                if rules.allows(&number).is_ok() {
                    prop_assert_eq!(again, Ok(number));
                }
            }
        }

        #[test]
        fn spaces_and_dashes_say_nothing(place in 0..NUMBERS.len(), cuts in prop::collection::vec((any::<prop::sample::Index>(), "[ -]{1,2}"), 0..6)) {
            let (region, _, international) = NUMBERS[place];
            let mut text = international.to_owned();
            for (at, space) in cuts {
                text.insert_str(1 + at.index(text.len() - 1), &space);
            }
            prop_assert_eq!(e164(&text, region), Ok(international.to_owned()));
        }
    }
}
