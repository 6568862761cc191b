//! What a person should know of a dataset.

use std::ops::AddAssign;

/// What was found in a dataset, as far as it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChatFacts {
    /// Requests.
    pub requests: u64,
    /// Tokens of their prompts.
    pub prompt_tokens: u64,
    /// Parts of messages that are no text: images, sounds, files.
    pub other_parts: u64,
    /// Requests for several answers at once.
    pub several_answers: u64,
    /// Requests with tools that the template does not show to the model.
    pub hidden_tools: u64,
    /// Requests whose last message is the assistant's.
    pub ends_with_assistant: u64,
    /// Conversations in which nobody asks anything.
    pub without_question: u64,
    /// Questions without a recorded answer, where the lengths of answers are wanted.
    pub without_answer: u64,
}

impl AddAssign for ChatFacts {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.prompt_tokens += other.prompt_tokens;
        self.other_parts += other.other_parts;
        self.several_answers += other.several_answers;
        self.hidden_tools += other.hidden_tools;
        self.ends_with_assistant += other.ends_with_assistant;
        self.without_question += other.without_question;
        self.without_answer += other.without_answer;
    }
}

impl ChatFacts {
    /// A sentence for each thing to know.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let counted =
            |n: u64, one: &str, many: &str| (n, if n == 1 { one } else { many }.to_owned());
        let found = [
            counted(
                self.other_parts,
                "part of a message is no text (an image, a sound, ...); it is counted as no tokens",
                "parts of messages are no text (images, sounds, ...); they are counted as no \
                 tokens",
            ),
            counted(
                self.several_answers,
                "request asks for several answers (`n`); one is simulated",
                "requests ask for several answers (`n`); one is simulated of each",
            ),
            counted(
                self.hidden_tools,
                "request has tools that its chat template does not show to the model; they are \
                 counted as no tokens",
                "requests have tools that the chat template does not show to the model; they are \
                 counted as no tokens",
            ),
            counted(
                self.ends_with_assistant,
                "request ends with a message of the assistant, which counts as a part of the \
                 prompt",
                "requests end with a message of the assistant, which counts as a part of the \
                 prompt",
            ),
            counted(
                self.without_question,
                "conversation has no question of a user; it is left out",
                "conversations have no question of a user; they are left out",
            ),
            counted(
                self.without_answer,
                "question has no recorded answer to take a length from; it is left out",
                "questions have no recorded answer to take a length from; they are left out",
            ),
        ];
        let told = found.into_iter().filter(|(n, _)| *n > 0);
        told.map(|(n, text)| format!("the dataset: {n} {text}")).collect()
    }
}
