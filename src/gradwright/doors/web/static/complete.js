// Help where one writes: functions and facts completed with their meaning, signs to click, the language with examples.

import { ask, byId, make } from "./tools.js";

const FEWEST = 2; // letters after which names are offered
const MOST = 8; // names offered at once

/** Signs by kind: what is written, where the caret then stands (at ¦), what it means. */
const signs = [
  ["·", "*", "product, of matrices too"], ["⊙", " .* ", "product entry by entry"], ["⊘", " ./ ", "division entry by entry"],
  ["ᵀ", "'", "transpose"], ["⁻¹", "^-1", "inverse"], ["x²", "^2", "power"], ["‖x‖", "norm2(¦)", "the norm"],
  ["Σ", "sum_i(¦)", "sum over an index"], ["xᵢ", "[i]", "an entry"], ["Aᵢⱼ", "[i,j]", "an entry of a matrix"],
  ["tr", "tr(¦)", "the trace"], ["det", "det(¦)", "the determinant"], ["log det", "logdet(¦)", "its logarithm"],
  ["exp", "exp(¦)", "entry by entry"], ["log", "log(¦)", "entry by entry"], ["σ", "sigmoid(¦)", "1/(1 + exp(-x))"],
  ["tanh", "tanh(¦)", "entry by entry"], ["relu", "relu(¦)", "max(x, 0)"], ["softmax", "softmax(¦)", "exp(x)/sum(exp(x))"],
  ["if", "where(¦ > 0, , )", "one value or another, by a comparison"], ["h = …;", "h = ¦; ", "a name for a part, before the formula"],
];
const greek = ["alpha", "beta", "gamma", "lambda", "mu", "rho", "sigma", "theta", "Sigma", "Lambda"];
const letters = { alpha: "α", beta: "β", gamma: "γ", lambda: "λ", mu: "μ", rho: "ρ", sigma: "σ", theta: "θ", Sigma: "Σ", Lambda: "Λ" };

let words = []; // what the server knows: {name, call, says}
let offered = [];
let chosen = -1;
let field = null;

export function suggest(textarea) {
  field = textarea;
  const list = make("ul", { id: "offers", class: "offers", role: "listbox", "aria-label": "functions and facts", hidden: true });
  field.after(list);
  for (const [name, value] of Object.entries({ "aria-autocomplete": "list", "aria-controls": "offers" })) field.setAttribute(name, value);
  field.addEventListener("input", offer);
  field.addEventListener("blur", () => setTimeout(close, 150));
  field.addEventListener("keydown", steer);
  palette();
  ask("words", {}).then((reply) => { words = reply?.words ?? []; });
}

function offer() {
  const before = field.value.slice(0, field.selectionStart);
  const word = /[A-Za-z_][\w]*$/.exec(before)?.[0] ?? "";
  const behind = /^\w/.test(field.value.slice(field.selectionStart));
  const inLatex = before.slice(0, before.length - word.length).endsWith("\\");
  if (word.length < FEWEST || behind || inLatex || words.some(({ name }) => name === word)) return close();
  offered = words.filter(({ name }) => name.toLowerCase().startsWith(word.toLowerCase())).slice(0, MOST);
  if (!offered.length) return close();
  chosen = -1;
  const list = byId("offers");
  list.replaceChildren(...offered.map(({ call, says }, k) => make("li", { role: "option", id: `offer-${k}`, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); accept(k); } }, make("code", {}, call), make("span", {}, says))));
  list.hidden = false;
}

function close() {
  byId("offers").hidden = true;
  field.removeAttribute("aria-activedescendant");
  offered = [];
}

function steer(event) {
  if (!offered.length) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    chosen = (chosen + step + offered.length + (chosen < 0 && step < 0 ? 1 : 0)) % offered.length;
    [...byId("offers").children].forEach((item, k) => item.setAttribute("aria-selected", String(k === chosen)));
    field.setAttribute("aria-activedescendant", `offer-${chosen}`);
  } else if (event.key === "Tab" || (event.key === "Enter" && chosen >= 0)) {
    event.preventDefault();
    accept(Math.max(0, chosen));
  } else if (event.key === "Escape") {
    event.stopPropagation();
    close();
  }
}

function accept(k) {
  const { name, call } = offered[k];
  const word = /[A-Za-z_][\w]*$/.exec(field.value.slice(0, field.selectionStart))[0];
  field.setSelectionRange(field.selectionStart - word.length, field.selectionStart);
  insert(call.includes("(") ? `${name}(¦)` : name);
  close();
}

/** Write at the caret as a hand would, so that the browser's own undo takes it back; the caret then stands at ¦. */
export function insert(text) {
  field.focus();
  const [before, after] = text.split("¦");
  document.execCommand("insertText", false, before + (after ?? ""));
  if (after !== undefined) field.setSelectionRange(field.selectionStart - after.length, field.selectionStart - after.length);
}

function palette() {
  const button = (shown, text, title) => make("button", { type: "button", title: `${text.replace("¦", "").trim()}: ${title}`, "aria-label": `${title}: ${text.replace("¦", "").trim()}`, onclick: () => insert(text) }, shown);
  byId("palette").append(
    make("div", { class: "signs", role: "group", "aria-label": "signs and functions" }, ...signs.map(([shown, text, title]) => button(shown, text, title))),
    make("div", { class: "signs", role: "group", "aria-label": "Greek letters" }, ...greek.map((name) => button(letters[name], name, "Greek letter"))),
  );
}

/** The language, a row for each thing that can be said: what is written, and a formula to try it in. */
const language = [
  ["A*x, x'*y, x*y'", "products of matrices and vectors; ' transposes", "x'*A*x"],
  ["x .* y, x ./ y, x .^ 2", "entry by entry", "sum(x .* y)"],
  ["A^-1, A^3, inv(A)", "inverse and powers of a square matrix", "b'*inv(A)*b"],
  ["x[i], A[i,j]", "entries, under a sum over their indices", "sum_ij(x[i]*A[i,j]*x[j])"],
  ["sum_i(…), prod_i(…)", "over an index; sum(…) over all entries", "sum_i(log(x[i]))"],
  ["h = tanh(W*x); …", "a name for a part, before the formula", "h = tanh(W*x); sum(h)"],
  ["where(x > 0, x, a*x)", "one value or another", "sum(where(x > 0, x, a*x))"],
  ["norm2, norm1, tr, det, logdet", "norms and functions of matrices", "logdet(A'*A)"],
  ["softmax, logsumexp, sigmoid, relu", "what networks are made of", "logsumexp(A*x)"],
  ["u(x)", "an unknown function, with a shape such as u: n -> m", "sum(u(x))"],
  [String.raw`\frac12 \|Ax - b\|^2`, "LaTeX is understood, too", String.raw`\frac12 \|A x - b\|^2`],
];

export function help(take) {
  byId("language").replaceChildren(...language.flatMap(([said, means, formula]) => [
    make("dt", {}, make("code", {}, said)),
    make("dd", {}, `${means} `, make("button", { type: "button", class: "try", onclick: () => { byId("keys").close(); take(formula); } }, formula)),
  ]));
}
