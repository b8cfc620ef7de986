//! Files: known by their bytes, served safely, seen by those who may.

use serde_json::json;
use std::time::Duration;
use tests::{DeskFile, House, TestVisitor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

#[tokio::test]
async fn a_file_travels_with_a_message_and_only_its_people_may_fetch_it() {
    let mut house = House::small().await;
    let mut ming = house.ready_agent("ming").await;
    let li = house.signs_in("li").await;
    let mut visitor = house.visitor().await;
    let file = visitor.api().upload("退税 \"单\".png", "application/octet-stream", PNG).await.ok();
    assert_eq!((&file["media_type"], &file["bytes"]), (&json!("image/png"), &json!(PNG.len())));
    let id = file["id"].as_str().unwrap().to_owned();
    let word = visitor.word("see the picture", json!({ "topic": "tax", "files": [id] }));
    let conversation = visitor.gets_ack(&word).await.conversation;
    ming.accepts_next_offer().await;
    let log = ming.log(&conversation).await;
    assert_eq!(log[0]["files"][0]["id"], id.as_str(), "{log:#?}");

    for caller in [visitor.api(), ming.api()] {
        let answer = caller.get(&format!("/v1/files/{id}")).await;
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, PNG));
        assert!(
            answer.header("content-disposition").starts_with("attachment"),
            "{:?}",
            answer.headers
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(
            answer.header("content-security-policy").contains("sandbox"),
            "{:?}",
            answer.headers
        );
    }
    let stranger = house.visitor().await;
    stranger.api().get(&format!("/v1/files/{id}")).await.problem(404);
    li.api().get(&format!("/v1/files/{id}")).await.problem(404);
    let nobody = house.api().get(&format!("/v1/files/{id}")).await;
    assert!([401, 404].contains(&nobody.status), "{nobody:?}");
}

#[tokio::test]
async fn a_file_of_another_cannot_be_sent() {
    let house = House::small().await;
    let owner = house.visitor().await;
    let file = owner.api().upload("a.png", "image/png", PNG).await.ok();
    let mut thief = house.visitor().await;
    let word = thief.word("look what I have", json!({ "topic": "tax", "files": [file["id"]] }));
    assert_eq!(thief.gets_answer(&word).await["type"], "refused");
}

#[tokio::test]
async fn what_a_browser_could_run_is_refused_whatever_it_calls_itself() {
    let house = House::of(DeskFile::small()).with("limits.file_mib_max", 1).start().await;
    let visitor = house.visitor().await;
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let page = b"<!doctype html><script>alert(1)</script>";
    for (name, kind, bytes) in [
        ("a.svg", "image/svg+xml", &svg[..]),
        ("a.png", "image/svg+xml; x", &svg[..]),
        ("a.png", "image/png", &page[..]),
        ("a.html", "text/html", &page[..]),
        ("a.exe", "image/png", b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"),
        ("a.sh", "text/plain", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    ] {
        let answer = visitor.api().upload(name, kind, bytes).await;
        assert!([415, 422, 400].contains(&answer.status), "{name} {kind}: {answer:?}");
        answer.problem(answer.status);
    }
    let empty = visitor.api().upload("empty.png", "image/png", b"").await;
    assert!((400..500).contains(&empty.status), "{empty:?}");
    let mut huge = PNG.to_vec();
    huge.resize(1_100_000, 0);
    let huge = visitor.api().upload("huge.png", "image/png", &huge).await;
    assert_eq!(huge.status, 413, "{huge:?}");
    let nobody = house.api().upload("a.png", "image/png", PNG).await;
    nobody.problem(401);
}

/// Sends the head and then bytes without end or boundary, until there is an answer; gives its first line.
async fn pours(visitor: &TestVisitor, length: &str, piece: &[u8]) -> String {
    let (port, token) = (visitor.api().port(), visitor.token());
    let (mut reading, mut writing) =
        TcpStream::connect(("127.0.0.1", port)).await.unwrap().into_split();
    let head = format!(
        "POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=never\r\n{length}\r\n\r\n"
    );
    writing.write_all(head.as_bytes()).await.unwrap();
    let pouring = async {
        // Thirty MiB; the gateway may close before.
        for _ in 0..30 * 16 {
            if writing.write_all(piece).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let hearing = async {
        let mut chunk = [0; 1_024];
        while !answer.contains(&b'\n') {
            match reading.read(&mut chunk).await {
                Ok(0) | Err(_) => break,
                Ok(n) => answer.extend_from_slice(&chunk[..n]),
            }
        }
    };
    let both = async {
        tokio::select! {
            () = pouring => {}
            () = hearing => {}
        }
    };
    tokio::time::timeout(Duration::from_secs(10), both).await.unwrap();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn thirty_mib_without_a_boundary_are_refused_before_they_fill_the_memory() {
    let house = House::small().await;
    let visitor = house.visitor().await;
    let said = format!("Content-Length: {}", 30 * 1024 * 1024);
    let refused = pours(&visitor, &said, &[b'x'; 65_536]).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    // One that does not say how long it is: each piece is one chunk.
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend_from_slice(&[b'x'; 65_536]);
    chunk.extend_from_slice(b"\r\n");
    let refused = pours(&visitor, "Transfer-Encoding: chunked", &chunk).await;
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
    visitor.api().upload("a.png", "image/png", PNG).await.ok();
}

#[tokio::test]
async fn many_visitors_of_one_address_share_its_limit_of_uploads() {
    let plan = House::of(DeskFile::small()).with("limits.uploads_per_hour_address", 3);
    let house = plan.with_gateways(2).start().await;
    let mut statuses = Vec::new();
    for n in 0..5 {
        let visitor = house.visitor_at(n % 2).await;
        statuses.push(visitor.api().upload("a.png", "image/png", PNG).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

#[tokio::test]
async fn uploads_leave_room_on_the_disk() {
    let plan = House::of(DeskFile::small()).with("limits.disk_mib_free_min", 1_048_576);
    let house = plan.start().await;
    let visitor = house.visitor().await;
    let refused = visitor.api().upload("a.png", "image/png", PNG).await;
    refused.problem(503);
    assert!(refused.body["detail"].as_str().unwrap().contains("disk"), "{refused:?}");
}

#[tokio::test]
async fn a_name_never_becomes_a_path() {
    let house = House::small().await;
    let visitor = house.visitor().await;
    for name in [
        "../../../../tmp/hutong-escaped.png",
        "/etc/hutong-escaped.png",
        "a\\..\\b.png",
        "\u{200b}.htaccess",
    ] {
        let answer = visitor.api().upload(name, "image/png", PNG).await;
        if answer.status < 300 {
            let kept = answer.body["name"].as_str().unwrap();
            assert!(
                !kept.contains('/') && !kept.contains('\\') && !kept.contains('\u{200b}'),
                "{kept}"
            );
        }
    }
    assert!(!std::path::Path::new("/tmp/hutong-escaped.png").exists());
    assert!(!std::path::Path::new("/etc/hutong-escaped.png").exists());
}
