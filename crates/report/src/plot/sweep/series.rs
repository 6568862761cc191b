//! Which field goes to the right, and which points make a line.

use tokendrome::SweepParameter;

use crate::sweep::SweptPoints;

/// The points in lines.
pub(super) struct Series {
    /// The field that goes to the right.
    pub(super) field: String,
    /// Whether its values are numbers; else they stand beside each other.
    pub(super) is_numeric: bool,
    /// What it is called at each of its places, where its values are no numbers.
    pub(super) categories: Vec<String>,
    pub(super) lines: Vec<Line>,
}

/// Points that differ in nothing but the field that goes to the right.
pub(super) struct Line {
    pub(super) name: String,
    /// Where each stands to the right, ascending, and which of the simulated points it is.
    pub(super) points: Vec<(f64, usize)>,
}

impl Series {
    pub(super) fn of(points: &SweptPoints<'_>) -> Self {
        let parameters = &points.sweep.parameters;
        let across = across(parameters);
        let numbers = parameters[across].numbers();
        let is_numeric = numbers.is_some();
        let by = groups(points, across, is_numeric);
        let names = points.short_names();
        let mut lines: Vec<(Vec<&str>, Line)> = Vec::new();
        for (row, (point, _)) in points.rows().enumerate() {
            let setting = point.settings[across];
            let labels = &parameters[across].settings;
            let label = |at: usize| &parameters[at].settings[point.settings[at]].label;
            let place = match &numbers {
                Some(numbers) => numbers[setting],
                None => category(labels, &labels[setting].label) as f64 + 0.5,
            };
            let key: Vec<&str> = by.iter().map(|&at| label(at).as_str()).collect();
            match lines.iter_mut().find(|(known, _)| *known == key) {
                Some((_, line)) => line.points.push((place, row)),
                None => {
                    let said = by.iter().map(|&at| match parameters[at].numbers() {
                        Some(_) => format!("{} {}", names[at], label(at)),
                        None => label(at).clone(),
                    });
                    let name = said.collect::<Vec<_>>().join(", ");
                    lines.push((key, Line { name, points: vec![(place, row)] }));
                }
            }
        }
        let mut lines: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
        lines.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
        let categories = if is_numeric { Vec::new() } else { distinct(&parameters[across]) };
        let field = parameters[across].field.clone();
        Self { field, is_numeric, categories, lines }
    }
}

/// The field with the most numbers, or else that with the most values: the first of several.
fn across(parameters: &[SweepParameter]) -> usize {
    let count = |parameter: &SweepParameter| distinct(parameter).len();
    let most = |of: &dyn Fn(&SweepParameter) -> bool| {
        let all = parameters.iter().enumerate().filter(|(_, parameter)| of(parameter));
        all.max_by_key(|(at, parameter)| (count(parameter), std::cmp::Reverse(*at)))
            .map(|(at, _)| at)
    };
    let numeric = most(&|parameter| parameter.numbers().is_some() && count(parameter) > 1);
    numeric.or_else(|| most(&|_| true)).unwrap_or(0)
}

/// The fields that tell lines apart. Where not every combination is there, numbers go along with
/// the field across, and words alone make lines.
fn groups(points: &SweptPoints<'_>, across: usize, is_numeric: bool) -> Vec<usize> {
    let parameters = &points.sweep.parameters;
    let combinations = parameters.iter().map(|parameter| parameter.settings.len());
    let is_grid = combinations.product::<usize>() == points.sweep.points.len();
    let tells = |at: &usize| {
        let parameter = &parameters[*at];
        let goes_along = !is_grid && (parameter.numbers().is_some() || !is_numeric);
        *at != across && distinct(parameter).len() > 1 && !goes_along
    };
    (0..parameters.len()).filter(tells).collect()
}

/// Labels of a field, each once.
fn distinct(parameter: &SweepParameter) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let labels = parameter.settings.iter().map(|setting| &setting.label);
    labels.filter(|label| seen.insert(*label)).cloned().collect()
}

/// The place of a label among those that are drawn, each once.
fn category(settings: &[tokendrome::SweepSetting], label: &str) -> usize {
    let mut seen = std::collections::BTreeSet::new();
    let before = settings.iter().map(|setting| setting.label.as_str());
    before.take_while(|known| *known != label).filter(|known| seen.insert(*known)).count()
}
