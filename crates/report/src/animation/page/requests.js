// Boxes that stand for requests: the queue, and those that ended.

/** Sides of boxes that are tried, the largest first, and the gap between two. */
const SIDES = [16, 12, 9, 6], GAP = 2;

/** Boxes in rows, from left to right: as large as `count` of them fit into so many rows. */
class Boxes {
  constructor(width, count, rowsMax) {
    const fits = (side) => Math.floor((width + GAP) / (side + GAP)) * rowsMax >= count;
    this.side = SIDES.find(fits) || SIDES[SIDES.length - 1];
    this.columns = Math.max(1, Math.floor((width + GAP) / (this.side + GAP)));
    this.rows = Math.min(Math.max(1, Math.ceil(count / this.columns)), rowsMax);
    this.room = this.columns * this.rows;
    this.height = this.rows * (this.side + GAP) - GAP;
  }

  x(place) {
    return (place % this.columns) * (this.side + GAP);
  }

  y(place) {
    return Math.floor(place / this.columns) * (this.side + GAP);
  }
}

/** Those that wait, in order of arrival, the darker the longer their prompt. */
class Queue {
  constructor(model, figures) {
    this.model = model;
    this.most = figures.waiting.most;
    this.surface = new Surface(document.getElementById("queue"));
    this.words = document.getElementById("queue-text");
    const { prompt } = model.requests;
    this.shade = prompt.map((tokens) => 0.25 + 0.75 * Math.sqrt(tokens / model.longestPrompt));
  }

  fit() {
    this.boxes = new Boxes(this.surface.canvas.clientWidth, this.most, 8);
    this.surface.fit(this.boxes.height);
  }

  draw(waiting) {
    const { boxes, surface } = this;
    surface.clear();
    const drawn = Math.min(waiting.length, boxes.room);
    for (let at = 0; at < drawn; at++) {
      const shade = this.shade[waiting[at]];
      surface.box(boxes.x(at), boxes.y(at), boxes.side, boxes.side, INK.text, shade);
    }
    const more = waiting.length - drawn;
    const tail = more > 0 ? `, ${whole(more)} of them beyond the last box` : "";
    tell(this.words, `${whole(waiting.length)} waiting${tail}`);
  }
}

/** Those that ended, the latest first. */
class Done {
  constructor(model, figures) {
    this.model = model;
    this.figures = figures;
    this.surface = new Surface(document.getElementById("done"));
    this.words = document.getElementById("done-text");
  }

  fit() {
    this.boxes = new Boxes(this.surface.canvas.clientWidth, this.figures.ended.length, 3);
    this.surface.fit(this.boxes.height);
  }

  draw(time) {
    const { boxes, surface, figures } = this, { isRejected } = this.model.requests;
    surface.clear();
    const count = countUpTo(figures.endedAt, time);
    const drawn = Math.min(count, boxes.room);
    for (let at = 0; at < drawn; at++) {
      const [x, y] = [boxes.x(at), boxes.y(at)];
      if (isRejected[figures.ended[count - 1 - at]]) {
        surface.frame(x, y, boxes.side, boxes.side, INK.limit);
      } else {
        surface.box(x, y, boxes.side, boxes.side, INK.done);
      }
    }
    const latest = count > drawn ? `, the latest ${whole(drawn)} drawn` : "";
    tell(this.words, `${whole(count)} ended${latest}`);
  }
}
