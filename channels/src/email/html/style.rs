//! Inline styles: known properties with values that can name nothing outside.

/// The longest style that is read, in bytes.
const STYLE_BYTES_MAX: usize = 8 * 1024;
/// Properties that change only how a box and its text look.
const PROPERTIES: &[&str] = &[
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-wrap",
];

/// What of a style is kept. `url()`, `expression()`, escapes, `position` and all that is not known go.
pub(super) fn clean(style: &str) -> String {
    if style.len() > STYLE_BYTES_MAX {
        return String::new();
    }
    let mut kept = String::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        let value = value.trim();
        let value = value.strip_suffix("!important").map_or(value, str::trim_end);
        // `background` may hold a colour alone.
        let property =
            if property == "background" { "background-color".to_owned() } else { property };
        if property == "display" && !value.eq_ignore_ascii_case("none") {
            continue;
        }
        let is_known = PROPERTIES.contains(&property.as_str()) || property == "display";
        if is_known && is_safe(value) && !pulls_out(&property, value) {
            if !kept.is_empty() {
                kept.push_str("; ");
            }
            kept.push_str(&format!("{property}: {}", value.replace('"', "'")));
        }
    }
    kept
}

/// Negative margins lay one thing over another.
fn pulls_out(property: &str, value: &str) -> bool {
    (property.starts_with("margin") || property == "text-indent") && value.contains('-')
}

fn is_safe(value: &str) -> bool {
    let without_colours = ["rgb(", "rgba(", "RGB(", "hsl("];
    let opens = value.matches('(').count();
    let known = without_colours.iter().map(|call| value.matches(call).count()).sum::<usize>();
    // "rgb(" is no part of "rgba(", so each call counts once.
    opens == known
        && !value.is_empty()
        && value.chars().all(|c| is_safe_char(c) || "()\"".contains(c))
}

/// A list of fonts and the like.
pub(super) fn is_plain(value: &str) -> bool {
    value.len() <= 200 && value.chars().all(is_safe_char)
}

fn is_safe_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '#' | '%' | '.' | ',' | '-' | '\'' | '_' | '+')
}
