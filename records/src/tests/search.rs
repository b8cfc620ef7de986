//! Search over the logs: Chinese words, other words, both together.

use crate::history::{HistoryCursor, HistoryFilter};
use crate::tests::engine::{TestRecords, on_both_engines};
use crate::tests::sample::{closed, conversation_id};
use domain::{FileRef, MessageKind, TenantId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn page(limit: u32) -> HistoryFilter {
    HistoryFilter { limit, ..HistoryFilter::default() }
}

async fn found(records: &TestRecords, tenant: &TenantId, text: &str) -> Vec<u64> {
    let hits = records.history().search(tenant, text, &page(10)).await.unwrap();
    hits.into_iter().map(|hit| hit.message.seq).collect()
}

on_both_engines! {
    async fn words_of_two_characters_are_found_inside_a_sentence(r) {
        let city = r.tenant("city").await;
        let texts = [
            "我想问一下个人所得税退税的问题", "Please send the invoice to Anna", "登录税务App失败，代码 E-42",
            "発票はどこですか", "𠮷野家的𠮷字", "it's over",
        ];
        for (n, text) in (1..).zip(texts) {
            // The nth conversation has its text at seq n, so that the seq names it.
            let mut one = closed(n.into(), 9_000, &[text]);
            one.messages[0].seq = n;
            r.history().store_closed(&city, &one).await.unwrap();
        }
        for (text, seqs) in [
            ("退税", vec![1]), ("税", vec![3, 1]), ("个人所得税", vec![1]), ("税退", vec![1]), ("得退", vec![]),
            ("人个", vec![]), ("退税 个人", vec![1]), ("退税 发票", vec![]), ("invoice", vec![2]),
            ("INVO", vec![2]), ("ＩＮＶＯＩＣＥ", vec![2]), ("voice", vec![]), ("the invoice", vec![2]),
            ("anna send", vec![2]), ("税务app", vec![3]), ("务A", vec![3]), ("e-42", vec![3]), ("票は", vec![4]),
            ("𠮷野", vec![5]), ("𠮷", vec![5]), ("it's", vec![6]), ("", vec![]), ("  \"*' OR ", vec![]),
            ("tokens : x", vec![]), ("\0", vec![]),
        ] {
            assert_eq!(found(r, &city, text).await, seqs, "{text}");
        }
    }

    async fn notes_and_file_names_are_found_too(r) {
        let city = r.tenant("city").await;
        let mut one = closed(1, 9_000, &["您好", "查过户籍"]);
        one.messages[1].content.kind = MessageKind::Note;
        one.messages[0].content.files = vec![FileRef {
            id: "file_1".parse().unwrap(), name: "收入证明.pdf".to_owned(),
            media_type: "application/pdf".to_owned(), bytes: 3,
 pending: false,
        }];
        r.history().store_closed(&city, &one).await.unwrap();
        assert_eq!(found(r, &city, "户籍").await, [2]);
        assert_eq!(found(r, &city, "证明").await, [1]);
    }

    async fn a_conversation_is_found_once_by_its_last_match_and_lists_go_on(r) {
        let city = r.tenant("city").await;
        for n in 1..=3 {
            let one = closed(n, i64::try_from(n).unwrap() * 1_000, &["退税", "其他", "退税了"]);
            r.history().store_closed(&city, &one).await.unwrap();
            r.history().store_closed(&city, &one).await.unwrap();
        }
        let first = r.history().search(&city, "退税", &page(2)).await.unwrap();
        let ids = |hits: &[crate::history::SearchHit]| {
            hits.iter().map(|hit| (hit.conversation.id.clone(), hit.message.seq)).collect::<Vec<_>>()
        };
        assert_eq!(ids(&first), [(conversation_id(3), 3), (conversation_id(2), 3)]);
        let before = HistoryCursor::of(&first[1].conversation);
        let rest = r.history().search(&city, "退税", &HistoryFilter { before: Some(before), ..page(2) }).await.unwrap();
        assert_eq!(ids(&rest), [(conversation_id(1), 3)]);
    }

    async fn what_the_filter_hides_does_not_even_fill_a_page(r) {
        let city = r.tenant("city").await;
        for n in 1..=3 {
            let one = closed(n, i64::try_from(n).unwrap() * 1_000, &["退税"]);
            r.history().store_closed(&city, &one).await.unwrap();
        }
        let one = closed(2, 0, &[]).conversation;
        let search = async |filter| r.history().search(&city, "退税", &filter).await.unwrap();
        let of_contact = HistoryFilter { contacts: vec![one.contact.clone()], ..page(2) };
        let found = search(of_contact).await;
        assert!(found.iter().all(|hit| hit.conversation.contact == one.contact), "{found:?}");
        let nobody = HistoryFilter { agent: Some("nobody".parse().unwrap()), ..page(2) };
        assert!(search(nobody).await.is_empty());
    }

    async fn the_longest_text_can_be_stored_and_its_end_is_found(r) {
        let city = r.tenant("city").await;
        let texts = ["啊".repeat(5_000) + "完毕", "ab ".repeat(5_400) + "fin", "x".repeat(16_000), "a1".repeat(8_000)];
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        r.history().store_closed(&city, &closed(1, 9_000, &texts)).await.unwrap();
        assert_eq!(found(r, &city, "完毕").await, [1]);
        assert_eq!(found(r, &city, "ab fin").await, [2]);
        assert_eq!(found(r, &city, texts[2]).await, [3]);
    }

    async fn whatever_was_written_is_found_by_any_part_of_it(r) {
        let city = r.tenant("city").await;
        let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
        let text = proptest::collection::vec(prop_oneof!["[退税发票个人办理]{1,6}", "[a-zA-Z0-9]{1,5}", "[ ，。'\":*&|!()\\\\-]{1,2}", "\\PC{1,3}"], 1..8);
        let handle = tokio::runtime::Handle::current();
        let number = std::sync::atomic::AtomicU32::new(1);
        runner.run(&(text, any::<prop::sample::Index>()), |(parts, which)| {
            let n = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let part = which.get(&parts).clone();
            let one = closed(n.into(), i64::from(n), &[&parts.join(" ")]);
            let hits = tokio::task::block_in_place(|| handle.block_on(async {
                r.history().store_closed(&city, &one).await.unwrap();
                r.history().search(&city, &part, &page(1)).await.unwrap()
            }));
            // A part without letters and digits has nothing to be found by.
            if part.chars().any(char::is_alphanumeric) {
                prop_assert_eq!(hits.first().map(|hit| &hit.conversation.id), Some(&one.conversation.id));
            }
            Ok(())
        }).unwrap();
    }
}
