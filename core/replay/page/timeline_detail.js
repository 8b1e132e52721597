// The timeline page: the chosen event: why it happened, what followed, and all of its JSON.
const effectsMax = 12;

/** `follow`: bring it into view, where it is not. */
function choose(side, row, { follow }) {
  state.chosen = { side, row };
  state.chain = chainOf(tables[side], row);
  const ms = tables[side].ms[row];
  state.cursor = clamp(ms, 0, duration);
  if (state.playing) { pause(); play(); }
  if (follow) bringIntoView(ms);
  fillDetail();
  showInList();
  showCount();
  $("said").textContent = [$("count").textContent, headline(side, row), place(side, row), seconds(ms)]
    .filter(Boolean).join(", ");
  const link = "#" + sideLetters[side].toLowerCase() + row;
  // A page of its own folder may not rewrite its address everywhere; then it just stays.
  try { history.replaceState(null, "", link); } catch (refused) { /* the address is a comfort only */ }
  redrawOver();
}
function chooseFromAddress() {
  const named = /^#([ab])(\d+)$/.exec(location.hash);
  if (!named) return;
  const side = sideLetters.indexOf(named[1].toUpperCase()), row = Number(named[2]);
  if (!tables[side] || row >= tables[side].rows) return;
  if (full > 20000) setView(tables[side].ms[row] - 5000, tables[side].ms[row] + 5000);
  choose(side, row, { follow: true });
}
function linkTo(side, row, before, how) {
  const table = tables[side], name = table.kindName(row), reason = table.reasonName(row);
  const step = before === null ? "" : "+" + short(Math.max(0, table.ms[row] - table.ms[before]));
  const chosen = state.chosen.row === row && state.chosen.side === side;
  return el("li", { class: how },
    el("button", { type: "button", "aria-current": String(chosen), onclick: () => choose(side, row, { follow: true }) },
      el("time", {}, step),
      el("span", {}, el("b", {}, words(name)), reason ? " " + words(reason) : "",
        el("small", {}, [meanings[name], table.nodeName(row)].filter(Boolean).join(" \u00b7 ")))));
}
function whyPart(side) {
  const chain = state.chain, table = tables[side];
  if (chain.length < 2) {
    return [el("h4", {}, "Why"), el("p", { class: "soft" },
      table.isOutput(chain[0].row) ? "The recording names no cause." : "It came from the world: nothing in the engine caused it.")];
  }
  const steps = chain.map((link, i) => linkTo(side, link.row, i ? chain[i - 1].row : null,
    i && !link.recorded ? "protocol" : ""));
  const whole = table.ms[chain[chain.length - 1].row] - table.ms[chain[0].row];
  return [el("h4", {}, "Why", el("small", {}, `${chain.length - 1} steps, ${short(whole)}`)),
    el("ol", { class: "chain" }, ...steps),
    chain.some((link, i) => i && !link.recorded)
      ? el("p", { class: "soft fine" }, "Dashed: follows from the protocol; all else stands in the recording.") : null];
}
function effectsPart(side, row) {
  const effects = effectsOf(tables[side], row, effectsMax + 1);
  const siblings = siblingsOf(tables[side], row, effectsMax + 1);
  return [...linksPart("What followed", side, row, effects), ...linksPart("In the same step", side, row, siblings)];
}
function linksPart(title, side, row, found) {
  if (!found.length) return [];
  return [el("h4", {}, title),
    el("ol", { class: "chain effects" }, ...found.slice(0, effectsMax).map((one) => linkTo(side, one, row, ""))),
    found.length > effectsMax ? el("p", { class: "soft fine" }, "and more") : null];
}
function differencesPart(side, row) {
  const found = differences.filter((one) => (side === 0 ? one.a : one.b) === row);
  if (!found.length) return [];
  const other = side === 0 ? "b" : "a";
  return [el("h4", { class: "bad" }, "Differs"), ...found.map((one) => el("p", {}, one.message, " ",
    one[other] === null ? null : el("button", { type: "button",
      onclick: () => choose(1 - side, one[other], { follow: true }) }, "Show it in " + sideLetters[1 - side])))];
}
function jsonPart(side, row) {
  const text = jsonText(tables[side].json(row)), box = el("pre", { tabindex: "0", "aria-label": "Event as JSON" });
  for (const piece of text.split(/("(?:[^"\\]|\\.)*"(?=:))/)) {
    box.append(piece.startsWith("\"") ? el("span", { class: "name" }, piece) : piece);
  }
  const copy = el("button", { type: "button", class: "copy", onclick: () => {
    const select = getSelection(), range = document.createRange();
    range.selectNodeContents(box);
    select.removeAllRanges();
    select.addRange(range);
    if (navigator.clipboard) navigator.clipboard.writeText(text).catch(() => {});
    copy.textContent = "Copied";
  } }, "Copy");
  return [el("h4", {}, "JSON", copy), box];
}
function fillDetail() {
  const { side, row } = state.chosen, table = tables[side], text = table.text(row);
  const name = table.kindName(row);
  const given = table.isOutput(row) ? "given by the engine" : "told to the engine";
  $("detail").replaceChildren(
    el("h3", {}, words(name)),
    el("p", { class: "soft" }, [table.reasonName(row) ? words(table.reasonName(row)) : "", place(side, row),
      seconds(table.ms[row]), given].filter(Boolean).join(" \u00b7 ")),
    ...[meanings[name] ? el("p", {}, meanings[name][0].toUpperCase() + meanings[name].slice(1) + ".") : null,
      text ? el("blockquote", {}, text) : null].filter(Boolean),
    ...[...differencesPart(side, row), ...whyPart(side), ...effectsPart(side, row), ...jsonPart(side, row)]
      .filter(Boolean));
}
