// The timeline page: hearing it. Each track is an audio element, made when it is first needed; what is heard is
// either one track or the conversation (what the user said, cleaned, and what was played).
const tracks = sides.flatMap((side, number) => side.tracks.map((track, index) => Object.assign({}, track, {
  side: number,
  key: (paired ? sideLetters[number] + " " : "") + track.name,
  block: "sound-" + number + "-" + index,
  end: track.start + track.frames / track.rate * 1000,
  wave: new Wave(bytesOf(track.peaks), track.bucket),
  audio: null,
})));
const trackKeys = [...new Set(tracks.map((track) => track.key))];
const decodedFramesMax = 16000 * 60 * 20;  // what is decoded whole for the closest view

function bytesOfTrack(track) {
  const block = $(track.block);
  return block ? bytesOf(block.textContent) : null;
}
function audioOf(track) {
  if (track.audio) return track.audio;
  const bytes = track.file ? null : bytesOfTrack(track);
  const source = track.file || (bytes && URL.createObjectURL(new Blob([bytes], { type: track.type })));
  if (!source) return null;
  track.audio = new Audio(source);
  track.audio.preload = "auto";
  track.audio.addEventListener("error", () => {
    $("said").textContent = "The sound of " + track.key + " cannot be played here.";
  });
  return track.audio;
}
/** For the closest view the outline is not enough: the samples themselves, once, if the page holds them. */
function decodeFor(track) {
  if (track.asked || track.file || track.frames > decodedFramesMax || !window.OfflineAudioContext) return;
  track.asked = true;
  const bytes = bytesOfTrack(track);
  if (!bytes) return;
  new OfflineAudioContext(1, 1, track.rate).decodeAudioData(bytes.buffer).then((buffer) => {
    track.wave.setSamples(buffer.getChannelData(0), track.loudest);
    redraw();
  }).catch(() => {});
}

let playStart = { wall: 0, at: 0 };
function isHeard(track) {
  const pick = $("sound").value;
  if (!pick.endsWith("conversation")) return track.key === pick;
  if (paired && sideLetters[track.side] !== pick[0]) return false;
  const names = sides[track.side].tracks.map((one) => one.name);
  return track.name === "played" || track.name === (names.includes("cleaned") ? "cleaned" : "raw");
}
function startTrack(track) {
  const from = (state.cursor - track.start) / 1000;
  if (from < 0 || state.cursor >= track.end) return;
  const audio = audioOf(track);
  if (!audio) return;
  audio.playbackRate = state.speed;
  audio.currentTime = from;
  audio.play().catch(() => {});
}
function play() {
  if (state.cursor >= duration - 1) state.cursor = 0;
  state.playing = true;
  playStart = { wall: performance.now(), at: state.cursor };
  for (const track of tracks) if (isHeard(track)) startTrack(track);
  showPlaying();
  requestAnimationFrame(tickPlay);
}
function pause() {
  state.playing = false;
  for (const track of tracks) if (track.audio) track.audio.pause();
  showPlaying();
}
function tickPlay() {
  if (!state.playing) return;
  // The sound's own clock leads where there is sound; where there is none, time still passes.
  const leader = tracks.find((track) => isHeard(track) && track.audio && !track.audio.paused && !track.audio.seeking);
  if (leader) {
    state.cursor = leader.start + leader.audio.currentTime * 1000;
    playStart = { wall: performance.now(), at: state.cursor };
  } else {
    state.cursor = playStart.at + (performance.now() - playStart.wall) * state.speed;
  }
  // A track that begins later (another run) joins when its time comes.
  for (const track of tracks) {
    const due = state.cursor >= track.start && state.cursor < track.end - 50;
    if (due && isHeard(track) && (!track.audio || (track.audio.paused && !track.audio.ended))) startTrack(track);
  }
  if (state.cursor >= duration) { state.cursor = duration; pause(); }
  if (state.cursor > view.b || state.cursor < view.a) moveTo(state.cursor - (view.b - view.a) * 0.1);
  redrawOver();
  requestAnimationFrame(tickPlay);
}
function showPlaying() {
  $("play").setAttribute("aria-pressed", String(state.playing));
  $("play-word").textContent = state.playing ? "Pause" : "Play";
  for (const button of document.querySelectorAll("#track-buttons button")) {
    button.setAttribute("aria-pressed", String(state.playing && $("sound").value === button.dataset.key));
  }
}
function seek(ms) {
  state.cursor = clamp(ms, 0, duration);
  if (state.playing) { pause(); play(); }
  redrawOver();
}
function playOnly(key) {
  const same = state.playing && $("sound").value === key;
  if (state.playing) pause();
  $("sound").value = key;
  if (!same) play();
}
function fillSounds() {
  const pick = $("sound");
  if (!tracks.length) {
    pick.append(el("option", { value: "none" }, "none recorded"));
    pick.disabled = true;
    return;
  }
  sides.forEach((side, number) => {
    if (!side.tracks.some((track) => track.name === "played") || side.tracks.length < 2) return;
    const name = (paired ? sideLetters[number] + " " : "") + "conversation";
    pick.append(el("option", { value: name }, name));
  });
  for (const key of trackKeys) pick.append(el("option", { value: key }, key));
}
