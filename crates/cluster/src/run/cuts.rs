//! What a run would have come to if arrivals had ended earlier.
//!
//! Runs of the same requests that differ in when arrivals end are the same until then. So one run
//! does for all of them: at each cut it is forked, and the fork goes on without further arrivals to
//! its own end. That is exact: the fork has the state, down to the random numbers, that a run by
//! itself would have at that moment.

use std::ops::ControlFlow;

use tokendrome_units::SimTime;
use tokendrome_workload::{Request, Source, SourceError};

use super::{Cluster, Happening, Outcome, RunError};

/// A source from which nothing comes any more.
struct Ended {
    classes: Vec<String>,
}

impl Source for Ended {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        Ok(None)
    }

    fn classes(&self) -> Vec<String> {
        self.classes.clone()
    }
}

impl Cluster<'_, '_> {
    /// Runs an open loop as if arrivals ended after each of `cuts`, which ascend, and hands over
    /// the outcome of each with its place. The run itself goes no further than the last cut;
    /// breaking ends it. Returns whether all were handed over.
    ///
    /// # Errors
    /// As [`Cluster::run`], in whichever of the runs.
    ///
    /// # Panics
    /// If requests come in answer to others: runs that differ in when arrivals end then differ from
    /// the start.
    pub fn run_cuts(
        mut self,
        cuts: &[SimTime],
        at_cut: &mut dyn FnMut(usize, Outcome) -> ControlFlow<()>,
    ) -> Result<bool, RunError> {
        assert!(cuts.is_sorted(), "cuts ascend");
        assert!(self.handover.is_none(), "runs of two pools have no beginning in common");
        self.expect_next()?;
        let mut next = 0;
        if self.hand_over(cuts, &mut next, at_cut)?.is_continue() {
            self.play(|cluster| cluster.hand_over(cuts, &mut next, at_cut))?;
        }
        Ok(next == cuts.len())
    }

    /// Hands over for all cuts from `next` on that lie before the next arrival. After the last of
    /// them nothing is left to be done.
    fn hand_over(
        &self,
        cuts: &[SimTime],
        next: &mut usize,
        at_cut: &mut dyn FnMut(usize, Outcome) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, RunError> {
        let coming = self.open_loop.and_then(|place| self.arriving[place as usize].as_ref());
        let arrival = coming.map_or(SimTime::MAX, |request| self.delays.sent(request.arrival));
        while let Some(&cut) = cuts.get(*next)
            && cut < arrival
        {
            assert!(!self.is_closed, "requests come in answer to others");
            let goes_on = at_cut(*next, self.without_arrivals()?);
            *next += 1;
            if goes_on.is_break() {
                return Ok(goes_on);
            }
        }
        Ok(if *next == cuts.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// What comes of a fork of this run to which nothing arrives any more.
    fn without_arrivals(&self) -> Result<Outcome, RunError> {
        let mut source = Ended { classes: self.source.classes() };
        let mut fork = Cluster {
            replicas: self.replicas.clone(),
            router: self.router.fork(),
            handover: None,
            delays: self.delays,
            source: &mut source,
            recorder: self.recorder.clone(),
            observers: &mut [],
            events: self.events.clone(),
            arriving: self.arriving.clone(),
            slack: self.slack,
            comes: self.comes,
            free_places: self.free_places.clone(),
            held: self.held.clone(),
            ready: self.ready.clone(),
            begun: self.begun.clone(),
            levels: self.levels,
            horizon: self.horizon,
            unreported: self.unreported,
            digest: self.digest,
            open_loop: None,
            next_arrival: SimTime::MAX,
            is_closed: false,
            coming: self.coming,
            arrived: self.arrived,
            ended: self.ended,
            repeats: self.repeats,
            last_refusal: self.last_refusal.clone(),
            finished: Vec::new(),
        };
        if let Some(coming) = self.open_loop {
            fork.events.remove(|event| match event {
                Happening::Comes(place) | Happening::ComesFirst(place) => *place == coming,
                _ => false,
            });
        }
        let end = fork.play(|_| Ok(ControlFlow::Continue(())))?;
        fork.conclude(end)
    }
}
