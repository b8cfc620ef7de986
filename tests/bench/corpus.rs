//! Letters as a desk gets them, the same each time: plain ones and ones with HTML, in UTF-8 and in
//! GB 18030, answers with quotes, some with a file. Their mean size is about 14 KB.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tests::dice::Dice;

/// So many people write.
const PEOPLE: usize = 500;
/// What they write about.
const WORDS: [&str; 12] = [
    "您好，请问我们单位的退税到哪一步了？",
    "材料已经按要求补齐，请帮忙核对。",
    "系统提示证书已过期，无法登录办理。",
    "附件是盖章后的扫描件，请查收。",
    "请问养老保险关系转移需要哪些材料？",
    "我们上周提交的申请编号是 2026-11-0417。",
    "The portal says that the certificate has expired.",
    "Could you tell us when the refund will be paid?",
    "办公地址变更后，税务登记需要重新办理吗？",
    "谢谢您的答复，问题已经解决了一半。",
    "打不开下载页面，浏览器显示错误代码 403。",
    "请尽快回复，我们周五前需要提交报表。",
];

/// So many letters.
pub(crate) fn letters(count: usize, to: &str) -> Vec<String> {
    let mut dice = Dice::new(0x6d61_696c);
    (0..count).map(|n| letter(n, to, &mut dice)).collect()
}

/// So many short ones, each from somebody else.
pub(crate) fn short(count: usize, to: &str) -> impl Iterator<Item = String> {
    (0..count).map(move |n| {
        format!(
            "Message-ID: <{n}@short.example>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0800\r\n\
             From: wang{n}@agency.example\r\nTo: {to}\r\nSubject: {n}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            WORDS[n % WORDS.len()]
        )
    })
}

/// One with a file, of so many bytes.
pub(crate) fn large(bytes: usize, to: &str) -> String {
    let mut dice = Dice::new(1);
    let mut line = [0_u8; 57];
    line.fill_with(|| u8::try_from(dice.below(256)).unwrap_or(0));
    let line = format!("{}\r\n", BASE64_STANDARD.encode(line));
    let head = format!(
        "Message-ID: <large@agency.example>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0800\r\n\
         From: wang@agency.example\r\nTo: {to}\r\nSubject: large\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b3\"\r\n\r\n--b3\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n\
         --b3\r\nContent-Type: application/octet-stream; name=\"plan.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    let room = bytes.saturating_sub(head.len() + 16);
    head + &line.repeat(room / line.len()) + "--b3--\r\n"
}

fn letter(n: usize, to: &str, dice: &mut Dice) -> String {
    let person = dice.below(PEOPLE);
    let mut head = format!(
        "Received: from mx.agency{person}.example by mail.city.example; Thu, 26 Nov 2026 02:00:00 +0000\r\n\
         Message-ID: <{n}@agency{person}.example>\r\nDate: Thu, 26 Nov 2026 10:00:00 +0800\r\n\
         From: =?utf-8?B?546L5by6?= <wang{person}@agency{person}.example>\r\nTo: {to}\r\n\
         Subject: =?gb2312?B?zcvLsNfJ0a8=?= {n}\r\nMIME-Version: 1.0\r\n"
    );
    let text = said(dice, 12);
    match dice.below(10) {
        0..=3 => {
            head.push_str("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            head + &base64(text.as_bytes())
        }
        4..=5 => head + &alternative(&text, dice),
        6..=7 => {
            // An answer: it names the letter before it and repeats much of what was said.
            let earlier = n.saturating_sub(1 + dice.below(20));
            let quoted = said(dice, 40).replace("\r\n", "\r\n> ");
            head.push_str(&format!("In-Reply-To: <{earlier}@agency{person}.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n\r\n在 2026年11月25日 上午9:12，\"王强\" <wang@agency.example> 写道：\r\n\r\n> {quoted}\r\n"));
            head
        }
        _ => head + &with_file(&text, dice),
    }
}

fn alternative(text: &str, dice: &mut Dice) -> String {
    let rows: String = text
        .split("\r\n")
        .map(|line| {
            format!(
                "<tr><td style=\"padding:4px 8px;font-family:微软雅黑\"><p>{line}</p></td></tr>\r\n"
            )
        })
        .collect();
    let quoted = said(dice, 30).replace("\r\n", "<br>\r\n");
    let html = format!(
        "<html><head><style>p {{ margin: 0 }}</style></head><body><table>{rows}</table>\
         <img src=\"https://agency.example/logo.png\"><blockquote>{quoted}</blockquote></body></html>"
    );
    format!(
        "Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b1--\r\n",
        base64(text.as_bytes()),
        base64(html.as_bytes())
    )
}

fn with_file(text: &str, dice: &mut Dice) -> String {
    let mut scan = b"%PDF-1.7\n".to_vec();
    scan.extend((0..34_000).map(|_| u8::try_from(dice.below(256)).unwrap_or(0)));
    format!(
        "Content-Type: multipart/mixed; boundary=\"b2\"\r\n\r\n--b2\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b2\r\nContent-Type: application/pdf; name=\"=?utf-8?B?5omr5o+P5Lu2LnBkZg==?=\"\r\n\
         Content-Disposition: attachment; filename*=utf-8''%E6%89%AB%E6%8F%8F%E4%BB%B6.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b2--\r\n",
        base64(text.as_bytes()),
        base64(&scan)
    )
}

fn said(dice: &mut Dice, lines: usize) -> String {
    let count = 4 + dice.below(lines);
    let lines: Vec<&str> = (0..count).map(|_| *dice.pick(&WORDS)).collect();
    lines.join("\r\n")
}

fn base64(bytes: &[u8]) -> String {
    let whole = BASE64_STANDARD.encode(bytes);
    let lines = whole.as_bytes().chunks(76).map(String::from_utf8_lossy);
    lines.collect::<Vec<_>>().join("\r\n")
}
