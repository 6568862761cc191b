// A replica: the requests in its places, and its iterations as they pass by.

/** Rows and places that are drawn of one replica, and replicas of a run, at most. */
const ROWS_MAX = 16, PLACES_MAX = 2048, REPLICAS_MAX = 64;
/** Height of a row of iterations. */
const ROW = 22;
/** Where the present is, as a share of the width. */
const PRESENT = 0.7;
/** So many iterations of usual length are in sight, at least; and so many seconds of the reader. */
const ITERATIONS_SEEN = 14, SECONDS_SEEN = 1.5;

class Replica {
  constructor(model, number, clock) {
    Object.assign(this, { model, number, clock });
    this.rows = model.rows[number].slice(0, ROWS_MAX);
    this.usual = usualTime(model, number);
    this.words = make("span", { class: "muted" });
    const places = make("canvas", { role: "img",
      "aria-label": `Requests that replica ${number} runs` });
    const lane = make("canvas", { role: "img", "aria-label": `Iterations of replica ${number}` });
    this.places = new Surface(places);
    this.lane = new Surface(lane);
    this.batches = this.rows.map(() => make("p", { class: "batch" }));
    this.figure = make("figure", {},
      make("figcaption", {}, make("b", {}, `Replica ${number}`), this.words),
      places, lane, ...this.batches);
    lane.style.marginTop = "8px";
  }

  fit() {
    const count = Math.min(this.model.places[this.number], PLACES_MAX);
    this.boxes = new Boxes(this.places.canvas.clientWidth, count, count > 256 ? 24 : 4);
    this.places.fit(this.boxes.height);
    this.lane.fit(Math.max(1, this.rows.length) * ROW);
  }

  /** Draws a moment; `pace`: how much time passes in a second of the reader's. */
  draw(placed, time, pace) {
    this.drawPlaces(placed, time);
    const sight = Math.max(this.usual * ITERATIONS_SEEN, pace * SECONDS_SEEN);
    this.drawLane(time, sight);
    this.tellBatches(time);
    const count = (wanted) => placed.filter(({ phase }) => phase === wanted).length;
    const handed = this.model.data.hands_over ? `, ${whole(count(HANDED))} handed over` : "";
    tell(this.words,
      `${whole(count(PREFILL))} in prefill${handed}, ${whole(count(DECODE))} decoding`);
  }

  drawPlaces(placed, time) {
    const { boxes, places: surface, model } = this, { side } = boxes;
    surface.clear();
    const room = Math.min(model.places[this.number], boxes.room);
    for (let place = 0; place < room; place++) {
      surface.box(boxes.x(place), boxes.y(place), side, side, INK.grid);
    }
    for (const { request, phase } of placed) {
      const place = model.place[request];
      if (place >= room) continue;
      const ink = phase === PREFILL ? INK.prefill : phase === HANDED ? INK.handed : INK.decode;
      const [x, y] = [boxes.x(place), boxes.y(place)];
      surface.box(x, y, side, side, ink, 0.35);
      const share = phase === HANDED ? 1 : model.progress(request, phase, time);
      surface.box(x, y + side * (1 - share), side, side * share, ink);
    }
  }

  drawLane(time, sight) {
    const { lane: surface } = this, { width } = surface;
    const perPixel = sight / (PRESENT * width), present = PRESENT * width;
    surface.clear();
    this.rows.forEach((row, at) => {
      // From the last one in sight back to the first. Of those narrower than half a pixel one is
      // drawn for each half.
      let begun = countUpTo(row.starts, time);
      while (begun > 0) {
        const number = row.numbers[begun - 1];
        const x = present + (row.starts[begun - 1] - time) / perPixel;
        this.drawIteration(number, x, present, perPixel, at * ROW);
        if (x <= 0) break;
        begun = Math.min(begun - 1, countUpTo(row.starts, row.starts[begun - 1] - perPixel / 2));
      }
    });
    surface.line(present, 0, present, surface.height, INK.text, 1.5);
  }

  /** One iteration: prefill above, decodes below, by tokens. What is still to come is pale. */
  drawIteration(number, x, present, perPixel, top) {
    const { iterations } = this.model, surface = this.lane;
    const left = Math.max(x, 0);
    const right = x + (iterations.end[number] - iterations.start[number]) / perPixel;
    if (right < 0) return;
    const tokens = iterations.prefill_tokens[number], decodes = iterations.decodes[number];
    const height = ROW - 4, gap = right - left > 3 ? 1 : 0;
    let upper = tokens + decodes > 0 ? height * (tokens / (tokens + decodes)) : 0;
    // A few tokens beside many can be seen, too.
    if (tokens > 0 && decodes > 0) upper = Math.min(Math.max(upper, 3), height - 3);
    const part = (from, to, alpha) => {
      if (to <= from) return;
      surface.box(from, top + 2, to - from, upper, INK.prefill, alpha);
      surface.box(from, top + 2 + upper, to - from, height - upper,
        decodes > 0 ? INK.decode : INK.muted, alpha);
    };
    const until = Math.max(right - gap, left + 0.5);
    part(left, Math.min(until, present), 1);
    part(Math.max(left, present), until, 0.3);
  }

  tellBatches(time) {
    const { iterations, data } = this.model;
    this.batches.forEach((line, row) => {
      const number = this.model.iterationAt(this.rows[row], time);
      if (number < 0) { tell(line, "idle"); return; }
      const parts = [], prefills = iterations.prefills[number];
      const tokens = iterations.prefill_tokens[number];
      if (prefills > 0) {
        parts.push(`prefill ${whole(prefills)}`
          + (data.counts_prompts ? ` (${plural(tokens, "token")})` : ""));
      }
      if (iterations.decodes[number] > 0) parts.push(`decode ${whole(iterations.decodes[number])}`);
      const length = this.clock.length(iterations.end[number] - iterations.start[number]);
      const preempted = iterations.preempted[number];
      tell(line, `#${whole(iterations.number[number])}: ${parts.join(" + ") || "empty"}, ${length}`
        + (preempted > 0 ? `, ${whole(preempted)} preempted` : "")
        + (data.kv_blocks > 0
          ? `, KV ${fixed((100 * iterations.kv_blocks[number]) / data.kv_blocks, 0)} %` : ""));
    });
  }
}

/** The median length of a replica's iterations. */
function usualTime(model, replica) {
  const times = model.rows[replica].flatMap((row) =>
    row.numbers.map((number) => model.iterations.end[number] - model.iterations.start[number]));
  times.sort((a, b) => a - b);
  return times.length > 0 ? Math.max(times[times.length >> 1], 1) : 1;
}
