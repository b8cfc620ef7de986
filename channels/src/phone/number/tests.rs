//! Numbers of many plans, in tables and at random.

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
    assert_eq!(e164("＋８６　１３８－００１３－８０００", "DE"), Ok("+8613800138000".to_owned()));
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
