// The timeline page, last part: zoom and keys, decisions, lists, and the start of it all.
// ---- moving ----------------------------------------------------------------------------------------------
function setView(a, b) {
  const length = clamp(b - a, shortest, full);
  view.a = clamp(a, 0, full - length);
  view.b = view.a + length;
  redraw();
}
const moveTo = (a) => setView(a, a + view.b - view.a);
function zoom(factor, around) {
  const centre = around === undefined ? (view.a + view.b) / 2 : around;
  setView(centre - (centre - view.a) * factor, centre + (view.b - centre) * factor);
}
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
  if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    moveTo(view.a + sideways / (width - gutter) * (view.b - view.a));
  } else {
    zoom(Math.exp(clamp(event.deltaY, -120, 120) * 0.0025), at(event.offsetX));
  }
}, { passive: false });

const fingers = new Map();
let dragged = false;
canvas.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event.offsetX);
  dragged = false;
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!fingers.has(event.pointerId)) return hover(event.offsetX, event.offsetY);
  const before = fingers.get(event.pointerId), now = event.offsetX;
  if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    zoom(clamp(Math.abs(before - other) / Math.max(8, Math.abs(now - other)), 0.5, 2), at(other));
    dragged = true;
  } else if (dragged || Math.abs(now - before) > 4) {
    moveTo(view.a - (now - before) / (width - gutter) * (view.b - view.a));
    dragged = true;
  } else {
    return;
  }
  fingers.set(event.pointerId, now);
});
for (const name of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    if (dragged || name === "pointercancel") return;
    const hit = nearest(event.offsetX, event.offsetY);
    if (hit >= 0) select(hit, false);
    else if (event.offsetX >= gutter) seek(at(event.offsetX));
  });
}
function nearest(px, py) {
  let best = -1, distance = 14 * 14;
  data.decisions.forEach((decision, index) => {
    const d = (decision.px - px) ** 2 + (decision.py - py) ** 2;
    if (d < distance) { best = index; distance = d; }
  });
  return best;
}
function hover(px, py) {
  const hit = nearest(px, py);
  if (hit === state.hover) return;
  state.hover = hit;
  canvas.style.cursor = hit >= 0 ? "pointer" : "crosshair";
  canvas.title = hit < 0 ? "" : words(data.decisions[hit].name) + "  " + seconds(data.decisions[hit].at);
  redraw();
}
function dragMap(event) {
  if (event.buttons === 0) return;
  const length = view.b - view.a;
  const centre = event.offsetX / width * full;
  setView(centre - length / 2, centre + length / 2);
}
map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); dragMap(event); });
map.addEventListener("pointermove", dragMap);

const keys = {
  " ": () => (state.playing ? pause() : play()),
  "+": () => zoom(0.6, state.cursor), "=": () => zoom(0.6, state.cursor), "-": () => zoom(1 / 0.6),
  "0": () => setView(0, full), "[": () => step(-1), "]": () => step(1),
  ArrowLeft: () => moveTo(view.a - (view.b - view.a) * 0.1),
  ArrowRight: () => moveTo(view.a + (view.b - view.a) * 0.1),
  Home: () => { seek(0); moveTo(0); }, End: () => { seek(duration); moveTo(duration); },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inControl = event.target instanceof HTMLElement && event.target.matches("button, select, input");
  const forCanvas = event.target === canvas || event.target === document.body;
  const moves = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  if (!keys[event.key] || (moves && !forCanvas) || (event.key === " " && inControl)) return;
  event.preventDefault();
  keys[event.key]();
});

// ---- decisions -------------------------------------------------------------------------------------------
function step(by) {
  if (!data.decisions.length) return;
  if (state.selected < 0) {
    const next = data.decisions.findIndex((decision) => decision.at >= state.cursor);
    return select(next < 0 ? data.decisions.length - 1 : next, true);
  }
  select(clamp(state.selected + by, 0, data.decisions.length - 1), true);
}
function select(index, follow) {
  const decision = data.decisions[index];
  if (state.selected >= 0) $("decision-" + state.selected).removeAttribute("aria-current");
  state.selected = index;
  const button = $("decision-" + index);
  button.setAttribute("aria-current", "true");
  const list = $("decisions");
  const place = button.offsetTop - list.offsetTop;
  list.scrollTop = clamp(list.scrollTop, place + 40 - list.clientHeight, place);
  state.cursor = decision.at;
  if (follow && (decision.at < view.a || decision.at > view.b)) moveTo(decision.at - (view.b - view.a) / 2);
  const rows = decision.fields.filter(([, value]) => value !== "0" && value !== "none")
    .map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)));
  const facts = [seconds(decision.at), decision.turn ? "turn " + decision.turn : "", words(decision.reason),
    decision.output ? "given by the engine" : "told to the engine"];
  $("detail").replaceChildren(
    el("h3", {}, words(decision.name)),
    el("p", { class: "soft" }, facts.filter(Boolean).join(", ")),
    el("p", {}, decision.text),
    el("table", {}, el("tbody", {}, ...rows)));
  redraw();
}

// ---- the lists -------------------------------------------------------------------------------------------
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
  add(turn.response, "from end of speech to first sound");
  for (const held of turn.interruptions) {
    const settled = held.verdict === "dismissed" ? ", dismissed: " + words(held.reason) : "";
    add(held.duck, "from suspicion to duck" + settled);
    add(held.fence, "from confirmation to fence");
    add(held.tail, "from fence to last sample (" + held.tailSamples + " samples)");
    add(held.silence, "from onset of speech to silence");
  }
  return items.length ? el("ul", { class: "times" }, ...items) : null;
}
function turnCard(turn) {
  const said = el("div", { class: "said" });
  if (turn.words) said.append(el("span", {}, "user"), el("span", { class: "user" }, turn.words));
  if (answerText(turn)) said.append(el("span", {}, "board"), answerOf(turn));
  if (turn.answer.length) {
    said.append(el("span", {}, "heard"), el("span", {}, turn.heard + " of " + turn.answer.length + " words"));
  }
  return el("li", { class: "card turn " + turn.terminal },
    el("header", {}, el("strong", {}, "Turn " + turn.n),
      el("span", { class: "tag" }, words(turn.terminal) + (turn.reason ? ": " + words(turn.reason) : "")),
      turn.confidence === null ? null : el("span", { class: "tag" }, Math.round(turn.confidence / 10) + " % sure"),
      el("button", { type: "button", "aria-label": "Show turn " + turn.n, onclick: () => {
        const edge = (turn.b - turn.a) * 0.05 + 20;
        setView(turn.a - edge, turn.b + edge); seek(turn.a); canvas.scrollIntoView({ block: "nearest" });
      } }, "Show")),
    said, timesOf(turn));
}
function figure(name, value, bad) {
  return el("div", {}, el("dt", {}, name), el("dd", { class: bad ? "bad" : "" }, value));
}
function fillPage() {
  $("about").textContent = data.pipeline + " \u00b7 " + seconds(data.duration) + " \u00b7 " + data.events + " events";
  const responses = data.turns.map((turn) => turn.response).filter((ms) => ms !== null).sort((a, b) => a - b);
  const silences = data.turns.flatMap((turn) => turn.interruptions)
    .map((held) => held.silence).filter((ms) => ms !== null);
  const trouble = data.xruns.length + data.lost + data.damage.length;
  $("figures").append(
    figure("turns", String(data.turns.length)),
    figure("first sound, median", responses.length ? short(responses[Math.ceil(responses.length / 2) - 1]) : "-"),
    figure("silence, slowest", silences.length ? short(Math.max(...silences)) : "-"),
    figure("sounds or records lost", String(trouble), trouble > 0));
  $("turns").append(...data.turns.map(turnCard));
  if (!data.turns.length) $("turns").append(el("li", { class: "card turn" }, "No turn in this recording."));
  data.decisions.forEach((decision, index) => {
    const name = el("span", {}, words(decision.name), decision.reason ? el("small", {}, words(decision.reason)) : null);
    const time = el("time", {}, (decision.at / 1000).toFixed(3));
    const options = { type: "button", id: "decision-" + index, onclick: () => select(index, true) };
    $("decisions").append(el("li", {}, el("button", options, time, name)));
  });
  for (const track of tracks) $("sound").append(el("option", { value: track.name }, track.name));
  if (tracks.length > 1) $("sound").append(el("option", { value: "all" }, "all together"));
  if (!tracks.length) {
    $("sound").append(el("option", { value: "none" }, "none recorded"));
    $("sound").disabled = true;
  }
  const best = tracks.find((track) => track.name === "played");
  if (best) $("sound").value = tracks.length > 1 ? "all" : "played";
}

$("play").addEventListener("click", () => (state.playing ? pause() : play()));
$("sound").addEventListener("change", () => { if (state.playing) { pause(); play(); } });
$("in").addEventListener("click", () => zoom(0.6));
$("out").addEventListener("click", () => zoom(1 / 0.6));
$("fit").addEventListener("click", () => setView(0, full));
$("before").addEventListener("click", () => step(-1));
$("after").addEventListener("click", () => step(1));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });
new ResizeObserver(layOut).observe(canvas.parentElement);
readColours();
fillPage();
layOut();
