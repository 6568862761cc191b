// Prints what the model says of each moment of `input.times`, a line for each.
const model = new Model(input.data), figures = new Figures(model);
for (const time of input.times) {
  const requests = Array.from({ length: model.requests.count }, (_, request) => request);
  const { waiting, placed } = model.state(time);
  placed.forEach((those, replica) => {
    const places = new Set(those.map(({ request }) => model.place[request]));
    if (places.size !== those.length || places.has(-1)) throw new Error(`places at ${time}`);
    if (Math.max(0, ...places) > model.places[replica]) throw new Error(`rooms at ${time}`);
  });
  const running = model.rows.flat().map((row) => model.iterationAt(row, time));
  const levels = [figures.waiting, figures.prefill, figures.handed, figures.decode];
  console.log([
    requests.map((request) => model.phase(request, time)).join(""),
    waiting.concat(placed.flat().map(({ request }) => request)).sort((a, b) => a - b).join(","),
    running.filter((number) => number >= 0).sort((a, b) => a - b).join(","),
    levels.map((steps) => steps.at(time) || 0).join(","),
    model.previous(time),
    model.next(time),
  ].join(" "));
}
