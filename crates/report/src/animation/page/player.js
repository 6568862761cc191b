// Plays the run: the clock, the controls, and one picture of everything for each moment.

/** How long the whole takes at speed 1, in seconds. */
const SECONDS_AT_1 = 60;
/** What the button shows: a triangle, or two bars. */
const PLAY_ICON = "M5 3v14l12-7z", PAUSE_ICON = "M5 3h4v14H5zM11 3h4v14h-4z";

class Player {
  constructor(data) {
    this.model = new Model(data);
    this.clock = new Clock(data);
    this.figures = new Figures(this.model);
    this.time = this.model.from;
    this.isPlaying = false;
    this.speed = 1;
    const find = (id) => document.getElementById(id);
    this.page = Object.fromEntries(["play", "play-icon", "back", "next", "time", "slider", "speed",
      "speed-text", "counts"].map((id) => [id, find(id)]));
    this.queue = new Queue(this.model, this.figures);
    this.done = new Done(this.model, this.figures);
    this.addReplicas(find("replicas"), find("replicas-more"));
    const seek = (time) => this.go(time);
    this.charts = charts(this.model, this.figures, this.clock, seek);
    find("charts").append(...this.charts.map((chart) => chart.figure));
    find("legend-shade").hidden = !data.counts_prompts;
    find("legend-handed").hidden = this.figures.handed.most === 0;
    find("legend-rejected").hidden = this.figures.rejected.most === 0;
    this.listen();
    this.refit();
    this.setSpeed(1);
  }

  addReplicas(grid, more) {
    const count = Math.min(this.model.data.replicas, REPLICAS_MAX);
    this.replicas = Array.from({ length: count }, (_, number) =>
      new Replica(this.model, number, this.clock));
    grid.append(...this.replicas.map((replica) => replica.figure));
    more.hidden = count === this.model.data.replicas;
    more.textContent = `The first ${count} of ${whole(this.model.data.replicas)} replicas.`;
  }

  listen() {
    const { page } = this;
    page.play.addEventListener("click", () => this.play(!this.isPlaying));
    page.back.addEventListener("click", () => this.step("previous"));
    page.next.addEventListener("click", () => this.step("next"));
    page.slider.addEventListener("input", () => this.go(this.ofShare(Number(page.slider.value))));
    page.speed.addEventListener("input", () => this.setSpeed(10 ** Number(page.speed.value)));
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("resize", () => this.refit());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
      () => this.refit());
    if (document.fonts) document.fonts.ready.then(() => this.draw());
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === this.page.speed) return;
    // A button that has the focus takes the space bar itself.
    const isButton = event.target instanceof HTMLButtonElement;
    const action = {
      " ": isButton ? undefined : () => this.play(!this.isPlaying),
      ArrowRight: () => this.step("next"),
      ArrowLeft: () => this.step("previous"),
      Home: () => this.go(this.model.from),
      End: () => this.go(this.model.until),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** The moment that lies behind this share of the time shown. */
  ofShare(share) {
    return this.model.from + share * (this.model.until - this.model.from);
  }

  /** How much time passes in a second of the reader's. */
  pace() {
    return (this.speed * (this.model.until - this.model.from)) / SECONDS_AT_1;
  }

  setSpeed(speed) {
    this.speed = speed;
    const pace = `${this.clock.length(this.pace())} a second`;
    const text = `${speed < 9.95 ? speed.toFixed(1) : Math.round(speed)}x, ${pace}`;
    tell(this.page["speed-text"], text);
    this.page.speed.setAttribute("aria-valuetext", text);
    if (!this.isPlaying) this.draw();
  }

  play(plays) {
    if (plays === this.isPlaying) return;
    if (plays && this.time >= this.model.until) this.time = this.model.from;
    this.isPlaying = plays;
    this.page.play.setAttribute("aria-label", plays ? "Pause" : "Play");
    this.page["play-icon"].setAttribute("d", plays ? PAUSE_ICON : PLAY_ICON);
    // What changes all the time is not read out; what is stopped at is.
    this.page.counts.setAttribute("aria-live", plays ? "off" : "polite");
    if (plays) {
      this.before = undefined;
      requestAnimationFrame((now) => this.frame(now));
    }
  }

  frame(now) {
    if (!this.isPlaying) return;
    // A page that was out of sight goes on where it was.
    const passed = this.before === undefined ? 0 : Math.min(now - this.before, 250) / 1e3;
    this.before = now;
    this.time = Math.min(this.time + passed * this.pace(), this.model.until);
    this.draw();
    if (this.time >= this.model.until) this.play(false);
    else requestAnimationFrame((next) => this.frame(next));
  }

  /** Stops at the next or the previous iteration. */
  step(way) {
    this.play(false);
    this.go(this.model[way](this.time));
  }

  go(time) {
    this.time = Math.min(Math.max(time, this.model.from), this.model.until);
    if (!this.isPlaying) this.draw();
  }

  /** The page has another size, or other colours. */
  refit() {
    readInks();
    for (const part of [this.queue, this.done, ...this.replicas, ...this.charts]) part.fit();
    this.draw();
  }

  draw() {
    const { model, time, page, figures } = this;
    const { waiting, placed } = model.state(time);
    this.queue.draw(waiting);
    this.done.draw(time);
    for (const replica of this.replicas) {
      replica.draw(placed[replica.number], time, this.pace());
    }
    for (const chart of this.charts) chart.draw(time);
    const { from, until } = model, text = this.clock.moment(time);
    page.slider.value = String(until > from ? (time - from) / (until - from) : 0);
    page.slider.setAttribute("aria-valuetext", text);
    tell(page.time, text);
    const at = (steps) => whole(steps.at(time) || 0);
    const parts = [`${at(figures.waiting)} waiting`, `${at(figures.prefill)} in prefill`];
    if (figures.handed.most > 0) parts.push(`${at(figures.handed)} handed over`);
    parts.push(`${at(figures.decode)} decoding`, `${at(figures.done)} done`);
    if (figures.rejected.most > 0) parts.push(`${at(figures.rejected)} rejected`);
    tell(page.counts, parts.join(" · "));
  }
}

if (typeof document !== "undefined") {
  const player = new Player(JSON.parse(document.getElementById("data").textContent));
  if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) player.play(true);
}
