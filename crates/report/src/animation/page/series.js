// Figures over time, as steps: each value holds from its time to the next.

/** How many of the last requests a mean is taken of. */
const MEAN_OF = 20;
/** Rates are those of the last part of the time shown, one in so many. */
const RATE_PARTS = 25;

class Steps {
  /** `times` are sorted and differ from each other. */
  constructor(times, values) {
    this.times = Float64Array.from(times);
    this.values = Float64Array.from(values);
    this.most = this.values.reduce((most, value) => Math.max(most, value), 0);
  }

  /** From changes, in any order: levels begin at 0. */
  static ofChanges(times, changes, scale = 1) {
    const order = Uint32Array.from(times.keys()).filter((at) => times[at] < Infinity);
    order.sort((a, b) => times[a] - times[b]);
    const steps = [], values = [];
    let level = 0;
    for (const at of order) {
      level += changes[at];
      if (steps[steps.length - 1] !== times[at]) {
        steps.push(times[at]);
        values.push(0);
      }
      values[values.length - 1] = level * scale;
    }
    return new Steps(steps, values);
  }

  /** How many spans hold a moment. */
  static ofSpans(starts, ends) {
    const times = new Float64Array(starts.length + ends.length);
    times.set(starts);
    times.set(ends, starts.length);
    return Steps.ofChanges(times, times.map((_, at) => (at < starts.length ? 1 : -1)));
  }

  /** What happened in the last `width`, by its weights, per `unit` of time. */
  static ofRate(times, weights, width, unit) {
    const ends = Float64Array.from(times, (time) => time + width);
    const both = new Float64Array(2 * times.length), changes = new Float64Array(2 * times.length);
    both.set(times);
    both.set(ends, times.length);
    changes.set(weights);
    changes.set(weights.map((weight) => -weight), times.length);
    return Steps.ofChanges(both, changes, unit / width);
  }

  /** The mean of the last values. */
  static ofMeans(times, values) {
    const order = Array.from(times.keys()).filter((at) => times[at] < Infinity);
    order.sort((a, b) => times[a] - times[b]);
    const steps = [], means = [];
    let sum = 0;
    order.forEach((at, done) => {
      sum += values[at];
      if (done >= MEAN_OF) sum -= values[order[done - MEAN_OF]];
      if (steps[steps.length - 1] !== times[at]) {
        steps.push(times[at]);
        means.push(0);
      }
      means[means.length - 1] = sum / Math.min(done + 1, MEAN_OF);
    });
    return new Steps(steps, means);
  }

  /** The value at a moment; undefined before the first. O(log n) */
  at(time) {
    const begun = countUpTo(this.times, time);
    return begun > 0 ? this.values[begun - 1] : undefined;
  }
}

/** All figures that are drawn or told. */
class Figures {
  constructor(model) {
    const { data, from, until } = model;
    const { arrival, scheduled, prefilled, decode, end, firstToken, isRejected } = model.requests;
    this.waiting = Steps.ofSpans(arrival, scheduled);
    this.prefill = Steps.ofSpans(scheduled, prefilled);
    this.handed = Steps.ofSpans(prefilled, decode);
    this.decode = Steps.ofSpans(decode, end);
    this.running = Steps.ofSpans(scheduled, end);
    const only = (moments, wanted) => moments.map((time, at) => (wanted(at) ? time : Infinity));
    const completed = only(end, (at) => !isRejected[at] && end[at] >= from);
    const rejected = only(end, (at) => isRejected[at] && end[at] >= from);
    this.done = Steps.ofChanges(completed, completed.map(() => 1));
    this.rejected = Steps.ofChanges(rejected, rejected.map(() => 1));
    const since = (moments) => moments.map((time, at) => time - arrival[at]);
    this.ttft = Steps.ofMeans(only(firstToken, (at) => firstToken[at] >= from), since(firstToken));
    this.e2e = Steps.ofMeans(completed, since(end));
    // Who ended, in order.
    const order = Array.from(end.keys()).filter((at) => end[at] >= from && end[at] <= until);
    this.ended = order.sort((a, b) => end[a] - end[b] || a - b);
    this.endedAt = Float64Array.from(this.ended, (request) => end[request]);
    const unit = data.rate_ns / data.quantum_ns, grain = data.grain_ns / data.quantum_ns;
    this.rateWidth = Math.max(Math.ceil((until - from) / RATE_PARTS / grain), 1) * grain;
    const rate = (times, weights) => Steps.ofRate(times, weights, this.rateWidth, unit);
    this.completions = rate(completed.filter((time) => time < Infinity),
      completed.filter((time) => time < Infinity).map(() => 1));
    this.prefillTokens = rate(model.iterations.end, model.iterations.prefill_tokens);
    this.decodeTokens = rate(model.iterations.end, model.iterations.decodes);
    this.kv = data.kv_blocks > 0 ? kvUse(model) : undefined;
  }
}

/** The share of all KV blocks in use. A replica that executes nothing is taken to hold nothing. */
function kvUse(model) {
  const { count, start, end, replica, kv_blocks: blocks } = model.iterations;
  const level = new Float64Array(model.data.replicas), busyUntil = level.slice();
  const times = [], changes = [];
  const change = (time, of, value) => {
    times.push(time);
    changes.push(value - level[of]);
    level[of] = value;
  };
  for (let number = 0; number < count; number++) {
    const of = replica[number];
    if (start[number] > busyUntil[of]) change(busyUntil[of], of, 0);
    change(start[number], of, blocks[number]);
    busyUntil[of] = Math.max(busyUntil[of], end[number]);
  }
  busyUntil.forEach((time, of) => change(time, of, 0));
  return Steps.ofChanges(times, changes, 1 / (model.data.kv_blocks * model.data.replicas));
}
