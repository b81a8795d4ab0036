// One picture, large: zoom with the wheel, two fingers, keys or buttons; move by dragging.
import { badge, element, isAnomalous, score } from "./format.js";

const most = 40, $ = id => document.getElementById(id);

export class Viewer {
  constructor(cards, actions) {
    this.cards = cards;
    this.actions = actions;
    this.item = null;
    this.fingers = new Map();
    const stage = (this.stage = $("stage"));
    this.image = $("view-image");
    this.dialog = $("viewer");
    this.image.addEventListener("load", () => this.loaded());
    $("view-close").addEventListener("click", () => this.dialog.close());
    $("view-previous").addEventListener("click", () => this.step(-1));
    $("view-next").addEventListener("click", () => this.step(1));
    $("view-heat").addEventListener("click", () => actions.toggleHeat());
    $("zoom-in").addEventListener("click", () => this.zoom(1.5));
    $("zoom-out").addEventListener("click", () => this.zoom(1 / 1.5));
    $("zoom-fit").addEventListener("click", () => this.fit());
    this.dialog.addEventListener("close", () => {
      const item = this.item;
      this.item = null;
      cards.focus(item);
    });
    this.dialog.addEventListener("keydown", event => this.key(event));
    stage.addEventListener("wheel", event => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), this.place(event));
    }, { passive: false });
    stage.addEventListener("dblclick", event => (this.scale > 1.01 * this.least ? this.fit() : this.zoom(4, this.place(event))));
    stage.addEventListener("pointerdown", event => {
      stage.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, this.place(event));
    });
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, event => this.fingers.delete(event.pointerId));
    stage.addEventListener("pointermove", event => this.move(event));
    addEventListener("resize", () => this.item && this.fit());
  }

  open(item) {
    this.item = item;
    this.shown = null;
    if (!this.dialog.open) this.dialog.showModal();
    this.actions.visible(item);
    this.update();
  }

  step(by) {
    const order = this.cards.order.map(id => this.cards.cards.get(id).node.item), next = order[order.indexOf(this.item) + by];
    if (next) this.open(next);
  }

  /// Shows the state of its item.
  update() {
    const item = this.item;
    if (!item) return;
    const { threshold, heat } = this.cards.view, r = item.result;
    const source = (heat && item.heatmap) || item.picture || item.heatmap;
    if (source && source !== this.shown) this.image.src = this.shown = source;
    const anomalous = r ? isAnomalous(r.score, threshold) : null;
    this.image.alt = `${item.name}${heat && item.heatmap ? ", with its heatmap" : ""}`;
    $("view-name").textContent = item.name;
    $("view-badge").replaceChildren(...(r ? [badge(anomalous)] : [element("p", { className: "error" }, item.error ?? item.status)]));
    const facts = r ? [
      ["Score", score(r.score)], ["Threshold", threshold === null ? "none" : score(threshold)], ["Without refinement", score(r.scoreWithoutRefinement)],
      ["Highest pixel", score(r.maxPixelScore)], ["Size", `${r.width} × ${r.height}`], ["Clipped pixels", r.clippedPixels], ["Rule", r.rule],
      ["Time", `${Math.round(r.milliseconds)} ms`], ["SHA-256", `${r.sha256.slice(0, 12)}…`],
    ] : [];
    $("view-facts").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]));
    const actions = r && threshold !== null ? [...this.cards.actionsOf(item, anomalous).children] : [];
    const focused = [...$("view-actions").children].indexOf(document.activeElement);
    $("view-actions").replaceChildren(...actions);
    if (focused >= 0) actions[focused]?.focus();
    $("view-heat").setAttribute("aria-pressed", heat);
    const order = this.cards.order, at = order.indexOf(item.id);
    $("view-previous").disabled = at <= 0;
    $("view-next").disabled = at < 0 || at >= order.length - 1;
  }

  loaded() {
    const { naturalWidth: width, naturalHeight: height } = this.image, same = this.width === width && this.height === height && this.of === this.item;
    Object.assign(this, { width, height, of: this.item });
    this.image.classList.toggle("smooth", Math.max(width, height) > 160);
    if (!same) this.fit();
  }

  fit() {
    if (!this.width) return;
    const { clientWidth, clientHeight } = this.stage;
    this.scale = this.least = Math.min(clientWidth / this.width, clientHeight / this.height);
    this.x = (clientWidth - this.width * this.scale) / 2;
    this.y = (clientHeight - this.height * this.scale) / 2;
    this.apply();
  }

  zoom(by, at = { x: this.stage.clientWidth / 2, y: this.stage.clientHeight / 2 }) {
    const scale = Math.min(most * this.least, Math.max(this.least, this.scale * by)), factor = scale / this.scale;
    this.x = at.x - (at.x - this.x) * factor;
    this.y = at.y - (at.y - this.y) * factor;
    this.scale = scale;
    this.apply();
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.place(event), others = [...this.fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (others.length > 0) {
      const distance = at => Math.hypot(at.x - others[0].x, at.y - others[0].y) || 1;
      this.zoom(distance(now) / distance(before), { x: (now.x + others[0].x) / 2, y: (now.y + others[0].y) / 2 });
    } else {
      this.x += now.x - before.x;
      this.y += now.y - before.y;
      this.apply();
    }
    this.fingers.set(event.pointerId, now);
  }

  apply() {
    const { clientWidth, clientHeight } = this.stage, width = this.width * this.scale, height = this.height * this.scale;
    // The picture never leaves the stage, and lies in its middle where it is smaller.
    const within = (at, size, room) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, at)));
    this.x = within(this.x, width, clientWidth);
    this.y = within(this.y, height, clientHeight);
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    $("zoom-level").textContent = `${Math.round(100 * this.scale)} %`;
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  key(event) {
    const run = { ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), "+": () => this.zoom(1.5), "=": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5), 0: () => this.fit() }[event.key];
    if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    run();
  }
}
