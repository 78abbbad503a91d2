//! A reader over the JSON text that the database built: it steps from cell to cell and hands out slices.
//!
//! The text is ours (positional arrays made by PostgreSQL or SQLite), so it needs no parsing beyond finding where a
//! value ends.

/// The text was not the array that the plan expected: a fault of ours.
#[derive(Debug)]
pub struct Malformed;

#[derive(Clone)]
pub struct Cells<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cells<'a> {
    pub const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !byte.is_ascii_whitespace() {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    pub const fn position(&self) -> usize {
        self.at
    }

    pub const fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// Steps over `[` and tells true, or over a `null` and tells false.
    pub fn enter(&mut self) -> Result<bool, Malformed> {
        match self.peek() {
            Some(b'[') => {
                self.at += 1;
                Ok(true)
            }
            Some(b'n') => {
                self.at += 4;
                Ok(false)
            }
            _ => Err(Malformed),
        }
    }

    /// Steps over `]`.
    pub fn leave(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(())
            }
            _ => Err(Malformed),
        }
    }

    /// Before a cell of an array: steps over the comma, tells whether there is a cell.
    pub fn more(&mut self) -> bool {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        self.peek().is_some_and(|byte| byte != b']')
    }

    /// The next value as text.
    pub fn value(&mut self) -> Result<&'a str, Malformed> {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
        self.peek().ok_or(Malformed)?;
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at).ok_or(Malformed)
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        loop {
            match bytes.get(self.at).ok_or(Malformed)? {
                b'"' => {
                    self.at += 1;
                    loop {
                        match bytes.get(self.at).ok_or(Malformed)? {
                            b'"' => break,
                            b'\\' => self.at += 2,
                            _ => self.at += 1,
                        }
                    }
                    self.at += 1;
                }
                b'[' | b'{' => {
                    depth += 1;
                    self.at += 1;
                }
                b']' | b'}' => {
                    depth = depth.checked_sub(1).ok_or(Malformed)?;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\n' => self.at += 1,
                _ => {
                    while bytes.get(self.at).is_some_and(|byte| !b",]}: \n".contains(byte)) {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_through_what_both_databases_write() {
        let mut cells = Cells::new("[1, \"a \\\"]\\\" b\", null,\n [[2,3], []], true]");
        assert!(cells.enter().unwrap());
        assert_eq!(cells.value().unwrap(), "1");
        assert_eq!(cells.value().unwrap(), "\"a \\\"]\\\" b\"");
        assert_eq!(cells.value().unwrap(), "null");
        assert_eq!(cells.value().unwrap(), "[[2,3], []]");
        assert!(cells.more());
        assert_eq!(cells.value().unwrap(), "true");
        assert!(!cells.more());
        cells.leave().unwrap();
    }

    #[test]
    fn refuses_a_broken_text() {
        for text in ["", "[1", "\"a"] {
            let mut cells = Cells::new(text);
            assert!(cells.value().is_err(), "{text}");
        }
    }
}
