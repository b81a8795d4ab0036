// Which pictures are shown, and in which order.
import { isAnomalous } from "./format.js";

export const filters = [["all", "All"], ["anomalous", "Anomalous"], ["normal", "Normal"], ["open", "Not reviewed"], ["error", "Errors"]];

/// The items of each filter.
export function groups(items, threshold) {
  const decided = i => (i.result ? isAnomalous(i.result.score, threshold) : null);
  return {
    all: items, anomalous: items.filter(i => decided(i) === true), normal: items.filter(i => decided(i) === false),
    open: items.filter(i => i.result && !i.review), error: items.filter(i => i.status === "error"),
  };
}

/// Items whose name has a text in it, sorted. What has no score comes last where scores decide; a score that is not a number is the most anomalous.
export function arrange(items, text, order, threshold) {
  const rank = i => (Number.isNaN(i.result.score) ? Infinity : i.result.score), near = i => Math.abs(i.result.score - (threshold ?? 0));
  const byScore = compare => (a, b) => (a.result ? 0 : 1) - (b.result ? 0 : 1) || (a.result && b.result ? compare(a, b) || 0 : 0) || a.id - b.id;
  const orders = {
    newest: (a, b) => b.id - a.id, name: (a, b) => a.name.localeCompare(b.name, "en", { numeric: true }) || a.id - b.id,
    high: byScore((a, b) => rank(b) - rank(a)), low: byScore((a, b) => rank(a) - rank(b)), near: byScore((a, b) => near(a) - near(b)),
  };
  const wanted = text.trim().toLowerCase();
  return items.filter(i => i.name.toLowerCase().includes(wanted)).sort(orders[order]);
}
