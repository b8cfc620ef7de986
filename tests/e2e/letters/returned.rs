//! Letters that come back, and what is written after the end: bounces, automatic answers, lists.

use super::*;

pub(super) fn report_of(ours: &str, groups: &str) -> String {
    format!(
        "Message-ID: <dsn1@mx.agency.example>\r\nFrom: Mail Delivery System <mailer-daemon@mx.agency.example>\r\n\
         To: {DESK}\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.agency.example\r\n\r\n\
         {groups}\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {ours}\r\nSubject: Re: x\r\n\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn a_copy_that_is_refused_is_told_and_the_letter_goes_to_the_others() {
    let mut mail = MailHouse::start(1, json!({ "acknowledge": false })).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let gone = format!("{UNKNOWN}@agency.example");
    let more = format!("Cc: {gone}\r\n");
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "退税", &more, "问题")).await;
    let conversation = ming.accepts_next_offer().await;
    let known = ming.api().get(&format!("/v1/conversations/{conversation}/addressees")).await;
    let everybody = &known.body["reply_all"];
    assert_eq!(everybody["cc"][0]["address"], gone, "{known:?}");
    let said =
        json!({ "type": "send", "conversation": conversation, "text": "答复", "mail": everybody });
    assert_eq!(ming.gets_answer(said).await["type"], "ack");
    assert_eq!(mail.reached(WANG, 1).await.len(), 1);
    let notice = eventually("the agent is told", async || {
        let log = ming.log(&conversation).await;
        let found = log.iter().find(|message| message["notice"]["code"] == "undelivered").cloned();
        found.ok_or_else(|| format!("{log:?}"))
    })
    .await;
    assert_eq!(notice["notice"]["recipient"], gone);
    assert!(notice["notice"]["reason"].as_str().unwrap().contains("Unknown user"), "{notice}");
    mail.house.ends_well();
}

#[tokio::test]
async fn a_bounce_is_told_in_the_conversation_of_the_letter_that_failed() {
    let mut mail = MailHouse::start(1, json!({ "acknowledge": false })).await;
    let mut ming = mail.house.ready_agent("ming").await;
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "退税", "", "问题")).await;
    let conversation = ming.accepts_next_offer().await;
    ming.says(&conversation, "答复").await;
    let ours = field(&mail.reached(WANG, 1).await[0], "Message-ID");
    mail.writes("", DESK, &report(&ours)).await;
    let notice = eventually("the agent is told", async || {
        let log = ming.log(&conversation).await;
        let found = log.iter().find(|message| message["notice"]["code"] == "undelivered").cloned();
        found.ok_or_else(|| format!("{log:?}"))
    })
    .await;
    assert_eq!(notice["notice"]["recipient"], WANG);
    assert_eq!(notice["notice"]["permanent"], true);
    assert!(notice["notice"]["reason"].as_str().unwrap().contains("no such user"), "{notice}");
    let answer =
        ming.log(&conversation).await.into_iter().find(|one| one["text"] == "答复").unwrap();
    assert_eq!(notice["notice"]["message"], answer["id"]);
    mail.house.ends_well();
}

#[tokio::test]
async fn a_bounce_of_several_recipients_tells_each_that_failed_and_no_other_as_failed() {
    let mut mail = MailHouse::start(1, json!({ "acknowledge": false })).await;
    let mut ming = mail.house.ready_agent("ming").await;
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "退税", "", "问题")).await;
    let conversation = ming.accepts_next_offer().await;
    ming.says(&conversation, "答复").await;
    let ours = field(&mail.reached(WANG, 1).await[0], "Message-ID");
    let group = |who: &str, action: &str, status: &str, why: &str| {
        format!(
            "Final-Recipient: rfc822; {who}@agency.example\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; {why}\r\n\r\n"
        )
    };
    let groups = [
        group("here", "delivered", "2.0.0", "250 ok"),
        group("slow", "delayed", "4.4.1", "timed out"),
        group("gone", "failed", "5.1.1", "550 no such user"),
        group("full", "failed", "5.2.2", "552 mailbox is full"),
    ]
    .concat();
    mail.writes("", DESK, &report_of(&ours, &groups)).await;
    let notices = eventually("the agent is told of both", async || {
        let log = ming.log(&conversation).await;
        let told = log.iter().filter(|message| message["notice"]["code"] == "undelivered");
        let told: Vec<Value> = told.map(|message| message["notice"].clone()).collect();
        holds(told.len() == 2, format!("{log:?}"))?;
        Ok(told)
    })
    .await;
    let (failed, late) = (&notices[0], &notices[1]);
    assert_eq!((&failed["permanent"], &late["permanent"]), (&json!(true), &json!(false)));
    assert_eq!(failed["recipient"], "gone@agency.example");
    assert_eq!(
        failed["others"],
        json!([{ "recipient": "full@agency.example", "reason": "552 mailbox is full" }])
    );
    assert_eq!(late["recipient"], "slow@agency.example");
    assert_eq!(late["others"], Value::Null);
    assert_eq!(failed["message"], late["message"]);
    mail.house.ends_well();
}

/// A report on an answer whose conversation is over is in the log, and counts as stuck mail.
async fn is_told_after_the_end(reopen_hours: u32) {
    let queue = json!({ "reopen_hours": reopen_hours });
    let quick = |desk: DeskFile| desk.with_all_queues(queue);
    let mut mail = MailHouse::start_with(1, json!({ "acknowledge": false }), quick).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let supervisor = mail.house.signs_in("sun").await;
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "退税", "", "问题")).await;
    let conversation = ming.accepts_next_offer().await;
    ming.says(&conversation, "答复").await;
    let ours = field(&mail.reached(WANG, 1).await[0], "Message-ID");
    ming.closes(&conversation).await;
    let redis = &mail.house.redis;
    eventually("it is archived", async || {
        let key = format!("{{main}}:log:{conversation}");
        let left: u64 = redis.ask(&["EXISTS", &key]).await;
        holds(left == 0, "its log still lies in Redis")
    })
    .await;
    mail.writes("", DESK, &report(&ours)).await;
    let letters = eventually("it counts as stuck", async || {
        let letters = supervisor.api().get("/v1/quarantine").await.body;
        holds(letters.as_array().map_or(0, Vec::len) == 1, format!("{letters}"))?;
        Ok(letters)
    })
    .await;
    assert_eq!(letters[0]["reason"], "report");
    assert!(letters[0]["detail"].as_str().unwrap().contains(&conversation), "{letters}");
    // Read by its id: the log of a conversation that is over lies elsewhere.
    let log = eventually("its log tells of it", async || {
        let log = supervisor.log(&conversation).await;
        holds(
            log.last().is_some_and(|last| last["notice"]["code"] == "undelivered"),
            format!("{log:?}"),
        )?;
        Ok(log)
    })
    .await;
    assert_eq!(log.last().unwrap()["notice"]["recipient"], WANG);
    assert_eq!(log.last().unwrap()["seq"], log.len());
    assert_eq!(supervisor.reads(&conversation).await["state"], "closed");
    // Once, however often it comes.
    let id = letters[0]["id"].as_str().unwrap();
    let retried = supervisor.api().post(&format!("/v1/quarantine/{id}/retry"), json!({})).await;
    assert_eq!(retried.status, 409, "{:?}", retried.body);
    assert_eq!(supervisor.log(&conversation).await.len(), log.len());
    mail.house.ends_well();
}

#[tokio::test]
async fn a_bounce_after_the_end_is_told_in_the_log_and_counts_as_stuck() {
    is_told_after_the_end(24).await;
}

#[tokio::test]
async fn a_bounce_after_redis_forgot_the_conversation_is_told_in_the_log_and_counts_as_stuck() {
    is_told_after_the_end(0).await;
}

/// What a program or a list answers to the desk when all is over.
async fn answered_after_the_end(mail: &MailHouse, ming: &mut TestAgent) -> (String, String) {
    mail.writes(WANG, DESK, &letter("1@agency.example", WANG, "退税", "", "问题")).await;
    let conversation = ming.accepts_next_offer().await;
    ming.says(&conversation, "答复").await;
    let letters = mail.reached(WANG, 2).await;
    let answer = letters.iter().find(|letter| field(letter, "Auto-Submitted").is_empty()).unwrap();
    let ours = field(answer, "Message-ID");
    ming.closes(&conversation).await;
    (conversation, format!("In-Reply-To: {ours}\r\n"))
}

#[tokio::test]
async fn an_automatic_answer_after_the_end_is_noted_and_reopens_nothing() {
    for reopen_hours in [24, 0] {
        let queue = json!({ "reopen_hours": reopen_hours });
        let quick = |desk: DeskFile| desk.with_all_queues(queue);
        let mut mail = MailHouse::start_with(1, json!({}), quick).await;
        let mut ming = mail.house.ready_agent("ming").await;
        let supervisor = mail.house.signs_in("sun").await;
        let (conversation, answers) = answered_after_the_end(&mail, &mut ming).await;
        let away = format!("{answers}Auto-Submitted: auto-replied\r\n");
        mail.writes(WANG, DESK, &letter("2@agency.example", WANG, "自动回复", &away, "我在休假"))
            .await;
        let log = eventually("its log tells of it", async || {
            let log = supervisor.log(&conversation).await;
            let is_told = log.last().is_some_and(|one| one["notice"]["code"] == "automatic_answer");
            holds(is_told, format!("{log:?}"))?;
            Ok(log)
        })
        .await;
        let notice = &log.last().unwrap()["notice"];
        assert_eq!((&notice["address"], &notice["text"]), (&json!(WANG), &json!("我在休假")));
        assert_eq!(supervisor.reads(&conversation).await["state"], "closed");
        assert_eq!(supervisor.api().get("/v1/quarantine").await.body, json!([]));
        // What comes next is offered: nothing waits before it.
        mail.writes(WANG, DESK, &letter("3@agency.example", WANG, "新", "", "新问题")).await;
        let next = ming.accepts_next_offer().await;
        assert_eq!(texts(&ming, &next).await, ["新问题"]);
        mail.house.ends_well();
    }
}

#[tokio::test]
async fn a_letter_through_a_list_reopens_what_is_over_and_no_program_answers_it() {
    let mut mail = MailHouse::start(1, json!({})).await;
    let mut ming = mail.house.ready_agent("ming").await;
    let (conversation, answers) = answered_after_the_end(&mail, &mut ming).await;
    let list = format!("{answers}List-Id: <office.agency.example>\r\nPrecedence: list\r\n");
    let before = mail.reached(WANG, 2).await.len();
    mail.writes(WANG, DESK, &letter("2@agency.example", WANG, "Re: 退税", &list, "还是没到")).await;
    assert_eq!(ming.accepts_next_offer().await, conversation);
    ming.hears(&conversation, "还是没到").await;
    ming.says(&conversation, "再查").await;
    assert_eq!(mail.reached(WANG, before + 1).await.len(), before + 1, "the answer alone");
    mail.house.ends_well();
}
