// Uses the page as a reader does.
function expect(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}

const player = new Player(input.data), { model, page } = player;
const key = (name, target) =>
  heard.keydown({ key: name, target: target || elements.slider, preventDefault() {} });
expect("frames of a page at rest", frames.length, 0);

// Every iteration, there and back.
const moments = Array.from(model.moments).filter((time) => time > model.from && time < model.until);
const passed = [];
for (key("ArrowRight"); player.time < model.until; key("ArrowRight")) passed.push(player.time);
expect("iterations that were stepped through", String(passed), String(moments));
for (key("ArrowLeft"); player.time > model.from; key("ArrowLeft")) {
  expect("the iteration before", player.time, passed.pop());
}
expect("iterations that were not stepped back to", passed.length, 0);

// Any time by the slider and at any width.
for (pageWidth of [300, 1200, 3000]) {
  heard.resize();
  for (let share = 0; share <= 1; share += 0.05) {
    page.slider.value = String(share);
    page.slider.heard.input();
    expect("time", page.time.textContent, player.clock.moment(player.ofShare(share)));
    if (!/^\d+ waiting · \d+ in prefill · /.test(page.counts.textContent)) {
      throw new Error(page.counts.textContent);
    }
  }
}

// From the beginning to the end, fast.
for (const power of [1, 2]) {
  page.speed.value = String(power);
  page.speed.heard.input();
  key("Home");
  key(" ");
  expect("the button", page.play.attributes["aria-label"], "Pause");
  let now = 0;
  while (frames.length > 0) frames.shift()(now += 200);
  expect("the end", player.time, model.until);
  expect("whether it plays", player.isPlaying, false);
  const seconds = model.until > model.from ? 60 / 10 ** power : 0.2;
  if (Math.abs(now / 1e3 - seconds) > 0.5) throw new Error(`${now} ms at speed ${power}`);
}
expect("requests that were rejected", player.figures.rejected.at(model.until) || 0,
  input.data.requests.rejected.filter((is) => is).length);
if (model.requests.count > 0 && boxes === 0) throw new Error("nothing was drawn");
console.log("played");
