//! What is seen of a run: means over the requests that arrive after the warm-up, and over the time
//! from the first of these to the last.

use tokendrome::metrics::{Arrival, Observer, RequestRecord};
use tokendrome::units::{SimDuration, SimTime};
use tokendrome::workload::Rows;
use tokendrome::{Figures, SimulateError};

use super::Quantity;
use crate::jobs::Job;

/// The means of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    response_s: f64,
    queue_s: f64,
    wait_share: f64,
    in_system: f64,
    found: f64,
    rate_per_s: f64,
}

impl Means {
    pub(super) fn of(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::ResponseTime => self.response_s,
            Quantity::QueueTime => self.queue_s,
            Quantity::WaitShare => self.wait_share,
            Quantity::InSystem => self.in_system,
            Quantity::Little => self.in_system - self.rate_per_s * self.response_s,
            Quantity::Pasta => self.found - self.in_system,
        }
    }
}

/// Runs a job and looks at its queue.
pub(super) fn observed(
    job: &Job<'_>,
    rows: Option<Rows>,
    stopper: &mut dyn Observer,
) -> Result<(Figures, Means), SimulateError> {
    let warm_up_s = job.simulation.scenario().simulation.warm_up_s;
    let warm_up = SimDuration::from_secs_f64(warm_up_s).expect("a scenario that was resolved");
    let mut queue = Queue::new(SimTime::after_start(warm_up));
    let figures = job.simulation.figures(job.replication, rows, &mut [stopper, &mut queue])?;
    let means = queue.means();
    Ok((figures, means))
}

/// Counts who is in the system, and adds up times.
struct Queue {
    /// Who arrives before it is not measured.
    from: SimTime,
    in_system: u64,
    /// Up to when the integral is taken.
    now: SimTime,
    /// Integral of the number in the system since the first measured arrival.
    area_ns: u128,
    /// When that was.
    first: Option<SimTime>,
    /// At the last arrival so far: its time, and the integral.
    last: (SimTime, u128),
    arrived: u64,
    /// Sum of the numbers in the system that measured arrivals found.
    found: u64,
    completed: u64,
    waited: u64,
    queue_ns: u128,
    response_ns: u128,
}

impl Queue {
    fn new(from: SimTime) -> Self {
        Self {
            from,
            in_system: 0,
            now: SimTime::ZERO,
            area_ns: 0,
            first: None,
            last: (SimTime::ZERO, 0),
            arrived: 0,
            found: 0,
            completed: 0,
            waited: 0,
            queue_ns: 0,
            response_ns: 0,
        }
    }

    fn advance(&mut self, now: SimTime) {
        if self.first.is_some() {
            let nanos = u128::from(now.since(self.now).as_nanos());
            self.area_ns += u128::from(self.in_system) * nanos;
        }
        self.now = now;
    }

    fn means(&self) -> Means {
        let (last, area_ns) = self.last;
        let span_ns = self.first.map_or(0, |first| last.since(first).as_nanos()) as f64;
        let completed = self.completed as f64;
        Means {
            response_s: self.response_ns as f64 / 1e9 / completed,
            queue_s: self.queue_ns as f64 / 1e9 / completed,
            wait_share: self.waited as f64 / completed,
            in_system: area_ns as f64 / span_ns,
            found: self.found as f64 / self.arrived as f64,
            // The last arrival ends the span.
            rate_per_s: (self.arrived - 1) as f64 * 1e9 / span_ns,
        }
    }
}

impl Observer for Queue {
    fn sees_iterations(&self) -> bool {
        false
    }

    fn arrival(&mut self, arrival: &Arrival) {
        self.advance(arrival.now);
        if arrival.now >= self.from {
            self.first.get_or_insert(arrival.now);
            self.last = (arrival.now, self.area_ns);
            self.arrived += 1;
            self.found += self.in_system;
        }
        self.in_system += 1;
    }

    fn request(&mut self, record: &RequestRecord) {
        let Some(end) = record.end else { return };
        self.advance(end);
        self.in_system -= 1;
        if record.arrival < self.from {
            return;
        }
        if let (Some(queue), Some(response)) = (record.queue_time(), record.e2e()) {
            self.completed += 1;
            self.waited += u64::from(queue > SimDuration::ZERO);
            self.queue_ns += u128::from(queue.as_nanos());
            self.response_ns += u128::from(response.as_nanos());
        }
    }
}
