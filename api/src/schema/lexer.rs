//! A first look at a document's text: how many tokens, aliases and directives it has. One pass over the bytes that
//! keeps nothing, so that the parser, which keeps everything, never sees a document that is too long for it.

/// What a document's text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub tokens: usize,
    /// `:` outside parentheses: an argument, a variable or an input field is always within them.
    pub aliases: usize,
    /// `@`.
    pub directives: usize,
}

/// Counts. A text that is no GraphQL is counted somehow; the parser refuses it.
pub fn count(text: &str) -> Count {
    let mut count = Count::default();
    let mut rest = text.as_bytes();
    let mut within: usize = 0;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                rest = after;
                continue;
            }
            b'#' => {
                rest = skip(after, |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            b'"' => string(after),
            b'.' => after.strip_prefix(b"..").unwrap_or(after),
            _ if is_word(*first) => skip(after, is_word),
            _ => after,
        };
        count.tokens += 1;
        match first {
            b'(' => within += 1,
            b')' => within = within.saturating_sub(1),
            b'@' => count.directives += 1,
            b':' if within == 0 => count.aliases += 1,
            _ => {}
        }
    }
    count
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.')
}

fn skip(bytes: &[u8], while_: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| !while_(*byte)).unwrap_or(bytes.len());
    bytes.get(end..).unwrap_or_default()
}

/// What follows a string, of which the first quote is gone.
fn string(after: &[u8]) -> &[u8] {
    if let Some(mut block) = after.strip_prefix(b"\"\"") {
        while let Some((_, after)) = block.split_first() {
            block = match (block.strip_prefix(b"\\\"\"\""), block.strip_prefix(b"\"\"\"")) {
                (Some(escaped), _) => escaped,
                (None, Some(end)) => return end,
                (None, None) => after,
            };
        }
        return block;
    }
    let mut rest = after;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => return after,
            b'\n' | b'\r' => return rest,
            b'\\' => after.split_first().map_or(after, |(_, after)| after),
            _ => after,
        };
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (usize, usize, usize) {
        let Count { tokens, aliases, directives } = count(text);
        (tokens, aliases, directives)
    }

    #[test]
    fn tokens_aliases_and_directives_are_counted() {
        assert_eq!(of(""), (0, 0, 0));
        assert_eq!(of("{ a b, c } # comment : @"), (5, 0, 0));
        assert_eq!(of("{ x: a(y: 1, z: {w: [-1.5e+3, $v]}) @skip(if: $s) }"), (29, 1, 1));
        assert_eq!(of("query Q($v: Int = 1) { ...F ... on T { b: c } }"), (22, 1, 0));
    }

    #[test]
    fn what_strings_hold_is_not_counted() {
        assert_eq!(of(r#"{ a(x: "b: @c \" d") }"#), (8, 0, 0));
        assert_eq!(of("{ a(x: \"\"\"b: @c \\\"\"\" \" d\n: @\"\"\") e: f }"), (11, 1, 0));
        assert_eq!(of("\"\" \"\" \"\""), (3, 0, 0));
        for open in ["\"never: @closed", "\"\"\"never: @closed", "\"\\"] {
            assert_eq!(of(open), (1, 0, 0), "{open}");
        }
    }

    #[test]
    fn other_characters_count_one_byte_at_a_time_and_never_stop_it() {
        assert_eq!(of("é"), (2, 0, 0));
        assert_eq!(of(")))) a: b"), (7, 1, 0));
    }
}
