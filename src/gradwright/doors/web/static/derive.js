// The first view: a formula, what it was read as, its derivation, its code, its plots.
//
// What is on the screen belongs to the formula on the screen, or says of which earlier one it is. While somebody types
// nothing is blamed: a refusal waits until the keys rest.

import { ask, byId, cancel, copy, cut, make, say, sentence } from "./tools.js";
import { keep, settle, written } from "./state.js";
import * as choices from "./choices.js";
import * as exporting from "./export.js";
import * as plot from "./plot.js";
import { fit, keepFitting } from "./fit.js";
import { fold, notation, steps, walk } from "./steps.js";
import { suggest } from "./complete.js";

const CALM = 600; // milliseconds without a key after which a refusal is shown
const LOOKED_AT = 1500; // milliseconds after which an answer was looked at: Back returns to it

let state = null;
let known = null; // what the server read
const DIFFERENTIAL = "differential";
let derived = null; // the answer on the screen, and of which formula it is
let codes = {};
let seen = null; // shows the plots once they come into view
let typed = -CALM; // when the last key was pressed

const field = byId("formula");

export function show(next) {
  state = next;
  typed = -CALM;
  if (field.value !== state.f) field.value = state.f;
  for (const name of ["order", "layout", "detail"]) byId(name).value = state[name];
  byId("independent").checked = state.ind === "1";
  for (const radio of document.getElementsByName("notation")) radio.checked = radio.value === state.notation;
  notation(state.notation);
  grow();
  keep(state);
  mark();
  return understand();
}

export function setUp() {
  field.addEventListener("input", () => {
    choices.follow(state, state.f, field.value);
    state.f = field.value;
    typed = performance.now();
    grow();
    changed();
  });
  byId("ask").addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["order", "layout", "detail"]) byId(name).addEventListener("change", (event) => set(name, event.target.value));
  byId("independent").addEventListener("change", (event) => set("ind", event.target.checked ? "1" : ""));
  for (const radio of document.getElementsByName("notation")) radio.addEventListener("change", () => noted(radio.value));
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copied(button));
  for (const tab of document.querySelectorAll("[data-target]")) {
    tab.addEventListener("click", () => code(tab.dataset.target));
    tab.addEventListener("keydown", (event) => turn(event, tab));
  }
  byId("another").addEventListener("click", () => { state.seed = String(Number(state.seed) + 1); keep(state, true); plots(); });
  exporting.setUp(whole, () => derived);
  suggest(field);
  keepFitting(byId("reading"), byId("result"), byId("steps"));
  addEventListener("resize", grow);
}

function set(name, value) {
  state[name] = value;
  typed = -CALM;
  changed();
}

/** Index and matrix notation are beside each other in one answer; differentials have lines of their own. */
function noted(chosen) {
  const other = DIFFERENTIAL === chosen || DIFFERENTIAL === state.notation;
  state.notation = chosen;
  keep(state, true);
  notation(chosen);
  if (other) changed();
}

let waiting = 0;
let looking = 0;
function changed() {
  keep(state);
  clearTimeout(waiting);
  clearTimeout(looking);
  mark();
  byId("problem").classList.add("waits");
  waiting = setTimeout(understand, typed < 0 ? 0 : 40);
}

/** Say of what is shown whether it is of the formula above it. */
function mark() {
  const current = derived !== null && derived.formula === state.f && derived.asked === asked();
  byId("outcome").classList.toggle("stale", !current);
  byId("earlier").hidden = current || derived === null;
  if (derived !== null) byId("earlier").replaceChildren("of the earlier formula ", make("code", {}, derived.formula));
  if (derived !== null && derived.formula === state.f) byId("earlier").replaceChildren("of what was asked before");
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function question() {
  const shapes = Object.fromEntries(state.shape.map((said) => said.split(/:(.*)/s).slice(0, 2).map((part) => part.trim())));
  return { formula: state.f, wrt: known && known.of === state.f ? choices.variable(known, state.x) : state.x, given: state.given, shapes, order: Number(state.order), layout: state.layout, detail: state.detail, notation: state.notation === DIFFERENTIAL ? DIFFERENTIAL : "both", independent: state.ind === "1" };
}

const asked = () => JSON.stringify(question());

// --- reading

async function understand() {
  if (!state.f.trim()) return blank();
  const formula = state.f;
  const guess = question();
  const early = guess.wrt ? ask("derive", guess) : null; // beside the reading, not after it
  const reply = await ask("read", question());
  if (reply === null || formula !== state.f) return;
  if (reply.error) {
    cancel("derive", "emit", "plot");
    byId("reading").classList.add("stale");
    return problem(reply.error);
  }
  known = { ...reply, of: formula };
  const reading = byId("reading");
  reading.classList.remove("stale");
  reading.replaceChildren(...reply.latex.map((tex) => make("span", { class: "tex fits", tex })));
  if (reply.translated) reading.append(make("span", { class: "hint" }, `read as ${reply.text}`));
  reading.append(...assumed(reply));
  fit(reading);
  choices.fill(known, state, set);
  problem(reply.warning);
  await derive(early !== null && guess.wrt === question().wrt ? early : null);
}

/** What was assumed while reading, with its reason: nobody has to guess what was guessed. */
function assumed({ symbols, remarks }) {
  const guesses = symbols.filter((symbol) => symbol.why).map((symbol) => make("li", {}, make("span", { tex: choices.spaceOf(symbol) }), `, for ${symbol.why}`));
  const others = remarks.map((remark) => make("li", {}, ...sentence(remark)));
  if (!guesses.length && !others.length) return [];
  return [make("ul", { class: "assumed", "aria-label": "assumed" }, ...guesses, ...others)];
}

function blank() {
  cancel("read", "derive", "emit", "plot");
  known = derived = null;
  problem(null);
  const link = (f) => make("button", { type: "button", class: "try", onclick: () => take({ f }) }, f);
  byId("reading").classList.remove("stale");
  byId("reading").replaceChildren(make("span", { class: "hint" }, "Type a formula, such as ", link("norm2(A*x - b)^2"), ", or take one from the ", make("a", { href: "#view=gallery" }, "examples"), "."));
  choices.empty();
  byId("outcome").hidden = true;
}

/** Another formula, as if it had been typed, with what belongs to it. */
export function take(other) {
  choices.follow(state, state.f, other.f);
  Object.assign(state, { x: "" }, other);
  field.value = state.f;
  set("f", state.f);
  grow();
}

let blaming = 0;
function problem(error) {
  clearTimeout(blaming);
  if (!error) return blame(null);
  const rest = CALM - (performance.now() - typed);
  if (typed < 0 || rest <= 0) return blame(error);
  blaming = setTimeout(() => blame(error), rest);
}

function blame(error) {
  const line = byId("problem"), backdrop = byId("backdrop");
  const inside = error?.field === "formula" && error.span && error.text === state.f;
  line.classList.remove("waits");
  field.setAttribute("aria-invalid", String(Boolean(inside)));
  backdrop.replaceChildren();
  if (!error) return line.replaceChildren();
  line.replaceChildren(error.message, error.hint ? make("span", { class: "hint" }, error.hint) : "");
  if (error === known?.warning) line.append(make("span", { class: "hint" }, "Left out of what follows."));
  if (!inside) {
    if (error.field === "other" && error.text) line.prepend(`${error.text}: `);
    return;
  }
  const [before, wrong, after] = cut(state.f, error.span);
  backdrop.append(before, make("mark", {}, wrong || " "), after);
}

// --- deriving

async function derive(early) {
  const formula = state.f;
  const reply = await (early ?? ask("derive", question()));
  if (reply === null || formula !== state.f) return;
  if (reply.error) return problem(reply.error);
  derived = { ...reply, formula, question: question(), asked: asked() };
  codes = {};
  byId("outcome").hidden = false;
  mark();
  const { latex, index } = reply.result;
  byId("result").replaceChildren(make("span", { class: "fits", tex: `${reply.head} = ${latex}` }));
  if (index !== latex) byId("result").append(make("span", { class: "entry fits", tex: `${reply.entry} = ${index}` }));
  certificate(reply.certificate);
  byId("suggestions").replaceChildren(...reply.suggestions.map(suggestion));
  steps(reply.sections, derived.question);
  fit(byId("result"), byId("suggestions"), byId("steps"));
  say(`Result: ${reply.result.unicode}. ${reply.certificate.said}`);
  looking = setTimeout(() => settle(state, own()), LOOKED_AT);
  code(state.code);
  watchPlots();
}

/** The state without what sleeps: what the formula is remembered by. */
function own() {
  const { facts, shapes } = known.asleep;
  return { ...state, asleep: [], x: choices.variable(known, state.x), given: state.given.filter((fact) => !(fact in facts)), shape: state.shape.filter((said) => !(said.split(":")[0].trim() in shapes)) };
}

function certificate(found) {
  const [verdict, ...rest] = found.said.split(":");
  const line = byId("certificate");
  line.classList.toggle("unsure", found.verdict !== "confirmed");
  line.replaceChildren(make("b", {}, `${found.verdict === "confirmed" ? "✓ " : ""}${verdict}`), rest.length ? `:${rest.join(":")}` : "",
    ...derived.almost.map((note) => make("span", {}, `. Almost everywhere: ${note}`)), make("br"), `Layout ${derived.layout}`);
}

function suggestion({ fact, latex }) {
  return make("p", {}, "With ", make("button", { type: "button", onclick: () => set("given", [...state.given, fact]) }, fact), " this becomes ", make("span", { class: "fits", tex: latex }));
}

// --- code

async function code(target) {
  state.code = target;
  keep(state, true);
  for (const tab of document.querySelectorAll("[data-target]")) {
    const chosen = tab.dataset.target === target;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  const panel = byId("code");
  panel.setAttribute("aria-labelledby", `tab-${target}`);
  if (codes[target] === undefined) {
    const shown = codes;
    const reply = await ask("emit", { ...derived.question, target });
    if (reply === null || shown !== codes) return;
    codes[target] = reply.error ? `# ${reply.error.message}${reply.error.hint ? `\n# ${reply.error.hint}` : ""}` : reply.code;
  }
  panel.replaceChildren(...coloured(codes[target]));
  panel.scrollTop = panel.scrollLeft = 0;
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
  const reply = await ask("plot", { ...derived.question, seed: Number(state.seed) || 0 });
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
  const reply = await ask("copy", { ...derived.question, format, notation: state.notation });
  if (!reply?.copy) throw new Error(reply?.error?.message);
  return reply.copy;
}

export const keys = {
  y: () => document.querySelector("[data-copy=latex]").click(),
  s: () => document.querySelector("[data-copy=link]").click(),
  p: () => exporting.print(),
  u: () => history.back(),
  l: fold,
  j: () => walk(1),
  k: () => walk(-1),
};
