//! Going on by mail in the random sequences, and what it promises.

use super::desk::*;
use super::model::Twin;
use super::properties::{T0, differ};
use super::server::RedisServer;
use crate::command::{Closer, LeaveAddress, MailUnread, NewDelivery, Reader};
use crate::reply::{AddressLeft, AddressWithdrawn, TranscriptSent, UnreadMailed};
use crate::router::Router;
use domain::{ConversationId, DeliveryId, EndpointId};
use proptest::test_runner::TestCaseError;

/// How long what is unread waits, in milliseconds.
pub(super) const AFTER_MS: u64 = 20_000;

fn box_of(id: &str) -> EndpointId {
    format!("letters-{id}").parse().unwrap()
}

pub(super) async fn leave(
    router: &Router,
    twin: &mut Twin,
    id: &str,
    address: u32,
) -> Result<(), TestCaseError> {
    let contact = twin.convs.get(id).map_or("ctc_0".to_owned(), |conv| conv.contact.clone());
    let (parsed, who) = (id.parse().unwrap(), contact.parse().unwrap());
    let (address, name) = (format!("\"{address}\"@b.example"), format!("n{address}"));
    let left = LeaveAddress {
        conversation: &parsed,
        contact: &who,
        address: &address,
        name: &name,
        unread_after_ms: AFTER_MS,
    };
    let real = match router.leave_address(&tenant(), &left).await.unwrap() {
        AddressLeft::Left => "left",
        AddressLeft::Same => "same",
        AddressLeft::TooMany => "too_many",
        AddressLeft::Closed => "closed",
        AddressLeft::Unknown => "unknown",
    };
    differ("leave_address", &real, &twin.leave_address((id, &contact), (&address, &name)))
}

pub(super) async fn withdraw(
    router: &Router,
    twin: &mut Twin,
    id: &str,
) -> Result<(), TestCaseError> {
    let contact = twin.convs.get(id).map_or("ctc_0".to_owned(), |conv| conv.contact.clone());
    let (parsed, who) = (id.parse().unwrap(), contact.parse().unwrap());
    let real = match router.withdraw_address(&tenant(), &parsed, &who).await.unwrap() {
        AddressWithdrawn::Withdrawn => "withdrawn",
        AddressWithdrawn::None => "none",
        AddressWithdrawn::Unknown => "unknown",
    };
    differ("withdraw_address", &real, &twin.withdraw_address(id, &contact))
}

pub(super) async fn mail(
    router: &Router,
    twin: &mut Twin,
    id: &str,
    (is_stale, has_letter): (bool, bool),
) -> Result<(), TestCaseError> {
    let conv = twin.convs.get(id);
    let known = conv.map_or(0, |conv| conv.read_by_contact.max(conv.mailed));
    let upto = conv.map_or(0, |conv| conv.last_seq() - u64::from(is_stale));
    let known = known + u64::from(is_stale && upto.is_multiple_of(2));
    let (parsed, endpoint) = (id.parse().unwrap(), box_of(id));
    let delivery = format!("dlv_{}", id.trim_start_matches("conv_")).parse().unwrap();
    let letter = NewDelivery { id: &delivery, endpoint: &endpoint, payload: "{}" };
    let unread = MailUnread {
        conversation: &parsed,
        known,
        upto,
        wait_ms: AFTER_MS,
        letter: has_letter.then_some(letter),
    };
    let real = match router.mail_unread(&tenant(), &unread).await.unwrap() {
        UnreadMailed::Mailed => "mailed",
        UnreadMailed::Nothing => "nothing",
        UnreadMailed::Here => "here",
        UnreadMailed::Changed => "changed",
        UnreadMailed::Unknown => "unknown",
    };
    differ("mail_unread", &real, &twin.mail_unread(id, (known, upto), has_letter))
}

pub(super) async fn transcript(
    router: &Router,
    twin: &mut Twin,
    id: &str,
    address: u32,
) -> Result<(), TestCaseError> {
    let (parsed, endpoint, name) = (id.parse().unwrap(), box_of(id), format!("n{address}"));
    let delivery = format!("dlv_t{address}").parse().unwrap();
    let letter = NewDelivery { id: &delivery, endpoint: &endpoint, payload: "{}" };
    let real = match router.send_transcript(&tenant(), &parsed, &name, &letter).await.unwrap() {
        TranscriptSent::Sent => "sent",
        TranscriptSent::Already => "already",
        TranscriptSent::TooMany => "too_many",
    };
    differ("send_transcript", &real, &twin.send_transcript(id, &name))
}

pub(super) async fn attend(
    router: &Router,
    twin: &mut Twin,
    who: u32,
    (socket, ms): (u32, u64),
) -> Result<(), TestCaseError> {
    let (contact, socket) = (contact(who), format!("s{socket}"));
    router.attend(&tenant(), &contact, &socket, ms).await.unwrap();
    twin.attend(contact.as_str(), &socket, ms);
    Ok(())
}

/// Somebody who asked and left an address, and an agent who holds the conversation.
async fn served(router: &Router) -> ConversationId {
    ready(router, &agent("li", "tax:4", 3)).await;
    says(router, 1, 1, &entry("tax:3", T0, 60_000)).await;
    router
        .accept_offer(&tenant(), &conv(1), &agent_id("li"), &"ofr_1".parse().unwrap())
        .await
        .unwrap();
    let left = LeaveAddress {
        conversation: &conv(1),
        contact: &contact(1),
        address: "wang@b.example",
        name: "n1",
        unread_after_ms: AFTER_MS,
    };
    assert_eq!(router.leave_address(&tenant(), &left).await.unwrap(), AddressLeft::Left);
    assert_eq!(router.leave_address(&tenant(), &left).await.unwrap(), AddressLeft::Same);
    conv(1)
}

async fn mails(router: &Router, (known, upto): (u64, u64)) -> UnreadMailed {
    let (delivery, endpoint): (DeliveryId, _) = ("dlv_1".parse().unwrap(), box_of("conv_1"));
    let letter = NewDelivery { id: &delivery, endpoint: &endpoint, payload: "{}" };
    let conversation = &conv(1);
    let letter = Some(letter);
    let unread = MailUnread { conversation, known, upto, wait_ms: AFTER_MS, letter };
    router.mail_unread(&tenant(), &unread).await.unwrap()
}

#[tokio::test]
async fn what_nobody_reads_goes_once_and_what_is_read_does_not_go() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = served(&router).await;
    let seq = answers(&router, 7, Some(AFTER_MS)).await;
    // Far in the past for Redis's own clock.
    assert_eq!(router.unread_due(&tenant(), 10).await.unwrap(), std::slice::from_ref(&id));
    router.attend(&tenant(), &contact(1), "s1", 30_000).await.unwrap();
    assert_eq!(mails(&router, (0, seq)).await, UnreadMailed::Here);
    router.attend(&tenant(), &contact(1), "s1", 0).await.unwrap();
    assert_eq!(mails(&router, (0, seq)).await, UnreadMailed::Mailed);
    assert_eq!(mails(&router, (0, seq)).await, UnreadMailed::Changed, "it went already");
    assert_eq!(router.left_address(&tenant(), &id).await.unwrap().unwrap().mailed, seq);
    assert_eq!(router.unread_due(&tenant(), 10).await.unwrap(), []);
    let claimed = router.claim_deliveries(&tenant(), None, "g1", (60_000, 10)).await.unwrap();
    assert_eq!(claimed.len(), 1);

    let next = answers(&router, 8, Some(AFTER_MS)).await;
    let reader = contact(1);
    router.mark_read(&tenant(), &id, &Reader::Contact(&reader), next).await.unwrap();
    assert_eq!(mails(&router, (seq, next)).await, UnreadMailed::Changed, "it was read");
}

#[tokio::test]
async fn the_last_words_of_a_chat_that_is_over_are_not_forgotten_before_they_were_looked_at() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = served(&router).await;
    let seq = answers(&router, 7, Some(AFTER_MS)).await;
    let li = agent_id("li");
    router.close(&tenant(), &id, &Closer::Agent(&li), None).await.unwrap();
    let (over, _) = router.conversation(&tenant(), &id).await.unwrap().unwrap();
    assert!(router.archive(&tenant(), &id, over.last_seq).await.unwrap());
    assert_eq!(mails(&router, (0, over.last_seq)).await, UnreadMailed::Mailed);
    let (after, _) = router.conversation(&tenant(), &id).await.unwrap().unwrap();
    assert_eq!(after.last_seq, over.last_seq, "it stays as it was archived");
    assert!(seq < over.last_seq);
    let report = router.fsck(&tenant(), false).await.unwrap();
    assert!(report.discrepancies.is_empty(), "{:?}", report.discrepancies);
}

#[tokio::test]
async fn a_conversation_has_two_addresses_and_a_transcript_for_each() {
    let redis = RedisServer::start();
    let router = redis.router().await.at(T0);
    let id = served(&router).await;
    let (delivery, endpoint): (DeliveryId, _) = ("dlv_1".parse().unwrap(), box_of("conv_1"));
    let letter = NewDelivery { id: &delivery, endpoint: &endpoint, payload: "{}" };
    let send =
        async |name: &str| router.send_transcript(&tenant(), &id, name, &letter).await.unwrap();
    assert_eq!(send("n1").await, TranscriptSent::Sent);
    assert_eq!(send("n1").await, TranscriptSent::Already);
    assert_eq!(send("n2").await, TranscriptSent::Sent);
    assert_eq!(send("n3").await, TranscriptSent::TooMany);
    let third = LeaveAddress {
        conversation: &id,
        contact: &contact(1),
        address: "zhao@b.example",
        name: "n3",
        unread_after_ms: AFTER_MS,
    };
    assert_eq!(router.leave_address(&tenant(), &third).await.unwrap(), AddressLeft::TooMany);
    let foreign = LeaveAddress { contact: &contact(2), ..third };
    assert_eq!(router.leave_address(&tenant(), &foreign).await.unwrap(), AddressLeft::Unknown);
}
