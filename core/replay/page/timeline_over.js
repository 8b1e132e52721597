// The timeline page: what moves above the rows (cursor, choice, why), and the small map of the whole.
function spotOf(side, row) {
  const on = rowOfEvent(side, row);
  return on ? { px: x(tables[side].ms[row]), py: heightOfEvent(side, row, on) } : null;
}
function drawOver() {
  overPen.clearRect(0, 0, width, height);
  $("clock").textContent = seconds(state.cursor);
  overPen.save();
  overPen.beginPath(); overPen.rect(gutter - 6, 0, width, height); overPen.clip();
  if (state.stretch) {
    const left = x(Math.min(state.stretch.a, state.stretch.b)), right = x(Math.max(state.stretch.a, state.stretch.b));
    overPen.fillStyle = colours.match; overPen.globalAlpha = 0.18; overPen.fillRect(left, 0, right - left, height);
    overPen.globalAlpha = 1;
  }
  drawChain();
  if (state.hover) ring(state.hover, colours.ink, 7);
  if (state.chosen) ring(state.chosen, colours.why, 8);
  const px = x(state.cursor);
  overPen.fillStyle = colours.ink; overPen.fillRect(px - 0.75, 14, 1.5, height - 14);
  overPen.beginPath(); overPen.moveTo(px - 5, 8); overPen.lineTo(px + 5, 8); overPen.lineTo(px, 16); overPen.fill();
  overPen.restore();
}
function ring(what, colour, size) {
  const spot = spotOf(what.side, what.row);
  if (!spot) return;
  overPen.strokeStyle = colour; overPen.lineWidth = 2;
  overPen.beginPath(); overPen.arc(spot.px, spot.py, size, 0, 7); overPen.stroke();
}
/** The way from the first cause to the chosen event; dashed where the protocol, not the recording, says so. */
function drawChain() {
  if (!state.chosen || state.chain.length < 2) return;
  overPen.strokeStyle = colours.why; overPen.lineWidth = 1.75;
  let before = null;
  for (const link of state.chain) {
    const spot = spotOf(state.chosen.side, link.row);
    if (!spot) continue;
    if (before) {
      overPen.setLineDash(link.recorded ? [] : [4, 3]);
      overPen.beginPath(); overPen.moveTo(before.px, before.py);
      const bend = Math.max(14, Math.abs(spot.px - before.px) / 2);
      overPen.bezierCurveTo(before.px + bend, before.py, spot.px - bend, spot.py, spot.px, spot.py);
      overPen.stroke();
    }
    overPen.setLineDash([]);
    overPen.fillStyle = colours.why;
    overPen.beginPath(); overPen.arc(spot.px, spot.py, 3, 0, 7); overPen.fill();
    before = spot;
  }
}
function drawMap() {
  const tall = map.clientHeight, across = (ms) => ms / full * width;
  mapPen.clearRect(0, 0, width, tall);
  mapPen.fillStyle = colours.grid; mapPen.fillRect(0, 0, width, tall);
  const lines = sides.length * 2, line = (tall - 8) / lines;
  for (const { side, turn } of allTurns()) for (const span of turn.spans) {
    if (span.kind === "held") continue;
    mapPen.fillStyle = colours[span.kind];
    const y = 4 + (side * 2 + (span.kind === "listening" ? 0 : 1)) * line;
    mapPen.fillRect(across(span.a), y, Math.max(1, across(span.b - span.a)), line - 1.5);
  }
  if (state.asked) {
    mapPen.fillStyle = colours.match;
    const step = Math.max(1, Math.floor(state.list.length / 3000));
    for (let i = 0; i < state.list.length; i += step) {
      mapPen.fillRect(across(tables[state.list.side[i]].ms[state.list.row[i]]), 0, 1, 4);
    }
  }
  mapPen.fillStyle = colours.bad;
  for (const one of differences) {
    if (one.ms !== null) mapPen.fillRect(across(one.ms), tall - 5, one === firstDifference ? 3 : 1, 5);
  }
  mapPen.fillStyle = colours.paper; mapPen.globalAlpha = 0.72;
  mapPen.fillRect(0, 0, across(view.a), tall);
  mapPen.fillRect(across(view.b), 0, width, tall);
  mapPen.globalAlpha = 1; mapPen.strokeStyle = colours.soft; mapPen.lineWidth = 1.5;
  mapPen.strokeRect(across(view.a) + 0.75, 0.75, Math.max(6, across(view.b - view.a) - 1.5), tall - 1.5);
  mapPen.fillStyle = colours.ink; mapPen.fillRect(across(state.cursor) - 0.75, 0, 1.5, tall);
}
