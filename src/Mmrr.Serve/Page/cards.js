// A card for each picture: made once, changed where something changes, in the order and choice of the toolbar.
import { badge, element, isAnomalous, kind, score } from "./format.js";

const smallSide = 160;

export class Cards {
  constructor(list, actions) {
    this.list = list;
    this.actions = actions;
    this.cards = new Map();
    this.order = [];
    this.current = null;
    this.seen = new IntersectionObserver(entries => {
      for (const entry of entries) if (entry.isIntersecting) actions.visible(entry.target.item);
    }, { rootMargin: "300px" });
    list.addEventListener("keydown", event => this.key(event));
    list.addEventListener("focusin", event => this.choose(event.target.closest("article")?.item ?? this.current));
  }

  /// Shows these items in this order.
  show(items, view) {
    this.view = view;
    const ids = items.map(item => item.id);
    if (ids.length !== this.order.length || ids.some((id, i) => id !== this.order[i])) {
      const active = document.activeElement;
      this.list.replaceChildren(...items.map(item => this.cardOf(item).row));
      if (this.list.contains(active)) active.focus();
      this.order = ids;
    }
    for (const item of items) this.update(item);
    if (!ids.includes(this.current?.id)) this.choose(items[0] ?? null);
  }

  forget(item) {
    const card = this.cards.get(item.id);
    if (!card) return;
    this.seen.unobserve(card.node);
    card.row.remove();
    this.cards.delete(item.id);
    this.order = this.order.filter(id => id !== item.id);
  }

  /// Changes a card to its item's state.
  update(item) {
    const card = this.cards.get(item.id);
    if (!card || !this.view) return;
    const { threshold, low, high, heat } = this.view, { node } = card;
    const anomalous = item.result ? isAnomalous(item.result.score, threshold) : null;
    const state = JSON.stringify([item.status, item.error, item.result?.score, threshold, low, high, heat, item.picture, item.heatmap, item.review]);
    if (state === card.state) return;
    card.state = state;
    node.className = `card ${item.result ? kind(anomalous) : ""}`;
    const shown = (heat && item.heatmap) || item.picture || item.heatmap;
    if (shown && card.image.getAttribute("src") !== shown) card.image.src = shown;
    card.badge.replaceChildren(...(item.result ? [badge(anomalous)] : []));
    card.busy.hidden = item.status === "done" || item.status === "error";
    card.busy.textContent = item.status === "scoring" ? "Scoring…" : "Waiting…";
    const label = item.result ? `${item.name}, ${kind(anomalous)}, score ${score(item.result.score)}` : `${item.name}, ${item.error ?? item.status}`;
    card.open.setAttribute("aria-label", `Open ${label}`);
    node.setAttribute("aria-label", `${label}${item.review ? `, reviewed ${item.review.verdict}` : ""}`);
    // The button that was pressed keeps the focus.
    const focused = [...card.body.querySelectorAll("button")].indexOf(document.activeElement);
    card.body.replaceChildren(...this.bodyOf(item, anomalous, threshold, low, high));
    if (focused >= 0) card.body.querySelectorAll("button")[focused]?.focus();
  }

  bodyOf(item, anomalous, threshold, low, high) {
    if (item.error) return [element("p", { className: "error" }, item.error)];
    if (!item.result) return [];
    const value = item.result.score, meter = element("div", { className: "meter" }, element("i"));
    const share = x => Math.min(1, Math.max(0, (x - low) / (high - low || 1)));
    meter.style.setProperty("--score", Number.isFinite(value) ? share(value) : 1);
    const facts = element("p", { className: "facts" }, element("span", {}, "score ", element("b", {}, score(value))));
    if (threshold === null) return [facts];
    meter.append(element("b"));
    meter.style.setProperty("--cut", share(threshold));
    facts.append(element("span", {}, `threshold ${score(threshold)}`));
    return [meter, facts, this.actionsOf(item, anomalous), this.reviewOf(item)].filter(Boolean);
  }

  /// The two buttons of a decision.
  actionsOf(item, anomalous) {
    const shown = anomalous ? "anomalous" : "normal", other = anomalous ? "normal" : "anomalous", verdict = item.review?.verdict;
    const button = (text, to, key) => {
      const node = element("button", { type: "button", title: `${text}: ${to} (${key})` }, text);
      node.setAttribute("aria-label", `${text}: ${item.name} is ${to}`);
      node.setAttribute("aria-pressed", verdict === to);
      node.addEventListener("click", () => this.actions.review(item, to));
      return node;
    };
    return element("div", { className: "actions" }, button("Accept", shown, "A"), button("Overrule", other, "O"));
  }

  reviewOf(item) {
    const r = item.review;
    return r ? element("p", { className: "review" }, `${r.verdict === "normal" ? "✓" : "▲"} ${r.verdict} · ${r.reviewer}, ${new Date(r.time).toLocaleString()}`) : null;
  }

  /// The card to which keys belong.
  choose(item) {
    if (item === this.current) return;
    this.cards.get(this.current?.id)?.node.setAttribute("tabindex", "-1");
    this.current = item;
    this.cards.get(item?.id)?.node.setAttribute("tabindex", "0");
  }

  focus(item) {
    this.choose(item);
    this.cards.get(item?.id)?.node.focus();
  }

  cardOf(item) {
    if (this.cards.has(item.id)) return this.cards.get(item.id);
    const card = { image: element("img", { alt: "", decoding: "async" }), badge: element("span"), busy: element("span", { className: "busy" }) };
    card.image.addEventListener("load", () => {
      card.image.hidden = false;
      card.image.classList.toggle("smooth", card.image.naturalWidth > smallSide);
    });
    // A format that the browser does not show: its heatmap is a PNG.
    card.image.addEventListener("error", () => {
      if (item.heatmap && card.image.src !== item.heatmap) card.image.src = item.heatmap;
      else card.image.hidden = true;
    });
    card.open = element("button", { className: "thumb", type: "button", tabIndex: -1 }, card.image, card.badge, card.busy);
    card.open.addEventListener("click", () => this.actions.open(item));
    card.body = element("div", { className: "inner" });
    card.node = element("article", { tabIndex: -1 }, card.open);
    const text = element("div", { className: "text" }, element("p", { className: "name", title: item.name }, item.name));
    text.append(card.body);
    card.node.append(text);
    card.node.item = item;
    card.row = element("li", {}, card.node);
    this.cards.set(item.id, card);
    this.seen.observe(card.node);
    return card;
  }

  key(event) {
    const at = event.target.closest("article");
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...this.list.children], i = rows.indexOf(at.parentElement);
    const columns = Math.max(1, rows.findIndex(r => r.offsetTop > rows[0].offsetTop));
    const to = { ArrowLeft: i - 1, ArrowRight: i + 1, ArrowUp: i - columns, ArrowDown: i + columns, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (rows[to]) this.focus(rows[to].firstChild.item);
    } else if (event.key === "Enter" && event.target === at) {
      event.preventDefault();
      this.actions.open(at.item);
    }
  }
}
