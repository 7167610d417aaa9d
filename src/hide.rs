//! Takes a secret out of a text that a server sent, however the server spelt it.

use zeroize::Zeroizing;

/// Secrets shorter than this are not searched for: they would hide ordinary words, and no cloud issues secrets or
/// tokens so short. It is also the least of a secret that is hidden where a text was cut.
const SHORTEST_BYTES: usize = 6;

/// What stands in a secret's place.
const HIDDEN: &str = "[hidden]";

/// Replaces the secret wherever the text holds it: as it is, percent-encoded once or twice, as JSON, XML or HTML
/// escape it, and where the text ends in the middle of it.
pub(crate) fn hide(text: &mut String, secret: &str) {
    if secret.len() < SHORTEST_BYTES {
        return;
    }
    let (bytes, secret) = (text.as_bytes(), secret.as_bytes());
    // No secret begins with a blank, so it begins as it is or with one of the escapes.
    let may_begin = |byte: &u8| *byte == secret[0] || b"%\\&".contains(byte);
    let (mut without, mut kept, mut at) = (String::new(), 0, 0);
    while let Some(next) = bytes[at..].iter().position(may_begin) {
        at += next;
        match spelt(&bytes[at..], secret) {
            Some(length) => {
                without.push_str(text.get(kept..at).unwrap_or_default());
                without.push_str(HIDDEN);
                at += length;
                kept = at;
            }
            None => at += 1,
        }
    }
    if kept > 0 {
        without.push_str(text.get(kept..).unwrap_or_default());
        drop(Zeroizing::new(std::mem::replace(text, without)));
    }
}

/// How many bytes the secret takes at the beginning of the text, if it is there.
fn spelt(text: &[u8], secret: &[u8]) -> Option<usize> {
    if text.starts_with(secret) {
        return Some(secret.len());
    }
    let (mut at, mut matched) = (0, 0);
    while matched < secret.len() {
        let rest = &text[at..];
        match step(rest, &secret[matched..]) {
            Some((spelling, bytes)) => (at, matched) = (at + spelling, matched + bytes),
            None if is_cut(rest) && matched >= SHORTEST_BYTES => return Some(text.len()),
            None => return None,
        }
    }
    Some(at)
}

/// Whether nothing is left of a text but half a spelling, or what stands for half a character.
fn is_cut(rest: &[u8]) -> bool {
    const LONGEST_SPELLING: usize = 8;
    rest.is_empty() || rest == "\u{fffd}".as_bytes() || rest.len() < LONGEST_SPELLING && b"%&\\".contains(&rest[0])
}

/// One spelling at the beginning of the text, if it is of the secret's beginning: its length, and how many bytes of
/// the secret it stands for. What may be an escape is taken for one first.
fn step(text: &[u8], secret: &[u8]) -> Option<(usize, usize)> {
    let literal = (text.first() == secret.first()).then_some((1, 1));
    let escape = match text.first()? {
        // It spells the bytes of a character one by one.
        b'%' => return percent(text, *secret.first()?).map(|length| (length, 1)).or(literal),
        b'\\' => backslash(text),
        b'&' => entity(text),
        b'+' => Some((1, ' ')),
        byte if byte.is_ascii_whitespace() => {
            Some((text.iter().take_while(|byte| byte.is_ascii_whitespace()).count(), ' '))
        }
        _ => None,
    };
    let stands_for = |(length, c): (usize, char)| match c {
        // A run of blanks in an error is one blank.
        ' ' => Some((length, secret.iter().take_while(|byte| **byte == b' ').count())).filter(|(_, run)| *run > 0),
        _ => secret.starts_with(c.encode_utf8(&mut [0; 4]).as_bytes()).then_some((length, c.len_utf8())),
    };
    escape.and_then(stands_for).or(literal)
}

/// How long the spelling of the byte is: `%2B`, or `%252B`.
fn percent(text: &[u8], byte: u8) -> Option<usize> {
    let is_byte = |digits: &[u8]| digits.len() == 2 && number(digits, 16) == Some(char::from(byte));
    [(1..3, 3), (3..5, 5)].into_iter().find_map(|(digits, length)| {
        let is_spelt = text.get(digits).is_some_and(is_byte) && (length == 3 || text.starts_with(b"%25"));
        is_spelt.then_some(length)
    })
}

/// `\/`, and `\u002b`.
fn backslash(text: &[u8]) -> Option<(usize, char)> {
    match text.get(1)? {
        b'u' => Some((6, number(text.get(2..6)?, 16)?)),
        byte => byte.is_ascii().then(|| (2, char::from(*byte))),
    }
}

/// `&amp;`, `&#43;` and `&#x2B;`.
fn entity(text: &[u8]) -> Option<(usize, char)> {
    let end = text.iter().take(10).position(|byte| *byte == b';')?;
    let c = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    Some((end + 1, c))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, text: &str, expected: &str) {
        let mut hidden = text.to_owned();
        hide(&mut hidden, secret);
        assert_eq!(hidden, expected, "{secret:?} in {text:?}");
    }

    #[test]
    fn a_secret_is_hidden_in_every_spelling() {
        for text in [
            "CAIS+/to<ken==",
            "CAIS%2B%2Fto%3Cken%3D%3D",
            "CAIS%2b%2fto%3cken%3d%3d",
            "CAIS%252B%252Fto%253Cken%253D%253D",
            r"CAIS+\/to<ken==",
            r"CAIS\u002b\/to\u003Cken\u003d\u003d",
            "CAIS+/to&lt;ken==",
            "CAIS&#43;&#47;to&#60;ken&#61;&#61;",
            "CAIS&#x2B;&#x2f;to&#X3C;ken==",
        ] {
            check("CAIS+/to<ken==", text, "[hidden]");
            check("CAIS+/to<ken==", &format!("a{text}{text} b{text}\n"), "a[hidden][hidden] b[hidden]\n");
        }
    }

    #[test]
    fn a_secret_that_looks_like_an_escape_is_hidden() {
        for (secret, text) in [
            ("abc%2Bdef", "abc%2Bdef"),
            ("abc%2Bdef", "abc%252Bdef"),
            (r"abc\/def", r"abc\/def"),
            (r"abc\/def", r"abc\\\/def"),
            ("abc&amp;def", "abc&amp;def"),
            ("abc&amp;def", "abc&amp;amp;def"),
            ("密码密码", "密码密码"),
            ("密码密码", "%E5%AF%86%E7%A0%81%E5%AF%86%E7%A0%81"),
            ("密码密码", r"\u5bc6\u7801\u5bc6\u7801"),
            ("ÃÃÃ\u{83}", "%C3%83%C3%83%C3%83%C2%83"),
            ("ÃÃÃÃ", r"\u00c3\u00C3\u00c3Ã"),
            ("mit  Leerzeichen", "mit Leerzeichen"),
            ("mit Leerzeichen", "mit+Leerzeichen"),
            ("mit Leerzeichen", "mit%20Leerzeichen"),
        ] {
            check(secret, text, "[hidden]");
        }
    }

    #[test]
    fn a_secret_is_hidden_where_the_text_was_cut() {
        let secret = "CAIS+/token==";
        for text in
            ["CAIS+/", "CAIS+/token=", "CAIS%2B%2Ft", "CAIS%2B%2", "CAIS+/tok%3", "CAIS&#43;/to&#", "CAIS+/\u{fffd}"]
        {
            let expected = if text == "CAIS%2B%2" { text } else { "[hidden]" };
            check(secret, text, expected);
        }
        check(secret, "CAIS", "CAIS");
        check(secret, "CAIS+/ token==", "CAIS+/ token==");
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for text in [
            "",
            "nothing of ours",
            "CAIS+",
            "%",
            "%2",
            "&",
            "&#x110000;",
            r"\",
            r"\u12",
            "%E5%AF",
            "é",
            r"\Ã",
            "CAIS+/é",
        ] {
            check("CAIS+/token==", text, text);
            check("short", text, text);
        }
        check("short", "short", "short");
    }
}
