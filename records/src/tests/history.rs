//! Closed conversations: storing, reading, listing.

use crate::history::{ClosedConversation, HistoryCursor, HistoryFilter, MessagePage, MessagesFrom};
use crate::tests::engine::on_both_engines;
use crate::tests::sample::{agent_id, closed, conversation, conversation_id, joined};
use domain::{Conversation, Timestamp};
use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const ALL: MessagePage = MessagePage { from: MessagesFrom::After(0), limit: 100 };

on_both_engines! {
    async fn storing_twice_is_storing_once(r) {
        let city = r.tenant("city").await;
        let one = closed(1, 9_000, &["您好", "退税 \0 怎么办？"]);
        let stored = r.history().store_closed(&city, &one).await.unwrap();
        assert_eq!(stored.new_messages, 2);
        assert_eq!(r.history().store_closed(&city, &one).await.unwrap().new_messages, 0);
        assert_eq!(r.history().conversation(&city, &one.conversation.id).await.unwrap().as_ref(), Some(&one.conversation));
        assert_eq!(r.history().messages(&city, &one.conversation.id, ALL).await.unwrap(), one.messages);
        assert_eq!(r.history().conversation(&city, &conversation_id(2)).await.unwrap(), None);
    }

    async fn many_who_store_the_same_store_it_once(r) {
        let city = r.tenant("city").await;
        let one = closed(1, 9_000, &["一", "二", "三"]);
        let history = r.history();
        let stored = join_all((0..8).map(|_| history.store_closed(&city, &one))).await;
        assert_eq!(stored.into_iter().map(|stored| stored.unwrap().new_messages).sum::<u64>(), 3);
    }

    async fn a_reopened_conversation_grows_and_never_shrinks(r) {
        let city = r.tenant("city").await;
        let first = closed(1, 9_000, &["一"]);
        let second = closed(1, 19_000, &["一", "二"]);
        // The second round hands in only what is new.
        let rest = ClosedConversation { messages: second.messages[1..].to_vec(), ..second.clone() };
        r.history().store_closed(&city, &first).await.unwrap();
        r.history().store_closed(&city, &rest).await.unwrap();
        // A slow gateway comes with the first round again.
        r.history().store_closed(&city, &first).await.unwrap();
        let id = &first.conversation.id;
        assert_eq!(r.history().conversation(&city, id).await.unwrap().unwrap().closed_at, Some(Timestamp(19_000)));
        assert_eq!(r.history().messages(&city, id, ALL).await.unwrap(), second.messages);
    }

    async fn a_log_that_went_on_otherwise_after_a_loss_is_stored_as_it_is_now(r) {
        let city = r.tenant("city").await;
        let before = closed(1, 9_000, &["一", "丢失", "也丢失", "还丢失"]);
        let now = closed(1, 19_000, &["一", "后来"]);
        let id = &before.conversation.id;
        r.history().store_closed(&city, &before).await.unwrap();
        let stored = r.history().store_closed(&city, &now).await.unwrap();
        assert_eq!((stored.new_messages, stored.replaced_messages), (0, 1));
        let log = r.history().messages(&city, id, ALL).await.unwrap();
        let texts: Vec<&str> = log.iter().map(|message| message.content.text.as_str()).collect();
        assert_eq!(texts, ["一", "后来", "也丢失", "还丢失"], "nothing more is thrown away");
        assert_eq!(r.history().conversation(&city, id).await.unwrap().unwrap().closed_at, Some(Timestamp(19_000)));
        let filter = HistoryFilter { limit: 10, ..HistoryFilter::default() };
        assert_eq!(r.history().search(&city, "后来", &filter).await.unwrap().len(), 1);
        let again = r.history().store_closed(&city, &now).await.unwrap();
        assert_eq!((again.new_messages, again.replaced_messages), (0, 0));
    }

    async fn rounds_in_any_order_end_in_the_same_log(r) {
        let city = r.tenant("city").await;
        let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
        let handle = tokio::runtime::Handle::current();
        let number = std::sync::atomic::AtomicU32::new(1);
        // Each round is the log up to a length, of which the archive may have the beginning.
        let rounds = proptest::collection::vec((0..6_usize, 0..6_usize), 1..6);
        runner.run(&rounds, |rounds| {
            let n = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed).into();
            let whole = ["一", "二", "三", "四", "五", "六"];
            let mut longest = 0;
            let mut seen = std::collections::BTreeSet::new();
            for (length, from) in rounds {
                let mut round = closed(n, 9_000 + i64::try_from(length).unwrap(), &whole[..length]);
                round.messages.drain(..from.min(length));
                seen.extend(round.messages.iter().map(|message| message.seq));
                longest = longest.max(length);
                tokio::task::block_in_place(|| handle.block_on(r.history().store_closed(&city, &round))).unwrap();
            }
            let (stored, messages) = tokio::task::block_in_place(|| handle.block_on(async {
                let id = conversation_id(n);
                let stored = r.history().conversation(&city, &id).await.unwrap().unwrap();
                (stored, r.history().messages(&city, &id, ALL).await.unwrap())
            }));
            prop_assert_eq!(stored.last_seq, u64::try_from(longest).unwrap());
            prop_assert_eq!(messages.iter().map(|m| m.seq).collect::<Vec<_>>(), seen.into_iter().collect::<Vec<_>>());
            Ok(())
        }).unwrap();
    }

    async fn who_answered_last_is_known_even_when_nobody_holds_it_at_the_end(r) {
        let city = r.tenant("city").await;
        let mut one = closed(1, 9_000, &["一"]);
        one.conversation.agent = None;
        one.messages.push(joined(2, 2_000, "wang"));
        one.messages.push(joined(3, 3_000, "li"));
        r.history().store_closed(&city, &one).await.unwrap();
        let stored = r.history().conversation(&city, &one.conversation.id).await.unwrap().unwrap();
        assert_eq!(stored.agent, Some(agent_id("li")));
        let filter = HistoryFilter { agent: Some(agent_id("li")), limit: 10, ..HistoryFilter::default() };
        assert_eq!(r.history().list(&city, &filter).await.unwrap().len(), 1);
    }

    async fn what_is_learned_after_the_end_enters_the_log_once(r) {
        let city = r.tenant("city").await;
        let mut one = closed(1, 9_000, &["一"]);
        one.conversation.agent = None;
        one.messages.push(joined(2, 2_000, "wang"));
        one.conversation.last_seq = 2;
        r.history().store_closed(&city, &one).await.unwrap();
        let id = one.conversation.id.clone();
        let content = joined(3, 0, "li").content;
        for _twice in 0..2 {
            let place = r.history().append(&city, &id, &content, Timestamp(99_000)).await.unwrap();
            assert_eq!(place, Some(3));
        }
        let log = r.history().messages(&city, &id, ALL).await.unwrap();
        assert_eq!((log.len(), log[2].at, &log[2].content), (3, Timestamp(99_000), &content));
        let stored = r.history().conversation(&city, &id).await.unwrap().unwrap();
        assert_eq!((stored.last_seq, stored.agent), (3, Some(agent_id("wang"))));
        let unknown = r.history().append(&city, &conversation_id(7), &content, Timestamp(1)).await;
        assert_eq!(unknown.unwrap(), None);
        let elsewhere = r.tenant("other").await;
        let foreign = r.history().append(&elsewhere, &id, &content, Timestamp(1)).await;
        assert_eq!(foreign.unwrap(), None);
    }

    async fn an_archive_of_what_came_since_forgets_nobody(r) {
        let city = r.tenant("city").await;
        let mut one = closed(1, 9_000, &["一"]);
        one.conversation.agent = None;
        one.messages.push(joined(2, 2_000, "wang"));
        r.history().store_closed(&city, &one).await.unwrap();
        let mut later = closed(1, 9_000, &["一", "二", "三"]);
        later.conversation.agent = None;
        later.messages.drain(..2);
        r.history().store_closed(&city, &later).await.unwrap();
        let stored = r.history().conversation(&city, &one.conversation.id).await.unwrap().unwrap();
        assert_eq!((stored.last_seq, stored.agent), (3, Some(agent_id("wang"))));
    }

    async fn messages_are_read_in_pages_from_either_side(r) {
        let city = r.tenant("city").await;
        let texts: Vec<String> = (1..=7).map(|n| n.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let one = closed(1, 9_000, &texts);
        r.history().store_closed(&city, &one).await.unwrap();
        for (from, seqs) in [
            (MessagesFrom::After(0), [1, 2, 3]), (MessagesFrom::After(3), [4, 5, 6]),
            (MessagesFrom::Before(5), [2, 3, 4]), (MessagesFrom::End, [5, 6, 7]),
        ] {
            let page = MessagePage { from, limit: 3 };
            let page = r.history().messages(&city, &one.conversation.id, page).await.unwrap();
            assert_eq!(page.iter().map(|message| message.seq).collect::<Vec<_>>(), seqs, "{from:?}");
        }
    }

    async fn lists_are_filtered_and_go_on_where_they_stopped(r) {
        let city = r.tenant("city").await;
        for n in 1..=6_u32 {
            let mut one = closed(n.into(), i64::from(n / 2) * 1_000, &[]);
            if n % 2 == 0 {
                one.conversation.contact = "ctc_hong".parse().unwrap();
                one.conversation.queue = "law".parse().unwrap();
                one.conversation.agent = Some(agent_id("li"));
            }
            r.history().store_closed(&city, &one).await.unwrap();
        }
        let ids = |page: &[Conversation]| page.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        let mut seen = Vec::new();
        let mut filter = HistoryFilter { limit: 4, ..HistoryFilter::default() };
        for _ in 0..2 {
            let page = r.history().list(&city, &filter).await.unwrap();
            seen.extend(ids(&page));
            filter.before = page.last().map(HistoryCursor::of);
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1].map(conversation_id));
        let even = [6, 4, 2].map(conversation_id);
        for filter in [
            HistoryFilter { contacts: vec!["ctc_hong".parse().unwrap()], limit: 9, ..HistoryFilter::default() },
            HistoryFilter { queue: Some("law".parse().unwrap()), limit: 9, ..HistoryFilter::default() },
            HistoryFilter { agent: Some(agent_id("li")), limit: 9, ..HistoryFilter::default() },
        ] {
            assert_eq!(ids(&r.history().list(&city, &filter).await.unwrap()), even);
        }
    }

    async fn the_last_agent_of_a_contact_is_whoever_answered_last_or_nobody(r) {
        let city = r.tenant("city").await;
        let contact = closed(1, 0, &[]).conversation.contact;
        assert_eq!(r.history().last_agent(&city, &contact).await.unwrap(), None);
        for (n, at, agent) in [(1, 9_000, Some("li")), (2, 5_000, Some("wang"))] {
            let mut one = closed(n, at, &[]);
            one.conversation.agent = agent.map(agent_id);
            r.history().store_closed(&city, &one).await.unwrap();
        }
        assert_eq!(r.history().last_agent(&city, &contact).await.unwrap(), Some(agent_id("li")));
        let mut other = closed(3, 19_000, &[]);
        other.conversation.contact = "ctc_hong".parse().unwrap();
        r.history().store_closed(&city, &other).await.unwrap();
        let mut unanswered = closed(4, 29_000, &[]);
        unanswered.conversation.agent = None;
        assert_eq!(r.history().last_agent(&city, &contact).await.unwrap(), Some(agent_id("li")));
        r.history().store_closed(&city, &unanswered).await.unwrap();
        assert_eq!(r.history().last_agent(&city, &contact).await.unwrap(), None, "nobody answered the last one");
    }

    async fn what_is_stored_outlives_the_process(r) {
        let city = r.tenant("city").await;
        let one = closed(1, 9_000, &["一"]);
        r.history().store_closed(&city, &one).await.unwrap();
        let again = crate::Records::open(&r.config).await.unwrap();
        assert_eq!(again.history().messages(&city, &one.conversation.id, ALL).await.unwrap(), one.messages);
    }
}

#[test]
fn a_cursor_is_the_same_after_being_written() {
    let cursor = HistoryCursor::of(&conversation(3, 9_000));
    assert_eq!(cursor.to_string().parse(), Ok(cursor));
    for text in ["", "1", "x.conv_1", "1.msg_1"] {
        assert!(text.parse::<HistoryCursor>().is_err(), "{text}");
    }
}
