//! The lines of the vendors' configuration files: `[section]`, `key = value`, comments.

use zeroize::Zeroizing;

use super::profile::{Field, name_of};

/// What stands in a section, which may be there in pieces.
#[derive(Debug)]
pub(super) struct Section {
    /// The line where it begins.
    pub(super) line: usize,
    pub(super) fields: Vec<Field>,
}

/// A line that cannot be read. The reason never shows the line: a secret may be in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

/// Reads the section whose name, in lower case and with single blanks, is wanted; what stands before the first one has
/// the empty name. Other sections may hold other things in other forms, and are passed over.
pub(super) fn section(text: &str, is_wanted: impl Fn(&str) -> bool) -> Result<Option<Section>, BadLine> {
    let mut found: Option<Section> = None;
    let mut is_inside = is_wanted("");
    for (number, line) in lines(text) {
        let bad = |reason| BadLine { line: number, reason };
        if let Some(header) = line.strip_prefix('[') {
            let name = header.strip_suffix(']').ok_or_else(|| bad("a section's name has no `]` at the end"))?;
            is_inside = is_wanted(&normalized(name));
            if is_inside {
                found.get_or_insert(Section { line: number, fields: Vec::new() });
            }
        } else if is_inside {
            let section = found.get_or_insert(Section { line: number, fields: Vec::new() });
            section.push(number, line)?;
        }
    }
    Ok(found)
}

/// The names of all sections.
pub(super) fn names(text: &str) -> impl Iterator<Item = String> {
    lines(text).filter_map(|(_, line)| line.strip_prefix('[')?.strip_suffix(']').map(normalized))
}

/// The lines with something in them, trimmed and counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let lines = lines.map(|(position, line)| (position + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(['#', ';']))
}

/// The vendors' tools tell neither letter case nor blanks in a section's name apart.
fn normalized(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
}

impl Section {
    fn push(&mut self, line: usize, text: &str) -> Result<(), BadLine> {
        let bad = |reason| BadLine { line, reason };
        let no_equals = "there is no `=`; a line is `key = value`, `[section]` or `# comment`";
        let (name, value) = text.split_once('=').ok_or_else(|| bad(no_equals))?;
        let value = unquote(value.trim()).ok_or_else(|| bad("a quote is opened and not closed"))?;
        if name.trim().is_empty() {
            return Err(bad("there is no key before the `=`"));
        }
        // An empty value is how the tools write an unset one.
        let Some(name) = name_of(name.trim()).filter(|_| !value.is_empty()) else {
            return Ok(());
        };
        if self.fields.iter().any(|field| field.name == name) {
            return Err(bad("this key was given before in the section; keep one of the two"));
        }
        self.fields.push(Field { name, value: Zeroizing::new(value.to_owned()), line: Some(line) });
        Ok(())
    }
}

/// Takes the quotes off a value that stands between two. None if the second is missing.
fn unquote(value: &str) -> Option<&str> {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.strip_suffix(quote);
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, name: &str) -> Vec<(&'static str, String, usize)> {
        let section = section(text, |found| found == name).unwrap().unwrap();
        let fields = section.fields.iter();
        fields.map(|field| (field.name, field.value.to_string(), field.line.unwrap())).collect()
    }

    #[test]
    fn every_spelling_of_a_key_is_read() {
        for (line, name) in [
            ("accessKeyID=v", "access-key-id"),
            ("AccessKeyId = v", "access-key-id"),
            ("access_key_id=\"v\"", "access-key-id"),
            ("  access-id\t=  'v'  ", "access-key-id"),
            ("ak=v", "access-key-id"),
            ("accesskeysecret=v", "access-key-secret"),
            ("access_key=v", "access-key-secret"),
            ("SK=v", "access-key-secret"),
            ("sts-token=v", "sts-token"),
            ("stsToken=v", "sts-token"),
            ("security_token=v", "sts-token"),
            ("token=v", "sts-token"),
            ("region_id=v", "region"),
            ("host=v", "endpoint"),
            ("ecsRoleName=v", "ecs-role-name"),
        ] {
            assert_eq!(read(line, ""), [(name, "v".to_owned(), 1)], "{line:?}");
        }
    }

    #[test]
    fn a_section_is_found_in_any_letter_case_and_in_pieces() {
        let text = "\u{feff}# comment\r\n; comment\r\n[Other]\r\nno equals sign\r\n[ PROFILE   Ci ]\r\nmode=AK\r\n\r\n\
            [other]\r\nmode=x\r\n[profile ci]\r\nregion = cn-hangzhou\r\nunknown=1\r\naccess-key-id=\r\n";
        let expected = [("mode", "AK".to_owned(), 6), ("region", "cn-hangzhou".to_owned(), 11)];
        assert_eq!(read(text, "profile ci"), expected);
        assert_eq!(names(text).collect::<Vec<_>>(), ["other", "profile ci", "other", "profile ci"]);
        assert!(section(text, |name| name == "default").unwrap().is_none());
        assert!(section("", |name| name == "default").unwrap().is_none());
    }

    #[test]
    fn a_value_keeps_what_looks_like_a_comment_or_a_sign() {
        for (line, value) in [("sk=a#b", "a#b"), ("sk=a=b==", "a=b=="), ("sk=\"a b\"", "a b"), ("sk=a\"b", "a\"b")] {
            assert_eq!(read(line, ""), [("access-key-secret", value.to_owned(), 1)], "{line:?}");
        }
    }

    #[test]
    fn bad_lines_are_told_by_number_and_without_the_line() {
        for (text, line, reason) in [
            ("\nhunter22", 2, "no `=`"),
            ("= hunter22", 1, "no key"),
            ("sk = \"hunter22", 1, "not closed"),
            ("sk = '", 1, "not closed"),
            ("ak=a\nsk=b\n\naccess_key=hunter22", 4, "before in the section"),
            ("[hunter22\nsk=a", 1, "no `]`"),
        ] {
            let bad = section(text, |_| true).unwrap_err();
            assert_eq!(bad.line, line, "{text:?}");
            assert!(bad.reason.contains(reason) && !bad.reason.contains("hunter"), "{text:?}: {}", bad.reason);
        }
    }
}
