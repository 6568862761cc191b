//! What is run, in which order: groups of points whose trials have their beginning in common.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use tokendrome::metrics::Observer;
use tokendrome::workload::Rows;
use tokendrome::{Figures, SimulateError};

use super::{Sweep, SweepPoint, size};
use crate::jobs::Job;
use crate::trials::Trials;

/// Points that differ in how long requests arrive, and in nothing else; or a single point.
#[derive(Default)]
pub(super) struct Group {
    /// Their numbers, by ascending duration.
    pub(super) points: Vec<usize>,
    /// How long requests arrive in each, in seconds; none where the point is by itself.
    durations_s: Vec<f64>,
    /// Trials of each.
    pub(super) trials: u64,
    /// Requests of a run of the longest, about.
    size: f64,
}

/// The points that are to be run.
pub(super) struct Work {
    /// In the order of the work: those with much to simulate first.
    groups: Vec<Group>,
    /// For each the number of its first job, and the number of all jobs at the end.
    starts: Vec<u64>,
}

/// What points must agree in to be run together: everything but the duration. None: the point has
/// to be run by itself.
fn shared(point: &SweepPoint) -> Option<String> {
    let mut scenario = point.simulation.scenario().clone();
    if !scenario.has_windows() {
        return None;
    }
    scenario.workload.duration_s.take()?;
    Some(format!("{scenario:?}"))
}

impl Group {
    fn complete(&mut self, sweep: &Sweep) {
        let duration_s = |point: usize| sweep.scenario(point).workload.duration_s;
        if self.points.len() > 1 {
            self.points.sort_by(|&a, &b| {
                f64::total_cmp(&duration_s(a).unwrap_or(0.0), &duration_s(b).unwrap_or(0.0))
            });
            self.durations_s = self.points.iter().filter_map(|&point| duration_s(point)).collect();
        }
        self.trials = sweep.points[self.longest()].trials();
        self.size = size::requests(sweep.scenario(self.longest()));
    }

    /// The point whose run has the others' beginnings.
    pub(super) fn longest(&self) -> usize {
        *self.points.last().expect("a group has a point")
    }

    /// Runs one trial of all points: the figures of the longest, and those of the others.
    pub(super) fn run(
        &self,
        job: &Job<'_>,
        rows: Option<Rows>,
        stopper: &mut dyn Observer,
    ) -> Result<(Figures, Vec<Figures>), SimulateError> {
        let mut all = Vec::with_capacity(self.points.len());
        if !self.durations_s.is_empty() {
            let each = |_, figures| {
                all.push(figures);
                ControlFlow::Continue(())
            };
            job.simulation.windows(job.replication, &self.durations_s, &mut [stopper], each)?;
        }
        match all.pop() {
            Some(longest) if all.len() + 1 == self.points.len() => Ok((longest, all)),
            // A point by itself; or the stopper ended the run, and does so again.
            _ => Ok((job.simulation.figures(job.replication, rows, &mut [stopper])?, Vec::new())),
        }
    }

    /// The first point whose trial fails by itself, where one of them has failed.
    pub(super) fn failing(&self, sweep: &Sweep, trial: u64) -> usize {
        let fails = |&point: &usize| {
            let simulation = &sweep.points[point].simulation;
            self.points.len() > 1 && simulation.figures(trial, None, &mut []).is_err()
        };
        self.points.iter().copied().find(fails).unwrap_or(self.longest())
    }
}

impl Work {
    pub(super) fn of(sweep: &Sweep, known: &[Option<Trials>]) -> Self {
        let open = (0..sweep.points.len()).filter(|&point| known[point].is_none());
        let mut groups: Vec<Group> = Vec::new();
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        for point in open {
            let group = shared(&sweep.points[point]).map(|key| {
                *alike.entry(key).or_insert_with(|| {
                    groups.push(Group::default());
                    groups.len() - 1
                })
            });
            match group {
                Some(group) => groups[group].points.push(point),
                None => groups.push(Group { points: vec![point], ..Group::default() }),
            }
        }
        groups.iter_mut().for_each(|group| group.complete(sweep));
        // Groups of one size keep their order.
        groups.sort_by(|a, b| b.size.total_cmp(&a.size));
        let mut starts = vec![0];
        let mut jobs = 0;
        for group in &groups {
            jobs += group.trials;
            starts.push(jobs);
        }
        Self { groups, starts }
    }

    pub(super) fn jobs(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The group and the trial of a job.
    pub(super) fn job(&self, index: u64) -> (&Group, u64) {
        let at = self.starts.partition_point(|&start| start <= index) - 1;
        (&self.groups[at], index - self.starts[at])
    }
}
