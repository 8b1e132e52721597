// The timeline page: which events one asks for. Pure.
//
//   "abort"            a word: found in the kind, the reason, the node or the text
//   "kind:abort node:tts reason:cancelled turn:3 lane:control session:a text:stop emitter:arbiter is:output"
//                      a word about one thing; all words must hold; a minus before a word turns it round
const decisionFamilies = new Set(["signal", "arbitration", "flow"]);
const decisionInputs = new Set(["device_lost", "device_restored", "node_failed", "user_turn_requested",
  "user_cancel_requested", "shutdown_requested", "power_loss_found"]);

function parseQuery(text) {
  const words = [];
  for (const part of text.toLowerCase().match(/[^\s"]*"[^"]*"?|\S+/g) || []) {
    const not = part.startsWith("-") && part.length > 1;
    const plain = (not ? part.slice(1) : part).replaceAll("\"", "");
    const colon = plain.indexOf(":");
    const about = colon > 0 ? plain.slice(0, colon) : "";
    if (queryFields[about]) words.push({ about, what: plain.slice(colon + 1), not });
    else words.push({ about: "", what: plain, not });
  }
  return words.filter((word) => word.what !== "");
}
/** Numbers of an enumeration whose names hold `what`, as a table by number. */
function hits(names, what) {
  const found = new Uint8Array(1024);
  for (const [number, name] of Object.entries(names)) {
    const plain = name.toLowerCase();
    if (plain.includes(what) || plain.replaceAll("_", " ").includes(what)) found[Number(number)] = 1;
  }
  return found;
}
/** A node's name depends on its session's pipeline. */
function byNode(table, what) {
  const nodes = table.numbers("node"), sessions = table.numbers("session");
  const found = table.side.sessions.map((session) => hits(Object.assign({}, session.nodes), what));
  return (row) => nodes[row] !== noIndex && found[sessions[row]][nodes[row]] === 1;
}
/** Each answers for one table: (row) => boolean. */
const queryFields = {
  kind: (table, what) => byColumn(table, "kind", hits(table.names.kind, what)),
  reason: (table, what) => byColumn(table, "reason", hits(table.names.reason, what)),
  node: byNode,
  lane: (table, what) => byColumn(table, "lane", hits(table.names.lane, what)),
  emitter: (table, what) => byColumn(table, "emitter", hits(table.names.emitter, what)),
  family: (table, what) => byColumn(table, "kind", hits(table.names.family, what)),
  turn: (table, what) => { const turns = table.numbers("turn_number"); return (row) => turns[row] === Number(what); },
  text: (table, what) => (row) => table.text(row).toLowerCase().includes(what),
  is: (table, what) => (row) => (what === "output" ? table.isOutput(row) : what === "input" && !table.isOutput(row)),
  session: (table, what) => {
    const session = table.numbers("session");
    return (row) => table.side.sessions[session[row]].id.toLowerCase().includes(what);
  },
};
function byColumn(table, name, found) {
  const column = table.numbers(name);
  return (row) => found[column[row]] === 1;
}
function anywhere(table, what) {
  const kind = queryFields.kind(table, what), reason = queryFields.reason(table, what);
  const node = queryFields.node(table, what);
  const texts = new Set();
  for (const [row, text] of table.texts) if (text.toLowerCase().includes(what)) texts.add(row);
  return (row) => kind(row) || reason(row) || node(row) || texts.has(row);
}
function isDecision(table) {
  const decides = new Uint8Array(1024);
  for (const [number, family] of Object.entries(table.names.family)) {
    if (decisionFamilies.has(family) || decisionInputs.has(table.names.kind[number])) decides[Number(number)] = 1;
  }
  return byColumn(table, "kind", decides);
}
/** `ask`: {text, show, kind, reason, node, session}; the rows of the table that hold, in the order of time. */
function findRows(table, ask) {
  const tests = [];
  const words = parseQuery(ask.text || "");
  for (const word of words) {
    const test = word.about ? queryFields[word.about](table, word.what) : anywhere(table, word.what);
    tests.push(word.not ? (row) => !test(row) : test);
  }
  const exactly = (name, number) => {
    const column = table.numbers(name);
    tests.push((row) => column[row] === number);
  };
  if (ask.kind >= 0) exactly("kind", ask.kind);
  if (ask.reason >= 0) exactly("reason", ask.reason);
  if (ask.node >= 0) exactly("node", ask.node);
  if (ask.session >= 0) exactly("session", ask.session);
  // Whoever asks for nothing sees the decisions; whoever asks for something finds it wherever it is.
  const asked = words.length > 0 || ask.kind >= 0 || ask.reason >= 0 || ask.node >= 0;
  const show = ask.show || (asked ? "all" : "decisions");
  if (show === "decisions") tests.push(isDecision(table));
  else if (show !== "all") tests.push(byColumn(table, "kind", hits(table.names.family, show)));
  const found = new Uint32Array(table.rows);
  let count = 0;
  for (let i = 0; i < table.rows; i++) {
    const row = table.byTime[i];
    let holds = true;
    for (let k = 0; holds && k < tests.length; k++) holds = tests[k](row);
    if (holds) found[count++] = row;
  }
  return found.slice(0, count);
}
/** Several tables' rows as one list in the order of time. */
function mergeRows(tables, rowsOfTables) {
  const total = rowsOfTables.reduce((sum, rows) => sum + rows.length, 0);
  const merged = { length: total, side: new Uint8Array(total), row: new Uint32Array(total) };
  const next = rowsOfTables.map(() => 0);
  for (let i = 0; i < total; i++) {
    let best = -1;
    for (let s = 0; s < tables.length; s++) {
      if (next[s] >= rowsOfTables[s].length) continue;
      const ms = tables[s].ms[rowsOfTables[s][next[s]]];
      if (best < 0 || ms < tables[best].ms[rowsOfTables[best][next[best]]]) best = s;
    }
    merged.side[i] = best;
    merged.row[i] = rowsOfTables[best][next[best]++];
  }
  return merged;
}
/** The first place in a merged list at or behind `ms`. */
function placeInList(tables, list, ms) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tables[list.side[middle]].ms[list.row[middle]] < ms) low = middle + 1; else high = middle;
  }
  return low;
}
/** How often each number of a column occurs: [number, count], most first. */
function tally(table, name) {
  const counts = new Map();
  for (const value of table.numbers(name)) counts.set(value, (counts.get(value) || 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
