//! Rust source with comments, strings or tests blanked out, so that a text search finds code only.
//!
//! Blanking keeps every line break, so line numbers stay true. This is a lexer for comments,
//! strings, characters and lifetimes, and a bracket counter for `#[cfg(test)]` items; it is not a
//! parser, and text that does not lex (an unclosed string) is blank to its end.

mod test_items;

/// Source text with its strings blank, and the same without its comments too.
pub(super) struct Source {
    /// Comments and code; strings and characters are blank.
    pub(super) unquoted: String,
    /// Code alone.
    pub(super) code: String,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        let mut lexer = Lexer { rest: text, unquoted: String::new(), code: String::new() };
        while !lexer.rest.is_empty() {
            lexer.step();
        }
        Self { unquoted: lexer.unquoted, code: lexer.code }
    }

    /// The code that runs outside tests: [`Source::code`] without items under `#[cfg(test)]`.
    pub(super) fn engine_code(&self) -> String {
        test_items::blanked(&self.code)
    }
}

/// Is the whole file test code, going by its place in the crate?
pub(super) fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.split('/').any(|part| ["tests", "benches", "examples"].contains(&part))
}

/// The lines of a text, counted from 1.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The line, counted from 1, that a byte offset lies in.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Can this character stand in a Rust identifier?
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Lexer<'a> {
    rest: &'a str,
    unquoted: String,
    code: String,
}

impl Lexer<'_> {
    /// Takes one comment, string, character, word or other sign.
    fn step(&mut self) {
        let rest = self.rest;
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if rest.starts_with("//") {
            self.comment(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.comment(block_comment(rest));
        } else if rest.starts_with('"') {
            self.quoted(string(rest));
        } else if rest.starts_with('\'') {
            match character(rest) {
                Some(bytes) => self.quoted(bytes),
                None => self.plain(1),
            }
        } else if let Some(bytes) = raw_string(rest, word) {
            self.quoted(bytes);
        } else {
            self.plain(word.max(rest.chars().next().map_or(1, char::len_utf8)));
        }
    }

    fn plain(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.unquoted.push_str(taken);
        self.code.push_str(taken);
        self.rest = rest;
    }

    fn comment(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.unquoted.push_str(taken);
        self.code.push_str(&blank(taken));
        self.rest = rest;
    }

    fn quoted(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.unquoted.push_str(&blank(taken));
        self.code.push_str(&blank(taken));
        self.rest = rest;
    }
}

/// Spaces for everything but line breaks.
fn blank(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect()
}

/// Length of the block comment at the start, with the comments nested in it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(found) = text[at..].find(['/', '*']) {
        at += found;
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Length of the string at the start.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of the character at the start; nothing if the quote begins a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut signs = text.char_indices().skip(1);
    match signs.next()? {
        (_, '\\') => text.get(3..)?.find('\'').map(|found| 3 + found + 1),
        (at, c) => text[at + c.len_utf8()..].starts_with('\'').then(|| at + c.len_utf8() + 1),
    }
}

/// Length of the raw string at the start, whose first `word` bytes are the prefix.
fn raw_string(text: &str, word: usize) -> Option<usize> {
    if !["r", "br", "cr"].contains(&&text[..word]) {
        return None;
    }
    let hashes = text[word..].find(|c| c != '#')?;
    let open = word + hashes;
    if !text[open..].starts_with('"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let found = text[open + 1..].find(&close);
    Some(found.map_or(text.len(), |found| open + 1 + found + close.len()))
}

#[cfg(test)]
mod tests;
