// What drawing needs: numbers as text, colours, a canvas of the right size.

/** A number with as many decimals as mean something. */
function short(value) {
  const size = Math.abs(value);
  const decimals = size >= 99.95 || value === 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
  return fixed(value, decimals);
}

/** Writers of numbers, by their decimals: to make one takes longer than to use it. */
const WRITERS = Array.from({ length: 10 }, (_, decimals) => new Intl.NumberFormat("en-US",
  { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));

function fixed(value, decimals) {
  return WRITERS[decimals].format(value);
}

function whole(value) {
  return fixed(Math.round(value), 0);
}

/** `one request`, `2 requests`. */
function plural(count, word) {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** How times are told: in ticks, or in seconds and their parts. */
class Clock {
  constructor(data) {
    this.unit = data.unit;
    this.perUnit = data.unit_ns / data.quantum_ns;
    const span = (data.until - data.from) / this.perUnit;
    // A ten-thousandth of what is shown can be told, or a thousandth.
    const digits = span > 0 ? Math.ceil((data.unit === "ticks" ? 3 : 4) - Math.log10(span)) : 3;
    this.decimals = Math.min(Math.max(digits, 0), 6);
  }

  /** A moment. */
  moment(time) {
    return `${fixed(time / this.perUnit, this.decimals)} ${this.unit}`;
  }

  /** The unit in which times of up to so much read well, and how many of what is counted it has. */
  unitOf(most) {
    const value = most / this.perUnit;
    if (this.unit === "ticks" || value >= 1) return [this.unit, this.perUnit];
    return value >= 1e-3 ? ["ms", this.perUnit / 1e3] : ["us", this.perUnit / 1e6];
  }

  /** A length of time. */
  length(time) {
    const [unit, per] = this.unitOf(time);
    return `${short(time / per)} ${unit}`;
  }
}

/** The colours of the reader's scheme. */
const INK = {};

function readInks() {
  const style = getComputedStyle(document.documentElement);
  const names = { paper: "paper", panel: "panel", text: "text", muted: "muted", grid: "grid",
    limit: "limit", decode: "series-0", prefill: "series-1", done: "series-2", handed: "series-3" };
  for (const [name, variable] of Object.entries(names)) {
    INK[name] = style.getPropertyValue(`--${variable}`).trim();
  }
}

const FONT = '11px Inter, "Helvetica Neue", Arial, sans-serif';

/** A canvas that is drawn on in the pixels of the page, and sharp on any screen. */
class Surface {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.width = this.height = 0;
  }

  /** Takes the width that the page gives, and this height. */
  fit(height) {
    const { canvas } = this, ratio = window.devicePixelRatio || 1;
    canvas.style.height = `${height}px`;
    this.width = canvas.clientWidth;
    this.height = height;
    canvas.width = Math.max(1, Math.round(this.width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  clear() {
    this.context.globalAlpha = 1;
    this.context.clearRect(0, 0, this.width, this.height);
  }

  box(x, y, width, height, ink, alpha = 1) {
    this.context.globalAlpha = alpha;
    this.context.fillStyle = ink;
    this.context.fillRect(x, y, width, height);
    this.context.globalAlpha = 1;
  }

  frame(x, y, width, height, ink) {
    this.context.strokeStyle = ink;
    this.context.lineWidth = 1;
    this.context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
  }

  line(x, y, toX, toY, ink, width = 1) {
    this.context.strokeStyle = ink;
    this.context.lineWidth = width;
    this.context.beginPath();
    this.context.moveTo(x, y);
    this.context.lineTo(toX, toY);
    this.context.stroke();
  }

  text(x, y, text, ink, align = "left") {
    this.context.font = FONT;
    this.context.fillStyle = ink;
    this.context.textAlign = align;
    this.context.fillText(text, x, y);
  }
}

/** Writes a text on the page if it changed. */
function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with its attributes and what is in it. */
function make(name, attributes, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}
