// The timeline page: how events, lanes, nodes and decisions are drawn, and the walk over all rows.
/** How many events fall on each pixel of each lane and node, in one walk over what is visible. */
function countEvents(side) {
  const table = tables[side], lanes = table.numbers("lane"), nodes = table.numbers("node");
  const sessions = table.numbers("session"), scale = (width - gutter) / (view.b - view.a);
  const counts = new Map();
  const countsOf = (kind, number) => {
    const key = kind + number;
    if (!counts.has(key)) counts.set(key, new Uint16Array(Math.ceil(width - gutter) + 1));
    return counts.get(key);
  };
  const byLane = [0, 1, 2].map((lane) => countsOf("lane", lane));
  const nodesDrawn = nodeLabels(sides[side]).map((name, node) => countsOf("node", node));
  const last = table.placeAt(view.b);
  for (let i = table.placeAt(view.a); i < last; i++) {
    const row = table.byTime[i];
    if (state.session >= 0 && sessions[row] !== state.session) continue;
    const px = Math.floor((table.ms[row] - view.a) * scale);
    if (byLane[lanes[row]]) byLane[lanes[row]][px]++;
    if (nodes[row] !== noIndex && nodesDrawn[nodes[row]]) nodesDrawn[nodes[row]][px]++;
  }
  return counts;
}
function drawCounts(row, counts, colour) {
  let most = 4;
  for (const count of counts) if (count > most) most = count;
  const scale = (row.height - 4) / Math.log1p(most);
  pen.fillStyle = colour;
  for (let px = 0; px < counts.length; px++) {
    if (counts[px] === 0) continue;
    const tall = Math.max(3, Math.log1p(counts[px]) * scale);
    pen.fillRect(gutter + px, row.y + row.height - 1 - tall, 1, tall);
  }
}
function drawLane(row, counts) {
  pen.fillStyle = colours.grid; pen.fillRect(gutter, row.y + row.height - 1, width - gutter, 1);
  pen.globalAlpha = 0.55;
  drawCounts(row, counts.get("lane" + row.lane), colours.soft);
  pen.globalAlpha = 1;
  for (const mark of flowMarks(row.side)) {
    if (mark.lane !== row.lane) continue;
    if (mark.until !== undefined) {
      fillSpan(mark.ms, mark.until, row.y + 2, row.height - 4, colours.thinking, 0.35);
    }
    const px = x(mark.ms);
    if (px < gutter || px > width) continue;
    pen.fillStyle = mark.lost ? colours.bad : colours.thinking;
    pen.beginPath(); pen.moveTo(px - 4, row.y); pen.lineTo(px + 4, row.y); pen.lineTo(px, row.y + 8); pen.fill();
  }
}
/** Watermarks, drops, sheds; a hold from flow_xoff to flow_xon. */
const flowCache = new Map();
function flowMarks(side) {
  if (flowCache.has(side)) return flowCache.get(side);
  const table = tables[side], marks = [], open = new Map();
  for (const row of decisionRows[side]) {
    if (table.family(row) !== "flow") continue;
    const name = table.kindName(row), lane = table.numbers("target_lane")[row];
    const mark = { row, ms: table.ms[row], lane, lost: name === "shed" || name === "drop_notice" };
    if (name === "flow_xoff" && !open.has(lane)) open.set(lane, mark);
    if (name === "flow_xon" && open.has(lane)) { open.get(lane).until = mark.ms; open.delete(lane); }
    marks.push(mark);
  }
  for (const mark of open.values()) mark.until = duration;
  flowCache.set(side, marks);
  return marks;
}
function drawNode(row, counts) {
  pen.fillStyle = colours.grid; pen.fillRect(gutter, row.y + row.height - 1, width - gutter, 1);
  drawCounts(row, counts.get("node" + row.node), colours.soft);
}
/** A value over time as steps, with its highest written beside it. */
function drawSteps(row, list, unit) {
  const table = tables[row.side];
  let most = 1;
  for (const one of list) if (one.value > most) most = one.value;
  const y = (value) => row.y + row.height - 2 - value / most * (row.height - 6);
  pen.strokeStyle = colours.speaking; pen.lineWidth = 1.2; pen.beginPath();
  let before = 0, column = -1, highest = 0, begun = false;
  const end = () => {  // of one pixel: up to its highest, on from its last
    if (column < 0) return;
    if (begun) pen.lineTo(column, y(before)); else pen.moveTo(column, y(before));
    pen.lineTo(column, y(highest));
    begun = true;
  };
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table.ms[list[middle].row] < view.a) low = middle + 1; else high = middle;
  }
  before = low > 0 ? list[low - 1].value : 0;
  for (let last = before; low < list.length && table.ms[list[low].row] <= view.b; low++) {
    const px = Math.round(x(table.ms[list[low].row]));
    if (px !== column) { end(); before = last; column = px; highest = 0; }
    last = list[low].value;
    highest = Math.max(highest, last);
    if (low + 1 === list.length || table.ms[list[low + 1].row] > view.b) { end(); pen.lineTo(width, y(last)); }
  }
  pen.stroke();
  pen.font = font(10); pen.fillStyle = colours.soft; pen.textAlign = "right"; pen.textBaseline = "top";
  pen.fillText("max " + Math.round(most) + unit, width - 4, row.y);
}
function drawDevice(row) {
  pen.fillStyle = colours.grid; pen.fillRect(gutter, row.y + row.height / 2, width - gutter, 1);
  let taken = -Infinity;  // where the last written word ends
  for (const session of sides[row.side].sessions) for (const xrun of session.xruns) {
    const px = x(xrun.at);
    if (px < gutter || px > width) continue;
    pen.fillStyle = colours.bad; pen.fillRect(px - 1.5, row.y, 3, row.height);
    pen.font = font(12, 500); pen.textBaseline = "middle";
    const text = words(xrun.reason) + ", " + xrun.samples + " samples";
    const long = pen.measureText(text).width + 10, fits = px + long < width;
    if (px < taken) continue;
    taken = fits ? px + long : px;
    pen.textAlign = fits ? "left" : "right";
    pen.fillText(text, fits ? px + 7 : px - 7, row.y + row.height / 2 + 0.5);
  }
}
function decisionColour(name) {
  if (/abort|cancel|interruption|barge|stop/.test(name)) return colours.held;
  if (/commit|turn_open|close|admit/.test(name)) return colours.listening;
  if (/playback|output/.test(name)) return colours.speaking;
  if (/watermark|flow|shed|drop|budget|degrade|fallback|defer/.test(name)) return colours.thinking;
  if (/reject|error|failed|lost|disconnected|stall|discontinuity/.test(name)) return colours.bad;
  return colours.decision;
}
const namedDecisionsMax = 500;
function drawDecisions(row) {
  const table = tables[row.side], list = decisionRows[row.side], seen = [];
  const sessions = table.numbers("session");
  for (const event of list) {
    const px = x(table.ms[event]);
    if (px < gutter - 8 || px > width + 8 || (state.session >= 0 && sessions[event] !== state.session)) continue;
    seen.push({ event, px, py: heightOfEvent(row.side, event, row), name: table.kindName(event) });
  }
  if (seen.length > namedDecisionsMax) {
    pen.globalAlpha = 0.6;
    for (const one of seen) {
      pen.fillStyle = decisionColour(one.name);
      pen.fillRect(one.px - 0.5, one.py - 5, 1, 10);
    }
    pen.globalAlpha = 1;
    return;
  }
  pen.font = font(11, 500); pen.textAlign = "left"; pen.textBaseline = "middle";
  const nextOn = new Map();  // from the right: where the next one on the same line begins
  for (const one of seen.reverse()) {
    diamond(pen, one.px, one.py, 4.5, decisionColour(one.name));
    const text = words(one.name), room = (nextOn.get(one.py) || width) - one.px - 16;
    nextOn.set(one.py, one.px);
    if (pen.measureText(text).width > room) continue;
    pen.fillStyle = colours.soft;
    pen.fillText(text, one.px + 10, one.py + 0.5);
  }
}
function diamond(on, px, py, size, colour) {
  on.fillStyle = colour;
  on.beginPath();
  on.moveTo(px - size * 1.3, py); on.lineTo(px, py - size * 1.3); on.lineTo(px + size * 1.3, py);
  on.lineTo(px, py + size * 1.3);
  on.fill();
}
function drawVoice(row) {
  for (const span of row.session.voice) fillSpan(span.a, span.b, row.y + 3, row.height - 6, colours.listening, 0.45);
}
function drawLabels() {
  pen.textBaseline = "middle";
  if (gutter) { pen.fillStyle = colours.card; pen.fillRect(0, 0, gutter - 6, height); }
  let before = null;
  for (const row of rows) {
    if (!row.label) continue;
    const y = row.y + (row.kind === "decisions" ? 9 : row.height / 2);
    const letter = paired ? sideLetters[row.side] : "";
    pen.font = font(gutter ? 12 : 10, 500); pen.textAlign = gutter ? "right" : "left"; pen.fillStyle = colours.soft;
    const again = before && before.kind === row.kind && before.label === row.label;
    const text = again ? letter : [row.label, letter].filter(Boolean).join("  ");
    if (gutter) pen.fillText(fitText(text, gutter - (row.kind === "wave" ? 52 : 18)), gutter - 14, y);
    else if (!["user", "board", "turns", "times", "decisions"].includes(row.kind)) pen.fillText(text, 2, row.y + 6);
    before = row;
  }
}
const painters = {
  ruler: drawRuler, wave: drawWave, voice: drawVoice, user: drawPhases, board: drawPhases, times: drawTimes,
  turns: drawTurns, lane: drawLane, node: drawNode, device: drawDevice, decisions: drawDecisions, name: () => {},
  queue: (row) => drawSteps(row, queueOf(row.side), " ms"),
  metric: (row) => drawSteps(row, row.metric.list, ""),
};
function draw() {
  pen.clearRect(0, 0, width, height);
  const counts = sides.map((side, number) => countEvents(number));
  for (const row of rows) painters[row.kind](row, counts[row.side]);
  drawMatches();
  drawDifferences();
  drawLabels();
  $("span").textContent = view.b - view.a < full ? seconds(view.b - view.a) + " shown" : "";
}
/** What was searched for, on the rows where it stands. */
function drawMatches() {
  if (!state.asked) return;
  const first = placeInList(tables, state.list, view.a), last = placeInList(tables, state.list, view.b);
  pen.fillStyle = colours.match;
  const step = Math.max(1, Math.floor((last - first) / 20000));
  for (let i = first; i < last; i += step) {
    const side = state.list.side[i], row = state.list.row[i], px = x(tables[side].ms[row]);
    pen.fillRect(px - 0.75, 17, 1.5, 6);
    const on = rowOfEvent(side, row);
    if (!on || last - first > 4000) continue;
    const y = heightOfEvent(side, row, on);
    pen.beginPath(); pen.arc(px, y, 3, 0, 7); pen.fill();
  }
}
function drawDifferences() {
  for (const one of differences) {
    if (one.ms === null) continue;
    const px = x(one.ms), isFirst = one === firstDifference;
    if (px < gutter || px > width) continue;
    pen.strokeStyle = colours.bad; pen.lineWidth = isFirst ? 1.5 : 1; pen.globalAlpha = isFirst ? 0.9 : 0.25;
    pen.setLineDash(isFirst ? [] : [3, 4]);
    pen.beginPath(); pen.moveTo(px, 16); pen.lineTo(px, height); pen.stroke();
    pen.setLineDash([]); pen.globalAlpha = 1;
    if (!isFirst) continue;
    pen.font = font(11, 650); pen.textBaseline = "middle";
    const text = "first difference", wide = pen.measureText(text).width + 12, left = Math.min(px, width - wide);
    pen.fillStyle = colours.bad; pen.fillRect(left, 1, wide, 16);
    pen.fillStyle = colours["on-fill"]; pen.textAlign = "left"; pen.fillText(text, left + 6, 9.5);
  }
}
