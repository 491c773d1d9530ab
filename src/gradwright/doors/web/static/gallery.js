// The examples by field, and the formulas that were derived here before. Each is a state of the page, so a click is a link.

import fields from "./examples.js";
import { byId, make } from "./tools.js";
import { earlier, forget, read, written } from "./state.js";
import { fit, keepFitting } from "./fit.js";

const usual = { view: "derive", given: [], shape: [] };
const example = ({ name, tex, ...asked }) => ({ ...read("#"), ...usual, ...asked });

export function show() {
  const list = byId("gallery");
  if (!list.childElementCount) {
    for (const { field, examples } of fields) {
      list.append(make("h3", {}, field), make("ol", { class: "gallery" }, ...examples.map((one) => link(example(one), make("span", { class: "name" }, one.name), make("span", { class: "tex fits", tex: one.tex })))));
    }
    keepFitting(list);
  }
  fit(list);
  yours();
}

function link(state, ...children) {
  return make("li", {}, make("a", { href: written(state) }, ...children));
}

/** What was derived on this machine, the latest first: nothing of it leaves the browser. */
function yours() {
  const home = byId("yours"), past = earlier();
  home.hidden = !past.length;
  byId("past").replaceChildren(...past.map((address) => {
    const state = read(address);
    return link(state, make("code", {}, state.f), make("span", { class: "hint" }, `in ${state.x || "its symbol"}${state.given.length ? `, ${state.given.join(", ")}` : ""}`));
  }));
}

byId("forget").addEventListener("click", () => { forget(); yours(); });

export const founding = example(fields[0].examples[0]);
