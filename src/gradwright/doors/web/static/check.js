// The second view: a document typeset with a mark at every relation, and what was found about each.

import { ask, byId, make, say, sentence, typeset, words } from "./tools.js";
import { keep } from "./state.js";

let state = null;
let checked = ""; // the text in which relations were found
const field = byId("document");

const damaged = String.raw`# Softmax and cross entropy

Let $p = \operatorname{softmax}(o)$ and $L = -\sum_i y_i \log p_i$, where $y$ is one-hot.

$$
\frac{\partial p_i}{\partial o_k} = p_i (\delta_{ik} + p_k)
$$

$$
\frac{\partial L}{\partial o_k} = p_k - y_k
$$

For least squares, $f(x) = \|A x - b\|^2$ has

$$
\nabla_x f = A^\top (A x - b)
$$
`;

export function show(next) {
  state = next;
  if (field.value !== state.doc) {
    field.value = state.doc;
    if (state.doc) check();
  }
}

export function setUp() {
  field.addEventListener("input", () => { state.doc = field.value; keep(state); });
  field.addEventListener("paste", () => setTimeout(check));
  field.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) check(); });
  byId("check").addEventListener("click", check);
  byId("sample").addEventListener("click", () => take(damaged, ""));
  byId("file").addEventListener("change", (event) => open(event.target.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) byId("view-check").addEventListener(name, (event) => {
    event.preventDefault();
    field.classList.toggle("over", name === "dragover");
    if (name === "drop") open(event.dataTransfer.files[0]);
  });
}

async function open(file) {
  if (file) take(await file.text(), file.name);
}

function take(text, name) {
  field.value = text;
  state.doc = text;
  state.name = name;
  keep(state);
  check();
}

async function check() {
  if (!field.value.trim()) return;
  state.doc = field.value;
  keep(state);
  byId("busy").textContent = "checking …";
  const text = field.value;
  const reply = await ask("check", { text, name: state.name, given: state.given, shapes: state.shape });
  if (reply === null) return;
  checked = text;
  byId("busy").textContent = "";
  if (reply.error) {
    byId("report").hidden = true;
    byId("busy").textContent = [reply.error.message, reply.error.hint].filter(Boolean).join("; ");
    return;
  }
  render(reply);
}

function render(reply) {
  const relations = new Map(reply.relations.map((relation) => [relation.id, relation]));
  byId("report").hidden = false;
  byId("tally").replaceChildren(...Object.entries(reply.summary).filter(([, count]) => count)
    .map(([verdict, count]) => make("span", { class: `v-${verdict}` }, counted(verdict, count))));
  byId("sheet").replaceChildren(...reply.pieces.map((piece, k) => set(piece, relations, reply.pieces[k - 1]?.display, reply.pieces[k + 1]?.display)));
  byId("verdicts").replaceChildren(...reply.relations.map(item));
  const wrong = reply.relations.find((relation) => relation.verdict === "refuted");
  if (wrong) choose(wrong.id, false);
  say(Object.entries(reply.summary).filter(([, count]) => count).map(([verdict, count]) => counted(verdict, count)).join(", ") || "no relation found");
}

function counted(verdict, count) {
  return `${count} ${verdict}${verdict === "definition" && count > 1 ? "s" : ""}`;
}

function set(piece, relations, after, before) {
  if (piece.kind === "comment") return make("span", { class: "comment" }, ...source(piece, relations));
  if (piece.kind === "prose") {
    const text = piece.parts.map((part) => part.text ?? part).join("");
    return prose((after ? text.replace(/^\s+/, "") : text).replace(before ? /\s+$/ : /$^/, ""));
  }
  const home = make("span", { class: piece.display ? "display" : "inline" });
  const tex = piece.parts.map((part) => (typeof part === "string" ? plain(part) : marked(part, relations.get(part.id)))).join("");
  if (!typeset(home, tex, piece.display)) home.replaceChildren(make("code", {}, ...source(piece, relations)));
  for (const mark of home.querySelectorAll("[data-rel]")) mark.addEventListener("click", () => choose(Number(mark.dataset.rel)));
  return home;
}

/** What KaTeX does not know but a document may say. */
function plain(tex) {
  return tex.replace(/\\label\{[^}]*\}|\\n(?:otag|onumber)\b|(?<!\\)%[^\n]*/g, "")
    .replace(/\\(begin|end)\{(?:eqnarray|flalign)\*?\}/g, "\\$1{align*}").replace(/\\(begin|end)\{(?:multline|dmath|displaymath)\*?\}/g, "\\$1{gather*}")
    .replace(/\\(begin|end)\{(align|gather|equation|alignat)\}/g, "\\$1{$2*}");
}

function marked(part, relation) {
  return `\\mathrel{\\htmlData{rel=${part.id}}{\\htmlClass{rel ${relation.verdict}}{${part.text}}}}`;
}

function source(piece, relations) {
  return piece.parts.map((part) => {
    if (typeof part === "string") return part;
    const mark = make("span", { class: `rel ${relations.get(part.id).verdict}`, "data-rel": part.id }, part.text);
    mark.addEventListener("click", () => choose(part.id));
    return mark;
  });
}

function prose(text) {
  const home = make("span", { class: "prose" });
  for (const piece of text.split(/(^#{1,6} [^\n]*\n?|\*\*[^*\n]+\*\*)/m)) {
    const heading = /^(#{1,6}) ([^\n]*)/.exec(piece);
    if (heading) home.append(make("strong", { class: `heading-${Math.min(2, heading[1].length)}` }, heading[2]), "\n");
    else if (/^\*\*.+\*\*$/.test(piece)) home.append(make("strong", {}, piece.slice(2, -2)));
    else home.append(piece.replace(/\n{3,}/g, "\n\n"));
  }
  return home;
}

// --- verdicts

function item(relation) {
  const more = make("div", { class: "more", id: `more-${relation.id}`, hidden: true });
  const button = make("button", {
    type: "button", "aria-expanded": "false", "aria-controls": `more-${relation.id}`, "data-id": relation.id, onclick: () => choose(relation.id),
  }, make("span", { class: `v-${relation.verdict}` }, `${relation.sign} ${relation.verdict}`), make("span", { class: "where" }, relation.cell ? `cell ${relation.cell}` : `line ${relation.line}`));
  const sides = make("p", { class: "sides" });
  typeset(sides, `${plain(relation.left).replaceAll("&", "")} = ${plain(relation.right).replaceAll("&", "")}`);
  more.append(sides, ...[
    relation.needs.length ? `holds only if ${relation.needs.join(" and ")}` : "", relation.facts.length ? `uses ${relation.facts.join(", ")}` : "",
    relation.reason, relation.proof.length ? `by ${relation.proof.join(", ")}` : "",
  ].filter(Boolean).map((line) => make("p", {}, ...sentence(line))));
  if (relation.slip) more.append(make("p", {}, "likely slip: ", ...words(relation.slip)));
  if (relation.mend) more.append(mend(relation));
  if (relation.counterexample) more.append(...counterexample(relation.counterexample));
  return make("li", {}, button, more);
}

/** What mends a relation, and a button that puts it into the document and checks that again. */
function mend({ mend: { span: [start, end], text, latex } }) {
  const formula = make("span", {});
  typeset(formula, plain(latex).replaceAll("&", ""));
  const put = () => {
    const characters = [...checked]; // offsets count characters, not units of UTF-16
    take([...characters.slice(0, start), text, ...characters.slice(end)].join(""), state.name);
  };
  return make("p", { class: "mend" }, make("button", { type: "button", onclick: put }, "mend"), " ", formula);
}

function counterexample({ values, entry, left, right }) {
  const places = Object.entries(entry ?? {});
  const unnamed = places.every(([name]) => name.startsWith("entry")); // axes for which the document has no letter
  const at = unnamed && places.length ? [["entry", places.map(([, place]) => place).join(", ")]] : places;
  const rows = [...Object.entries(values), ...at, ["left side", left, "side"], ["right side", right, "side"]];
  return [make("p", {}, "counterexample:"), make("dl", { class: "point" }, ...rows.flatMap(([name, value, kind]) => [
    make("dt", { class: kind }, ...sentence(name)), make("dd", { class: kind }, String(value)),
  ]))];
}

function choose(id, focus = true) {
  for (const button of byId("verdicts").querySelectorAll("button[data-id]")) {
    const here = Number(button.dataset.id) === id;
    const open = here && button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    byId(button.getAttribute("aria-controls")).hidden = !open;
    if (here && focus) button.focus();
  }
  for (const mark of byId("sheet").querySelectorAll("[data-rel]")) mark.classList.toggle("chosen", Number(mark.dataset.rel) === id);
}

export const keys = { j: () => walk(1), k: () => walk(-1) };

function walk(step) {
  const buttons = [...byId("verdicts").querySelectorAll("button[data-id]")];
  const here = buttons.indexOf(document.activeElement);
  const next = buttons[Math.min(buttons.length - 1, Math.max(0, here + step))];
  if (next && next.getAttribute("aria-expanded") !== "true") choose(Number(next.dataset.id));
  next?.focus();
}
