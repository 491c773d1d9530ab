// The whole state of a view as the part of its address after #, readable and short; and what outlives an address:
// drafts, so that no view loses what was typed when another is looked at, and the formulas that were derived before.

const usual = { view: "derive", f: "", x: "", order: "1", layout: "mixed", detail: "textbook", notation: "both", ind: "", code: "numpy", seed: "0", doc: "", name: "" };
const several = ["given", "shape", "asleep"];
const of = {
  derive: ["f", "x", "order", "layout", "detail", "notation", "ind", "code", "seed", ...several],
  check: ["doc", "name", "given", "shape"],
  gallery: [],
};
const MOST = 40;

export function read(hash = location.hash) {
  const said = new URLSearchParams(hash.slice(1));
  const state = {};
  for (const [name, value] of Object.entries(usual)) state[name] = said.get(name) ?? value;
  for (const name of several) state[name] = said.getAll(name);
  return state;
}

export function written(state) {
  const said = new URLSearchParams();
  if (state.view !== usual.view) said.set("view", state.view);
  for (const name of of[state.view] ?? []) {
    if (several.includes(name)) for (const value of state[name]) said.append(name, value);
    else if (state[name] !== usual[name]) said.set(name, state[name]);
  }
  return `#${said}`;
}

/** The state that an address asks for: one that names a view and nothing else means what was last there. */
export function wanted() {
  const hash = location.hash.replace(/^#/, "");
  const bare = /^(?:view=(\w+))?$/.exec(hash);
  const draft = bare && hash && recall(sessionStorage, `draft ${bare[1]}`);
  return draft ? read(draft) : read();
}

/**
 * The address of the state. Where the last one holds an answer that was looked at, this is a new entry of the browser's
 * history, so that Back returns there; ``quietly`` for what changes no answer.
 */
export function keep(state, quietly = false) {
  const address = written(state);
  store(sessionStorage, `draft ${state.view}`, address);
  if (address === location.hash) return;
  if (quietly || !history.state?.settled) history.replaceState(history.state, "", address);
  else history.pushState(null, "", address);
}

/** An answer that stayed on the screen for a while: Back returns to it, and its formula is remembered as ``own``. */
export function settle(state, own) {
  history.replaceState({ settled: true }, "");
  const others = earlier().filter((address) => read(address).f !== state.f);
  store(localStorage, "formulas", JSON.stringify([written(own), ...others].slice(0, MOST)));
}

/** The addresses of formulas that were derived before, the latest first. */
export function earlier() {
  try {
    return JSON.parse(recall(localStorage, "formulas") ?? "[]").filter((address) => typeof address === "string");
  } catch {
    return [];
  }
}

export function forget() {
  store(localStorage, "formulas", "[]");
}

function store(where, name, value) {
  try { where.setItem(`gradwright ${name}`, value); } catch { /* a private window keeps nothing */ }
}

function recall(where, name) {
  try { return where.getItem(`gradwright ${name}`); } catch { return null; }
}
