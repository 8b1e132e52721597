// The timeline page, second part: the axis of time, its rows, and how each is drawn.
// ---- the axis --------------------------------------------------------------------------------------------
const canvas = $("view"), pen = canvas.getContext("2d");
const map = $("map"), mapPen = map.getContext("2d");
let width = 0, height = 0, gutter = 0, rows = [];
const x = (ms) => gutter + (ms - view.a) / (view.b - view.a) * (width - gutter);
const at = (px) => view.a + (px - gutter) / (width - gutter) * (view.b - view.a);

function layOut() {
  const ratio = window.devicePixelRatio || 1;
  width = canvas.clientWidth;
  gutter = width < 600 ? 0 : 106;
  rows = [{ kind: "ruler", height: 26 }];
  for (const track of tracks) rows.push({ kind: "wave", track, label: track.name, height: width < 600 ? 46 : 58 });
  rows.push({ kind: "voice", label: "voice", height: 20 });
  rows.push({ kind: "user", label: "user", height: 30 });
  rows.push({ kind: "board", label: "board", height: 42 });
  rows.push({ kind: "times", label: "latency", height: 34 });
  rows.push({ kind: "turns", label: "turns", height: 24 });
  for (const lane of ["ControlLane", "DataLane", "TelemetryLane"]) {
    rows.push({ kind: "lane", lane, label: lane.replace("Lane", " lane").toLowerCase(), height: 18 });
  }
  if (data.xruns.length) rows.push({ kind: "device", label: "device", height: 20 });
  rows.push({ kind: "decisions", label: "decisions", height: 76 });
  height = 0;
  for (const row of rows) { row.y = height; height += row.height + 4; }
  canvas.style.height = height + "px";
  for (const [target, tall] of [[canvas, height], [map, map.clientHeight]]) {
    target.width = Math.round(width * ratio);
    target.height = Math.round(tall * ratio);
    target.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  redraw();
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); drawMap(); $("clock").textContent = seconds(state.cursor); });
}

// ---- drawing ---------------------------------------------------------------------------------------------
const font = (px, weight) => `${weight || 400} ${px}px system-ui, sans-serif`;
function fillSpan(a, b, y, tall, colour, alpha) {
  const left = Math.max(x(a), gutter - 4), right = Math.min(x(b), width + 4);
  if (right < gutter || left > width) return null;
  pen.globalAlpha = alpha === undefined ? 1 : alpha;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(left, y, Math.max(1.5, right - left), tall, Math.min(5, tall / 3));
  pen.fill();
  pen.globalAlpha = 1;
  return { left: Math.max(left, gutter), right: Math.min(right, width) };
}
function fitText(text, room) {
  if (pen.measureText(text).width <= room) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if (pen.measureText(text.slice(0, mid) + "\u2026").width <= room) low = mid; else high = mid - 1;
  }
  return low > 1 ? text.slice(0, low) + "\u2026" : "";
}
function label(box, y, tall, text, colour) {
  if (!box || box.right - box.left < 26 || !text) return;
  pen.font = font(12, 500);
  pen.fillStyle = colour;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.fillText(fitText(text, box.right - box.left - 14), box.left + 7, y + tall / 2 + 0.5);
}
function hatch(a, b, y, tall) {
  const left = Math.max(x(a), gutter), right = Math.min(Math.max(x(b), x(a) + 3), width);
  if (right <= left) return;
  pen.save();
  pen.beginPath(); pen.rect(left, y, right - left, tall); pen.clip();
  pen.fillStyle = colours.held; pen.globalAlpha = 0.2; pen.fillRect(left, y, right - left, tall);
  pen.globalAlpha = 1; pen.strokeStyle = colours.held; pen.lineWidth = 2.5;
  pen.beginPath();
  const first = Math.floor(left / 7) * 7;
  for (let i = first - tall; i < right; i += 7) { pen.moveTo(i, y + tall); pen.lineTo(i + tall, y); }
  pen.stroke();
  pen.restore();
}

function niceStep(rough) {
  const base = Math.pow(10, Math.floor(Math.log10(rough)));
  for (const factor of [1, 2, 5]) if (base * factor >= rough) return base * factor;
  return base * 10;
}
function drawRuler(row) {
  const step = niceStep((view.b - view.a) / Math.max(2, (width - gutter) / 90));
  const digits = clamp(3 - Math.floor(Math.log10(step)), 0, 3);
  pen.font = font(11); pen.textBaseline = "middle"; pen.textAlign = "left"; pen.lineWidth = 1;
  for (let t = Math.ceil(view.a / step) * step; t <= view.b; t += step) {
    const px = Math.round(x(t)) + 0.5;
    pen.strokeStyle = colours.grid;
    pen.beginPath(); pen.moveTo(px, row.y + 18); pen.lineTo(px, height); pen.stroke();
    const text = (t / 1000).toFixed(digits) + " s";
    if (px > width - 34) continue;
    pen.fillStyle = colours.soft;
    pen.fillText(text, px + 3, row.y + 9);
  }
}
function drawWave(row) {
  const track = row.track, middle = row.y + row.height / 2, tall = row.height / 2 - 2;
  pen.fillStyle = colours.grid; pen.fillRect(gutter, Math.round(middle), width - gutter, 1);
  pen.fillStyle = colours[track.name] || colours.soft;
  const perPixel = (view.b - view.a) / (width - gutter) * track.rate / 1000;
  for (let px = gutter; px < width; px++) {
    const first = (at(px) - track.start) * track.rate / 1000, last = first + perPixel;
    if (last < 0 || first >= track.frames) continue;
    let min = 32767, max = -32768;
    if (perPixel > bucket) {
      const to = Math.min(track.low.length - 1, Math.floor(last / bucket));
      for (let i = Math.max(0, Math.floor(first / bucket)); i <= to; i++) {
        if (track.low[i] < min) min = track.low[i];
        if (track.high[i] > max) max = track.high[i];
      }
    } else {
      const to = Math.min(track.frames - 1, Math.floor(last));
      for (let i = Math.max(0, Math.floor(first)); i <= to; i++) {
        if (track.samples[i] < min) min = track.samples[i];
        if (track.samples[i] > max) max = track.samples[i];
      }
    }
    if (max < min) continue;
    const top = middle - max * track.scale * tall, bottom = middle - min * track.scale * tall;
    pen.fillRect(px, top, 1, Math.max(1, bottom - top));
  }
  if (track.name !== "played") return;
  for (const xrun of data.xruns) {
    const px = x(xrun.at);
    if (px < gutter || px > width) continue;
    pen.globalAlpha = 0.35; pen.fillStyle = colours.bad;
    pen.fillRect(px - 1, row.y, Math.max(3, x(xrun.at + xrun.samples * 1000 / data.rate) - px), row.height);
    pen.globalAlpha = 1;
  }
}
const barHeight = 30;  // of a phase; doubt stands in a strip below it
function answerText(turn) {
  return turn.sentences.filter(Boolean).join(" ") || turn.answer.map((word) => word.text).join(" ");
}
function drawPhases(row) {
  for (const turn of data.turns) {
    for (const span of turn.spans) {
      if (span.kind === "listening" && row.kind === "user") {
        const said = fillSpan(span.a, span.b, row.y, row.height, colours.listening);
        label(said, row.y, row.height, turn.words, colours["on-fill"]);
      }
      if (row.kind !== "board" || span.kind === "listening" || span.kind === "held") continue;
      const box = fillSpan(span.a, span.b, row.y, barHeight, colours[span.kind]);
      label(box, row.y, barHeight, span.kind === "speaking" ? answerText(turn) : "", colours["on-fill"]);
    }
  }
  if (row.kind !== "board") return;
  for (const turn of data.turns) for (const span of turn.spans) {
    if (span.kind === "held") hatch(span.a, span.b, row.y + barHeight + 3, row.height - barHeight - 3);
  }
}
function bracket(times, a, b, y, value, what, colour) {
  const left = x(a), right = x(b);
  if (right < gutter || left > width) return;
  pen.strokeStyle = colour; pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(left, y - 4); pen.lineTo(left, y + 4); pen.moveTo(left, y); pen.lineTo(right, y);
  pen.moveTo(right, y - 4); pen.lineTo(right, y + 4);
  pen.stroke();
  times.taken.push({ y, a: left - 2, b: right + 2 });
  times.labels.push({ y, left: right + 6, texts: [short(value) + " " + what, short(value)], colour });
}
function drawTimeLabels(times) {
  pen.font = font(11, 600); pen.textBaseline = "middle"; pen.textAlign = "left";
  for (const one of times.labels) {
    for (const text of one.texts) {
      const right = one.left + pen.measureText(text).width;
      if (right > width || times.taken.some((box) => box.y === one.y && one.left < box.b && right > box.a)) continue;
      times.taken.push({ y: one.y, a: one.left - 4, b: right + 6 });
      pen.fillStyle = one.colour;
      pen.fillText(text, one.left, one.y + 0.5);
      break;
    }
  }
}
function drawTimes(row) {
  const times = { taken: [], labels: [] };
  for (const turn of data.turns) {
    if (turn.response !== null) {
      const y = row.y + 9;
      bracket(times, turn.speechEnded, turn.firstSample, y, turn.response, "to first sound", colours.thinking);
    }
    for (const held of turn.interruptions) {
      if (held.silence !== null) {
        bracket(times, held.onset, held.onset + held.silence, row.y + 25, held.silence, "to silence", colours.held);
      } else if (held.duck !== null) {
        bracket(times, held.at, held.ducked, row.y + 25, held.duck, "to duck", colours.held);
      }
    }
  }
  drawTimeLabels(times);
}
function drawTurns(row) {
  data.turns.forEach((turn, index) => {
    const left = x(turn.a), right = x(turn.b);
    if (right < gutter || left > width) return;
    const colour = turn.terminal === "commit" ? colours.listening
      : turn.terminal === "abort" ? colours.held : colours.soft;
    const box = { left: Math.max(left, gutter), right: Math.min(right, width) };
    // Turns that overlap share the row in two halves, so that neither hides the other.
    const half = turn.n % 2 === 0 ? 3 : 0;
    pen.fillStyle = colour;
    pen.fillRect(box.left, row.y + half, Math.max(2, box.right - box.left), 2.5);
    pen.font = font(12, 600);
    const text = "turn " + turn.n + "  " + words(turn.terminal) + (turn.reason ? ": " + words(turn.reason) : "");
    const next = data.turns[index + 1];
    const room = next === undefined ? box.right : Math.min(box.right, x(next.a) - 4);
    label({ left: box.left - 6, right: room }, row.y + 6, 18, text, colour);
  });
}
function drawLane(row) {
  pen.fillStyle = colours.grid; pen.fillRect(gutter, row.y + row.height / 2, width - gutter, 1);
  let since = null;
  for (const mark of data.lanes) {
    if (mark.lane !== row.lane) continue;
    if (mark.name === "flow_xoff" && since === null) since = mark.at;
    if (mark.name === "flow_xon" && since !== null) {
      fillSpan(since, mark.at, row.y + 4, row.height - 8, colours.thinking, 0.55); since = null;
    }
    const px = x(mark.at);
    if (px < gutter || px > width) continue;
    pen.fillStyle = mark.name === "shed" || mark.name === "drop_notice" ? colours.bad : colours.thinking;
    pen.fillRect(px - 1, row.y + 1, 2, row.height - 2);
  }
  if (since !== null) fillSpan(since, duration, row.y + 4, row.height - 8, colours.thinking, 0.55);
}
function drawDevice(row) {
  for (const xrun of data.xruns) {
    const px = x(xrun.at);
    if (px < gutter || px > width) continue;
    pen.fillStyle = colours.bad; pen.fillRect(px - 1.5, row.y, 3, row.height);
    pen.font = font(12, 500); pen.textBaseline = "middle";
    const text = words(xrun.reason) + ", " + xrun.samples + " samples";
    const fits = px + 10 + pen.measureText(text).width < width;
    pen.textAlign = fits ? "left" : "right";
    pen.fillText(text, fits ? px + 7 : px - 7, row.y + row.height / 2 + 0.5);
  }
}
const levels = 5;
function placeDecisions(row) {
  const ends = new Array(levels).fill(-1e9);
  for (const decision of data.decisions) {
    const px = x(decision.at);
    let level = ends.findIndex((end) => end < px - 7);
    if (level < 0) level = ends.indexOf(Math.min(...ends));
    ends[level] = px + 7;
    decision.px = px;
    decision.py = row.y + 9 + level * 14;
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
function drawDecisions(row) {
  placeDecisions(row);
  pen.font = font(11, 500); pen.textAlign = "left"; pen.textBaseline = "middle";
  data.decisions.forEach((decision, index) => {
    if (decision.px < gutter - 8 || decision.px > width + 8) return;
    const chosen = index === state.selected, size = chosen ? 6.5 : 4.5;
    pen.save();
    pen.translate(decision.px, decision.py); pen.rotate(Math.PI / 4);
    pen.fillStyle = decisionColour(decision.name);
    pen.fillRect(-size, -size, 2 * size, 2 * size);
    if (chosen || index === state.hover) {
      pen.strokeStyle = colours.ink; pen.lineWidth = 1.5;
      pen.strokeRect(-size - 2, -size - 2, 2 * size + 4, 2 * size + 4);
    }
    pen.restore();
    const next = data.decisions.find((other, k) => k > index && other.py === decision.py && other.px > decision.px);
    const text = words(decision.name), room = (next ? next.px - 10 : width) - decision.px - 12;
    if (pen.measureText(text).width > room) return;
    pen.fillStyle = chosen ? colours.ink : colours.soft;
    pen.fillText(text, decision.px + 11, decision.py + 0.5);
  });
}
function drawLabels() {
  pen.textBaseline = "middle";
  if (gutter) { pen.fillStyle = colours.card; pen.fillRect(0, 0, gutter - 6, height); }
  for (const row of rows) {
    if (!row.label) continue;
    pen.font = font(gutter ? 12 : 10, 500); pen.textAlign = gutter ? "right" : "left"; pen.fillStyle = colours.soft;
    if (gutter) pen.fillText(row.label, gutter - 14, row.y + (row.kind === "decisions" ? 9 : row.height / 2));
    else if (row.kind === "wave" || row.kind === "lane") pen.fillText(row.label, 2, row.y + 5);
  }
}
function drawCursor() {
  const px = x(state.cursor);
  if (px < gutter || px > width) return;
  pen.fillStyle = colours.ink; pen.fillRect(px - 0.75, 14, 1.5, height - 14);
  pen.beginPath(); pen.moveTo(px - 5, 10); pen.lineTo(px + 5, 10); pen.lineTo(px, 18); pen.fill();
}
function drawVoice(row) {
  for (const span of data.voice) fillSpan(span.a, span.b, row.y + 4, row.height - 8, colours.listening, 0.45);
}
const painters = {
  ruler: drawRuler, wave: drawWave, voice: drawVoice, user: drawPhases, board: drawPhases, times: drawTimes,
  turns: drawTurns, lane: drawLane, device: drawDevice, decisions: drawDecisions,
};
function draw() {
  pen.clearRect(0, 0, width, height);
  for (const row of rows) painters[row.kind](row);
  drawLabels();
  drawCursor();
}
function drawMap() {
  const tall = map.clientHeight, across = (ms) => ms / full * width;
  mapPen.clearRect(0, 0, width, tall);
  mapPen.fillStyle = colours.grid; mapPen.fillRect(0, 0, width, tall);
  for (const turn of data.turns) for (const span of turn.spans) {
    if (span.kind === "held") continue;
    mapPen.fillStyle = colours[span.kind];
    mapPen.fillRect(across(span.a), span.kind === "listening" ? 7 : 18, Math.max(1.5, across(span.b - span.a)), 8);
  }
  mapPen.fillStyle = colours.paper; mapPen.globalAlpha = 0.72;
  mapPen.fillRect(0, 0, across(view.a), tall);
  mapPen.fillRect(across(view.b), 0, width, tall);
  mapPen.globalAlpha = 1; mapPen.strokeStyle = colours.soft; mapPen.lineWidth = 1.5;
  mapPen.strokeRect(across(view.a) + 0.75, 0.75, Math.max(6, across(view.b - view.a) - 1.5), tall - 1.5);
  mapPen.fillStyle = colours.ink; mapPen.fillRect(across(state.cursor) - 0.75, 0, 1.5, tall);
}
