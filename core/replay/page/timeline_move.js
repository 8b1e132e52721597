// The timeline page: zoom, pan, keys, pointers.
function setView(a, b) {
  const length = clamp(b - a, shortest, full);
  view.a = clamp(a, 0, full - length);
  view.b = view.a + length;
  redraw();
}
const moveTo = (a) => setView(a, a + view.b - view.a);
function zoom(factor, around) {
  const inside = state.cursor >= view.a && state.cursor <= view.b;
  const centre = around !== undefined ? around : inside ? state.cursor : (view.a + view.b) / 2;
  setView(centre - (centre - view.a) * factor, centre + (view.b - centre) * factor);
}
/** Brings a time into view; what is shown already stays where it is. */
function bringIntoView(ms) {
  const edge = (view.b - view.a) * 0.04;
  if (ms < view.a + edge || ms > view.b - edge) moveTo(ms - (view.b - view.a) / 2);
}
over.addEventListener("wheel", (event) => {
  event.preventDefault();
  const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
  if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    moveTo(view.a + sideways / (width - gutter) * (view.b - view.a));
  } else {
    zoom(Math.exp(clamp(event.deltaY, -120, 120) * 0.0025), at(Math.max(gutter, event.offsetX)));
  }
}, { passive: false });

const fingers = new Map();
let dragged = false;
over.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event.offsetX);
  dragged = false;
  if (event.shiftKey) state.stretch = { a: at(event.offsetX), b: at(event.offsetX) };
  over.setPointerCapture(event.pointerId);
});
over.addEventListener("pointermove", (event) => {
  if (!fingers.has(event.pointerId)) return hoverAt(event.offsetX, event.offsetY);
  const before = fingers.get(event.pointerId), now = event.offsetX;
  if (state.stretch) {
    state.stretch.b = at(clamp(now, gutter, width));
    dragged = true;
    return redrawOver();
  }
  if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    zoom(clamp(Math.abs(before - other) / Math.max(8, Math.abs(now - other)), 0.5, 2), at(other));
    dragged = true;
  } else if (dragged || Math.abs(now - before) > 4) {
    moveTo(view.a - (now - before) / (width - gutter) * (view.b - view.a));
    dragged = true;
  } else {
    return undefined;
  }
  fingers.set(event.pointerId, now);
  return undefined;
});
function endOfPointer(event, cancelled) {
  fingers.delete(event.pointerId);
  const stretch = state.stretch;
  state.stretch = null;
  if (stretch && dragged && !cancelled) {
    seek(Math.min(stretch.a, stretch.b));
    return setView(Math.min(stretch.a, stretch.b), Math.max(stretch.a, stretch.b));
  }
  if (dragged || cancelled) return redrawOver();
  const hit = nearest(event.offsetX, event.offsetY);
  if (hit) choose(hit.side, hit.row, { follow: false });
  else if (event.offsetX >= gutter) seek(at(event.offsetX));
  return undefined;
}
over.addEventListener("pointerup", (event) => endOfPointer(event, false));
over.addEventListener("pointercancel", (event) => endOfPointer(event, true));
over.addEventListener("pointerleave", () => hoverAt(-1, -1));
over.addEventListener("dblclick", (event) => zoom(0.3, at(event.offsetX)));

/** The event under a pointer: a decision's diamond, or the closest event of a lane or node. */
function nearest(px, py) {
  const on = rows.find((row) => py >= row.y - 2 && py <= row.y + row.height + 2 &&
    ["decisions", "lane", "node"].includes(row.kind));
  if (!on || px < gutter - 6) return null;
  const table = tables[on.side], reach = 9, sessions = table.numbers("session");
  const last = table.placeAt(at(px + reach));
  let best = null, distance = on.kind === "decisions" ? 13 : reach;
  for (let i = table.placeAt(at(px - reach)); i < last; i++) {
    const row = table.byTime[i];
    if (state.session >= 0 && sessions[row] !== state.session) continue;
    const decided = isDecided[on.side](row);
    if (on.kind === "decisions" ? !decided : table.numbers(on.kind)[row] !== on[on.kind]) continue;
    const dx = x(table.ms[row]) - px, dy = on.kind === "decisions" ? heightOfEvent(on.side, row, on) - py : 0;
    const far = Math.hypot(dx, dy);
    if (far < distance) { best = { side: on.side, row }; distance = far; }
  }
  return best;
}
function hoverAt(px, py) {
  const hit = px < 0 ? null : nearest(px, py), tip = $("tip");
  const same = hit && state.hover && hit.side === state.hover.side && hit.row === state.hover.row;
  if (same || (!hit && !state.hover)) return;
  state.hover = hit;
  over.style.cursor = hit ? "pointer" : "crosshair";
  tip.hidden = !hit;
  if (hit) {
    const table = tables[hit.side];
    tip.replaceChildren(el("strong", {}, headline(hit.side, hit.row)),
      el("span", {}, [seconds(table.ms[hit.row]), place(hit.side, hit.row)].filter(Boolean).join(" \u00b7 ")));
    tip.style.left = clamp(px + 14, 4, width - tip.offsetWidth - 4) + "px";
    tip.style.top = clamp(py + 16, 4, height - tip.offsetHeight - 4) + "px";
  }
  redrawOver();
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
  "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), "0": () => setView(0, full),
  "[": () => stepMatch(-1), "]": () => stepMatch(1),
  "/": () => { $("text").focus(); $("text").select(); },
  ArrowLeft: () => moveTo(view.a - (view.b - view.a) * 0.1),
  ArrowRight: () => moveTo(view.a + (view.b - view.a) * 0.1),
  Home: () => { seek(0); moveTo(0); }, End: () => { seek(duration); moveTo(duration); },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (event.key === "Escape" && (state.asked || target === $("text"))) {
    $("find").reset();
    target.blur();
    return;
  }
  if (target.matches("input, select")) return;
  const inControl = target.matches("button, summary, a");
  const forTimeline = target === over || target === document.body;
  const moves = event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  if (!keys[event.key] || (moves && !forTimeline) || (event.key === " " && inControl)) return;
  event.preventDefault();
  keys[event.key]();
});
