//! What a replica is made of.

use std::rc::Rc;

use tokendrome_kernel::Stream;
use tokendrome_sched::Scheduler;
use tokendrome_steptime::StepTime;
use tokendrome_units::SimDuration;

use crate::host::Device;

/// How the host of a replica goes about its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineLoop {
    /// An iteration is planned when the one before it has ended; with pipeline stages, as many are
    /// in flight as there are stages. The host's time comes before the first stage's.
    Synchronous,
    /// An iteration is planned while the one before it runs: see [`crate::HostLoop`].
    Asynchronous {
        /// The host's rest after a turn that computed nothing.
        sleep: SimDuration,
    },
    /// An iteration is planned while the one before it runs, or before the tokens of the one before
    /// it are shown, as by TensorRT-LLM's overlap scheduler: see [`crate::HostLoop`].
    Overlap {
        /// Where the iterations are computed.
        device: Device,
    },
    /// As [`EngineLoop::Synchronous`] with one stage, but the engine looks at its queue only
    /// between two steps, and an idle engine does nothing in steps too, from the end of its last
    /// iteration on. A request that comes while a step is under way arrives at its end, and is as
    /// old as if it had come just then; one that comes at the end itself is in time. A request that
    /// the router holds back arrives there, when it comes.
    Ticking {
        /// Length of an idle step, above 0.
        tick: SimDuration,
    },
    /// Several executors, each with one iteration at a time, take plans from the one scheduler:
    /// whenever one is idle, another plan is made. Iterations end in the order of their times; when
    /// one ends the next plan is made before any other that ends at the same moment, and after the
    /// requests that come at it.
    Executors {
        /// How many, at least 1.
        count: u32,
    },
}

/// What a replica is made of.
pub struct ReplicaModel {
    /// Decides what each iteration computes.
    pub scheduler: Box<dyn Scheduler>,
    /// Says how long it takes.
    pub step_time: Rc<dyn StepTime>,
    /// When iterations are planned.
    pub engine_loop: EngineLoop,
    /// Random numbers of stochastic step times.
    pub stream: Stream,
}

impl Clone for ReplicaModel {
    fn clone(&self) -> Self {
        Self {
            scheduler: self.scheduler.fork(),
            step_time: Rc::clone(&self.step_time),
            engine_loop: self.engine_loop,
            stream: self.stream.clone(),
        }
    }
}
