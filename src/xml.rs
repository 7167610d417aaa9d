//! The few XML helpers that OSS and OBS share.
//!
//! A document is walked by path, never by descendants: an unknown element may hold a familiar name. Names are compared
//! without namespace and prefix, because OBS puts its region into the namespace.

use std::borrow::Cow;

use roxmltree::{Document, Node, ParsingOptions, StringStorage};

/// No answer has near as many. A node takes 72 bytes of memory; the time that attributes take is quadratic, and 6,000
/// of them took the parser 2.7 seconds in a build without optimisation.
const MAX_NODES: u32 = 4096;
const MAX_ATTRIBUTES: usize = 512;

/// Parses a body. A DTD is an error, so that there are no entities to expand.
pub(crate) fn parse(body: &str) -> Result<Document<'_>, String> {
    // Each attribute has one, and so have declarations of namespaces. A body that is too short for so many is not
    // counted: on real answers it took 8% of the parser's own time.
    if body.len() > MAX_ATTRIBUTES && body.bytes().filter(|byte| *byte == b'=').count() > MAX_ATTRIBUTES {
        return Err(format!("it has more than {MAX_ATTRIBUTES} equals signs, which no answer has"));
    }
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(body, options).map_err(|error| format!("no well-formed XML: {error}"))
}

/// The element's children that are elements.
pub(crate) fn elements<'d, 'i>(element: Node<'d, 'i>) -> impl Iterator<Item = Node<'d, 'i>> {
    element.children().filter(Node::is_element)
}

/// The child element of that name, if there is one.
///
/// # Errors
/// What is wrong, when there are two: which one holds is not ours to guess.
pub(crate) fn child<'d, 'i>(element: Node<'d, 'i>, name: &str) -> Result<Option<Node<'d, 'i>>, String> {
    children(element, [name]).map(|[child]| child)
}

/// The child elements of those names, each that is there. In one walk: a walk for each name took a tenth of the time of
/// parsing the whole document.
///
/// # Errors
/// What is wrong, when there are two of a name.
pub(crate) fn children<'d, 'i, const N: usize>(
    element: Node<'d, 'i>,
    names: [&str; N],
) -> Result<[Option<Node<'d, 'i>>; N], String> {
    let mut found = [None; N];
    for child in elements(element) {
        let name = child.tag_name().name();
        if let Some(at) = names.iter().position(|wanted| *wanted == name)
            && found[at].replace(child).is_some()
        {
            return Err(format!("<{name}> is there twice"));
        }
    }
    Ok(found)
}

/// The text of an element that may be absent: none if it is blank, too.
pub(crate) fn optional_text<'i>(element: Option<Node<'_, 'i>>) -> Result<Option<Cow<'i, str>>, String> {
    Ok(element.map(text).transpose()?.filter(|text| !text.is_empty()))
}

/// An element's text, trimmed. It is borrowed from the body where it is one piece; a comment or CDATA in between makes
/// several, which are joined, as every vendor's client does.
pub(crate) fn text<'i>(element: Node<'_, 'i>) -> Result<Cow<'i, str>, String> {
    let mut text = Cow::Borrowed("");
    for node in element.children() {
        if node.is_element() {
            return Err(format!("<{}> holds an element where text belongs", element.tag_name().name()));
        }
        match node.text_storage().filter(|_| node.is_text()) {
            Some(StringStorage::Borrowed(piece)) if text.is_empty() => text = Cow::Borrowed(piece),
            Some(piece) => text.to_mut().push_str(piece.as_str()),
            None => {}
        }
    }
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    })
}

/// Refuses a document with another root.
pub(crate) fn expect_root(root: Node<'_, '_>, name: &str) -> Result<(), String> {
    match root.tag_name().name() {
        found if found == name => Ok(()),
        found => Err(format!("its root is <{found}>, not <{name}>")),
    }
}

/// The one child that an element is there for. None where the element has no child element, which is how a service
/// says that nothing is set.
pub(crate) fn container<'d, 'i>(element: Node<'d, 'i>, name: &str) -> Result<Option<Node<'d, 'i>>, String> {
    required(element, child(element, name)?, name)
}

/// Refuses the absence of a child, but not where the element has no child element at all.
fn required<'d, 'i>(
    element: Node<'_, 'i>,
    child: Option<Node<'d, 'i>>,
    name: &str,
) -> Result<Option<Node<'d, 'i>>, String> {
    if child.is_none() && elements(element).next().is_some() {
        return Err(format!("<{}> has no <{name}>", element.tag_name().name()));
    }
    Ok(child)
}

/// The algorithm of an `ApplyServerSideEncryptionByDefault`, from its `SSEAlgorithm`. None where it has no child element
/// or says `None`.
pub(crate) fn algorithm<'i>(
    default: Node<'_, 'i>,
    element: Option<Node<'_, 'i>>,
) -> Result<Option<Cow<'i, str>>, String> {
    let Some(element) = required(default, element, "SSEAlgorithm")? else { return Ok(None) };
    match text(element)? {
        text if text.is_empty() => Err("SSEAlgorithm is empty".to_owned()),
        text if text.eq_ignore_ascii_case("None") => Ok(None),
        text => Ok(Some(text)),
    }
}

/// Writes `<name>text</name>`, escaped; nothing for a text that is absent or empty.
pub(crate) fn push_element(xml: &mut String, name: &str, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return };
    for part in ["<", name, ">"] {
        xml.push_str(part);
    }
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            // A parser would read a bare one as a line feed.
            '\r' => xml.push_str("&#13;"),
            _ => xml.push(c),
        }
    }
    for part in ["</", name, ">"] {
        xml.push_str(part);
    }
}

/// Refuses a text that XML 1.0 cannot carry, and one of blanks, which would be read back as absent.
pub(crate) fn check_text(text: &str) -> Result<(), String> {
    let uncarriable =
        |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(uncarriable) {
        Some(bad) => Err(format!("{text:?} holds {bad:?}, which XML cannot carry")),
        None if !text.is_empty() && text.trim().is_empty() => Err("it is blank; leave it out to set none".to_owned()),
        None => Ok(()),
    }
}
