//! Reports over closed conversations.

use crate::history::ClosedConversation;
use crate::reports::{Denominator, Period, ServiceLevel};
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::sample::{closed, joined};
use domain::{TenantId, Timestamp};

/// A conversation that arrived at 0 and was answered or closed after so many seconds.
fn wait(n: u128, answered_secs: Option<i64>, closed_secs: i64) -> ClosedConversation {
    let mut one = closed(n, closed_secs * 1_000, &[]);
    one.conversation.arrived_at = Timestamp(0);
    one.conversation.accepted_at = answered_secs.map(|secs| Timestamp(secs * 1_000));
    if answered_secs.is_none() {
        one.conversation.agent = None;
    }
    one
}

fn level(denominator: Denominator) -> ServiceLevel {
    ServiceLevel { within_secs: 20, short_abandon_secs: 5, denominator }
}

const ALWAYS: Period = Period { from: Timestamp(0), to: Timestamp(i64::MAX) };

async fn store(records: &TestRecords, tenant: &TenantId, one: &ClosedConversation) {
    records.history().store_closed(tenant, one).await.unwrap();
}

on_both_engines! {
    async fn each_number_follows_its_definition(r) {
        let city = r.tenant("city").await;
        for (n, (answered, closed_at)) in (1..).zip([
            (Some(10), 100), (Some(20), 100), (Some(60), 100), (None, 5), (None, 30),
        ]) {
            store(r, &city, &wait(n, answered, closed_at)).await;
        }
        for (denominator, service_level) in [
            (Denominator::Answered, 2.0 / 3.0),
            (Denominator::Offered, 2.0 / 5.0),
            (Denominator::OfferedLessShortAbandons, 2.0 / 4.0),
        ] {
            let reports = r.reports().queues(&city, ALWAYS, level(denominator)).await.unwrap();
            let [report] = &reports[..] else { panic!("{reports:?}") };
            assert_eq!(report.queue.as_str(), "tax");
            assert_eq!((report.offered, report.answered, report.abandoned), (5, 3, 2));
            assert_eq!((report.answered_in_time, report.short_abandoned), (2, 1));
            assert_eq!((report.mean_wait_ms, report.service_level), (Some(30_000), Some(service_level)));
            assert_eq!(report.definition.denominator, denominator);
        }
    }

    async fn nothing_is_divided_by_nothing_and_periods_have_ends(r) {
        let city = r.tenant("city").await;
        let mut one = wait(1, None, 4);
        one.conversation.arrived_at = Timestamp(1_000);
        store(r, &city, &one).await;
        let report = |from, to| {
            let period = Period { from: Timestamp(from), to: Timestamp(to) };
            r.reports().queues(&city, period, level(Denominator::OfferedLessShortAbandons))
        };
        // 3 s of waiting is a short abandon, so nothing is left to divide by.
        let reports = report(1_000, 1_001).await.unwrap();
        assert_eq!((reports[0].mean_wait_ms, reports[0].service_level), (None, None));
        assert!(report(0, 1_000).await.unwrap().is_empty());
        assert!(report(1_001, 9_000).await.unwrap().is_empty());
    }

    async fn a_transfer_keeps_the_first_answer_and_a_new_wait_counts_anew(r) {
        let city = r.tenant("city").await;
        let mut one = wait(1, Some(90), 100);
        one.messages = vec![joined(1, 10_000, "wang"), joined(2, 90_000, "li")];
        store(r, &city, &one).await;
        store(r, &city, &one).await;
        let report = r.reports().queues(&city, ALWAYS, level(Denominator::Offered)).await.unwrap();
        assert_eq!((report[0].offered, report[0].mean_wait_ms), (1, Some(10_000)));
        // Reopened, it waited again and was given up; the answer that it had is from before.
        let mut again = wait(1, Some(90), 300);
        again.conversation.arrived_at = Timestamp(200_000);
        again.messages = one.messages.clone();
        store(r, &city, &again).await;
        let report = r.reports().queues(&city, ALWAYS, level(Denominator::Offered)).await.unwrap();
        assert_eq!((report[0].offered, report[0].answered, report[0].abandoned), (2, 1, 1));
    }
}
