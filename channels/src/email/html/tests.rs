//! What leaves the sanitiser, judged by a grammar of its own.

use super::picture::PICTURE_BYTES_MAX;
use super::*;
use bytes::Bytes;
use proptest::prelude::*;

fn safe(page: &str) -> String {
    let view = view(page, &[], Images::Blocked);
    assert_safe(&view.html, Images::Blocked);
    view.html
}

/// Every tag must have this form and no other: `<name( name="value")*>` or `</name>`, with names of the
/// lists, and every start tag its end.
pub(in crate::email) fn assert_safe(html: &str, images: Images) {
    let mut open: Vec<&str> = Vec::new();
    let mut pieces = html.split('<');
    let text = pieces.next().unwrap_or_default();
    assert!(!text.contains('>'), "{html}");
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("open tag in {html}"));
        assert!(!text.contains('>'), "{html}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.contains(&name) || name == "img", "<{name}> in {html}");
        if !VOID.contains(&name) && name != "img" {
            open.push(name);
            // An implied row may come on top.
            assert!(open.len() <= DEPTH_MAX + 1, "too deep: {html}");
        }
        let mut rest = attributes;
        while !rest.is_empty() {
            let (name, tail) = rest.split_once("=\"").unwrap_or_else(|| panic!("{tag}"));
            let (value, tail) = tail.split_once('"').unwrap_or_else(|| panic!("{tag}"));
            assert_attribute(name, value, images);
            rest = tail.strip_prefix(' ').unwrap_or(tail);
        }
    }
    assert!(open.is_empty(), "{open:?} open in {html}");
}

fn assert_attribute(name: &str, value: &str, images: Images) {
    let lower = value.to_lowercase();
    match name {
        "href" => {
            assert!(
                ["http://", "https://", "mailto:"].iter().any(|s| lower.starts_with(s)),
                "{value}"
            );
        }
        "src" => {
            let is_own = lower.starts_with("data:image/") && !lower.starts_with("data:image/svg");
            let is_asked_for = images == Images::Shown && lower.starts_with("http");
            assert!(is_own || is_asked_for, "{value}");
        }
        "style" => {
            for bad in ["url(", "expression(", "\\", "@", "/*", "position:", "z-index:", "<"] {
                assert!(!lower.contains(bad), "{value}");
            }
        }
        "target" => assert_eq!(value, "_blank"),
        "rel" => assert_eq!(value, "noopener noreferrer nofollow"),
        "referrerpolicy" => assert_eq!(value, "no-referrer"),
        "title" | "alt" | "face" => {}
        name => assert!(NUMBERS.contains(&name) || WORDS.contains(&name), "{name}"),
    }
}

#[test]
fn nothing_that_acts_gets_through() {
    for page in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>1</script></svg>",
        "<svg onload=alert(1)>",
        "<iframe src=javascript:1></iframe>",
        "<a href=' java\tscript:1'>a</a>",
        "<a href='&#106;avascript:1'>a</a>",
        "<a href=data:text/html,x>a</a>",
        "<a href=vbscript:x>a</a>",
        "<math><mtext><table><mglyph><style><img src=x onerror=1>",
        "<noscript><p title='</noscript><img src=x onerror=1>'>",
        "<form action=//x><input><button formaction=javascript:1>b</button></form>",
        "<meta http-equiv=refresh content='0;url=//x'>",
        "<base href=//x>",
        "<link rel=stylesheet href=//x>",
        "<style>@import '//x'</style>",
        "<div style='background:url(//x)'>a</div>",
        "<div style='position:fixed;top:0'>a</div>",
        "<div style='width:expression(1)'>a</div>",
        "<div style='background:\\75 rl(//x)'>a</div>",
        "<object data=//x></object>",
        "<embed src=//x>",
        "<!--><img src=x onerror=1>-->",
        "<![CDATA[<img src=x onerror=1>]]>",
        "<a title='\"><img src=x onerror=1>'>a",
        "<textarea><img src=x onerror=1></textarea>",
        "<title><img src=x onerror=1></title>",
        "<x-y onclick=1>a</x-y>",
        "<table background=//x><td>a",
        "<body onload=1 background=//x>a",
        "<img srcset=//x>",
        "<video src=//x poster=//x>",
        "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">",
        "<a id=x name=y class=z>a</a>",
        "<p/onclick=1>a",
    ] {
        let html = safe(page).to_lowercase();
        for bad in
            ["onerror=\"", "onload", "onclick", "script:", "url(", "position", "<style", "//x"]
        {
            assert!(!html.contains(bad), "{page} gave {html}");
        }
    }
}

#[test]
fn what_people_write_stays() {
    assert_eq!(safe("<p>a<b>b</b><br>c"), "<p>a<b>b</b><br>c</p>");
    assert_eq!(
        safe("<a href='https://a.cn/?a=1&amp;b=2'>x</a>"),
        "<a href=\"https://a.cn/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>"
    );
    assert_eq!(
        safe(
            "<font face='宋体' color=red style='COLOR: #FF0000; position:fixed; font-family: \"微软雅黑\"'>a</font>"
        ),
        "<font face=\"宋体\" color=\"red\" style=\"color: #FF0000; font-family: '微软雅黑'\">a</font>"
    );
    assert_eq!(safe("1 &lt; 2 &amp; 3 < 4"), "1 &lt; 2 &amp; 3 &lt; 4");
    assert_eq!(safe("<form>a<button>b</button></form>"), "ab");
}

#[test]
fn tags_are_closed_as_browsers_close_them() {
    assert_eq!(safe("<ul><li>a<li>b</ul>"), "<ul><li>a</li><li>b</li></ul>");
    assert_eq!(
        safe("<table><tr><td>a<td>b<tr><td>c</table>"),
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"
    );
    assert_eq!(safe("<b><i>a</b>b</i>"), "<b><i>a</i></b>b");
    assert_eq!(safe("<table><td><b></table>c"), "<table><tr><td><b></b></td></tr></table>c");
    assert_eq!(safe("<td>a</td></div></table>"), "a");
}

#[test]
fn pictures_of_other_servers_are_counted_and_left_out() {
    let page =
        "<img src='https://a.cn/b.png' alt=c><img src=//a.cn/p width=1 height=1><img src=cid:d>";
    let blocked = view(page, &[], Images::Blocked);
    assert_eq!(blocked.blocked_images, 2);
    assert!(blocked.html.contains("🖼 c") && !blocked.html.contains("a.cn"));
    let shown = view(page, &[], Images::Shown);
    assert_eq!(shown.blocked_images, 0);
    assert!(
        shown
            .html
            .contains("<img src=\"https://a.cn/b.png\" referrerpolicy=\"no-referrer\" alt=\"c\">")
    );
    assert_safe(&shown.html, Images::Shown);
}

#[test]
fn pictures_that_came_along_are_put_in_while_they_are_small() {
    let file = |size: usize, media_type: &str| LetterFile {
        name: "a.png".to_owned(),
        media_type: media_type.to_owned(),
        bytes: Bytes::from(vec![0; size]),
        content_id: Some("a@b".to_owned()),
        inline: true,
    };
    let show = |file| view("<img src=cid:a@b>", &[file], Images::Blocked).html;
    assert!(show(file(3, "image/png")).starts_with("<img src=\"data:image/png;base64,AAAA\""));
    assert!(!show(file(PICTURE_BYTES_MAX + 1, "image/png")).contains("<img"));
    assert!(!show(file(3, "image/svg+xml")).contains("<img"));
    let many = "<img src=cid:a@b>".repeat(10);
    let html = view(&many, &[file(PICTURE_BYTES_MAX, "image/png")], Images::Blocked).html;
    assert_eq!(html.matches("<img").count(), 5);
}

#[test]
fn open_elements_do_not_multiply() {
    let page = "<b class=a><font size=1>".repeat(20_000) + &"<p>a".repeat(20_000);
    let html = safe(&page);
    assert!(html.len() < page.len() * 2, "{} out of {}", html.len(), page.len());
}

proptest! {
    #[test]
    fn any_mixture_of_pieces_is_safe(pieces in proptest::collection::vec(0..PIECES.len(), 0..60)) {
        let page: String = pieces.iter().map(|n| PIECES[*n]).collect();
        safe(&page);
        assert_safe(&view(&page, &[], Images::Shown).html, Images::Shown);
    }
}

const PIECES: &[&str] = &[
    "<",
    ">",
    "\"",
    "'",
    "=",
    "/",
    "&",
    "&lt;",
    "&#60;",
    "<!--",
    "-->",
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<table>",
    "<td>",
    "</td>",
    "<tr>",
    "</table>",
    "<svg>",
    "</svg>",
    "<style>",
    "</style>",
    "<script>",
    "</script>",
    "<a ",
    "href=",
    "javascript:x",
    "https://x",
    "style=",
    "url(x)",
    "position:fixed",
    "<img ",
    "src=",
    "data:image/png;base64,AA",
    "data:image/svg+xml;base64,AA",
    "onerror=x",
    " ",
    "\n",
    "text",
    "<li>",
    "<math>",
    "<title>",
    "</title>",
    "<select>",
    "\0",
    "中",
];
