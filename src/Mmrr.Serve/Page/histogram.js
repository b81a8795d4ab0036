// The scores of normal pictures as a histogram, those of the scored pictures as marks below it, and a threshold that can be moved.
import { percent, score, svg } from "./format.js";

const width = 320, height = 176, left = 6, right = 6, top = 14, base = 120, row = 138, bins = 24, mostMarks = 400;

export class Histogram {
  constructor(place, moved) {
    this.place = place;
    this.moved = moved;
  }

  /// Draws anew; called when a run, a score or the threshold changes.
  draw({ normal, own, threshold, scores }) {
    Object.assign(this, { normal, own, threshold });
    if (own === null) {
      this.place.replaceChildren();
      this.cut = null;
      return;
    }
    const finite = scores.filter(Number.isFinite);
    const lowest = Math.min(own, ...normal, ...finite.slice(0, mostMarks)), highestNormal = Math.max(own, ...normal);
    // Pictures far beyond the threshold are shown at the edge: they must not squeeze the normal ones.
    const most = highestNormal + 1.2 * (highestNormal - lowest || Math.abs(own) || 1);
    const highest = Math.max(highestNormal, Math.min(most, Math.max(...finite, highestNormal)));
    const margin = 0.04 * (highest - lowest || 1);
    this.low = lowest - margin;
    this.high = highest + margin;
    if (!this.cut) this.begin();
    this.back.replaceChildren(...this.barsAndAxis(), ...this.marksOf(finite.slice(0, mostMarks)));
    this.placeCut();
  }

  /// The handle is made once: it keeps the focus and the pointer while everything behind it is drawn anew.
  begin() {
    this.back = svg("g");
    this.cut = svg("g", { class: "cut", tabindex: 0, role: "slider", "aria-label": "Threshold", "aria-orientation": "horizontal" },
      svg("rect", { class: "hit", x: -14, y: 0, width: 28, height: row + 12 }), svg("line", { x1: 0, x2: 0, y1: top - 4, y2: row + 8 }),
      svg("path", { class: "grip", d: "M-7 2h14v6l-7 8l-7-8z" }));
    const label = "Scores of normal pictures, and the threshold";
    this.place.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label }, this.back, this.cut));
    this.listen();
  }

  x(value) {
    return left + (width - left - right) * Math.min(1, Math.max(0, (value - this.low) / (this.high - this.low)));
  }

  barsAndAxis() {
    const step = (this.high - this.low) / bins, filled = Array.from({ length: bins }, () => []);
    for (const value of this.normal) filled[Math.min(bins - 1, Math.floor((value - this.low) / step))].push(value);
    const most = Math.max(1, ...filled.map(values => values.length));
    this.bars = filled.map((values, i) => {
      const from = this.low + i * step, tall = (values.length / most) * (base - top);
      return values.length === 0 ? null : svg("rect", {
        x: this.x(from) + 0.75, y: base - tall, width: Math.max(1, this.x(from + step) - this.x(from) - 1.5), height: tall, rx: 1.5, class: "bar",
        "data-least": Math.min(...values),
      });
    }).filter(Boolean);
    const ends = [[this.low, "start"], [this.high, "end"]].map(
      ([value, anchor]) => svg("text", { x: this.x(value), y: height - 6, "text-anchor": anchor, class: "tick" }, score(value)));
    return [
      ...this.bars, svg("line", { x1: left, x2: width - right, y1: base, y2: base, class: "axis" }), ...ends,
      svg("line", { x1: this.x(this.own), x2: this.x(this.own), y1: top, y2: row + 8, class: "own" }),
    ];
  }

  marksOf(scores) {
    this.marks = scores.map(value => svg("circle", { cx: this.x(value), cy: row, r: 3.5, class: "mark", "data-score": value }));
    return this.marks;
  }

  placeCut() {
    const above = this.normal.filter(value => value > this.threshold).length, c = this.cut;
    c.setAttribute("transform", `translate(${this.x(this.threshold)} 0)`);
    c.setAttribute("aria-valuemin", this.low);
    c.setAttribute("aria-valuemax", this.high);
    c.setAttribute("aria-valuenow", this.threshold);
    c.setAttribute("aria-valuetext", `${score(this.threshold)}, ${above} of ${this.normal.length} normal pictures above`);
    for (const bar of this.bars) bar.classList.toggle("over", Number(bar.dataset.least) > this.threshold);
    for (const mark of this.marks) mark.classList.toggle("over", Number(mark.dataset.score) > this.threshold);
  }

  listen() {
    const c = this.cut;
    const follow = event => {
      const box = this.place.firstChild.getBoundingClientRect(), at = ((event.clientX - box.left) / box.width) * width;
      this.set(this.low + ((at - left) / (width - left - right)) * (this.high - this.low));
    };
    c.addEventListener("pointerdown", event => {
      c.setPointerCapture(event.pointerId);
      c.focus({ focusVisible: false });
      event.preventDefault();
    });
    c.addEventListener("pointermove", event => c.hasPointerCapture(event.pointerId) && follow(event));
    c.addEventListener("keydown", event => {
      const step = ((this.high - this.low) / 200) * (event.shiftKey ? 10 : 1);
      const to = {
        ArrowLeft: this.threshold - step, ArrowDown: this.threshold - step, ArrowRight: this.threshold + step, ArrowUp: this.threshold + step,
        PageDown: this.threshold - 20 * step, PageUp: this.threshold + 20 * step, Home: this.low, End: this.high,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.set(to);
    });
  }

  set(value) {
    this.threshold = Math.min(this.high, Math.max(this.low, value));
    this.placeCut();
    this.moved(this.threshold);
  }
}

/// The false alarms of a threshold: of n normal scores with k above, a new normal picture is above with a probability of at most (k + 1) / (n + 1).
export function falseAlarms(normal, threshold) {
  const above = normal.filter(value => value > threshold).length;
  return `${above} of ${normal.length} normal pictures ${above === 1 ? "is" : "are"} above. `
    + `Of new normal ones, expect at most ${percent((above + 1) / (normal.length + 1))} false alarms.`;
}
