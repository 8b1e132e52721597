// The timeline page: the axis of time and the rows that stand on it.
const base = $("base"), pen = base.getContext("2d");
const over = $("over"), overPen = over.getContext("2d");
const map = $("map"), mapPen = map.getContext("2d");
let width = 0, height = 0, gutter = 0, rows = [];
const x = (ms) => gutter + (ms - view.a) / (view.b - view.a) * (width - gutter);
const at = (px) => view.a + (px - gutter) / (width - gutter) * (view.b - view.a);
const narrowPx = 640;
const rowGap = 5;
const levels = 5;           // decisions stand on this many lines, in turn, so that a burst of them stays readable
const levelHeight = 14;
const laneLabels = ["control lane", "data lane", "telemetry lane"];

/** Rows of one side; `rank` orders them when two recordings are shown row by row. */
function rowsOfSide(side, number) {
  const list = [];
  const add = (kind, tall, label, more) => list.push(Object.assign({ kind, height: tall, label, side: number }, more));
  const small = width < narrowPx || paired;
  for (const name of ["raw", "cleaned", "played"]) {
    const of = tracks.filter((track) => track.side === number && track.name === name);
    if (of.length) add("wave", small ? 42 : 56, name, { tracks: of, key: of[0].key });
  }
  const sessions = shownSessions(side);
  for (const { session, number: which } of sessions) {
    const of = { session, which };
    if (sessions.length > 1) add("name", 18, session.id, of);
    add("voice", 16, "voice", of);
    add("user", 28, "user", of);
    add("board", 40, "board", of);
    add("times", 40, "latency", of);
    add("turns", 28, "turns", of);
  }
  for (let lane = 0; lane < 3; lane++) add("lane", 20, laneLabels[lane], { lane });
  if (queueOf(number).length) add("queue", 30, "queued", {});
  for (const metric of metricsOf(number)) add("metric", 26, metric.name, { metric });
  nodeLabels(side).forEach((name, node) => add("node", 15, name, { node }));
  if (side.sessions.some((session) => session.xruns.length)) add("device", 20, "device", {});
  add("decisions", 8 + levels * levelHeight, "decisions", {});
  return list;
}
function makeRows() {
  rows = [{ kind: "ruler", height: 24, side: 0 }];
  const of = sides.map(rowsOfSide);
  if (!paired) return rows.push(...of[0]);
  // Row by row, so that the same thing stands above itself.
  const names = [...new Set(of.flat().map((row) => row.kind + row.label))];
  for (const name of names) {
    for (const row of of.flat()) if (row.kind + row.label === name) rows.push(row);
  }
  return rows.length;
}
function layOut() {
  const ratio = window.devicePixelRatio || 1;
  width = $("view").clientWidth;
  gutter = width < narrowPx ? 0 : 122;
  makeRows();
  height = 0;
  let before = null;
  for (const row of rows) {
    row.gap = paired && before && before.kind === row.kind && before.label === row.label ? 2 : rowGap;
    height += before ? row.gap : 0;
    row.y = height;
    height += row.height;
    before = row;
  }
  $("view").style.height = height + "px";
  for (const [target, tall] of [[base, height], [over, height], [map, map.clientHeight]]) {
    target.width = Math.round(width * ratio);
    target.height = Math.round(tall * ratio);
    target.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  placeTrackButtons();
  redraw();
}
function placeTrackButtons() {
  $("track-buttons").replaceChildren(...rows.filter((row) => row.kind === "wave").map((row) => {
    const button = el("button", { type: "button", class: "track-play", "aria-label": "Play " + row.key,
      "aria-pressed": "false", title: "Play " + row.key, onclick: () => playOnly(row.key) },
    el("span", { "aria-hidden": "true" }));
    button.dataset.key = row.key;
    button.style.top = row.y + row.height / 2 + "px";
    return button;
  }));
}

/** Where an event is drawn: with the decisions, else with its node, else in its lane. */
const isDecided = tables.map(isDecision);
function rowOfEvent(side, row) {
  const table = tables[side];
  if (isDecided[side](row)) return rows.find((one) => one.kind === "decisions" && one.side === side);
  const node = table.numbers("node")[row], lane = table.numbers("lane")[row];
  return rows.find((one) => one.kind === "node" && one.side === side && one.node === node) ||
    rows.find((one) => one.kind === "lane" && one.side === side && one.lane === lane);
}
const decisionPlaces = decisionRows.map((list) => new Map(Array.from(list, (row, index) => [row, index])));
function heightOfEvent(side, row, on) {
  if (on.kind !== "decisions") return on.y + on.height / 2;
  return on.y + 9 + decisionPlaces[side].get(row) % levels * levelHeight;
}
/** What is queued for the loudspeaker, in ms: told with playback_position. */
const queues = new Map();
function queueOf(side) {
  if (!queues.has(side)) {
    const table = tables[side], kind = numberOfKind(table, "playback_position"), kinds = table.numbers("kind");
    const list = [];
    let amounts = null;
    for (let i = 0; i < table.rows; i++) {
      if (kinds[i] !== kind) continue;
      amounts = amounts || table.numbers("argument_b");
      list.push({ row: i, value: amounts[i] / (sides[side].sessions[0].rate || 16000) * 1000 });
    }
    queues.set(side, list);
  }
  return queues.get(side);
}
/** Telemetry samples by metric: depth, fill, lag, whatever was measured. */
const metrics = new Map();
function metricsOf(side) {
  if (!metrics.has(side)) {
    const table = tables[side], kind = numberOfKind(table, "telemetry_sample"), kinds = table.numbers("kind");
    const by = new Map();
    for (let i = 0; i < table.rows; i++) {
      if (kinds[i] !== kind) continue;
      const symbol = table.numbers("argument_a")[i];
      const name = sides[side].symbols[symbol] || "metric " + symbol;
      if (!by.has(name)) by.set(name, { name, list: [] });
      by.get(name).list.push({ row: i, value: table.numbers("argument_b")[i] });
    }
    metrics.set(side, [...by.values()].slice(0, 8));
  }
  return metrics.get(side);
}
