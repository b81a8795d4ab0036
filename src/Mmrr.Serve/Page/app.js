// The page: what it knows, and what happens when. Pictures live in this tab; scores, decisions and reviews are the service's.
import { blob, bytesOf, json, onToken, picture, request, runPath } from "./api.js";
import { Cards } from "./cards.js";
import { arrange, filters, groups } from "./order.js";
import { element, isAnomalous, kind, score } from "./format.js";
import { falseAlarms, Histogram } from "./histogram.js";
import { Viewer } from "./viewer.js";

const $ = id => document.getElementById(id);
const atOnce = 4, mostItems = 1000, heatmapSide = 1024, everyMs = 1500;

const state = { runs: [], run: null, items: [], threshold: null, filter: "all", heat: true, watched: 0, reviews: new Map(), active: 0, next: 1 };

const actions = { open: item => viewer.open(item), review, visible: load, toggleHeat };
const cards = new Cards($("cards"), actions);
const viewer = new Viewer(cards, actions);
const histogram = new Histogram($("histogram"), moveThreshold);

// Scoring

function addFiles(files) {
  if (!state.run) return toast("The service has not answered yet; try again when it has.", true);
  const known = [...files].filter(file => file.size > 0);
  if (known.length < files.length) toast("Folders and empty files are left out.", true);
  for (const file of known) {
    add({ name: file.name, file, picture: URL.createObjectURL(file), status: "waiting" });
  }
  pump();
  render();
}

function add(item) {
  state.items.push(Object.assign(item, { id: state.next++, run: state.run.name }));
  while (state.items.length > mostItems) drop(state.items.shift());
}

function drop(item) {
  for (const url of [item.picture, item.heatmap]) if (url) URL.revokeObjectURL(url);
  item.gone = true;
  cards.forget(item);
}

function pump() {
  while (state.active < atOnce) {
    const item = state.items.find(i => i.status === "waiting");
    if (!item) return;
    state.active++;
    item.status = "scoring";
    scoreItem(item).finally(() => {
      state.active--;
      pump();
      render();
    });
    render();
  }
}

async function scoreItem(item) {
  const wanted = state.run.threshold === null ? "" : `?heatmap=png&side=${heatmapSide}`;
  try {
    const body = await bytesOf(item.file), { heatmap, ...result } = await json(runPath(item.run, `/score${wanted}`), { method: "POST", body });
    if (item.gone) return;
    finish(item, result);
    if (heatmap) item.heatmap = URL.createObjectURL(picture(heatmap));
  } catch (e) {
    Object.assign(item, { status: "error", error: e.message });
  }
}

function finish(item, result) {
  result.score = Number(result.score);
  Object.assign(item, { status: "done", result, error: null, version: state.run.version, review: state.reviews.get(result.sha256) });
}

/// A picture of the watched folder is fetched when it comes into view.
function load(item) {
  if (item.number !== undefined) item.loading ??= fetchWatched(item);
  return item.loading;
}

async function fetchWatched(item) {
  const path = runPath(item.run, `/watched/${item.number}`);
  try {
    item.file = await blob(`${path}/image`);
    item.picture = URL.createObjectURL(item.file);
    render();
    if (item.result?.threshold != null) item.heatmap = URL.createObjectURL(await blob(`${path}/heatmap?side=${heatmapSide}`));
  } catch (e) {
    if (e.status !== 404) item.loading = null;
  }
  render();
}

async function watch() {
  if (!state.run?.watches) return;
  const run = state.run, answer = await json(runPath(run.name, `/watched?after=${state.watched}`));
  if (run !== state.run) return;
  if (answer.last < state.watched) {
    // The service was started again, and counts anew.
    state.watched = 0;
    return watch();
  }
  state.watched = answer.last;
  for (const image of answer.images) {
    add({ name: image.name, number: image.number, status: "done" });
    const item = state.items.at(-1);
    if (image.result) finish(item, image.result);
    else Object.assign(item, { status: "error", error: image.error });
  }
  if (answer.images.length > 0) render();
}

// Reviews

async function review(item, verdict) {
  const reviewer = $("reviewer").value.trim();
  if (!reviewer) {
    toast("Enter your name first: reviews are kept with it.", true);
    if (!$("viewer").open) $("reviewer").focus();
    return;
  }
  if (item.saving) return;
  item.saving = true;
  try {
    if (!item.file) await load(item);
    if (!item.file) throw new Error("the picture cannot be read any more");
    const query = new URLSearchParams({ verdict, reviewer, image: item.name }), body = await bytesOf(item.file);
    const kept = await json(runPath(item.run, `/reviews?${query}`), { method: "POST", body });
    state.reviews.set(kept.sha256, kept);
    for (const same of state.items) if (same.result?.sha256 === kept.sha256) same.review = kept;
    await readReviews();
  } catch (e) {
    toast(`The review is not kept: ${e.message}`, true);
  }
  item.saving = false;
  render();
}

async function readReviews() {
  const run = state.run.name, answer = await json(runPath(run, "/reviews"));
  if (run !== state.run.name) return;
  state.reviews = new Map(answer.reviews.map(r => [r.sha256, r]));
  for (const item of state.items) item.review = state.reviews.get(item.result?.sha256);
  const all = answer.reviews, overruled = all.filter(r => r.decision && r.decision !== r.verdict).length;
  $("retrain").hidden = !answer.list;
  if (!answer.list) return;
  $("retrain-text").textContent = `${all.length} reviewed, ${overruled} overruled. The list has the pictures reviewed as normal to train on, with those of the run `
    + "that are still there, and the others as tests.";
  const quoted = text => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  $("retrain-command").textContent = `mmrr train --data csv --root ${quoted(answer.list)} --out ${quoted(answer.folder.replace(/\.reviews$/, "-2"))}`;
}

// Threshold

const thresholdKey = () => `mmrr-threshold-${state.run.name}`;

function moveThreshold(value) {
  state.threshold = value;
  sessionStorage.setItem(thresholdKey(), JSON.stringify({ own: state.run.threshold, value }));
  render();
}

function showThreshold() {
  const { run, threshold } = state, own = run.threshold, moved = own !== null && threshold !== own;
  $("threshold-value").textContent = own === null ? "" : score(threshold);
  $("threshold-reset").hidden = !moved;
  $("threshold-command").hidden = !moved;
  $("threshold-command").replaceChildren(
    `The run's own is ${score(own ?? 0)}. To keep the moved one: `, element("code", {}, `mmrr threshold ${run.name} --value ${Number((threshold ?? 0).toPrecision(6))}`));
  $("false-alarms").textContent = own === null ? "This run has no threshold; mmrr threshold RUN --calibrate DIR makes one."
    : run.normalScores.length > 0 ? falseAlarms(run.normalScores, threshold) : "The threshold was set by hand: there are no normal scores behind it.";
}

// Drawing

let drawn = false;

/// Draws everything that changed, once for all changes until the next frame.
function render() {
  if (drawn) return;
  drawn = true;
  requestAnimationFrame(() => {
    drawn = false;
    if (state.run) draw();
  });
}

function draw() {
  const { threshold, items, run } = state, done = items.filter(i => i.result);
  const decided = i => (i.result ? isAnomalous(i.result.score, threshold) : null);
  const kinds = groups(items, threshold), shown = arrange(kinds[state.filter], $("search").value, $("sort").value, threshold);
  const scores = done.map(i => i.result.score);
  histogram.draw({ normal: run.normalScores, own: run.threshold, threshold, scores: scores.toReversed() });
  showThreshold();
  const low = histogram.low ?? Math.min(0, ...scores.filter(Number.isFinite)), high = histogram.high ?? Math.max(1, ...scores.filter(Number.isFinite));
  cards.show(shown, { threshold, low, high, heat: state.heat });
  viewer.update();
  for (const [name, label] of filters) {
    const chip = $(`filter-${name}`);
    chip.replaceChildren(label, element("span", {}, String(kinds[name].length)));
    chip.setAttribute("aria-pressed", state.filter === name);
    if (name === "error") chip.hidden = kinds.error.length === 0 && state.filter !== "error";
  }
  const reviewed = done.filter(i => i.review), overruled = reviewed.filter(i => i.review.verdict !== kind(decided(i)));
  const waiting = items.filter(i => i.status === "waiting" || i.status === "scoring").length;
  const share = done.length > 0 && threshold !== null ? ` (${Math.round((100 * kinds.anomalous.length) / done.length)} %)` : "";
  $("summary").replaceChildren(...[
    ["Scored", `${done.length}${waiting > 0 ? ` + ${waiting}` : ""}`], ["Anomalous", `${kinds.anomalous.length}${share}`], ["Reviewed", reviewed.length],
    ["Overruled", overruled.length],
  ].map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, String(value)))));
  $("nothing").hidden = shown.length > 0 || items.length === 0;
  $("clear").hidden = $("toolbar").hidden = items.length === 0;
  $("again").hidden = !done.some(i => i.version !== run.version && i.number === undefined);
  $("drop").classList.toggle("small", items.length > 0);
  $("drop-note").hidden = items.length > 0;
  $("heat").setAttribute("aria-pressed", state.heat);
}

function toggleHeat() {
  state.heat = !state.heat;
  render();
}

function toast(text, bad = false) {
  const node = element("p", { className: `toast ${bad ? "bad" : ""}` }, text);
  $("toasts").append(node);
  setTimeout(() => node.remove(), 7000);
}

// Runs

function choose(name) {
  const run = state.runs.find(r => r.name === name) ?? state.runs[0];
  if (state.run?.name !== run.name) {
    state.items.splice(0).forEach(drop);
    state.watched = 0;
  }
  state.run = run;
  const kept = JSON.parse(sessionStorage.getItem(thresholdKey()) ?? "null");
  state.threshold = kept && run.threshold !== null && kept.own === run.threshold ? kept.value : run.threshold;
  $("run").value = run.name;
  readReviews().catch(e => toast(e.message, true)).then(render);
  render();
}

async function readRuns() {
  const { runs, device } = await json("/v1/runs");
  state.runs = runs;
  if ($("run").length !== runs.length) $("run").replaceChildren(...runs.map(r => element("option", { value: r.name }, r.name)));
  const problems = runs.filter(r => r.problem).map(r => `${r.name}: the files on disk cannot be loaded, the run from before is in use`);
  health(problems.length > 0 ? "degraded" : "", problems[0] ?? `ready on ${device}`);
  const now = runs.find(r => r.name === state.run?.name);
  if (!now) choose(runs.find(r => encodeURIComponent(r.name) === location.hash.slice(1))?.name ?? runs[0].name);
  else if (now.version !== state.run.version) {
    choose(now.name);
    toast(`Run ${now.name} was replaced. Its threshold is ${now.threshold === null ? "not set" : score(now.threshold)} now.`);
  } else state.run = now;
}

function health(look, text) {
  $("health").className = `health ${look}`;
  if ($("health-text").textContent !== text) $("health-text").textContent = $("health").title = text;
}

async function poll() {
  try {
    await readRuns();
    await watch();
  } catch (e) {
    health("off", e.message);
  }
  setTimeout(poll, document.hidden ? 4 * everyMs : everyMs);
}

// Events

onToken(() => new Promise(done => {
  $("token").showModal();
  $("token-form").onsubmit = event => {
    event.preventDefault();
    const value = $("token-value").value.trim();
    $("token-value").value = "";
    $("token").close();
    done(value);
  };
  $("token").oncancel = () => done(null);
}));

$("filters").append(...filters.map(([name]) => {
  const chip = element("button", { id: `filter-${name}`, type: "button" });
  chip.addEventListener("click", () => {
    state.filter = name;
    render();
  });
  return chip;
}));
for (const id of ["search", "sort"]) $(id).addEventListener("input", render);
$("heat").addEventListener("click", toggleHeat);
$("run").addEventListener("change", () => {
  history.replaceState(null, "", `#${encodeURIComponent($("run").value)}`);
  choose($("run").value);
});
$("reviewer").value = localStorage.getItem("mmrr-reviewer") ?? "";
$("reviewer").addEventListener("input", () => localStorage.setItem("mmrr-reviewer", $("reviewer").value));
$("threshold-reset").addEventListener("click", () => {
  moveThreshold(state.run.threshold);
  histogram.cut.focus();
});
$("clear").addEventListener("click", () => {
  state.items.splice(0).forEach(drop);
  render();
});
$("again").addEventListener("click", () => {
  for (const item of state.items) if (item.file && item.number === undefined && item.version !== state.run.version) item.status = "waiting";
  pump();
});
$("retrain-copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText($("retrain-command").textContent);
    toast("Copied.");
  } catch {
    getSelection().selectAllChildren($("retrain-command"));
  }
});
$("help-open").addEventListener("click", () => $("help").showModal());
$("help-close").addEventListener("click", () => $("help").close());
$("files").addEventListener("change", () => {
  addFiles($("files").files);
  $("files").value = "";
});
const carriesFiles = event => event.dataTransfer?.types.includes("Files") && state.run;
addEventListener("dragover", event => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  $("overlay").hidden = false;
});
addEventListener("dragleave", event => {
  if (event.relatedTarget === null) $("overlay").hidden = true;
});
addEventListener("drop", event => {
  $("overlay").hidden = true;
  if (!carriesFiles(event)) return;
  event.preventDefault();
  addFiles(event.dataTransfer.files);
});
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || $("token").open || $("help").open) return;
  const item = viewer.item ?? cards.current, verdict = overrule => {
    if (!item?.result || state.threshold === null) return;
    review(item, isAnomalous(item.result.score, state.threshold) !== overrule ? "anomalous" : "normal");
  };
  const run = {
    a: () => verdict(false), o: () => verdict(true), h: toggleHeat, "?": () => $("help").showModal(),
    t: () => !viewer.item && histogram.cut?.focus(), "/": () => !viewer.item && $("search").focus(),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!run) return;
  event.preventDefault();
  run();
});

poll();
