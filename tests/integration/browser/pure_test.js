// The pure parts of the page, run in a browser without the page: each check throws with what it expected.
// Takes the parts' text, gives the number of checks that held. Columns here are encoded by hand, from the format's
// words in core/replay/event_columns.hpp.
(parts) => {
  const page = new Function(parts + "; return { decodeNumbers, exactAt, EventTable, jsonText, parseQuery, " +
    "findRows, mergeRows, placeInList, tally, Wave, parentOf, chainOf, effectsOf, siblingsOf };")();
  let held = 0;
  const plain = (value) => JSON.stringify(value, (key, one) => (typeof one === "bigint" ? one + "n"
    : ArrayBuffer.isView(one) ? Array.from(one) : one));
  const same = (is, wanted, what) => {
    if (plain(is) !== plain(wanted)) throw new Error(what + ": is " + plain(is) + ", not " + plain(wanted));
    held++;
  };

  // ---- columns
  const varint = (number) => {
    const bytes = [];
    for (let rest = BigInt(number); ; rest >>= 7n) {
      const low = Number(rest & 127n);
      if (rest < 128n) { bytes.push(low); return bytes; }
      bytes.push(low | 128);
    }
  };
  const column = (values) => {
    const bytes = [1];
    let last = 0n;
    for (const value of values) {
      const step = BigInt.asIntN(64, BigInt(value) - last);
      last = BigInt(value);
      if (step === 0n) bytes.push(0, 0);
      else bytes.push(...varint(step < 0n ? -step * 2n - 1n : step * 2n));
    }
    return Uint8Array.from(bytes);
  };
  const numbers = [5, 5, 5, -7, 300, 0, 255, 4000000000];
  same(page.decodeNumbers(column(numbers), new Float64Array(8)), numbers, "numbers");
  same(page.decodeNumbers(Uint8Array.from([2, 20, 0, 2]), new Float64Array(4)), [10, 20, 30, 40], "a steady clock");
  same(page.decodeNumbers(Uint8Array.from([1]), new Float64Array(2)), [0, 0], "an empty block");
  const edges = [9223372036854775807n, -9223372036854775808n, 0n, 1767225600123456789n];
  const exactly = (bytes, count) => Array.from({ length: count }, (none, row) => page.exactAt(bytes, row));
  same(exactly(column(edges), 4), edges, "64 bits, exactly");
  const wall = [1767225600000000000n, 1767225600010000000n, 1767225600020000000n, 1767225600030000001n];
  same(exactly(column(wall), 4), wall, "a wall clock, exactly");
  const steady = Uint8Array.from([2, ...varint(2n * wall[0]), ...varint(2n * (wall[0] - 10000000n) - 1n), 0, 1, 2]);
  same(exactly(steady, 5), [wall[0], wall[1], wall[2], wall[0] + 30000000n, wall[0] + 40000001n],
    "a wall clock under order 2");

  // ---- a small table: a word is recognised, the engine confirms and fences, the audio thread answers
  const names = {
    kind: { 1: "speech_started", 2: "command_recognise_start", 3: "recognition_final", 4: "abort", 5: "command_fence",
      6: "fence_applied" },
    family: { 1: "input", 2: "command", 3: "data", 4: "signal", 5: "command", 6: "input" },
    reason: { 9: "cancelled" }, lane: { 0: "ControlLane", 1: "DataLane" }, emitter: { 3: "turn_arbiter" },
    flags: { 0: "output", 1: "late_after_cancel" }, emitter_code: { 3: "RK-03" },
  };
  const fields = [["runtime_sequence", "unsigned", 8], ["mono_ns", "signed", 8], ["causal_parent", "unsigned", 4],
    ["turn_number", "unsigned", 4], ["kind", "kind", 2], ["reason", "reason", 2], ["node", "index", 1],
    ["lane", "lane", 1], ["emitter", "emitter", 1], ["flags", "flags", 1]];
  const side = { rows: 6, symbols: {}, sessions: [{ id: "kitchen", nodes: ["stt"], edges: [] }],
    texts: [[2, "Stop <b>now</b>"]] };
  const rows = {
    at: [0, 1e6, 9e6, 9e6, 9e6, 8e6], session: [0, 0, 0, 0, 0, 0], runtime_sequence: [1, 2, 3, 4, 5, 6],
    mono_ns: [1, 2, 3, 4, 5, edges[3]], causal_parent: [0, 1, 2, 3, 3, 0], turn_number: [0, 0, 1, 1, 1, 1],
    kind: [1, 2, 3, 4, 5, 6], reason: [0, 0, 0, 9, 0, 0], node: [255, 0, 0, 255, 255, 255], lane: [0, 1, 1, 0, 0, 0],
    emitter: [0, 3, 0, 3, 3, 0], flags: [0, 1, 0, 1, 1, 0],
  };
  const text = Object.entries(rows).map(([name, values]) =>
    name + " " + btoa(String.fromCharCode(...column(values)))).join("\n");
  const table = new page.EventTable(text, side, names, fields);
  same(table.byTime, [0, 1, 5, 2, 3, 4], "time puts a row that was told late in its place");
  same([table.placeAt(0), table.placeAt(8), table.placeAt(9.5)], [0, 2, 6], "places in time");
  same(page.jsonText(table.json(5)).includes("\"mono_ns\": 1767225600123456789"), true, "JSON keeps 64 bits");
  same(JSON.parse(page.jsonText(table.json(3))), { row: 3, at_ms: 9, session: "kitchen", runtime_sequence: 4, mono_ns: 4,
    causal_parent: 3, turn_number: 1, kind: "abort", reason: "cancelled", node: null, lane: "ControlLane",
    emitter: "turn_arbiter (RK-03)", flags: ["output"] }, "an event's JSON");

  // ---- why
  const chain = (row) => page.chainOf(table, row).map((link) => (link.recorded ? "" : "~") + link.row).join(" ");
  same(chain(3), "0 1 2 3", "from the first word to the abort");
  same(chain(5), "0 1 2 4 ~5", "the fence's answer follows from the protocol");
  same(page.effectsOf(table, 2, 9), [3, 4], "what an input caused");
  same(page.effectsOf(table, 4, 9), [5], "what a command caused");
  same(page.siblingsOf(table, 3, 9), [4], "what was given in the same step");

  // ---- asking
  const none = { text: "", show: "", kind: -1, reason: -1, node: -1, session: -1 };
  const found = (ask) => Array.from(page.findRows(table, Object.assign({}, none, ask)));
  same(found({}), [3], "nothing asked: the decisions");
  same(found({ show: "all" }), [0, 1, 5, 2, 3, 4], "everything, in the order of time");
  same(found({ text: "fence" }), [5, 4], "a word, wherever it is");
  same(found({ text: "stop" }), [2], "a word that was said");
  same(found({ text: "kind:fence is:output" }), [4], "two things at once");
  same(found({ text: "turn:1 -lane:control" }), [2], "a minus turns it round");
  same(found({ text: "node:stt" }), [1, 2], "a node");
  same(found({ reason: 9 }), [3], "a reason, picked");
  same(found({ text: "nowhere" }), [], "nothing");
  same(page.parseQuery("node:tts \"two words\" http://x"), [{ about: "node", what: "tts", not: false },
    { about: "", what: "two words", not: false }, { about: "", what: "http://x", not: false }], "words of a question");
  const merged = page.mergeRows([table, table], [Uint32Array.from([0, 3]), Uint32Array.from([5])]);
  same([merged.length, merged.side, merged.row], [3, [0, 1, 0], [0, 5, 3]], "two recordings, one list");
  same(page.placeInList([table, table], merged, 8.5), 2, "a place in it");
  same(page.tally(table, "turn_number"), [[1, 4], [0, 2]], "how often each occurs");

  // ---- outlines
  const peaks = new Int8Array(2 * 10000);
  for (let i = 0; i < 10000; i++) { peaks[2 * i] = -10; peaks[2 * i + 1] = i === 7777 ? 127 : 10; }
  const wave = new page.Wave(new Uint8Array(peaks.buffer), 80), range = {};
  same(wave.levels.length > 1, true, "coarser levels");
  same(wave.range(0, 800000, range) && range.max, 1, "the loudest is seen from afar");
  same(wave.range(0, 79, range) && [range.min, range.max], [-10 / 127, 10 / 127], "one bucket");
  same([wave.range(-500, -1, range), wave.range(800001, 900000, range)], [false, false], "outside is nothing");
  return held;
}
