// The timeline page: every event of a recording as columns. Pure; the reader of core/replay/event_columns.hpp.
//
// A column is decoded when it is first asked for: whole, as numbers, where it is drawn or searched; for one row,
// exactly, where an event's JSON shows it, because 64 bits do not fit a number.
function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
/** Differences of order 1 or 2, zigzag varints, runs of zeros counted: event_columns.hpp. Whole column. */
function decodeNumbers(bytes, out) {
  const twice = bytes[0] === 2;
  let place = 1, value = 0, step = 0, row = 0;
  const varint = () => {
    let number = 0, scale = 1, byte;
    do {
      byte = bytes[place++];
      number += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    return number;
  };
  while (row < out.length && place < bytes.length) {
    const number = varint();
    let times = 1, difference = 0;
    if (number === 0) times += varint();
    else difference = number % 2 ? -(number + 1) / 2 : number / 2;
    for (; times > 0 && row < out.length; times--) {
      step = twice ? step + difference : difference;
      value += step;
      out[row++] = value;
    }
  }
  return out;
}
/**
 * One row's value, exact in 64 bits. Numbers carry the walk as long as they can (2^50 is far from what they round);
 * BigInt takes over for the few steps that are larger: the first of a wall clock, a ticket, whatever 64 bits hold.
 */
const carried = 2 ** 50;
function exactAt(bytes, wanted) {
  const twice = bytes[0] === 2;
  let place = 1, row = 0, base = 0n, offset = 0, step = 0;  // the value is base + offset
  const varint = () => {
    const from = place;
    let number = 0, scale = 1, byte;
    do {
      byte = bytes[place++];
      number += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127);
    if (place - from <= 7) return number;
    let exact = 0n;
    for (let i = place - 1; i >= from; i--) exact = exact << 7n | BigInt(bytes[i] & 127);
    return exact;
  };
  const small = (value) => (value < carried && value > -carried ? Number(value) : value);
  while (row <= wanted && place < bytes.length) {
    const number = varint();
    let difference = 0, times = 1;
    if (number === 0) times = Math.min(Number(varint()) + 1, wanted + 1 - row);
    else if (typeof number === "bigint") difference = number & 1n ? -((number + 1n) >> 1n) : number >> 1n;
    else difference = number % 2 ? -(number + 1) / 2 : number / 2;
    if (typeof difference === "bigint" || typeof step === "bigint") {
      step = small(BigInt.asIntN(64, twice ? BigInt(step) + BigInt(difference) : BigInt(difference)));
    } else {
      step = small(twice ? step + difference : difference);
    }
    row += times;
    if (typeof step === "number" && Math.abs(step * times) < carried && Math.abs(offset) < carried) {
      offset += step * times;
    } else {
      base = BigInt.asIntN(64, base + BigInt(offset) + BigInt(step) * BigInt(times));
      offset = 0;
    }
  }
  return BigInt.asIntN(64, base + BigInt(offset));
}

const numberForms = {
  at: Float64Array, session: Uint16Array, kind: Uint16Array, reason: Uint16Array, node: Uint8Array, edge: Uint8Array,
  lane: Uint8Array, target_lane: Uint8Array, flags: Uint8Array, turn_number: Uint32Array, causal_parent: Uint32Array,
};
const outputFlag = 1, noIndex = 255;

/** The names that a node has in any session, by its number: most often one. */
function nodeLabels(side) {
  const labels = [];
  for (const session of side.sessions) session.nodes.forEach((name, node) => {
    labels[node] = labels[node] || [];
    if (!labels[node].includes(name)) labels[node].push(name);
  });
  return labels.map((names) => names.join(" / "));
}

class EventTable {
  /** `text`: one "name base64" a line. `names`, `fields`: of the data block. `side`: the recording's part of it. */
  constructor(text, side, names, fields) {
    this.rows = side.rows;
    this.side = side;
    this.names = names;
    this.fields = fields;
    this.blocks = new Map();
    for (const line of text.split("\n")) {
      const space = line.indexOf(" ");
      if (space > 0) this.blocks.set(line.slice(0, space), line.slice(space + 1));
    }
    this.decoded = new Map();
    this.bytes = new Map();
    this.texts = new Map(side.texts);
    this.ms = this.numbers("at");
    for (let i = 0; i < this.rows; i++) this.ms[i] /= 1e6;  // nanoseconds become milliseconds
    this.byTime = this.orderByTime();
  }
  bytesOf(name) {
    if (!this.bytes.has(name)) this.bytes.set(name, bytesOf(this.blocks.get(name) || "AQ=="));
    return this.bytes.get(name);
  }
  numbers(name) {
    if (!this.decoded.has(name)) {
      const out = new (numberForms[name] || Float64Array)(this.rows);
      this.decoded.set(name, decodeNumbers(this.bytesOf(name), out));
    }
    return this.decoded.get(name);
  }
  exact(name, row) { return exactAt(this.bytesOf(name), row); }
  /** Two threads' clocks may be told slightly out of order: rows nearly sorted, so moving the few is quick. */
  orderByTime() {
    const order = new Uint32Array(this.rows);
    for (let i = 0; i < this.rows; i++) {
      let k = i;
      for (; k > 0 && this.ms[order[k - 1]] > this.ms[i]; k--) order[k] = order[k - 1];
      order[k] = i;
    }
    return order;
  }
  /** The first place in byTime at or after `ms`. */
  placeAt(ms) {
    let low = 0, high = this.rows;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ms[this.byTime[middle]] < ms) low = middle + 1; else high = middle;
    }
    return low;
  }
  kindName(row) { return this.nameOf("kind", this.numbers("kind")[row]); }
  reasonName(row) {
    const reason = this.numbers("reason")[row];
    return reason === 0 ? "" : this.nameOf("reason", reason);
  }
  family(row) { return this.names.family[this.numbers("kind")[row]] || "input"; }
  nodeName(row) {
    const node = this.numbers("node")[row];
    return node === noIndex ? "" : this.sessionOf(row).nodes[node] || "node-" + node;
  }
  /** Each session has the nodes of its own pipeline. */
  sessionOf(row) { return this.side.sessions[this.numbers("session")[row]]; }
  isOutput(row) { return (this.numbers("flags")[row] & outputFlag) !== 0; }
  text(row) { return this.texts.get(row) || ""; }
  nameOf(form, number) { return this.names[form][number] || number + " (?)"; }

  /** Every field by its name; numbers of 64 bits stay exact. */
  json(row) {
    const all = {
      row, at_ms: this.ms[row], session: this.sessionOf(row).id,
    };
    for (const [name, form, size] of this.fields) {
      all[name] = this.member(row, name, form, size);
    }
    if (this.texts.has(row)) all.text = this.text(row);
    return all;
  }
  member(row, name, form, size) {
    const value = this.exact(name, row);
    const number = Number(value);
    if (form === "unsigned") return size === 8 ? BigInt.asUintN(64, value) : number;
    if (form === "signed") return value;
    if (form === "flags") {
      return Object.keys(this.names.flags).filter((bit) => number >> Number(bit) & 1)
        .map((bit) => this.names.flags[bit]);
    }
    if (form === "index") {
      if (number === noIndex) return null;
      return this.sessionOf(row)[name + "s"][number] || name + "-" + number;
    }
    if (form === "emitter") {
      const code = this.names.emitter_code[number];
      return this.nameOf(form, number) + (code ? " (" + code + ")" : "");
    }
    if (form === "reason" && number === 0) return null;
    return this.nameOf(form, number);
  }
}
/** As JSON text; BigInt as the digits it is. */
function jsonText(value, indent) {
  const deeper = (indent || "") + "  ";
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return "[" + value.map((item) => jsonText(item, deeper)).join(", ") + "]";
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => deeper + JSON.stringify(key) + ": " + jsonText(item, deeper));
  return "{\n" + members.join(",\n") + "\n" + (indent || "") + "}";
}
