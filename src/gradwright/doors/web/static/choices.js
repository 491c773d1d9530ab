// What is chosen beside the formula: the variable, the shapes, the facts. What belongs to another formula sleeps: it is
// shown in grey, is not sent to anything, and wakes when its formula comes back, or at a click. A fact goes with its symbol:
// where an edit leaves no occurrence of that standing, a symbol of the same name is another formula's.

import { byId, make } from "./tools.js";

const likely = ["x", "w", "W", "o", "z", "theta", "X", "S"];

/** The variable that is meant: the one chosen, or while that sleeps the likeliest of the formula's symbols. */
export function variable(known, wanted) {
  const names = known.symbols.filter((symbol) => !symbol.function).map((symbol) => symbol.name);
  return names.includes(wanted) ? wanted : likely.find((name) => names.includes(name)) ?? names[0] ?? "";
}

const homes = new Map(); // the formula that a sleeping fact or shape was last said of

/** Put to sleep what belongs to the formula before an edit, and wake what belongs to the one after it. */
export function follow(state, before, after) {
  const waking = state.asleep.filter((entry) => homes.get(entry) === after);
  for (const kind of ["given", "shape"]) {
    const gone = state[kind].filter((entry) => !survives(symbolOf(entry), before, after));
    for (const entry of gone) homes.set(entry, before);
    state[kind] = [...state[kind].filter((entry) => !gone.includes(entry)), ...waking.filter((entry) => kindOf(entry) === kind)];
    state.asleep = [...state.asleep.filter((entry) => !waking.includes(entry) && !gone.includes(entry)), ...gone];
  }
}

const kindOf = (entry) => (entry.includes(":") ? "shape" : "given");
const symbolOf = (entry) => (kindOf(entry) === "shape" ? nameOf(entry) : /\(([^)]*)\)/.exec(entry)?.[1].trim() ?? "");

/** Whether an occurrence of a symbol stands in the part of the formula that an edit did not touch. */
function survives(name, before, after) {
  if (!places(name, before).length) return true; // it is not written as it is called: nothing can be said
  let start = 0, end = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  return places(name, after).some((at) => at + name.length <= start || at >= after.length - end);
}

/** Where a symbol stands in a formula; in LaTeX a subscript is no part of its name. */
function places(name, formula) {
  const word = /[\\{$]/.test(formula) ? "\\p{L}\\p{N}" : "\\p{L}\\p{N}_";
  const found = new RegExp(`(?<![${word}])${name.replace(/[^\p{L}\p{N}_]/gu, "\\$&")}(?![${word}])`, "gu");
  return name ? [...formula.matchAll(found)].map((match) => match.index) : [];
}

/** Fill the rows; ``change(name, value)`` changes the state. */
export function fill(known, state, change) {
  variables(known, state, change);
  shapes(known, state, change);
  facts(known, state, change);
}

export function empty() {
  for (const name of ["variables", "shapes", "facts"]) byId(name).replaceChildren();
}

function variables(known, state, change) {
  const focused = document.activeElement?.name === "variable";
  const chosen = variable(known, state.x);
  byId("variables").replaceChildren(...known.symbols.filter((symbol) => !symbol.function).map((symbol) => {
    const input = make("input", { type: "radio", name: "variable", value: symbol.name, "aria-label": symbol.name });
    input.checked = symbol.name === chosen;
    input.addEventListener("change", () => change("x", symbol.name));
    return make("label", { class: "variable" }, input, make("span", { tex: symbol.latex }));
  }));
  if (state.x && chosen !== state.x) byId("variables").append(make("span", { class: "asleep", title: `there is no ${state.x} in this formula` }, state.x));
  if (focused) document.querySelector("[name=variable]:checked")?.focus();
}

const nameOf = (entry) => entry.split(":")[0].trim();

export function spaceOf(symbol) {
  const set = (dims) => (dims.length ? `\\mathbb{R}^{${dims.map((d) => (d.length > 1 && !/^\d/.test(d) ? `\\mathrm{${d}}` : d)).join(" \\times ")}}` : "\\mathbb{R}");
  const split = (words) => words.split(" ").filter(Boolean);
  return symbol.function ? `${symbol.latex} : ${set(split(symbol.shape[0]))} \\to ${set(split(symbol.shape[1]))}` : `${symbol.latex} \\in ${set(symbol.shape)}`;
}

function shapes(known, state, change) {
  if (document.activeElement?.classList.contains("extent")) return;
  const asleep = state.shape.filter((entry) => nameOf(entry) in known.asleep.shapes);
  byId("shapes").replaceChildren(...known.symbols.map((symbol) => {
    const said = symbol.function ? symbol.shape.join(" -> ") : symbol.shape.join(" ") || "scalar";
    const given = state.shape.some((entry) => nameOf(entry) === symbol.name);
    return make("button", {
      type: "button", class: `chip${given ? " set" : ""}${symbol.why ? " guessed" : ""}`, "data-symbol": symbol.name,
      title: symbol.why ? `assumed, for ${symbol.why}; change it` : `change the shape of ${symbol.name}`, onclick: (event) => edit(event.currentTarget, symbol, said, state, change),
    }, make("span", { "aria-hidden": "true", tex: spaceOf(symbol) }), make("span", { class: "hidden" }, `shape of ${symbol.name}: ${said}; change`));
  }), ...asleep.map((entry) => removable("asleep", entry, known.asleep.shapes[nameOf(entry)], () => change("shape", state.shape.filter((other) => other !== entry)))),
  ...sleeping("shape", known, state, change));
}

/** What sleeps for it was said of another formula: to be woken, where this one has its symbol. */
function sleeping(kind, known, state, change) {
  return state.asleep.filter((entry) => kindOf(entry) === kind).map((entry) => {
    const name = symbolOf(entry), without = () => state.asleep.filter((other) => other !== entry);
    const wake = () => { state.asleep = without(); change(kind, [...state[kind], entry]); };
    const here = known.symbols.some((symbol) => symbol.name === name) || places(name, state.f).length;
    const said = here ? make("button", { type: "button", class: "wake", onclick: wake }, entry) : entry;
    const title = here ? `said of ${homes.get(entry) ?? "another formula"}; click to say it of this one` : `there is no ${name} in this formula`;
    return removable(kind === "given" ? "fact asleep" : "asleep", said, title, () => change("asleep", without()), entry);
  });
}

function removable(kind, text, title, remove, name = text) {
  return make("span", { class: kind, title }, text, make("button", { type: "button", "aria-label": `remove ${name}`, onclick: remove }, "×"));
}

function edit(chip, symbol, said, state, change) {
  const input = make("input", { type: "text", class: "extent", value: said, "aria-label": `extents of ${symbol.name}, such as n m; empty to infer` });
  let over = false; // taking the field away makes it lose the focus, which would end it twice
  const done = (accept) => {
    if (over) return;
    over = true;
    const words = input.value.trim();
    input.replaceWith(chip);
    chip.focus();
    if (!accept || words === said) return;
    const rest = state.shape.filter((entry) => nameOf(entry) !== symbol.name);
    change("shape", words ? [...rest, `${symbol.name}: ${words}`] : rest);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); done(true); }
    if (event.key === "Escape") { event.stopPropagation(); done(false); }
  });
  input.addEventListener("blur", () => done(true));
  chip.replaceWith(input);
  input.select();
}

function facts(known, state, change) {
  const row = byId("facts");
  if (row.contains(document.activeElement) && document.activeElement.value) return;
  const focused = row.contains(document.activeElement);
  const list = make("datalist", { id: "known-facts" }, ...known.facts.map(({ fact, says }) => make("option", { value: fact }, says)));
  const input = make("input", { type: "text", list: "known-facts", placeholder: "onehot(y), symmetric(A) …", "aria-label": "add a fact" });
  const add = () => {
    const fact = input.value.trim();
    if (!fact || state.given.includes(fact)) return;
    input.value = "";
    state.asleep = state.asleep.filter((other) => other !== fact);
    change("given", [...state.given, fact]);
  };
  input.addEventListener("change", add);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
  const said = state.given.map((fact) => {
    const why = known.asleep.facts[fact];
    const wrong = known.warning?.text === fact;
    return removable(wrong ? "fact wrong" : why ? "fact asleep" : "fact", fact, why, () => change("given", state.given.filter((other) => other !== fact)));
  });
  row.replaceChildren(...said, ...sleeping("given", known, state, change), input, list);
  if (focused) input.focus();
}
