//! Telephone numbers as people write them, and which of them a desk may ring.
//!
//! The plans of all countries are those of libphonenumber, by the crate `phonenumber`. Its reader is not used
//! where it can be avoided: it takes letters for digits, and strips a trunk prefix off numbers that are
//! international already, so that `+7 812 …` became `+7 12 …`.

#[cfg(test)]
mod tests;

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
