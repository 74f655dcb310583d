//! Just enough of Rust's grammar to look at code: what is comment, text or test, and where functions end.

/// The source with comments and the contents of literals turned into spaces, byte for byte and line for line.
pub(crate) fn mask(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = vec![b' '; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => find(bytes, at, b"\n").unwrap_or(bytes.len()),
            b'/' if bytes[at..].starts_with(b"/*") => block_comment_end(bytes, at),
            b'"' => text_end(bytes, at),
            b'r' if !in_word(bytes, at) => raw_text_end(bytes, at).unwrap_or(at),
            b'b' if !in_word(bytes, at) && bytes.get(at + 1) == Some(&b'r') => {
                raw_text_end(bytes, at + 1).unwrap_or(at)
            }
            b'\'' => char_end(bytes, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            out[at] = bytes[at];
            at += 1;
        } else {
            keep_line_ends(bytes, &mut out, at, end);
            at = end;
        }
    }
    // Whole literals and comments are blanked, so what is left is whole characters.
    String::from_utf8(out).expect("only whole characters are replaced")
}

fn keep_line_ends(bytes: &[u8], out: &mut [u8], from: usize, to: usize) {
    for at in from..to {
        if bytes[at] == b'\n' {
            out[at] = b'\n';
        }
    }
    // A literal stays visible as a value: `f("")` is not `f()`.
    if bytes[from] != b'/' {
        out[from] = b'"';
        out[to - 1] = b'"';
    }
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes[from..].windows(what.len()).position(|window| window == what).map(|at| from + at)
}

fn in_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn block_comment_end(bytes: &[u8], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn text_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw_text_end(bytes: &[u8], from: usize) -> Option<usize> {
    let hashes = bytes[from + 1..].iter().take_while(|byte| **byte == b'#').count();
    let open = from + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    Some(find(bytes, open + 1, &close).map_or(bytes.len(), |at| at + close.len()))
}

/// The end of a character literal; nothing when the quote begins a lifetime.
fn char_end(bytes: &[u8], from: usize) -> Option<usize> {
    if bytes.get(from + 1) == Some(&b'\\') {
        return find(bytes, from + 3, b"'").map(|at| at + 1);
    }
    let width = std::str::from_utf8(&bytes[from + 1..]).ok()?.chars().next()?.len_utf8();
    (bytes.get(from + 1 + width) == Some(&b'\'')).then_some(from + width + 2)
}

/// Masked source without its `#[cfg(test)]` items, line for line, and how many lines these took.
pub(crate) fn without_tests(masked: &str) -> (String, usize) {
    let mut code = masked.to_owned();
    if masked.contains("#![cfg(test)]") {
        let lines = masked.matches('\n').count();
        return ("\n".repeat(lines), lines);
    }
    let mut taken = 0;
    while let Some(from) = code.find("#[cfg(test)]") {
        let to = item_end(code.as_bytes(), from + "#[cfg(test)]".len());
        let lines = code[from..to].matches('\n').count();
        code.replace_range(from..to, &"\n".repeat(lines));
        taken += lines + 1;
    }
    (code, taken)
}

/// Where the item that begins at `from` ends: after its `;`, or after the brace that closes its body.
fn item_end(bytes: &[u8], from: usize) -> usize {
    let mut nested = 0_i32;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => nested += 1,
            b')' | b']' => nested -= 1,
            b';' if nested == 0 => return at + 1,
            b'{' if nested == 0 => return body_end(bytes, at),
            _ => {}
        }
    }
    bytes.len()
}

fn body_end(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

/// A function with a body: its name, the line of its `fn` (from 1), and the lines of code in the body,
/// counted as clippy does, without blank lines and comments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// The functions of masked source, nested ones too.
pub(crate) fn functions(code: &str) -> Vec<Function> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let name: String = code[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let end = item_end(bytes, at);
        if in_word(bytes, at) || name.is_empty() || bytes[end - 1] != b'}' {
            continue;
        }
        let open = at + code[at..end].find('{').expect("an item that ends with a brace has one");
        let line = 1 + code[..at].matches('\n').count();
        let inner = &code[open + 1..end - 1];
        let lines = inner.lines().filter(|line| !line.trim().is_empty()).count();
        found.push(Function { name, line, lines });
    }
    found
}

#[test]
fn comments_and_literals_are_masked_and_code_is_not() {
    #[track_caller]
    fn check(source: &str, expect: &str) {
        assert_eq!(mask(source), expect, "{source}");
    }
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check(r#"f("x\"y") + 1"#, r#"f("    ") + 1"#);
    check("f(\"x\ny\")", "f(\" \n \")");
    check(r##"r#"a"b"# + br"c""##, r#""      " + "   ""#);
    check("'a' '\\'' 'é' &'a str", "\" \" \"  \" \"  \" &'a str");
    check("for r in var {}", "for r in var {}");
}

#[test]
fn test_items_are_cut_out_and_lines_keep_their_numbers() {
    let source = "a\n#[cfg(test)]\nmod tests {\n fn x() { y }\n}\nb\n#[cfg(test)]\nmod more;\nc";
    let (code, taken) = without_tests(source);
    assert_eq!(code.lines().collect::<Vec<_>>(), ["a", "", "", "", "", "b", "", "", "c"]);
    assert_eq!(taken, 6);
}

#[test]
fn functions_are_measured_as_clippy_does() {
    let code =
        mask("fn one() {\n    a;\n\n    // why\n    b\n}\nfn two(x: [u8; 3]) -> u8;\nimpl A { fn three() { 1 } }");
    let found: Vec<_> = functions(&code).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("one".into(), 1, 2), ("three".into(), 8, 1)]);
}
