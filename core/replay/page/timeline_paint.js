// The timeline page: how each row is drawn. The base is drawn when the view changes; what moves (cursor, choice, why)
// lies on a canvas above it, so that playing costs next to nothing.
const font = (px, weight) => `${weight || 400} ${px}px system-ui, sans-serif`;
let baseWaits = false, overWaits = false;
function redraw() {
  if (baseWaits) return;
  baseWaits = true;
  requestAnimationFrame(() => { baseWaits = false; draw(); drawMap(); drawOver(); });
}
function redrawOver() {
  if (overWaits || baseWaits) return;
  overWaits = true;
  requestAnimationFrame(() => { overWaits = false; drawMap(); drawOver(); });
}

// ---- pieces ------------------------------------------------------------------------------------------------
function fillSpan(a, b, y, tall, colour, alpha) {
  const left = Math.max(x(a), gutter - 4), right = Math.min(x(b), width + 4);
  if (right < gutter || left > width) return null;
  pen.globalAlpha = alpha === undefined ? 1 : alpha;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(left, y, Math.max(1.5, right - left), tall, Math.min(4, tall / 3));
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
function label(box, y, tall, text, colour, weight) {
  if (!box || box.right - box.left < 26 || !text) return;
  pen.font = font(12, weight || 500);
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
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const factors = rough >= 10000 ? [1, 3, 6] : [1, 2, 5];  // beyond ten seconds one thinks in minutes
  for (const factor of factors) if (power * factor >= rough) return power * factor;
  return power * 10;
}
function tickText(ms, step) {
  if (duration < 120000 || step < 1000) return (ms / 1000).toFixed(clamp(3 - Math.floor(Math.log10(step)), 0, 4)) + " s";
  return Math.floor(ms / 60000) + ":" + String(Math.round(ms / 1000) % 60).padStart(2, "0");
}
function drawRuler(row) {
  const step = niceStep((view.b - view.a) / Math.max(2, (width - gutter) / 96));
  pen.font = font(11); pen.textBaseline = "middle"; pen.textAlign = "left"; pen.lineWidth = 1;
  for (let t = Math.ceil(view.a / step) * step; t <= view.b; t += step) {
    const px = Math.round(x(t)) + 0.5;
    pen.strokeStyle = colours.grid;
    pen.beginPath(); pen.moveTo(px, row.y + 16); pen.lineTo(px, height); pen.stroke();
    if (px > width - 40) continue;
    pen.fillStyle = colours.soft;
    pen.fillText(tickText(t, step), px + 4, row.y + 9);
  }
}

// ---- sound -------------------------------------------------------------------------------------------------
function drawWave(row) {
  const middle = row.y + row.height / 2, tall = row.height / 2 - 2, range = { min: 0, max: 0 };
  pen.fillStyle = colours.grid; pen.fillRect(gutter, Math.round(middle), width - gutter, 1);
  for (const track of row.tracks) {
    // A quiet track keeps a quiet look: what is louder than a whisper fills the row.
    const scale = tall * track.loudest / Math.max(track.loudest, 3000);
    const perPixel = (view.b - view.a) / (width - gutter) * track.rate / 1000;
    if (perPixel < track.bucket / 2) decodeFor(track);
    pen.fillStyle = colours[track.name] || colours.soft;
    for (let px = gutter; px < width; px++) {
      const first = (at(px) - track.start) * track.rate / 1000;
      if (first + perPixel < 0 || first >= track.frames || !track.wave.range(first, first + perPixel, range)) continue;
      const top = middle - range.max * scale, bottom = middle - range.min * scale;
      pen.fillRect(px, top, 1, Math.max(1, bottom - top));
    }
  }
  if (row.label !== "played") return;
  for (const session of sides[row.side].sessions) for (const xrun of session.xruns) {
    const px = x(xrun.at);
    if (px < gutter || px > width) continue;
    pen.globalAlpha = 0.35; pen.fillStyle = colours.bad;
    pen.fillRect(px - 1, row.y, Math.max(3, x(xrun.at + xrun.samples * 1000 / session.rate) - px), row.height);
    pen.globalAlpha = 1;
  }
}

// ---- the conversation --------------------------------------------------------------------------------------
const barHeight = 28;  // of a phase; doubt stands in a strip below it
function answerText(turn) {
  return turn.sentences.filter(Boolean).join(" ") || turn.answer.map((word) => word.text).join(" ");
}
const isSeen = (turn) => turn.b >= view.a && turn.a <= view.b;
function drawPhases(row) {
  for (const turn of row.session.turns) {
    if (!isSeen(turn)) continue;
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
  for (const turn of row.session.turns) for (const span of turn.spans) {
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
const bracketsMax = 60;  // more of them say nothing
/** Above: end of speech to first sample. Below: suspicion, duck, confirmation, fence, last sample. */
function drawTimes(row) {
  const times = { taken: [], labels: [] }, above = row.y + 10, below = row.y + 30;
  const seen = row.session.turns.filter(isSeen);
  if (seen.length > bracketsMax) return drawTimeDots(row, seen);
  for (const turn of seen) {
    if (turn.response !== null) {
      bracket(times, turn.speechEnded, turn.firstSample, above, turn.response, "to first sample", colours.thinking);
    }
    for (const held of turn.interruptions) drawInterruption(times, held, below);
  }
  drawTimeLabels(times);
  return undefined;
}
/** From afar each latency is a dot, higher for longer: what is unlike the others stands out. */
function drawTimeDots(row, turns) {
  const dots = [];
  for (const turn of turns) {
    if (turn.response !== null) dots.push({ ms: turn.firstSample, value: turn.response, colour: colours.thinking });
    for (const held of turn.interruptions) {
      if (held.silence !== null) dots.push({ ms: held.at, value: held.silence, colour: colours.held });
    }
  }
  const most = dots.reduce((max, dot) => Math.max(max, dot.value), 1);
  for (const dot of dots) {
    pen.fillStyle = dot.colour;
    const y = row.y + row.height - 3 - Math.log1p(dot.value) / Math.log1p(most) * (row.height - 8);
    pen.fillRect(x(dot.ms) - 1, y - 1, 2.5, 2.5);
  }
  pen.font = font(10); pen.fillStyle = colours.soft; pen.textAlign = "right"; pen.textBaseline = "top";
  pen.fillText("max " + short(most), width - 4, row.y - 4);
}
function drawInterruption(times, held, y) {
  const close = x(held.at + 10) - x(held.at) > 14;  // near enough to tell the steps apart
  if (!close && held.silence !== null) {
    bracket(times, held.onset, held.onset + held.silence, y, held.silence, "to silence", colours.held);
    return;
  }
  if (held.duck !== null) bracket(times, held.at, held.ducked, y, held.duck, "suspicion to duck", colours.held);
  if (held.fence !== null) bracket(times, held.settled, held.fenced, y, held.fence, "confirm to fence", colours.held);
  if (held.tail !== null && held.fenced !== null) {
    bracket(times, held.fenced, held.fenced + held.tail, y - 13, held.tail, "fence to last sample", colours.bad);
  }
}
const turnColour = (turn) => (turn.terminal === "commit" ? colours.listening
  : turn.terminal === "abort" ? colours.held : colours.soft);
/** proposed: dotted; open: solid; ended, not yet closed: thin. */
function drawTurns(row) {
  row.session.turns.forEach((turn, index) => {
    const left = x(turn.a), right = x(turn.b);
    if (right < gutter || left > width) return;
    const colour = turnColour(turn);
    const y = row.y + (turn.n % 2 === 0 ? 4 : 0);  // turns that overlap: neither hides the other
    const stretch = (a, b, tall, alpha) => {
      if (a === null || b === null) return;
      const from = Math.max(gutter, x(a)), to = Math.min(width, x(b));
      pen.globalAlpha = alpha; pen.fillStyle = colour;
      if (to >= from) pen.fillRect(from, y, Math.max(1.5, to - from), tall);
      pen.globalAlpha = 1;
    };
    stretch(turn.proposed, turn.opened === null ? turn.ended : turn.opened, 3, 0.45);
    stretch(turn.opened, turn.ended === null ? turn.b : turn.ended, 3, 1);
    stretch(turn.ended, turn.closed, 1.5, 0.7);
    const next = row.session.turns[index + 1];
    const room = next === undefined ? width : Math.min(width, x(next.a) - 4);
    const text = turn.n + "  " + words(turn.terminal) + (turn.reason ? ": " + words(turn.reason) : "");
    label({ left: Math.max(left, gutter) - 6, right: room }, row.y + 9, 18, text, colour, 600);
  });
}
