// The derivation as it is read: sections, lines with both notations, the reasons with what stands behind them.

import { ask, byId, make, sentence, typeset } from "./tools.js";
import { fit } from "./fit.js";

const PROOFS = ["lemma", "main", "case"];

let asked = () => ({}); // the question that the steps answer

/** Shows the sections; whoever calls makes them fit. */
export function steps(sections, question) {
  asked = () => question;
  const home = byId("steps");
  const closed = new Set([...home.querySelectorAll("details:not([open])")].map((block) => block.dataset.key));
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
  for (const block of home.querySelectorAll("details")) {
    if (open.has(block.dataset.key)) block.open = true;
    if (closed.has(block.dataset.key)) block.open = false;
  }
}

function lines(section) {
  let previous = null, matrixBefore = null;
  const rows = section.lines.map((line) => {
    const first = line.head !== previous;
    previous = line.head;
    const index = make("div", { class: "index fits", tex: `${first ? line.head : "\\phantom{" + line.head + "}"} = ${line.index}` });
    const matrix = make("div", { class: "matrix fits" });
    if (line.matrix) {
      typeset(matrix, `\\displaystyle ${line.matrixHead !== matrixBefore && line.matrixHead ? `${line.matrixHead} = ` : "= "}${line.matrix}`);
      matrixBefore = line.matrixHead;
    }
    return make("div", { class: line.matrix ? "step" : "step only", tabindex: "0", role: "group", "aria-label": `${line.reason || section.title}` }, index, matrix, why(line));
  });
  if (PROOFS.includes(section.kind)) rows.forEach((row, k) => {
    const light = (on) => {
      row.classList.toggle("after", on);
      rows[k - 1]?.classList.toggle("before", on);
    };
    for (const event of ["mouseenter", "focusin"]) row.addEventListener(event, () => light(true));
    for (const event of ["mouseleave", "focusout"]) row.addEventListener(event, () => light(false));
  });
  return rows;
}

/** The reason of a line: every rule in it opens what the rule says, where it is from, and an instance in numbers. */
function why(line) {
  const last = line.rules.length - 1;
  const named = line.rules.flatMap((rule, k) => [make("button", { type: "button", class: "rule", "data-rule": rule.name, onclick: (event) => explain(rule.name, event.currentTarget) }, ...sentence(k < last ? `${rule.title},` : rule.title)), " "]);
  return make("div", { class: "why" }, ...(named.length ? named : sentence(line.reason)), line.source ? make("small", {}, line.source) : null);
}

async function explain(name, button) {
  const dialog = byId("rule");
  const reply = await ask("rule", { ...asked(), name });
  if (reply === null) return;
  byId("rule-title").replaceChildren(...sentence(reply.error ? reply.error.message : reply.title));
  const said = [];
  for (const [term, text] of reply.error ? [] : [["Source", reply.source], ["Holds", reply.condition]]) if (text) said.push(make("dt", {}, term), make("dd", {}, ...sentence(text)));
  const example = reply.example ? [
    reply.example.of ? make("p", {}, "In the derivative of ", make("code", {}, reply.example.of), ":") : make("p", {}, "For example:"),
    make("div", { class: "fits", tex: `${reply.example.before} = ${reply.example.after}` }),
    reply.example.numbers ? make("p", { class: "numbers" }, `In numbers, at ${reply.example.numbers.point}: both sides are ${reply.example.numbers.value}. They agree to ${reply.example.numbers.agreement}.`) : null,
  ].filter(Boolean) : [];
  byId("rule-body").replaceChildren(make("dl", {}, ...said), ...example);
  dialog.addEventListener("close", () => button.focus(), { once: true });
  dialog.showModal();
  fit(dialog);
}

export function notation(chosen) {
  const home = byId("steps"), name = `steps-${chosen}`;
  if (home.className === name) return;
  home.className = name;
  fit(home);
}

/** To the next or previous line that can be seen, what it rewrote marked. */
export function walk(step) {
  const rows = [...document.querySelectorAll("#steps .step")].filter((row) => row.offsetParent);
  const here = rows.indexOf(document.activeElement?.closest(".step"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, here + step))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

export function fold() {
  const blocks = [...document.querySelectorAll("#steps details")];
  const open = blocks.some((block) => !block.open);
  for (const block of blocks) block.open = open;
}
