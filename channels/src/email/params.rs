//! Values with parameters: `Content-Type`, `Content-Disposition` (RFC 2045, RFC 2183, RFC 2231).

use super::{charset, transfer, words};

/// The most parameters of one field.
const PARAMS_MAX: usize = 64;
/// The most pieces of one continued parameter.
const PIECES_MAX: usize = 100;

/// A value such as `text/plain` or `attachment`, in lower case, and its parameters.
#[derive(Default)]
pub(super) struct Value {
    /// What stands before the first semicolon, in lower case.
    pub main: String,
    params: Vec<Param>,
}

/// One parameter as it stands.
struct Param {
    /// In lower case, without a number or a star.
    name: String,
    /// Its place among the pieces of a continued parameter.
    piece: Option<usize>,
    /// Is it in percent signs (`name*=`)?
    extended: bool,
    value: String,
}

/// Reads a value. Nothing is refused: what cannot be read is left out.
pub(super) fn parse(text: &str) -> Value {
    let mut fields = split_semicolons(text).into_iter();
    let main = fields.next().unwrap_or_default().trim().to_ascii_lowercase();
    let params = fields.take(PARAMS_MAX).filter_map(|field| param(&field)).collect();
    Value { main, params }
}

impl Value {
    /// A parameter, decoded: in pieces (RFC 2231), with a charset, or with encoded words, which the
    /// standard forbids here and many mailers use.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.continued(name).or_else(|| {
            let of_name =
                |extended| self.params.iter().find(move |p| p.is(name) && p.extended == extended);
            let whole = |p: &&Param| p.piece.is_none();
            if let Some(param) = of_name(true).filter(whole) {
                let (label, rest) = charset_of(&param.value);
                if !rest.is_ascii() {
                    // Eight-bit bytes, which were read as what they look like.
                    return Some(rest.to_owned());
                }
                return Some(charset::decode(&percent(rest), label).into_owned());
            }
            of_name(false).filter(whole).map(|param| words::decode(&param.value))
        })
    }

    /// Joins the pieces `name*0*=`, `name*1=` … as bytes before the charset is decoded.
    fn continued(&self, name: &str) -> Option<String> {
        let mut pieces: Vec<&Param> = self
            .params
            .iter()
            .filter(|p| p.is(name) && p.piece.is_some_and(|n| n < PIECES_MAX))
            .collect();
        pieces.sort_by_key(|p| p.piece);
        let first = pieces.first()?;
        let (label, _) = if first.extended { charset_of(&first.value) } else { (None, "") };
        let mut bytes = Vec::new();
        for (n, piece) in pieces.iter().enumerate() {
            let value =
                if n == 0 && piece.extended { charset_of(&piece.value).1 } else { &piece.value };
            if piece.extended {
                bytes.extend(percent(value));
            } else {
                bytes.extend_from_slice(value.as_bytes());
            }
        }
        let text = charset::decode(&bytes, label).into_owned();
        Some(if label.is_none() { words::decode(&text) } else { text })
    }
}

impl Param {
    fn is(&self, name: &str) -> bool {
        self.name == name
    }
}

/// Splits at semicolons outside quotes; quoted values lose their quotes and backslashes.
fn split_semicolons(text: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let Some(field) = fields.last_mut() else { break };
        match c {
            '"' => quoted = !quoted,
            // A path of Windows is no escape.
            '\\' if quoted => match chars.next() {
                Some(next @ ('"' | '\\')) => field.push(next),
                Some(next) => field.extend(['\\', next]),
                None => field.push('\\'),
            },
            ';' if !quoted => {
                if fields.len() > PARAMS_MAX {
                    break;
                }
                fields.push(String::new());
            }
            c => field.push(c),
        }
    }
    fields
}

fn param(field: &str) -> Option<Param> {
    let (name, value) = field.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim().to_owned();
    let (name, extended) = match name.strip_suffix('*') {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    let numbered = name.rsplit_once('*').and_then(|(base, n)| Some((base, n.parse().ok()?)));
    Some(match numbered {
        Some((base, piece)) => Param { name: base.to_owned(), piece: Some(piece), extended, value },
        None => Param { name, piece: None, extended, value },
    })
}

/// Splits `charset'language'text`.
fn charset_of(value: &str) -> (Option<&str>, &str) {
    let mut fields = value.splitn(3, '\'');
    match (fields.next(), fields.next(), fields.next()) {
        (Some(charset), Some(_), Some(text)) => {
            (Some(charset).filter(|name| !name.is_empty()), text)
        }
        _ => (None, value),
    }
}

fn percent(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (transfer::hex(*high), transfer::hex(*low))
        {
            out.push((high << 4) | low);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_charset_are_joined_before_they_are_decoded() {
        // 出口退税.pdf in GBK, cut within 口.
        let value = parse(
            "attachment; filename*1*=%DA%CD%CB%CB%B0; filename*0*=gb18030'zh'%B3%F6%BF; filename*2=.pdf",
        );
        assert_eq!(value.main, "attachment");
        assert_eq!(value.get("filename").unwrap(), "出口退税.pdf");
    }

    #[test]
    fn encoded_words_and_escapes_in_names_are_read() {
        let value = parse(r#"Text/Plain; name="=?gbk?B?s/Y=?=.txt"; charset = "GB2312""#);
        assert_eq!(value.main, "text/plain");
        assert_eq!(value.get("name").unwrap(), "出.txt");
        assert_eq!(value.get("charset").unwrap(), "GB2312");
        let value = parse(r#"a; filename="C:\docs\a;b \"c\".txt""#);
        assert_eq!(value.get("filename").unwrap(), r#"C:\docs\a;b "c".txt"#);
    }

    #[test]
    fn the_extended_form_goes_before_the_plain_one() {
        let value = parse("a; filename=plain.txt; filename*=UTF-8''%E5%87%BA.txt");
        assert_eq!(value.get("filename").unwrap(), "出.txt");
        assert_eq!(parse("a; filename*=no%20charset%ZZ").get("filename").unwrap(), "no charset%ZZ");
    }
}
