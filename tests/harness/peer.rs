//! A program of somebody else that a test talks with: a question as a line of JSON, an answer as a line
//! of JSON. It ends with the test.

use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// No answer takes longer: a slow machine starts an interpreter meanwhile, and some questions wait.
const ANSWERS_WITHIN: Duration = Duration::from_secs(150);

/// A running program.
#[derive(Debug)]
pub struct Peer {
    name: String,
    /// Killed when it is dropped.
    _child: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    /// Starts it; what it says on its error line goes to the test's.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let (questions, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let answers = BufReader::new(answers).lines();
        Self { name: name.to_owned(), _child: child, questions, answers }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Panics
    /// When it says that it failed (`{"error": …}`), or says nothing.
    pub async fn ask(&mut self, question: &Value) -> Value {
        let answer = self.try_ask(question).await;
        assert!(answer.get("error").is_none(), "{}: {question} → {answer}", self.name);
        answer
    }

    /// Asks, and waits for the answer, which may be that it failed.
    ///
    /// # Panics
    /// When it says nothing.
    pub async fn try_ask(&mut self, question: &Value) -> Value {
        let line = format!("{question}\n");
        self.questions.write_all(line.as_bytes()).await.expect("it listens");
        let answer = tokio::time::timeout(ANSWERS_WITHIN, self.answers.next_line()).await;
        let Ok(Ok(Some(answer))) = answer else {
            panic!("{} does not answer {question}: {answer:?}", self.name)
        };
        serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{} answers {answer}: {error}", self.name))
    }
}
