//! What is printed, and in which colours.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use tokendrome_scenario::{Problems, Shown};

use crate::args::ColorChoice;
use crate::failure::Failure;

/// Columns of texts where the terminal does not say, and at most.
const WIDTH_DEFAULT: usize = 80;
const WIDTH_MAX: usize = 100;

#[derive(Debug)]
pub(crate) struct Console {
    /// Colours on standard output.
    pub(crate) color: bool,
    /// Colours on standard error.
    error_color: bool,
    /// Whether a person watches standard error.
    pub(crate) is_watched: bool,
}

impl Console {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let is_watched = io::stderr().is_terminal();
        let color = |is_terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && environment_allows_color(),
        };
        Self {
            color: color(io::stdout().is_terminal()),
            error_color: color(is_watched),
            is_watched,
        }
    }

    /// Columns of standard output.
    pub(crate) fn width() -> usize {
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        columns.unwrap_or(WIDTH_DEFAULT).min(WIDTH_DEFAULT)
    }

    /// Prints to standard output.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| stdout_failure(&error))
    }

    /// Prints what a person should know.
    pub(crate) fn notice(&self, text: &str) {
        let (on, off) = if self.error_color { ("\u{1b}[33m", "\u{1b}[0m") } else { ("", "") };
        say(&format!("{on}note:{off} {text}\n"));
    }

    /// Prints why a command failed.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        match failure {
            Failure::ClosedPipe => {}
            Failure::Problems(problems) => self.problems(problems),
            Failure::Interrupted | Failure::Stopped(_) | Failure::Abandoned => {
                self.notice(&failure.to_string());
            }
            Failure::Usage { message, help } => self.error(message, help.as_deref()),
            Failure::Run(_) | Failure::Output(_) => self.error(&failure.to_string(), None),
        }
        ExitCode::from(failure.status())
    }

    fn error(&self, message: &str, remedy: Option<&str>) {
        self.message(message);
        say(&help(remedy));
    }

    fn message(&self, message: &str) {
        let (on, off) = if self.error_color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        say(&format!("{on}error:{off} {message}\n"));
    }

    fn problems(&self, problems: &Problems) {
        let handler = GraphicalReportHandler::new_themed(self.theme())
            .with_width(WIDTH_MAX)
            .with_context_lines(1)
            .without_cause_chain();
        for (index, shown) in problems.iter().enumerate() {
            if index > 0 {
                say("\n");
            }
            self.message(&shown.to_string());
            let mut body = String::new();
            if handler.render_report(&mut body, &Body(&shown)).is_ok() {
                // The first line is that of the message, which has been printed.
                let lines = body.lines().skip_while(|line| !is_of_body(line));
                let lines = lines.map(|line| format!("{}\n", line.trim_end()));
                say(&lines.collect::<String>());
            }
            say(&help(shown.help().map(|text| text.to_string()).as_deref()));
        }
    }

    fn theme(&self) -> GraphicalTheme {
        let (characters, styles) = if self.error_color {
            (ThemeCharacters::unicode(), ThemeStyles::ansi())
        } else {
            (ThemeCharacters::ascii(), ThemeStyles::none())
        };
        GraphicalTheme {
            characters: ThemeCharacters { error: MESSAGE.to_owned(), ..characters },
            styles,
        }
    }
}

/// A problem without its message: its lines of the text.
#[derive(Debug)]
struct Body<'a>(&'a Shown);

impl fmt::Display for Body<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Body<'_> {}

impl Diagnostic for Body<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}

/// What marks the line of the message.
const MESSAGE: &str = "\u{1}";

fn is_of_body(line: &str) -> bool {
    !line.trim().is_empty() && !line.contains(MESSAGE)
}

/// What to do, in lines that fit.
fn help(text: Option<&str>) -> String {
    const START: &str = "  help:";
    let Some(text) = text else { return String::new() };
    let (mut lines, mut line) = (String::new(), START.to_owned());
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH_MAX {
            lines.push_str(&line);
            lines.push('\n');
            line = " ".repeat(START.len());
        }
        line.push(' ');
        line.push_str(word);
    }
    lines + &line + "\n"
}

/// Standard error may be gone too: then there is nobody to tell.
fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// What a failed write to standard output means.
pub(crate) fn stdout_failure(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::ClosedPipe
    } else {
        Failure::Run(format!("cannot write to standard output: {error}"))
    }
}

/// <https://no-color.org>, and terminals that say they have none.
fn environment_allows_color() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
