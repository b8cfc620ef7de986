use super::*;
use proptest::prelude::*;

fn shanghai() -> Calendar {
    serde_json::from_value(serde_json::json!({
        "id": "office",
        "time_zone": "Asia/Shanghai",
        "week": [
            [{"from": "09:00", "to": "12:00"}, {"from": "13:30", "to": "17:30"}],
            [{"from": "09:00", "to": "17:30"}], [{"from": "09:00", "to": "17:30"}],
            [{"from": "09:00", "to": "17:30"}], [{"from": "09:00", "to": "17:30"}], [], []
        ],
        "days": {"2026-10-01": [], "2026-10-10": [{"from": "09:00", "to": "17:30"}]}
    }))
    .unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

#[test]
fn a_lunch_break_is_closed_and_ends() {
    let calendar = shanghai();
    assert!(calendar.is_open(at("2026-11-23T11:59:59+08:00")));
    assert_eq!(
        calendar.next_open(at("2026-11-23T12:00:00+08:00")),
        Some(at("2026-11-23T13:30:00+08:00"))
    );
    assert_eq!(
        calendar.closes_at(at("2026-11-23T10:00:00+08:00")),
        Some(at("2026-11-23T12:00:00+08:00"))
    );
}

#[test]
fn a_weekend_a_holiday_and_a_make_up_day() {
    let calendar = shanghai();
    let saturday = at("2026-11-21T10:00:00+08:00");
    assert_eq!(calendar.next_open(saturday), Some(at("2026-11-23T09:00:00+08:00")));
    assert!(!calendar.is_open(at("2026-10-01T10:00:00+08:00")), "a holiday");
    assert!(calendar.is_open(at("2026-10-10T10:00:00+08:00")), "a Saturday made a working day");
}

#[test]
fn open_time_skips_closed_hours() {
    let calendar = shanghai();
    let friday_evening = at("2026-11-20T17:00:00+08:00");
    let hour_later = calendar.after_open_ms(friday_evening, 3_600_000);
    assert_eq!(hour_later, at("2026-11-23T09:30:00+08:00"));
}

#[test]
fn a_clock_change_keeps_local_opening_hours() {
    let mut calendar = shanghai();
    calendar.time_zone = chrono_tz::Europe::Berlin;
    // Summer time ends on 25 October 2026.
    assert!(calendar.is_open(at("2026-10-23T09:00:00+02:00")));
    assert!(calendar.is_open(at("2026-10-26T09:00:00+01:00")));
    assert!(!calendar.is_open(at("2026-10-26T08:59:00+01:00")));
}

#[test]
fn a_calendar_that_never_opens_does_not_hang_a_request() {
    let mut calendar = shanghai();
    calendar.week = Default::default();
    calendar.days.clear();
    assert_eq!(calendar.next_open(Timestamp(0)), None);
    assert_eq!(calendar.after_open_ms(Timestamp(0), 1000), Timestamp(1000));
}

proptest! {
    #[test]
    fn the_next_opening_is_open_and_what_lies_before_is_closed(hours in 0i64..24 * 400) {
        let calendar = shanghai();
        let now = at("2026-01-01T00:00:00+08:00").plus_ms(hours * 3_600_000);
        if let Some(opens) = calendar.next_open(now) {
            prop_assert!(calendar.is_open(opens));
            prop_assert!(!calendar.is_open(now));
            prop_assert!(!calendar.is_open(opens.plus_ms(-1)));
        } else {
            prop_assert!(calendar.is_open(now));
        }
    }

    #[test]
    fn open_time_only_grows(hours in 0i64..24 * 60, a in 0i64..100_000_000, b in 0i64..100_000_000) {
        let calendar = shanghai();
        let now = at("2026-03-01T00:00:00+08:00").plus_ms(hours * 3_600_000);
        let (less, more) = (a.min(b), a.max(b));
        prop_assert!(calendar.after_open_ms(now, less) <= calendar.after_open_ms(now, more));
    }
}
