// The timeline page, first part: the data block, small helpers, sound.
//
// page/embed.cmake joins timeline.js, timeline_draw.js and timeline_page.js, in this order, inside one function.
// Nothing is loaded and nothing is sent; every text of the recording reaches the page through textContent or the
// canvas, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const duration = Math.max(1, data.duration, ...data.tracks.map((t) => t.start + t.frames / t.rate * 1000));
const full = duration * 1.02 + 40;           // a little air behind the last event
const view = { a: 0, b: full };              // what is visible, in milliseconds
const state = { cursor: 0, playing: false, selected: -1, hover: -1 };
const shortest = 2;                          // the closest zoom, in milliseconds

// ---- small helpers ---------------------------------------------------------------------------------------
function el(tag, options, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (key === "class") node.className = value;
    else if (key === "onclick") node.addEventListener("click", value);
    else node.setAttribute(key, value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}
const seconds = (ms) => (ms / 1000).toFixed(3) + " s";
const short = (ms) => (ms === null ? "-" : (ms < 10 && ms % 1 !== 0 ? ms.toFixed(1) : Math.round(ms)) + " ms");
const words = (name) => name.replaceAll("_", " ");
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const colourNames = ["paper", "card", "ink", "soft", "line", "grid", "listening", "thinking", "speaking", "held", "bad",
  "raw", "cleaned", "played", "decision", "on-fill"];
const colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of colourNames) colours[name] = style.getPropertyValue("--" + name).trim();
}

// ---- sound -----------------------------------------------------------------------------------------------
const bucket = 64;  // samples per precomputed peak
function decode(track) {
  const text = atob(track.src.slice(track.src.indexOf(",") + 1));
  const frames = (text.length - 44) >> 1;
  const samples = new Int16Array(frames);
  for (let i = 0; i < frames; i++) {
    samples[i] = text.charCodeAt(44 + 2 * i) | text.charCodeAt(45 + 2 * i) << 8;
  }
  const count = Math.ceil(frames / bucket);
  const low = new Int16Array(count), high = new Int16Array(count);
  let loudest = 1;
  for (let i = 0; i < count; i++) {
    let min = 32767, max = -32768;
    for (let k = i * bucket; k < Math.min(frames, (i + 1) * bucket); k++) {
      if (samples[k] < min) min = samples[k];
      if (samples[k] > max) max = samples[k];
    }
    low[i] = min; high[i] = max;
    loudest = Math.max(loudest, max, -min);
  }
  return { samples, low, high, scale: 1 / Math.max(loudest, 3000) };
}
const tracks = data.tracks.map((track) => Object.assign({}, track, decode(track), { audio: new Audio(track.src) }));

let playStart = { wall: 0, at: 0 };
function chosenTracks() {
  const pick = $("sound").value;
  return tracks.filter((track) => pick === "all" || track.name === pick);
}
function play() {
  if (state.cursor >= duration - 1) state.cursor = 0;
  state.playing = true;
  playStart = { wall: performance.now(), at: state.cursor };
  for (const track of chosenTracks()) {
    const from = (state.cursor - track.start) / 1000;
    if (from < 0 || from >= track.frames / track.rate) continue;
    track.audio.currentTime = from;
    track.audio.play().catch(() => {});
  }
  showPlaying();
  requestAnimationFrame(tickPlay);
}
function pause() {
  state.playing = false;
  for (const track of tracks) track.audio.pause();
  showPlaying();
}
function tickPlay() {
  if (!state.playing) return;
  // The sound's own clock leads where there is sound; where there is none, time still passes.
  const leader = chosenTracks().find((track) => !track.audio.paused);
  state.cursor = leader ? leader.start + leader.audio.currentTime * 1000
    : playStart.at + performance.now() - playStart.wall;
  if (state.cursor >= duration) { state.cursor = duration; pause(); }
  if (state.cursor > view.b || state.cursor < view.a) moveTo(state.cursor - (view.b - view.a) * 0.1);
  redraw();
  requestAnimationFrame(tickPlay);
}
function showPlaying() {
  $("play").setAttribute("aria-pressed", String(state.playing));
  $("play-word").textContent = state.playing ? "Pause" : "Play";
}
function seek(ms) {
  state.cursor = clamp(ms, 0, duration);
  if (state.playing) { pause(); play(); }
  redraw();
}
