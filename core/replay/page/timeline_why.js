// The timeline page: why an event happened. Pure.
//
// Two kinds of link, never mixed up: what the recording says (causal_parent: an output names the input under which it
// was given, a worker's result the command it answers), and what follows from the protocol where the recording is
// silent (the audio thread's word answers the last command of its kind).
const answersTo = {
  recognition_partial: { commands: ["command_recognise_start", "command_recognise_audio"], by: "session" },
  recognition_final: { commands: ["command_recognise_finalise", "command_recognise_abandon"], by: "session" },
  dialogue_sentence: { commands: ["command_dialogue_ask"], by: "turn_number" },
  dialogue_done: { commands: ["command_dialogue_ask"], by: "turn_number" },
  synthesis_frame: { commands: ["command_synthesise", "command_apology"], by: "turn_number" },
  synthesis_word: { commands: ["command_synthesise", "command_apology"], by: "turn_number" },
  synthesis_done: { commands: ["command_synthesise", "command_apology"], by: "turn_number" },
  playback_started: { commands: ["command_play_frame"], by: "ticket" },
  playback_position: { commands: ["command_play_frame"], by: "ticket" },
  playback_completed: { commands: ["command_play_end"], by: "ticket" },
  fence_applied: { commands: ["command_fence"], by: "session" },
  duck_applied: { commands: ["command_duck"], by: "session" },
  resume_applied: { commands: ["command_resume"], by: "session" },
  node_cancelled: { commands: ["command_node_cancel"], by: "node" },
  speech_continues: { commands: ["speech_started"], by: "argument_a" },
  speech_ended: { commands: ["speech_started"], by: "argument_a" },
  end_of_utterance: { commands: ["speech_started"], by: "session" },
};
const lookBackRows = 200000;  // a cause further away than minutes is no answer
const lookAheadRows = 4000;   // what follows later than half a minute is found from its own side

function numberOfKind(table, name) {
  if (!table.kindNumbers) {
    table.kindNumbers = new Map(Object.entries(table.names.kind).map(([number, text]) => [text, Number(number)]));
  }
  return table.kindNumbers.get(name);
}
/** {row, recorded} or null. */
function parentOf(table, row) {
  const parent = table.numbers("causal_parent")[row];
  const sequences = table.numbers("runtime_sequence"), session = table.numbers("session");
  const earliest = Math.max(0, row - lookBackRows);
  if (parent !== 0) {
    // An output's cause is an input, a result's a command: numbers alone may be shared by a signal and its cause.
    const wanted = !table.isOutput(row);
    for (let i = row - 1; i >= earliest; i--) {
      if (sequences[i] % 4294967296 === parent && table.isOutput(i) === wanted) return { row: i, recorded: true };
    }
    return null;
  }
  const rule = answersTo[table.kindName(row)];
  if (!rule || table.isOutput(row)) return null;
  const commands = new Set(rule.commands.map((name) => numberOfKind(table, name)));
  const kinds = table.numbers("kind"), same = table.numbers(rule.by);
  for (let i = row - 1; i >= earliest; i--) {
    if (commands.has(kinds[i]) && same[i] === same[row] && session[i] === session[row]) {
      return { row: i, recorded: false };
    }
  }
  return null;
}
/** From the first cause to the event itself: [{row, recorded}]; `recorded` says how it follows from the one before. */
function chainOf(table, row) {
  const chain = [];
  let link = { row, recorded: true };
  for (let steps = 0; link && steps < 48; steps++) {
    chain.unshift({ row: link.row, recorded: true });
    const parent = parentOf(table, link.row);
    chain[0].recorded = parent === null || parent.recorded;
    link = parent;
  }
  return chain;
}
/** What the recording or the protocol says followed from it, at most `most`. */
function effectsOf(table, row, most) {
  const effects = [], output = table.isOutput(row), name = table.kindName(row);
  const sequence = table.numbers("runtime_sequence")[row] % 4294967296, parents = table.numbers("causal_parent");
  const answered = new Set(Object.keys(answersTo).filter((kind) => answersTo[kind].commands.includes(name)));
  const last = Math.min(table.rows - 1, row + lookAheadRows);
  for (let i = row + 1; i <= last && effects.length < most; i++) {
    if (table.isOutput(i) === output) {
      if (!output && effects.length > 0) break;  // the next input: its step is another
      continue;
    }
    if (sequence !== 0 && parents[i] === sequence) effects.push(i);
    else if (answered.has(table.kindName(i)) && parents[i] === 0 && (parentOf(table, i) || {}).row === row) effects.push(i);
  }
  return effects;
}
/** What the engine gave in the same step as an output, at most `most`. */
function siblingsOf(table, row, most) {
  const parents = table.numbers("causal_parent"), parent = parents[row], found = [];
  if (!table.isOutput(row) || parent === 0) return found;
  let first = row;
  while (first > 0 && table.isOutput(first - 1)) first--;
  for (let i = first; i < table.rows && table.isOutput(i) && found.length < most; i++) {
    if (i !== row && parents[i] === parent) found.push(i);
  }
  return found;
}
/** What a kind means, in a few words; the others speak for themselves. */
const meanings = {
  speech_started: "the microphone heard speech begin", speech_ended: "the microphone heard speech end",
  speech_continues: "speech has gone on for another step", audio_frame: "a period of microphone audio",
  recognition_final: "what was understood", recognition_partial: "what is understood so far",
  command_recognise_finalise: "the recogniser is asked for its final word",
  command_dialogue_ask: "the dialogue is asked for an answer", dialogue_sentence: "a sentence of the answer",
  command_synthesise: "the synthesiser is given a sentence", synthesis_frame: "a piece of voice",
  command_play_frame: "a piece of voice goes to the loudspeaker", playback_started: "the first sample is audible",
  playback_completed: "the last sample was played", interruption_held: "somebody may be interrupting: the voice is ducked",
  interruption_confirmed: "it is an interruption: the answer ends", interruption_dismissed: "it was none: the voice returns",
  command_duck: "the voice is made softer", duck_applied: "the audio thread made it softer",
  command_resume: "the voice returns", resume_applied: "the audio thread let the voice return",
  command_fence: "the old answer may not be heard from now on",
  fence_applied: "the audio thread plays nothing of the old answer any more",
  turn_open_proposed: "a turn is proposed", turn_open: "the turn begins", commit: "the turn ended as it should",
  abort: "the turn ended early", close: "nothing more comes from this turn", cancel: "work of the turn is called off",
  barge_in: "the user took the turn", admit: "the turn is let in", reject: "the turn is refused", tick: "a deadline passed",
  flow_xoff: "a lane asks its sources to hold back", flow_xon: "the lane takes again", watermark: "a lane fills up",
  shed: "something was shed under pressure", drop_notice: "something was dropped, and named",
  xrun: "the sound device lost samples", node_failed: "a node could not do its work",
};
