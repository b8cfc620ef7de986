//! Paths of envelopes.

use super::*;

#[test]
fn paths_are_read_as_servers_write_them() {
    for (text, address, parameters) in [
        ("FROM:<a@b.cn>", "a@b.cn", 0),
        ("from: <a@b.cn> SIZE=10 body=8BITMIME", "a@b.cn", 2),
        ("FROM:<>", "", 0),
        ("FROM:<@relay.cn,@other.cn:a@b.cn>", "a@b.cn", 0),
        ("FROM:<李@例子.cn> SMTPUTF8", "李@例子.cn", 1),
    ] {
        let (found, rest) = path(text, "FROM:").unwrap_or_else(|| panic!("{text} is not read"));
        assert_eq!((found, rest.len()), (address, parameters), "{text}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    let long = format!("TO:<{}@b.cn>", "x".repeat(300));
    for text in ["", "TO", "TO:a@b.cn", "TO:<a@b.cn", "TO:<a b@c.cn>", "TO:<a<b@c>", "字字", &long]
    {
        assert_eq!(path(text, "TO:"), None, "{text}");
    }
}
