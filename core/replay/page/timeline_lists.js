// The timeline page: the conversation as cards, the events that were asked for as a list, and the differences.
//
// The list may have half a million entries: only those that are seen are in the page.

// ---- asking ------------------------------------------------------------------------------------------------
function ask() {
  const pick = (id) => Number($(id).value);
  state.ask = { text: $("text").value, show: $("show").value, kind: pick("kind"), reason: pick("reason"),
    node: pick("node"), session: state.session };
  state.asked = state.ask.text.trim() !== "" || state.ask.kind >= 0 || state.ask.reason >= 0 || state.ask.node >= 0;
  state.list = mergeRows(tables, tables.map((table) => findRows(table, state.ask)));
  showCount();
  fillList(true);
  redraw();
}
/** Where the chosen event stands in the list, or -1. */
function indexOfChosen() {
  if (!state.chosen) return -1;
  const { side, row } = state.chosen, ms = tables[side].ms[row];
  for (let i = placeInList(tables, state.list, ms); i < state.list.length; i++) {
    if (state.list.side[i] === side && state.list.row[i] === row) return i;
    if (tables[state.list.side[i]].ms[state.list.row[i]] > ms) break;
  }
  return -1;
}
function showCount() {
  const index = indexOfChosen(), total = state.list.length.toLocaleString("en");
  $("count").textContent = (index < 0 ? "" : (index + 1).toLocaleString("en") + " of ") + total;
  $("count").title = state.asked ? "events that match" : "decisions";
}
function stepMatch(by) {
  if (!state.list.length) return;
  const index = indexOfChosen();
  let next = index + by;
  if (index < 0) {
    const from = state.chosen ? tables[state.chosen.side].ms[state.chosen.row] : state.cursor;
    next = placeInList(tables, state.list, from) + (by < 0 ? -1 : 0);
  }
  next = (next + state.list.length) % state.list.length;  // behind the last stands the first
  choose(state.list.side[next], state.list.row[next], { follow: true });
}

// ---- the list ----------------------------------------------------------------------------------------------
const entryHeight = 32;
const list = $("list");
const listInside = el("div", { class: "inside", role: "presentation" });
list.append(listInside);
/** Browsers lay out some ten million pixels; beyond it the list would end early. */
const entriesMax = 500000;
function fillList(fromTop) {
  listInside.style.height = Math.min(state.list.length, entriesMax) * entryHeight + "px";
  if (fromTop) list.scrollTop = Math.max(0, indexOfChosen() * entryHeight - list.clientHeight / 2);
  drawList();
}
function drawList() {
  const first = Math.max(0, Math.floor(list.scrollTop / entryHeight) - 4);
  const last = Math.min(state.list.length, entriesMax, first + Math.ceil(list.clientHeight / entryHeight) + 8);
  const entries = [];
  for (let i = first; i < last; i++) entries.push(entryOf(i));
  if (!state.list.length) entries.push(el("p", { class: "soft nothing" }, "Nothing matches."));
  listInside.replaceChildren(...entries);
}
function entryOf(index) {
  const side = state.list.side[index], row = state.list.row[index], table = tables[side];
  const chosen = state.chosen && state.chosen.side === side && state.chosen.row === row;
  const reason = table.reasonName(row), text = table.text(row);
  const entry = el("div", { class: "entry", role: "option", id: "entry-" + index, "aria-selected": String(Boolean(chosen)),
    "aria-setsize": String(state.list.length), "aria-posinset": String(index + 1),
    onclick: () => choose(side, row, { follow: true }) },
  el("time", {}, (table.ms[row] / 1000).toFixed(3)),
  el("i", { class: "family " + table.family(row), "aria-hidden": "true" }),
  el("span", { class: "what" }, words(table.kindName(row)), reason ? el("small", {}, words(reason)) : null,
    text ? el("q", {}, text) : null),
  el("span", { class: "where" }, place(side, row)));
  entry.style.top = index * entryHeight + "px";
  if (chosen) list.setAttribute("aria-activedescendant", entry.id);
  return entry;
}
list.addEventListener("scroll", drawList, { passive: true });
list.addEventListener("keydown", (event) => {
  const page = Math.max(1, Math.floor(list.clientHeight / entryHeight) - 1);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  const by = steps[event.key];
  if (by === undefined || !state.list.length) return;
  event.preventDefault();
  event.stopPropagation();
  const index = clamp(Math.max(0, indexOfChosen()) + by, 0, state.list.length - 1);
  choose(state.list.side[index], state.list.row[index], { follow: true });
});
function showInList() {
  const index = indexOfChosen();
  if (index >= 0) {
    list.scrollTop = clamp(list.scrollTop, (index + 2) * entryHeight - list.clientHeight, (index - 1) * entryHeight);
  }
  drawList();
}

// ---- conversation ------------------------------------------------------------------------------------------
function answerOf(turn) {
  const box = el("span", {});
  if (!turn.answer.some((word) => word.text)) { box.append(answerText(turn)); return box; }
  turn.answer.forEach((word, i) => {
    if (i) box.append(" ");
    const title = word.state === "heard" ? "" : word.state;
    box.append(el("span", { class: "word-" + word.state, title }, word.text));
  });
  return box;
}
function timesOf(turn) {
  const items = [];
  const add = (value, text) => {
    if (value !== null) items.push(el("li", {}, el("b", {}, short(value)), " " + text));
  };
  add(turn.response, "end of speech to first sample");
  for (const held of turn.interruptions) {
    const settled = held.verdict === "dismissed" ? ", dismissed: " + words(held.reason) : "";
    add(held.duck, "suspicion to duck" + settled);
    add(held.fence, "confirm to fence");
    add(held.tail, "fence to last sample (" + held.tailSamples + " samples)");
    add(held.silence, "onset of speech to silence");
  }
  return items.length ? el("ul", { class: "times" }, ...items) : null;
}
function showTurn(turn) {
  const edge = (turn.b - turn.a) * 0.05 + 20;
  setView(turn.a - edge, turn.b + edge);
  seek(turn.a);
  $("view").scrollIntoView({ block: "nearest" });
}
function turnCard({ side, session, turn }) {
  const said = el("div", { class: "said" });
  if (turn.words) said.append(el("span", {}, "user"), el("span", { class: "user" }, turn.words));
  if (answerText(turn)) said.append(el("span", {}, "board"), answerOf(turn));
  if (turn.answer.length) {
    said.append(el("span", {}, "heard"), el("span", {}, turn.heard + " of " + turn.answer.length + " words"));
  }
  const where = [paired ? sideLetters[side] : "", sides[side].sessions.length > 1 ? session.id : ""].filter(Boolean);
  return el("li", { class: "card turn " + turn.terminal },
    el("header", {}, el("strong", {}, [...where, "Turn " + turn.n].join(" \u00b7 ")),
      el("span", { class: "tag" }, words(turn.terminal) + (turn.reason ? ": " + words(turn.reason) : "")),
      turn.confidence === null ? null : el("span", { class: "tag" }, Math.round(turn.confidence / 10) + " % sure"),
      el("time", { class: "soft" }, seconds(turn.a)),
      el("button", { type: "button", "aria-label": "Show turn " + turn.n, onclick: () => showTurn(turn) }, "Show")),
    said, timesOf(turn));
}
const cardsAtOnce = 60;
function fillTurns(from) {
  const turns = allTurns().sort((a, b) => a.turn.a - b.turn.a), box = $("turns");
  if (!from) box.replaceChildren();
  box.append(...turns.slice(from, from + cardsAtOnce).map(turnCard));
  if (!turns.length) box.append(el("li", { class: "card turn" }, "No turn in this recording."));
  if (turns.length <= from + cardsAtOnce) return;
  const more = el("button", { type: "button", onclick: () => { more.remove(); fillTurns(from + cardsAtOnce); } },
    "Show more turns (" + (turns.length - from - cardsAtOnce) + ")");
  box.append(more);
}

// ---- differences -------------------------------------------------------------------------------------------
const differencesShown = 200;
function fillDifferences() {
  if (!paired) return;
  $("differences-part").hidden = false;
  const comparison = data.comparison, [a, b] = sides.map((side) => side.name);
  $("verdict").hidden = false;
  $("verdict").className = "verdict " + (differences.length ? "bad" : "good");
  $("verdict").replaceChildren(
    el("strong", {}, differences.length === 0 ? "The same decisions" : differences.length === 1 ? "1 difference"
      : differences.length + " differences"),
    ` A is ${a}, B is ${b}; ${comparison.paired} decisions stand in both, times may be ${comparison.tolerance} ms apart.`);
  if (firstDifference) {
    $("verdict").append(" ", el("button", { type: "button", onclick: () => showDifference(firstDifference) },
      "Go to the first"));
  }
  $("differences").append(...differences.slice(0, differencesShown).map((one) => el("li", {},
    el("button", { type: "button", onclick: () => showDifference(one) },
      el("time", {}, one.ms === null ? "\u2013" : (one.ms / 1000).toFixed(3)),
      el("span", {}, one.message, el("small", {}, words(one.class.toLowerCase()) + " \u00b7 " + one.scope))))));
  if (!differences.length) $("differences").append(el("li", { class: "soft nothing" }, "None."));
}
function showDifference(one) {
  if (one.ms === null) return;
  if (view.b - view.a > 20000) setView(one.ms - 5000, one.ms + 5000);
  choose(one.side, one.row, { follow: true });
}
