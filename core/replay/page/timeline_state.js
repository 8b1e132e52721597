// The timeline page: the data block, what is looked at, and small helpers.
//
// page/embed.cmake joins the parts inside one function, in its own order. Nothing is loaded but sound files that stand
// beside the page, and nothing is sent; every text of a recording reaches the page through textContent or the canvas,
// never as markup.
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const sides = data.sides;
const tables = sides.map((side, i) => new EventTable($("events-" + i).textContent, side, data.names, data.fields));
const paired = sides.length === 2;
const sideLetters = ["A", "B"];

const duration = Math.max(1, ...sides.map((side) => side.duration),
  ...sides.flatMap((side) => side.tracks.map((track) => track.start + track.frames / track.rate * 1000)));
const full = duration + Math.min(duration * 0.02, 4000) + 40;  // a little air behind the last event
const shortest = 0.5;               // the closest zoom, in milliseconds
const view = { a: 0, b: full };     // what is visible, in milliseconds
const state = {
  cursor: 0, playing: false, speed: 1,
  chosen: null,   // {side, row}
  chain: [],      // why the chosen event happened, first cause first
  hover: null,    // {side, row}
  stretch: null,  // {a, b} while it is dragged
  session: -1,    // of each side; -1: all
  ask: { text: "", show: "", kind: -1, reason: -1, node: -1, session: -1 },
  asked: false,   // whether matches are worth marking
  list: { length: 0, side: new Uint8Array(0), row: new Uint32Array(0) },
};

// ---- what the recordings hold beside their events ----------------------------------------------------------
const decisionRows = tables.map((table) => findRows(table, { show: "decisions" }));
const differences = (data.comparison && data.comparison.differences) || [];
for (const one of differences) {
  one.side = one.a === null ? 1 : 0;
  one.row = one.a === null ? one.b : one.a;
  one.ms = one.row === null ? null : tables[one.side].ms[one.row];
}
const firstDifference = differences.find((one) => one.ms !== null) || null;

function shownSessions(side) {
  return side.sessions.map((session, number) => ({ session, number }))
    .filter(({ number }) => state.session < 0 || state.session === number || side.sessions.length === 1);
}
const allTurns = () => sides.flatMap((side, number) => shownSessions(side)
  .flatMap(({ session, number: which }) => session.turns.map((turn) => ({ side: number, session, which, turn }))));

// ---- small helpers -----------------------------------------------------------------------------------------
function el(tag, options, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const seconds = (ms) => {
  if (ms < 60000) return (ms / 1000).toFixed(3) + " s";
  const minutes = Math.floor(ms / 60000);
  return minutes + ":" + ((ms - minutes * 60000) / 1000).toFixed(3).padStart(6, "0");
};
const short = (ms) => (ms === null ? "-" : (Math.abs(ms) < 10 && ms % 1 !== 0 ? ms.toFixed(1) : Math.round(ms)) + " ms");
const words = (name) => name.replaceAll("_", " ");
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const colourNames = ["paper", "card", "ink", "soft", "line", "grid", "listening", "thinking", "speaking", "held", "bad",
  "raw", "cleaned", "played", "decision", "on-fill", "match", "why"];
const colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of colourNames) colours[name] = style.getPropertyValue("--" + name).trim();
}
/** "abort, cancelled" of one event, for a tip, a list, a screen reader. */
function headline(side, row) {
  const table = tables[side], reason = table.reasonName(row);
  return words(table.kindName(row)) + (reason ? ": " + words(reason) : "");
}
function place(side, row) {
  const table = tables[side], turn = table.numbers("turn_number")[row], node = table.nodeName(row);
  const session = sides[side].sessions.length > 1 ? sides[side].sessions[table.numbers("session")[row]].id : "";
  return [paired ? sideLetters[side] : "", session, turn ? "turn " + turn : "", node].filter(Boolean).join(" \u00b7 ");
}
