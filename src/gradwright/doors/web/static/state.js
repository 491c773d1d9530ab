// The whole state of the page as the part of its address after #, readable and short: nothing else is kept.

const single = { view: "derive", f: "", x: "", order: "1", layout: "mixed", detail: "textbook", notation: "both", ind: "", code: "numpy", seed: "0", doc: "", name: "" };
const several = ["given", "shape"];

export function read(hash = location.hash) {
  const said = new URLSearchParams(hash.slice(1));
  const state = {};
  for (const [name, usual] of Object.entries(single)) state[name] = said.get(name) ?? usual;
  for (const name of several) state[name] = said.getAll(name);
  return state;
}

export function written(state) {
  const said = new URLSearchParams();
  for (const [name, usual] of Object.entries(single)) if (state[name] !== usual) said.set(name, state[name]);
  for (const name of several) for (const value of state[name]) said.append(name, value);
  return `#${said}`;
}

export function keep(state) {
  history.replaceState(null, "", written(state));
}
