// The first view: a formula, what it was read as, its derivation, its code, its plots.

import { ask, byId, cancel, copy, cut, make, say, sentence, typeset } from "./tools.js";
import { keep, written } from "./state.js";
import * as plot from "./plot.js";

let state = null;
let known = null; // what the server read
let derived = null;
let codes = {};
let seen = null; // shows the plots once they come into view

const field = byId("formula");

export function show(next) {
  state = next;
  if (field.value !== state.f) field.value = state.f;
  for (const name of ["order", "layout", "detail"]) byId(name).value = state[name];
  byId("independent").checked = state.ind === "1";
  for (const radio of document.getElementsByName("notation")) radio.checked = radio.value === state.notation;
  notation();
  grow();
  return understand();
}

export function setUp() {
  field.addEventListener("input", () => {
    state.f = field.value;
    grow();
    changed();
  });
  byId("ask").addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["order", "layout", "detail"]) byId(name).addEventListener("change", (event) => set(name, event.target.value));
  byId("independent").addEventListener("change", (event) => set("ind", event.target.checked ? "1" : ""));
  for (const radio of document.getElementsByName("notation")) radio.addEventListener("change", () => { state.notation = radio.value; keep(state); notation(); });
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copied(button));
  for (const tab of document.querySelectorAll("[data-target]")) {
    tab.addEventListener("click", () => code(tab.dataset.target));
    tab.addEventListener("keydown", (event) => turn(event, tab));
  }
  byId("another").addEventListener("click", () => { state.seed = String(Number(state.seed) + 1); keep(state); plots(); });
}

function set(name, value) {
  state[name] = value;
  changed(false);
}

let waiting = 0;
function changed(typing = true) {
  keep(state);
  clearTimeout(waiting);
  byId("outcome").classList.add("stale");
  waiting = setTimeout(understand, typing ? 40 : 0);
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function question(extra = {}) {
  const shapes = Object.fromEntries(state.shape.map((said) => said.split(/:(.*)/s).slice(0, 2).map((part) => part.trim())));
  return { formula: state.f, wrt: state.x, given: state.given, shapes, order: Number(state.order), layout: state.layout, detail: state.detail, independent: state.ind === "1", ...extra };
}

// --- reading

async function understand() {
  if (!state.f.trim()) return blank();
  const reading = byId("reading");
  const variable = state.x;
  const early = variable ? ask("derive", question()) : null; // beside the reading, not after it
  const reply = await ask("read", question());
  if (reply === null) return;
  if (reply.error) {
    cancel("derive", "emit", "plot");
    reading.classList.add("stale");
    return problem(reply.error);
  }
  known = reply;
  reading.classList.remove("stale");
  reading.replaceChildren(...reply.latex.map((tex) => make("span", { class: "tex", tex })));
  if (reply.translated) reading.append(make("span", { class: "hint" }, `read as ${reply.text}`));
  choose();
  variables();
  shapes();
  facts(reply.warning);
  if (reply.warning) return problem(reply.warning);
  problem(null);
  await derive(state.x === variable ? early : null);
}

function blank() {
  cancel("read", "derive", "emit", "plot");
  problem(null);
  byId("reading").replaceChildren(make("span", { class: "hint" }, "Type a formula, such as norm2(A*x - b)^2, or take one from the examples."));
  for (const name of ["variables", "shapes", "facts"]) byId(name).replaceChildren();
  byId("outcome").hidden = true;
}

/** A variable to begin with: the one chosen, or the likeliest. */
function choose() {
  const names = known.symbols.filter((symbol) => !symbol.function).map((symbol) => symbol.name);
  if (names.includes(state.x)) return;
  const likely = ["x", "w", "W", "o", "z", "theta", "X", "S"];
  state.x = likely.find((name) => names.includes(name)) ?? names[0] ?? "";
  keep(state);
}

function problem(error) {
  const line = byId("problem"), backdrop = byId("backdrop");
  const inside = error?.field === "formula" && error.span;
  field.setAttribute("aria-invalid", String(Boolean(inside)));
  backdrop.replaceChildren();
  if (!error) return line.replaceChildren();
  byId("outcome").classList.add("old");
  line.replaceChildren(error.message, error.hint ? make("span", { class: "hint" }, error.hint) : "");
  if (!inside) {
    if (error.field === "other" && error.text) line.prepend(`${error.text}: `);
    return;
  }
  const [before, wrong, after] = cut(state.f, error.span);
  backdrop.append(before, make("mark", {}, wrong || " "), after);
}

function variables() {
  const focused = document.activeElement?.name === "variable";
  byId("variables").replaceChildren(...known.symbols.filter((symbol) => !symbol.function).map((symbol) => {
    const input = make("input", { type: "radio", name: "variable", value: symbol.name, "aria-label": symbol.name });
    input.checked = symbol.name === state.x;
    input.addEventListener("change", () => set("x", symbol.name));
    return make("label", { class: "variable" }, input, make("span", { tex: symbol.latex }));
  }));
  if (focused) document.querySelector("[name=variable]:checked")?.focus();
}

function spaceOf(symbol) {
  const set = (dims) => (dims.length ? `\\mathbb{R}^{${dims.map((d) => (d.length > 1 && !/^\d/.test(d) ? `\\mathrm{${d}}` : d)).join(" \\times ")}}` : "\\mathbb{R}");
  const split = (words) => words.split(" ").filter(Boolean);
  return symbol.function ? `${symbol.latex} : ${set(split(symbol.shape[0]))} \\to ${set(split(symbol.shape[1]))}` : `${symbol.latex} \\in ${set(symbol.shape)}`;
}

function shapes() {
  if (document.activeElement?.classList.contains("extent")) return;
  byId("shapes").replaceChildren(...known.symbols.map((symbol) => {
    const said = symbol.function ? symbol.shape.join(" -> ") : symbol.shape.join(" ") || "scalar";
    const given = state.shape.some((entry) => entry.split(":")[0].trim() === symbol.name);
    return make("button", {
      type: "button", class: given ? "chip set" : "chip", "data-symbol": symbol.name,
      title: `change the shape of ${symbol.name}`, onclick: (event) => edit(event.currentTarget, symbol, said),
    }, make("span", { "aria-hidden": "true", tex: spaceOf(symbol) }), make("span", { class: "hidden" }, `shape of ${symbol.name}: ${said}; change`));
  }));
}

function edit(chip, symbol, said) {
  const input = make("input", { type: "text", class: "extent", value: said, "aria-label": `extents of ${symbol.name}, such as n m; empty to infer` });
  let over = false; // taking the field away makes it lose the focus, which would end it twice
  const done = (accept) => {
    if (over) return;
    over = true;
    const words = input.value.trim();
    input.replaceWith(chip);
    chip.focus();
    if (!accept || words === said) return;
    const rest = state.shape.filter((entry) => entry.split(":")[0].trim() !== symbol.name);
    set("shape", words ? [...rest, `${symbol.name}: ${words}`] : rest);
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); done(true); }
    if (event.key === "Escape") { event.stopPropagation(); done(false); }
  });
  input.addEventListener("blur", () => done(true));
  chip.replaceWith(input);
  input.select();
}

function facts(warning) {
  const row = byId("facts");
  if (row.contains(document.activeElement) && document.activeElement.value) return;
  const focused = row.contains(document.activeElement);
  const list = make("datalist", { id: "known-facts" }, ...known.facts.map((fact) => make("option", { value: fact })));
  const input = make("input", { type: "text", list: "known-facts", placeholder: "onehot(y), symmetric(A) …", "aria-label": "add a fact" });
  const add = () => {
    const fact = input.value.trim();
    if (!fact || state.given.includes(fact)) return;
    input.value = "";
    set("given", [...state.given, fact]);
  };
  input.addEventListener("change", add);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
  row.replaceChildren(...state.given.map((fact) => make("span", { class: warning?.text === fact ? "fact wrong" : "fact" }, fact,
    make("button", { type: "button", "aria-label": `remove ${fact}`, onclick: () => set("given", state.given.filter((other) => other !== fact)) }, "×"))), input, list);
  if (focused) input.focus();
}

// --- deriving

async function derive(early) {
  const reply = await (early ?? ask("derive", question()));
  if (reply === null) return;
  if (reply.error) return problem(reply.error);
  derived = reply;
  codes = {};
  byId("outcome").hidden = false;
  byId("outcome").classList.remove("stale", "old");
  const { latex, index } = reply.result;
  byId("result").replaceChildren(make("span", { tex: `${reply.head} = ${latex}` }));
  if (index !== latex) byId("result").append(make("span", { class: "entry", tex: `${reply.entry} = ${index}` }));
  certificate(reply.certificate);
  byId("suggestions").replaceChildren(...reply.suggestions.map(suggestion));
  steps(reply.sections);
  say(`Result: ${reply.result.unicode}. ${reply.certificate.said}`);
  code(state.code);
  watchPlots();
}

function certificate(found) {
  const [verdict, ...rest] = found.said.split(":");
  const line = byId("certificate");
  line.classList.toggle("unsure", found.verdict !== "confirmed");
  line.replaceChildren(make("b", {}, `${found.verdict === "confirmed" ? "✓ " : ""}${verdict}`), rest.length ? `:${rest.join(":")}` : "",
    ...derived.almost.map((note) => make("span", {}, `. Almost everywhere: ${note}`)), make("br"), `Layout ${derived.layout}`);
}

function suggestion({ fact, latex }) {
  return make("p", {}, "With ", make("button", { type: "button", onclick: () => set("given", [...state.given, fact]) }, fact), " this becomes ", make("span", { tex: latex }));
}

function steps(sections) {
  const home = byId("steps");
  const open = new Set([...home.querySelectorAll("details[open]")].map((block) => block.dataset.key));
  const blocks = [];
  let lemma = null, cases = null;
  for (const section of sections) {
    if (section.kind === "result") {
      blocks.push(...section.notes.filter((note) => !note.startsWith("With the fact") && !note.startsWith("Almost")).map((note) => make("p", { class: "note" }, ...sentence(note))));
      continue;
    }
    if (section.kind === "case" && lemma) {
      if (!cases) {
        cases = make("details", { class: "cases", "data-key": `cases ${lemma.dataset.key}` }, make("summary", {}, "by cases"));
        lemma.append(cases);
      }
      cases.append(make("h3", {}, section.title), ...lines(section));
      continue;
    }
    cases = null;
    const body = [...lines(section), ...section.notes.map((note) => make("p", { class: "note" }, ...sentence(note)))];
    lemma = section.kind === "lemma" ? make("details", { class: "block", open: true, "data-key": section.title }, make("summary", {}, section.title), ...body) : null;
    blocks.push(lemma ?? make("div", { class: "block" }, make("h3", {}, section.title), ...body));
  }
  home.replaceChildren(...blocks);
  for (const block of home.querySelectorAll("details")) if (open.has(block.dataset.key)) block.open = true;
}

function lines(section) {
  let previous = null, matrixBefore = null;
  const rows = section.lines.map((line) => {
    const first = line.head !== previous;
    previous = line.head;
    const index = make("div", { class: "index", tex: `${first ? line.head : "\\phantom{" + line.head + "}"} = ${line.index}` });
    const matrix = make("div", { class: "matrix" });
    if (line.matrix) {
      typeset(matrix, `\\displaystyle ${line.head !== matrixBefore && line.matrixHead ? `${line.matrixHead} = ` : "= "}${line.matrix}`);
      matrixBefore = line.head;
    }
    const why = make("div", { class: "why" }, ...sentence(line.reason), line.source ? make("small", {}, line.source) : null);
    return make("div", { class: line.matrix ? "step" : "step only", tabindex: "0", role: "group", "aria-label": `${line.reason || section.title}` }, index, matrix, why);
  });
  rows.forEach((row, k) => {
    if (!["lemma", "main", "case"].includes(section.kind)) return;
    const light = (on) => {
      row.classList.toggle("after", on);
      rows[k - 1]?.classList.toggle("before", on);
    };
    for (const event of ["mouseenter", "focus"]) row.addEventListener(event, () => light(true));
    for (const event of ["mouseleave", "blur"]) row.addEventListener(event, () => light(false));
  });
  return rows;
}

function notation() {
  byId("steps").className = `steps-${state.notation}`;
}

// --- code

async function code(target) {
  state.code = target;
  keep(state);
  for (const tab of document.querySelectorAll("[data-target]")) {
    const chosen = tab.dataset.target === target;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  const panel = byId("code");
  panel.setAttribute("aria-labelledby", `tab-${target}`);
  if (codes[target] === undefined) {
    const reply = await ask("emit", question({ target }));
    if (reply === null) return;
    codes[target] = reply.error ? `# ${reply.error.message}${reply.error.hint ? `\n# ${reply.error.hint}` : ""}` : reply.code;
  }
  panel.replaceChildren(...coloured(codes[target]));
}

const tokens = /("""[\s\S]*?"""|"[^"\n]*"|'[^'\n]*')|(#[^\n]*)|\b(def|return|import|from|as|if|else|for|in|raise|not|and|or|with|lambda|class|range)\b/g;
function* coloured(text) {
  let at = 0;
  for (const found of text.matchAll(tokens)) {
    yield text.slice(at, found.index);
    yield make("span", { class: found[1] ? "tok-s" : found[2] ? "tok-c" : "tok-k" }, found[0]);
    at = found.index + found[0].length;
  }
  yield text.slice(at);
}

function turn(event, tab) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("[data-target]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  next.focus();
  code(next.dataset.target);
}

// --- plots

function watchPlots() {
  seen?.disconnect();
  byId("plots").replaceChildren(make("p", { class: "hint" }, "…"));
  seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    plots();
  }, { rootMargin: "200px" });
  seen.observe(byId("plots"));
}

async function plots() {
  const reply = await ask("plot", question({ seed: Number(state.seed) || 0 }));
  if (reply === null) return;
  const home = byId("plots");
  if (reply.error) return home.replaceChildren(make("p", { class: "note" }, reply.error.message));
  const what = state.order === "2" ? "The Hessian" : derived.result.shape.length > 1 ? "The derivative" : "The gradient";
  home.replaceChildren(plot.heat(reply.heat, what), plot.along(reply.along), plot.differences(reply.differences));
}

// --- keys and copies

function copied(button) {
  const what = button.dataset.copy;
  const text = {
    latex: derived?.result.latex, unicode: derived?.result.unicode, text: derived?.result.text,
    link: location.origin + location.pathname + written(state), code: codes[state.code],
  }[what] ?? (button.dataset.format && whole(button.dataset.format));
  if (text === undefined) return;
  copy(text, what).then((good) => {
    const before = button.textContent;
    button.textContent = good ? "copied" : "not copied";
    setTimeout(() => { button.textContent = before; }, 1200);
  });
}

/** The whole derivation, which is written when it is asked for. */
async function whole(format) {
  const reply = await ask("copy", question({ format, notation: state.notation }));
  if (!reply?.copy) throw new Error(reply?.error?.message);
  return reply.copy;
}

export const keys = {
  y: () => document.querySelector("[data-copy=latex]").click(),
  s: () => document.querySelector("[data-copy=link]").click(),
  l: () => {
    const blocks = [...document.querySelectorAll("#steps details")];
    const open = blocks.some((block) => !block.open);
    for (const block of blocks) block.open = open;
  },
  j: () => walk(1),
  k: () => walk(-1),
};

function walk(step) {
  const rows = [...document.querySelectorAll("#steps .step")].filter((row) => row.offsetParent);
  const here = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, here + step))]?.focus();
}
