// As much of a browser as the player asks for. Whatever is drawn has to have finite places.
const elements = {}, frames = [], heard = {};
let pageWidth = 1200, boxes = 0;

class StubElement {
  constructor(name) {
    Object.assign(this, { name, textContent: "", children: [], heard: {}, attributes: {} });
    this.style = { setProperty() {} };
    this.context = {};
    for (const method of ["setTransform", "clearRect", "fillRect", "strokeRect", "beginPath",
      "moveTo", "lineTo", "stroke", "fillText", "drawImage"]) {
      this.context[method] = (...values) => {
        const isWrong = (value) => typeof value === "number" && !Number.isFinite(value);
        if (values.some(isWrong)) throw new Error(`${method}(${values})`);
        if (method === "fillRect") boxes += 1;
      };
    }
  }

  get clientWidth() { return pageWidth; }
  getContext() { return this.context; }
  setAttribute(key, value) { this.attributes[key] = value; }
  append(...those) { this.children.push(...those); }
  addEventListener(name, listener) { this.heard[name] = listener; }
}

class HTMLButtonElement {}
const document = {
  getElementById: (id) => (elements[id] ??= new StubElement(id)),
  createElement: (name) => new StubElement(name),
  documentElement: new StubElement("html"),
  addEventListener(name, listener) { heard[name] = listener; },
};
const window = {
  devicePixelRatio: 2,
  addEventListener(name, listener) { heard[name] = listener; },
  // Reduced motion: the page starts paused.
  matchMedia: () => ({ matches: true, addEventListener() {} }),
};
const getComputedStyle = () => ({ getPropertyValue: () => " #123456" });
const requestAnimationFrame = (frame) => frames.push(frame);
document.getElementById("data").textContent = JSON.stringify(input.data);
