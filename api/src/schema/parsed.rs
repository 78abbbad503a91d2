//! Documents that were parsed before. A machine sends the same few texts all day, and parsing one costs more than all
//! else that is done before it runs. With each goes in which forms it was valid (`valid.rs`).

use std::sync::Arc;

use async_graphql::parser::{Error, parse_query, types::ExecutableDocument};
use quick_cache::{Weighter, sync::Cache};

use super::valid::Forms;

/// Most documents that are kept.
const MOST: usize = 1_000;
/// Most bytes of text of all of them; a tree takes some twenty times its text.
const BYTES: u64 = 1 << 20;
/// Longer ones are parsed each time.
const LONGEST: usize = 16 << 10;

/// By the text, whole: it alone decides what a parser makes of it.
pub struct Parsed(Cache<String, Known, ByText>);

#[derive(Clone)]
struct Known {
    document: Arc<ExecutableDocument>,
    forms: Arc<Forms>,
}

#[derive(Clone)]
struct ByText;

impl Weighter<String, Known> for ByText {
    fn weight(&self, text: &String, _: &Known) -> u64 {
        u64::try_from(text.len()).unwrap_or(u64::MAX).max(1)
    }
}

impl Default for Parsed {
    fn default() -> Self {
        Self(Cache::with_weighter(MOST, BYTES, ByText))
    }
}

impl Parsed {
    /// The document of a text, for the caller to change, and its forms where it is kept.
    pub fn parse(&self, text: &str) -> Result<(ExecutableDocument, Option<Arc<Forms>>), Error> {
        if text.len() > LONGEST {
            return Ok((parse_query(text)?, None));
        }
        if let Some(Known { document, forms }) = self.0.get(text) {
            return Ok(((*document).clone(), Some(forms)));
        }
        let document = parse_query(text)?;
        let forms = Arc::<Forms>::default();
        self.0.insert(text.to_owned(), Known { document: Arc::new(document.clone()), forms: forms.clone() });
        Ok((document, Some(forms)))
    }
}
