//! The naive executor of `tests/graphql-js`, as a process that is asked line by line.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use serde_json::{Value, json};

/// A running executor. It ends when its input does, so that it can't outlive the test, however that ends.
pub struct GraphqlJs {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// A document and its variables, as the body of a request.
pub type Document = Value;

impl GraphqlJs {
    pub fn start() -> GraphqlJs {
        let mut command = Command::new("node");
        command.arg("execute.mjs").current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node runs");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        GraphqlJs { child, input, output }
    }

    /// What it works on: `store.mjs` says what is in it.
    pub fn store(&mut self, store: &Value) {
        self.call("store", store);
    }

    /// The random document of a seed, the same one for the same store.
    pub fn generate(&mut self, seed: u32) -> Document {
        self.call("generate", &json!({ "seed": seed, "count": 1 }))["queries"][0].take()
    }

    /// Where the service's answer (its text, for the order of its keys) departs from the executor's.
    pub fn compare(&mut self, document: &Document, answer: &str) -> Vec<String> {
        let request = json!({ "query": document["query"], "variables": document["variables"], "answer": answer });
        serde_json::from_value(self.call("compare", &request)["differences"].take()).expect("a list of sentences")
    }

    fn call(&mut self, name: &str, value: &Value) -> Value {
        let input = self.input.as_mut().expect("open until the drop");
        writeln!(input, "{}", json!({ name: value })).expect("the executor reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the executor answers");
        let reply: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
        if let Some(fault) = reply["fault"].as_str() {
            panic!("{name} of {value}: {fault}");
        }
        reply
    }
}

impl Drop for GraphqlJs {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The executor's folder, with what it depends on.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("graphql-js");
        if !folder.join("node_modules/graphql").is_dir() {
            let arguments = ["ci", "--prefer-offline", "--no-audit", "--no-fund"];
            let output = Command::new("npm").args(arguments).current_dir(&folder).output().expect("npm runs");
            assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
        }
        folder
    })
}
