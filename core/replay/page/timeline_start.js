// The timeline page, last part: what stands at its top, what its controls do, and the start of it all.
function figure(name, value, bad) {
  return el("div", {}, el("dt", {}, name), el("dd", { class: bad ? "bad" : "" }, value));
}
const median = (list) => (list.length ? list.sort((a, b) => a - b)[Math.ceil(list.length / 2) - 1] : null);
const slowest = (list) => (list.length ? Math.max(...list) : null);
const heldOf = (side) => side.sessions.flatMap((session) => session.turns).flatMap((turn) => turn.interruptions);
const known = (list) => list.filter((value) => value !== null);
const figures = [
  ["turns", (side) => side.sessions.reduce((sum, session) => sum + session.turns.length, 0).toLocaleString("en")],
  ["first sample, median", (side) => short(median(known(side.sessions.flatMap((session) => session.turns)
    .map((turn) => turn.response))))],
  ["confirm to fence, slowest", (side) => short(slowest(known(heldOf(side).map((held) => held.fence))))],
  ["silence, slowest", (side) => short(slowest(known(heldOf(side).map((held) => held.silence))))],
  ["sounds or records lost", (side) => String(lossOf(side))],
];
const lossOf = (side) => side.sessions.reduce((sum, session) => sum + session.xruns.length, 0) + side.lost +
  side.damage.length;
function fillTop() {
  $("about").textContent = sides.map((side, number) => [paired ? sideLetters[number] + " " + side.name : "",
    side.sessions.length > 1 ? side.sessions.length + " sessions" : side.sessions[0].pipeline,
    seconds(side.duration), side.rows.toLocaleString("en") + " events"].filter(Boolean).join(" \u00b7 ")).join("   \u2014   ");
  for (const [name, valueOf] of figures) {
    const values = sides.map(valueOf);
    const bad = name.includes("lost") && sides.some((side) => lossOf(side) > 0);
    $("figures").append(figure(name, values[0] === values[1] ? values[0] : values.join(" \u2192 "), bad));
  }
}
/** What occurs in the recordings, most first. */
function fillPick(id, name, any) {
  const counts = new Map();
  for (const table of tables) {
    for (const [number, count] of tally(table, name)) counts.set(number, (counts.get(number) || 0) + count);
  }
  const options = [el("option", { value: "-1" }, any)];
  for (const [number, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    if (name === "reason" && number === 0) continue;
    if (name === "node" && number === noIndex) continue;
    const text = name === "node" ? nodeLabels(sides[0])[number] || "node-" + number : words(tables[0].nameOf(name, number));
    options.push(el("option", { value: String(number) }, `${text} (${count.toLocaleString("en")})`));
  }
  $(id).append(...options);
}
function fillSessions() {
  const most = Math.max(...sides.map((side) => side.sessions.length));
  if (most < 2) return;
  $("session-pick").hidden = false;
  $("session").append(el("option", { value: "-1" }, "all " + most));
  const names = sides.find((side) => side.sessions.length === most).sessions;
  names.forEach((session, number) => $("session").append(el("option", { value: String(number) }, session.id)));
  // Many sessions at once are a wall; the first is a picture.
  if (most > 4) { $("session").value = "0"; state.session = 0; }
}
function wireControls() {
  $("play").addEventListener("click", () => (state.playing ? pause() : play()));
  $("sound").addEventListener("change", () => { if (state.playing) { pause(); play(); } });
  $("speed").addEventListener("change", () => {
    state.speed = Number($("speed").value);
    if (state.playing) { pause(); play(); }
  });
  $("in").addEventListener("click", () => zoom(0.6));
  $("out").addEventListener("click", () => zoom(1 / 0.6));
  $("fit").addEventListener("click", () => setView(0, full));
  $("before").addEventListener("click", () => stepMatch(-1));
  $("after").addEventListener("click", () => stepMatch(1));
  let typing = 0;
  $("text").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(ask, 120); });
  for (const id of ["kind", "reason", "node", "show"]) $(id).addEventListener("change", ask);
  $("find").addEventListener("submit", (event) => { event.preventDefault(); ask(); stepMatch(1); });
  $("find").addEventListener("reset", () => setTimeout(ask, 0));
  $("session").addEventListener("change", () => {
    state.session = Number($("session").value);
    fillTurns(0);
    layOut();
    ask();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); redraw(); });
  window.addEventListener("hashchange", chooseFromAddress);
  new ResizeObserver(layOut).observe($("view").parentElement);
}

readColours();
fillTop();
fillSounds();
fillSessions();
fillPick("kind", "kind", "any");
fillPick("reason", "reason", "any");
fillPick("node", "node", "any");
fillTurns(0);
fillDifferences();
wireControls();
layOut();
ask();
chooseFromAddress();
performance.mark("timeline-ready");
document.documentElement.dataset.ready = "true";
