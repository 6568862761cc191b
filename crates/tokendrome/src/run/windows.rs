//! One scenario with arrival windows of several lengths, from one run.

use std::ops::ControlFlow;

use tokendrome_kernel::Streams;
use tokendrome_metrics::Observer;
use tokendrome_units::SimTime;
use tokendrome_workload::ArrivalsSpec;

use super::{Figures, SimulateError, Simulation, cluster, failure, source, time};
use crate::{Scenario, report};

impl Scenario {
    /// Whether [`Simulation::windows`] can run the scenario: its requests are synthetic, none comes
    /// in answer to another, and no horizon cuts the run.
    #[must_use]
    pub fn has_windows(&self) -> bool {
        let workload = &self.workload;
        !workload.reads_rows()
            && workload.sessions.is_none()
            && !matches!(workload.arrivals, Some(ArrivalsSpec::ClosedLoop { .. }))
            && self.simulation.max_time_s.is_none()
            && self.disaggregation.is_none()
    }
}

impl Simulation {
    /// The figures of the scenario's runs with each of `durations_s`, ascending, in the place of
    /// `workload.duration_s`. They are those of [`Simulation::figures`], but the beginning that the
    /// runs have in common is computed once: together they cost little more than the longest. Each
    /// is handed over with its place as soon as it is there; breaking ends everything early.
    /// Returns whether all were handed over.
    ///
    /// # Errors
    /// As [`Simulation::run`], in whichever of the runs.
    ///
    /// # Panics
    /// If the scenario has no windows ([`Scenario::has_windows`]), or the durations do not ascend.
    pub fn windows(
        &self,
        replication: u64,
        durations_s: &[f64],
        observers: &mut [&mut dyn Observer],
        mut each: impl FnMut(usize, Figures) -> ControlFlow<()>,
    ) -> Result<bool, SimulateError> {
        assert!(self.scenario.has_windows(), "the runs have no beginning in common");
        let mut all = self.scenario.clone();
        all.workload.duration_s = durations_s.last().copied();
        let scenario = all.on_engine_clock();
        let stretch = self.scenario.simulation.time_unit.stretch();
        let cut = |&duration_s: &f64| Ok(SimTime::after_start(time(duration_s * stretch)?));
        let cuts = durations_s.iter().map(cut).collect::<Result<Vec<_>, SimulateError>>()?;
        let streams = Streams::new(scenario.simulation.seed, replication);
        let mut source = source(&scenario, None, &streams)?;
        let cluster = cluster(&scenario, &streams, source.as_mut(), observers)?;
        let mut is_empty = false;
        let is_complete = cluster.run_cuts(&cuts, &mut |place, outcome| {
            if outcome.totals.whole.arrived == 0 {
                is_empty = true;
                return ControlFlow::Break(());
            }
            all.workload.duration_s = Some(durations_s[place]);
            each(place, report::figures(&all, &outcome, self.notices.clone()))
        });
        let is_complete = is_complete.map_err(failure)?;
        if is_empty { Err(SimulateError::Empty) } else { Ok(is_complete) }
    }
}
