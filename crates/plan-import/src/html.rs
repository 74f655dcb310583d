//! HTML inside a cell: taken off, its text kept.

/// A cell without its HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The text, every run of spaces as one.
    pub(crate) text: String,
    /// Whether there was any element.
    pub(crate) had_html: bool,
    /// How many list items there were.
    pub(crate) items: usize,
}

/// Elements that have no end tag.
const VOID: [&str; 6] = ["br", "hr", "img", "wbr", "col", "input"];

/// Takes the elements off a cell.
///
/// # Errors
/// The name of the first element that is begun and not ended.
pub(crate) fn strip(cell: &str) -> Result<Plain, String> {
    let mut text = String::with_capacity(cell.len());
    let mut open: Vec<String> = Vec::new();
    let (mut had_html, mut items) = (false, 0);
    let mut rest = cell;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let inside = &from[1..];
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            text.push('<');
            rest = inside;
            continue;
        }
        let name = element(inside);
        let Some(end) = inside.find('>') else { return Err(name) };
        had_html = true;
        if inside.starts_with('/') {
            while let Some(last) = open.pop() {
                if last == name {
                    break;
                }
                // `</li>` may be left out in HTML; other elements may not.
                if last != "li" && last != "p" {
                    return Err(last);
                }
            }
        } else if !inside[..end].ends_with('/') && !VOID.contains(&name.as_str()) && !inside.starts_with('!') {
            items += usize::from(name == "li");
            open.push(name);
        }
        text.push(' ');
        rest = &inside[end + 1..];
    }
    if let Some(last) = open.pop() {
        return Err(last);
    }
    text.push_str(rest);
    let text = if had_html || text.contains('&') { entities(&text) } else { text };
    Ok(Plain { text: collapse(&text), had_html, items })
}

fn element(inside: &str) -> String {
    let name = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric);
    name.map(|c| c.to_ascii_lowercase()).take(20).collect()
}

/// Every run of white space as one space, none at the ends.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn entities(text: &str) -> String {
    const NAMED: [(&str, &str); 10] = [
        ("nbsp", " "),
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("laquo", "«"),
        ("raquo", "»"),
        ("ndash", "–"),
        ("mdash", "—"),
        ("apos", "'"),
        ("amp", "&"),
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest.find(';').filter(|end| *end <= 10).map(|end| &rest[1..end]);
        let decoded = name.and_then(|name| {
            let code = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => n.parse().ok(),
            });
            let named = NAMED.iter().find(|(n, _)| *n == name).map(|(_, s)| (*s).to_owned());
            named.or_else(|| code.and_then(char::from_u32).map(String::from))
        });
        if let (Some(name), Some(decoded)) = (name, decoded) {
            out.push_str(&decoded);
            rest = &rest[name.len() + 2..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_and_elements_go() {
        let plain = strip("<p>Письма:</p> <ol style=\"x\"> <li>1. «А»</li> <li>2.&nbsp;«Б»<br/></li> </ol>").unwrap();
        assert_eq!(plain, Plain { text: "Письма: 1. «А» 2. «Б»".into(), had_html: true, items: 2 });
        let bare = strip("менее < 5 и A&B, 2 &#60; 3 &unknown; &").unwrap();
        assert_eq!((bare.text.as_str(), bare.had_html), ("менее < 5 и A&B, 2 < 3 &unknown; &", false));
    }

    #[test]
    fn an_element_that_does_not_end_is_named() {
        for (cell, tag) in
            [("<p>а", "p"), ("<ol><li>а</li>", "ol"), ("<p>а</p", "p"), ("<ol sty", "ol"), ("<b>а<i>б</b>", "i")]
        {
            assert_eq!(strip(cell), Err(tag.to_owned()), "{cell}");
        }
    }
}
