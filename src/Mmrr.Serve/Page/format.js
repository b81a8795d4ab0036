// Numbers, decisions and elements.
export const score = value => (Number.isFinite(value) ? Number(value).toPrecision(4) : String(value));

export const percent = share => `${(100 * share).toLocaleString("en", { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;

/// Whether a score is above a threshold; a score that is not a number is anomalous. Null without a threshold.
export const isAnomalous = (value, threshold) => (threshold === null ? null : !(value <= threshold));

export const word = anomalous => (anomalous === null ? "no threshold" : anomalous ? "Anomalous" : "Normal");

export const kind = anomalous => (anomalous === null ? "none" : anomalous ? "anomalous" : "normal");

/// An element with properties and children. Names are set as text, never as markup.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const badge = anomalous => element(
  "span", { className: `badge ${kind(anomalous)}` }, `${anomalous === null ? "" : anomalous ? "▲ " : "✓ "}${word(anomalous)}`);
