// What the run was at any moment. Nothing here draws. Times are counts of `data.quantum_ns`.

/** The phases of a request, in the order in which it goes through them. */
const ABSENT = 0, WAITING = 1, PREFILL = 2, HANDED = 3, DECODE = 4, DONE = 5, REJECTED = 6;

/** Values from their distances, each to the one before. */
function sums(distances) {
  let sum = 0;
  return Float64Array.from(distances, (distance) => (sum += distance));
}

/** How many of the sorted values are at most `limit`. O(log n) */
function countUpTo(sorted, limit) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= limit) low = middle + 1; else high = middle;
  }
  return low;
}

/** Spans of time, sorted by their starts: each holds its start, and not its end. */
class Spans {
  constructor(starts, ends) {
    this.starts = starts;
    // A tree over the spans in their order: each node has the latest end below it.
    this.size = 1;
    while (this.size < starts.length) this.size *= 2;
    this.latest = new Float64Array(2 * this.size).fill(-Infinity);
    this.latest.set(ends, this.size);
    for (let node = this.size - 1; node > 0; node--) {
      this.latest[node] = Math.max(this.latest[2 * node], this.latest[2 * node + 1]);
    }
  }

  /** The numbers of the spans that hold `time`, in order. O(log n) for each. */
  at(time) {
    const begun = countUpTo(this.starts, time), found = [];
    const look = (node, first, count) => {
      if (first >= begun || this.latest[node] <= time) return;
      if (count === 1) { found.push(first); return; }
      look(2 * node, first, count / 2);
      look(2 * node + 1, first + count / 2, count / 2);
    };
    look(1, 0, this.size);
    return found;
  }
}

class Model {
  constructor(data) {
    this.data = data;
    this.from = data.from;
    this.until = data.until;
    this.readRequests(data.requests);
    this.readIterations(data.iterations);
    this.takePlaces();
  }

  /** Cuts the life of each request into spans that follow each other. */
  readRequests(columns) {
    const arrival = sums(columns.arrival), count = arrival.length;
    const moment = (distances) => Float64Array.from(distances, (distance, request) =>
      distance < 0 ? Infinity : arrival[request] + distance);
    const end = moment(columns.end), firstToken = moment(columns.first_token);
    const decode = moment(columns.decode);
    // What comes after the end, or not at all, is moved to the end: then its span is empty.
    const within = (moments, after) => moments.map((time, request) =>
      Math.min(Math.max(time, after[request]), end[request]));
    const scheduled = within(moment(columns.scheduled), arrival);
    const prefilled = within(moment(columns.prefilled), scheduled);
    const moved = decode.map((time, request) =>
      time < Infinity || this.data.hands_over ? time : prefilled[request]);
    this.requests = {
      count, arrival, scheduled, prefilled, firstToken, end,
      decode: within(moved, prefilled),
      isRejected: columns.rejected, replica: columns.replica, prompt: columns.prompt,
    };
    this.presence = new Spans(arrival, end);
    this.longestPrompt = columns.prompt.reduce((most, tokens) => Math.max(most, tokens), 1);
  }

  readIterations(columns) {
    const start = sums(columns.start);
    const end = start.map((time, number) => time + columns.time[number]);
    this.iterations = { ...columns, count: start.length, start, end };
    this.moments = start.filter((time, at) => at === 0 || time !== start[at - 1]);
    // Rows of each replica, in which no iteration overlaps another.
    this.rows = Array.from({ length: this.data.replicas }, () => []);
    for (let number = 0; number < start.length; number++) {
      const rows = this.rows[columns.replica[number]];
      let row = rows.find((row) => row.busyUntil <= start[number]);
      if (!row) rows.push(row = { starts: [], numbers: [], busyUntil: 0 });
      row.starts.push(start[number]);
      row.numbers.push(number);
      row.busyUntil = end[number];
    }
  }

  /** Gives every request that was scheduled the lowest place that is free on its replica. */
  takePlaces() {
    const { count, scheduled, end, replica } = this.requests;
    const order = [];
    for (let request = 0; request < count; request++) {
      if (replica[request] >= 0 && scheduled[request] < end[request]) order.push(request);
    }
    order.sort((a, b) => scheduled[a] - scheduled[b] || a - b);
    this.place = new Int32Array(count).fill(-1);
    const freeFrom = Array.from({ length: this.data.replicas }, () => []);
    for (const request of order) {
      const places = freeFrom[replica[request]];
      const free = places.findIndex((time) => time <= scheduled[request]);
      const place = free < 0 ? places.length : free;
      places[place] = end[request];
      this.place[request] = place;
    }
    this.places = freeFrom.map((places) => places.length);
  }

  /** The phase of a request at a moment. */
  phase(request, time) {
    const { arrival, scheduled, prefilled, decode, end, isRejected } = this.requests;
    if (time < arrival[request]) return ABSENT;
    if (time >= end[request]) return isRejected[request] ? REJECTED : DONE;
    if (time < scheduled[request]) return WAITING;
    if (time < prefilled[request]) return PREFILL;
    return time < decode[request] ? HANDED : DECODE;
  }

  /** How much of its phase a request has behind it, from 0 to 1. */
  progress(request, phase, time) {
    const { scheduled, prefilled, decode, end } = this.requests;
    const [start, stop] = phase === PREFILL
      ? [scheduled[request], prefilled[request]]
      : [decode[request], end[request]];
    return stop === Infinity ? 0 : (time - start) / (stop - start);
  }

  /** The requests that are there at a moment: who waits, and who has which place. */
  state(time) {
    const waiting = [], placed = this.places.map(() => []);
    for (const request of this.presence.at(time)) {
      const phase = this.phase(request, time);
      if (phase === WAITING) waiting.push(request);
      else placed[this.requests.replica[request]].push({ request, phase });
    }
    return { waiting, placed };
  }

  /** The iteration in a row of a replica at a moment; -1 if there is none. */
  iterationAt(row, time) {
    const begun = countUpTo(row.starts, time);
    if (begun === 0) return -1;
    const number = row.numbers[begun - 1];
    return time < this.iterations.end[number] ? number : -1;
  }

  /** The next moment at which an iteration begins, or the end. */
  next(time) {
    const at = countUpTo(this.moments, time);
    return at < this.moments.length ? Math.min(this.moments[at], this.until) : this.until;
  }

  /** The last moment before at which an iteration began, or the beginning. */
  previous(time) {
    let at = countUpTo(this.moments, time);
    if (at > 0 && this.moments[at - 1] === time) at--;
    return at > 0 ? Math.max(this.moments[at - 1], this.from) : this.from;
  }
}
