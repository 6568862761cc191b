//! What a run's configuration says, whichever file says it.
//!
//! A `config.json` and a row of `runs.csv` name the same things a little differently; both become
//! one table of texts, in which an empty field, a null and `unknown` are the same: nobody knows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::exam::{Exam, Run};
use crate::{AccuracyError, files};

/// Words for what nobody knows.
const UNKNOWN: [&str; 5] = ["", "unknown", "null", "none", "auto"];

/// The configuration of one run.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// What errors call it.
    name: String,
    texts: BTreeMap<String, String>,
    /// The model's `config.json`, where it is given.
    pub(crate) model_config: Option<String>,
}

impl Fields {
    /// Reads the configuration of a run; what it leaves open the manifest may say.
    pub(crate) fn of(exam: &Exam, run: &Run) -> Result<Self, AccuracyError> {
        let mut fields = match (&run.config, &run.truth) {
            (Some(config), _) => Self::of_config(exam, config)?,
            (None, Some(truth)) => Self::of_table(exam, truth, &run.id)?,
            (None, None) => {
                let what = format!("run {}: neither `config` nor `truth` is given", run.id);
                return Err(AccuracyError::config(what));
            }
        };
        for (key, value) in [("model", &run.model), ("gpu", &run.gpu)] {
            if let Some(value) = value {
                fields.texts.entry(key.to_owned()).or_insert_with(|| value.clone());
            }
        }
        Ok(fields)
    }

    fn of_config(exam: &Exam, config: &str) -> Result<Self, AccuracyError> {
        let path = exam.file(config);
        let text = files::text(&path)?;
        let wrong = |what: String| AccuracyError::content(&path, what);
        let value: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let table = value.as_object().ok_or_else(|| wrong("this is no JSON object".to_owned()))?;
        let mut fields = Self { name: path.display().to_string(), ..Self::default() };
        let flags = table.get("flags").and_then(Value::as_object);
        for (key, value) in table.iter().chain(flags.into_iter().flatten()) {
            fields.add(key, value);
        }
        fields.model_config =
            table.get("model_config").filter(|v| v.is_object()).map(Value::to_string);
        Ok(fields)
    }

    fn of_table(exam: &Exam, truth: &str, id: &str) -> Result<Self, AccuracyError> {
        let path = exam.file(truth).with_file_name("runs.csv");
        let rows = files::rows(&path)?;
        let row = rows.into_iter().find(|row| row.get("run").is_some_and(|run| run == id));
        let row = row.ok_or_else(|| {
            AccuracyError::content(&path, format!("no row has `{id}` in the column `run`"))
        })?;
        let mut fields = Self { name: format!("{}: {id}", path.display()), ..Self::default() };
        for (key, value) in row {
            fields.add(&key, &Value::String(value));
        }
        Ok(fields)
    }

    fn add(&mut self, key: &str, value: &Value) {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            _ => return,
        };
        if !UNKNOWN.contains(&text.to_lowercase().as_str()) {
            self.texts.insert(key.to_owned(), text);
        }
    }

    /// What the first of these keys says that says anything.
    pub(crate) fn text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.texts.get(*key)).map(String::as_str)
    }

    /// The same, or an error that names the first key.
    pub(crate) fn required(&self, keys: &[&str]) -> Result<&str, AccuracyError> {
        self.text(keys).ok_or_else(|| {
            AccuracyError::config(format!("{}: `{}` is not given", self.name, keys[0]))
        })
    }

    /// A whole number.
    pub(crate) fn count(&self, keys: &[&str]) -> Result<Option<u32>, AccuracyError> {
        self.number(keys, "a whole number", |text| text.parse().ok())
    }

    /// A number.
    pub(crate) fn share(&self, keys: &[&str]) -> Result<Option<f64>, AccuracyError> {
        self.number(keys, "a number", |text| text.parse().ok().filter(|n: &f64| n.is_finite()))
    }

    fn number<T>(
        &self,
        keys: &[&str],
        what: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, AccuracyError> {
        let Some(text) = self.text(keys) else { return Ok(None) };
        parse(text).map(Some).ok_or_else(|| {
            let name = &self.name;
            AccuracyError::config(format!("{name}: `{}` must be {what}; found `{text}`", keys[0]))
        })
    }

    /// A switch; none where it is left to the engine, whatever the words for that are.
    pub(crate) fn switch(&self, keys: &[&str]) -> Option<bool> {
        match self.text(keys)?.to_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Some(true),
            "false" | "off" | "no" | "0" => Some(false),
            _ => None,
        }
    }
}
