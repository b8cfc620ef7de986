//! Search tokens: how a text is cut up so that a two-character Chinese word is found.
//!
//! Chinese has no spaces, and neither engine's own tokenizer finds a word of two characters. So a run
//! of Chinese, Japanese or Korean characters becomes its overlapping pairs and its last character
//! alone (`个人退税` → `个人 人退 退税 税`); any other run of letters and digits is one token. A term
//! of a query becomes the same tokens, to be found one behind the other, where the last token may be
//! the beginning of a longer one: so one character is found (`退` begins `退税`), and so is the
//! beginning of a word.

/// The longest token, in characters; the rest of a longer word is not searched.
const TOKEN_CHARS_MAX: usize = 64;
/// The most tokens of one message; PostgreSQL keeps no positions beyond.
const TOKENS_MAX: usize = 16_383;
/// The most terms and tokens of one query; more are passed over.
const QUERY_TERMS_MAX: usize = 8;
const QUERY_TOKENS_MAX: usize = 64;

/// A text as it is compared: lower case, full-width letters and digits as ordinary ones.
pub(crate) fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => {
            u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c)
        }
        _ => c,
    };
    text.chars().map(narrow).flat_map(char::to_lowercase).collect()
}

/// The tokens of a text in their order.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = runs(&fold(text)).iter().flat_map(Run::tokens).collect();
    tokens.truncate(TOKENS_MAX);
    tokens
}

/// A query: terms that must all be found, each a list of tokens that follow one another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query(Vec<Vec<String>>);

impl Query {
    /// The query of a text, its terms split by spaces; none when it holds nothing to search for.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let folded = fold(text);
        let terms: Vec<Vec<String>> = folded
            .split_whitespace()
            .map(term)
            .filter(|term| !term.is_empty())
            .take(QUERY_TERMS_MAX)
            .collect();
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// As FTS5 reads it, for the rows of one tenant.
    pub(super) fn fts5(&self, tenant: &domain::TenantId) -> String {
        // Tokens hold letters and digits only, and a tenant's id no quote: nothing to escape.
        let terms: Vec<String> =
            self.0.iter().map(|term| format!("\"{}\" *", term.join(" "))).collect();
        format!("tenant : \"{tenant}\" AND tokens : ({})", terms.join(" AND "))
    }

    /// As PostgreSQL's `tsquery` reads it.
    pub(super) fn tsquery(&self) -> String {
        let term = |term: &Vec<String>| {
            let quoted: Vec<String> = term.iter().map(|token| format!("'{token}'")).collect();
            format!("({}:*)", quoted.join(" <-> "))
        };
        self.0.iter().map(term).collect::<Vec<_>>().join(" & ")
    }
}

/// The tokens as PostgreSQL's `tsvector` reads them, with their positions.
pub(super) fn tsvector(tokens: &[String]) -> String {
    let placed: Vec<String> =
        (1..).zip(tokens).map(|(place, token): (usize, _)| format!("'{token}':{place}")).collect();
    placed.join(" ")
}

fn term(text: &str) -> Vec<String> {
    let runs = runs(text);
    let mut tokens: Vec<String> = runs.iter().flat_map(Run::tokens).collect();
    // The last pair of the last run says all that its last character says, and in the text the run
    // may go on.
    if let Some(Run::Pairs(chars)) = runs.last()
        && chars.len() > 1
    {
        tokens.pop();
    }
    tokens.truncate(QUERY_TOKENS_MAX);
    tokens
}

/// A run of characters that are cut up in the same way.
#[derive(Debug)]
enum Run {
    Pairs(Vec<char>),
    Word(String),
}

impl Run {
    fn tokens(&self) -> Vec<String> {
        match self {
            Self::Word(word) => vec![word.chars().take(TOKEN_CHARS_MAX).collect()],
            Self::Pairs(chars) => {
                let pairs = chars.windows(2).map(|pair| pair.iter().collect());
                pairs.chain(chars.last().map(char::to_string)).collect()
            }
        }
    }
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut open = false;
    for c in text.chars() {
        let counts = c.is_alphanumeric();
        match (runs.last_mut(), is_unspaced(c)) {
            _ if !counts => {}
            (Some(Run::Pairs(chars)), true) if open => chars.push(c),
            (Some(Run::Word(word)), false) if open => word.push(c),
            (_, true) => runs.push(Run::Pairs(vec![c])),
            (_, false) => runs.push(Run::Word(c.to_string())),
        }
        open = counts;
    }
    runs
}

/// Is it of a script that is written without spaces, or whose words are cut up best in pairs?
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        tokens(text).join(" ")
    }

    #[test]
    fn chinese_becomes_pairs_and_its_last_character() {
        assert_eq!(cut("个人退税"), "个人 人退 退税 税");
        assert_eq!(cut("税"), "税");
        assert_eq!(cut("退税，发票。"), "退税 税 发票 票");
    }

    #[test]
    fn other_scripts_become_whole_words_in_lower_case_and_ordinary_width() {
        assert_eq!(cut("Tax-Refund ２０２４ ＡＢＣ é"), "tax refund 2024 abc é");
        assert_eq!(cut("税务App登录"), "税务 务 app 登录 录");
        assert_eq!(cut("' : * \" ( ) \0 🙂"), "");
    }

    #[test]
    fn a_term_leaves_out_the_last_character_of_its_last_run() {
        assert_eq!(
            Query::parse("退税 税务App"),
            Some(Query(vec![
                vec!["退税".to_owned()],
                vec!["税务".to_owned(), "务".to_owned(), "app".to_owned()],
            ]))
        );
        assert_eq!(Query::parse("退"), Some(Query(vec![vec!["退".to_owned()]])));
        assert_eq!(Query::parse(" \"*' "), None);
    }

    #[test]
    fn queries_are_written_for_each_engine() {
        let query = Query::parse("个人退税 App").unwrap();
        let tenant = "city".parse().unwrap();
        assert_eq!(
            query.fts5(&tenant),
            "tenant : \"city\" AND tokens : (\"个人 人退 退税\" * AND \"app\" *)"
        );
        assert_eq!(query.tsquery(), "('个人' <-> '人退' <-> '退税':*) & ('app':*)");
        assert_eq!(tsvector(&tokens("退税")), "'退税':1 '税':2");
    }
}
