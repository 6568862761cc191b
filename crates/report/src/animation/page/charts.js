// Figures over time, up to the present.

const CHART = { height: 132, left: 46, right: 8, top: 6, bottom: 20 };

/** Round values that are marked on an axis, up to the first that is not below `most`. */
function marks(most, count) {
  if (!(most > 0)) return [0, 1];
  const rough = most / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999999);
  const list = [];
  for (let at = 0; list.length === 0 || list[list.length - 1] < most; at++) list.push(at * step);
  return list;
}

/** A mark as text: all marks of an axis have as many decimals as the finest needs. */
function markText(value, step) {
  let decimals = 0;
  while (decimals < 9 && Math.abs(step * 10 ** decimals % 1) > 1e-6
    && Math.abs(step * 10 ** decimals % 1) < 1 - 1e-6) decimals++;
  return fixed(value, decimals);
}

class Chart {
  /** `lines`: name, ink, steps; `per`: what a value is divided by to be told. */
  constructor(model, clock, { title, unit, per = 1, most, lines, seek }) {
    Object.assign(this, { model, clock, per, lines });
    const list = lines.map((line) => line.steps.most);
    this.marks = marks((most === undefined ? Math.max(...list) : most) / per, 4);
    this.top = this.marks[this.marks.length - 1] * per;
    this.values = lines.map(() => make("span", { class: "key" }));
    const canvas = make("canvas", { role: "img", class: "charts-canvas",
      "aria-label": `${title} over time` });
    this.figure = make("figure", {}, make("figcaption", {},
      make("b", {}, unit ? `${title}, ${unit}` : title), ...this.values), canvas);
    this.surface = new Surface(canvas);
    // What does not change from frame to frame is drawn once.
    this.past = new Surface(document.createElement("canvas"));
    const go = (event) => {
      const share = (event.offsetX - CHART.left) / this.span();
      seek(model.from + Math.min(Math.max(share, 0), 1) * (model.until - model.from));
    };
    canvas.addEventListener("pointerdown", go);
    canvas.addEventListener("pointermove", (event) => { if (event.buttons & 1) go(event); });
  }

  span() {
    return Math.max(this.surface.width - CHART.left - CHART.right, 1);
  }

  x(time) {
    const { from, until } = this.model;
    return CHART.left + (until > from ? (time - from) / (until - from) : 0) * this.span();
  }

  y(value) {
    const room = CHART.height - CHART.top - CHART.bottom;
    return CHART.top + room * (1 - value / this.top);
  }

  fit() {
    this.surface.fit(CHART.height);
    this.past.canvas.width = this.surface.canvas.width;
    this.past.canvas.height = this.surface.canvas.height;
    const ratio = this.surface.canvas.width / Math.max(this.surface.width, 1);
    this.past.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.lines.forEach((line, at) => {
      this.values[at].style.setProperty("--ink", INK[line.ink]);
      this.drawLine(line);
    });
  }

  /** Every value is a level to the next. */
  drawLine({ steps, ink }) {
    const { context } = this.past, { from, until } = this.model;
    context.strokeStyle = INK[ink];
    context.lineWidth = 1.5;
    context.beginPath();
    let at = Math.max(countUpTo(steps.times, from) - 1, 0), y;
    for (; at < steps.times.length && steps.times[at] <= until; at++) {
      const x = this.x(Math.max(steps.times[at], from));
      if (y === undefined) context.moveTo(x, this.y(steps.values[at]));
      else context.lineTo(x, y);
      y = this.y(steps.values[at]);
      context.lineTo(x, y);
    }
    if (y !== undefined) context.lineTo(this.x(until), y);
    context.stroke();
  }

  draw(time) {
    const { surface, past, clock } = this, { from, until } = this.model;
    surface.clear();
    for (const mark of this.marks) {
      const y = Math.round(this.y(mark * this.per)) + 0.5;
      surface.line(CHART.left, y, CHART.left + this.span(), y, INK.grid);
      surface.text(CHART.left - 6, y + 4, markText(mark, this.marks[1]), INK.muted, "right");
    }
    const foot = CHART.height - 5;
    surface.text(CHART.left, foot, clock.moment(from), INK.muted);
    surface.text(CHART.left + this.span(), foot, clock.moment(until), INK.muted, "right");
    const present = this.x(time), ratio = past.canvas.width / Math.max(surface.width, 1);
    const width = Math.min(Math.round(present * ratio), past.canvas.width);
    if (width > 0) {
      surface.context.drawImage(past.canvas, 0, 0, width, past.canvas.height,
        0, 0, width / ratio, surface.height);
    }
    surface.line(present, CHART.top, present, CHART.height - CHART.bottom, INK.text);
    this.lines.forEach((line, at) => {
      const value = line.steps.at(time);
      const text = value === undefined ? "-" : (line.told || short)(value / this.per);
      tell(this.values[at], line.name ? `${line.name} ${text}` : text);
    });
  }
}

/** The charts of a run. */
function charts(model, figures, clock, seek) {
  const { data } = model, list = [];
  const add = (chart) => list.push(new Chart(model, clock, { ...chart, seek }));
  add({ title: "Requests", lines: [
    { name: "waiting", ink: "prefill", steps: figures.waiting, told: whole },
    { name: "running", ink: "decode", steps: figures.running, told: whole },
  ] });
  for (const [name, steps] of [["TTFT", figures.ttft], ["E2E latency", figures.e2e]]) {
    const [unit, per] = clock.unitOf(steps.most);
    add({ title: `${name}, mean of the last ${MEAN_OF}`, unit, per,
      lines: [{ ink: "decode", steps }] });
  }
  const last = `in the last ${clock.length(figures.rateWidth)}`;
  add({ title: `Requests completed, ${last}`, unit: `per ${data.rate}`,
    lines: [{ ink: "done", steps: figures.completions }] });
  const tokens = [{ name: "decode", ink: "decode", steps: figures.decodeTokens }];
  if (data.counts_prompts) {
    tokens.unshift({ name: "prefill", ink: "prefill", steps: figures.prefillTokens });
  }
  add({ title: `Tokens computed, ${last}`, unit: `per ${data.rate}`, lines: tokens });
  if (figures.kv) {
    add({ title: "KV use", unit: "%", per: 0.01, most: 1,
      lines: [{ ink: "done", steps: figures.kv }] });
  }
  return list;
}
