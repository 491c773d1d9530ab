// What every view uses: asking the server, typesetting, making elements, saying things aloud.

/** Ask the server; a newer question of the same kind ends the older one. Resolves to null for one that was ended. */
const asking = new Map();
export async function ask(kind, body) {
  asking.get(kind)?.abort();
  const control = new AbortController();
  asking.set(kind, control);
  try {
    const reply = await fetch(`/api/${kind}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: control.signal,
    });
    return await reply.json();
  } catch (problem) {
    if (problem.name === "AbortError") return null;
    return { error: { message: "the server does not answer", hint: "is gradwright serve still running?" } };
  } finally {
    if (asking.get(kind) === control) asking.delete(kind);
  }
}

export function cancel(...kinds) {
  for (const kind of kinds) asking.get(kind)?.abort();
}

const options = {
  throwOnError: true, strict: false, maxExpand: 2000, maxSize: 20,
  trust: (context) => ["\\htmlClass", "\\htmlData"].includes(context.command),
};

/** The LaTeX behind an element. */
const sources = new WeakMap();
export const sourceOf = (element) => sources.get(element) ?? "";

/**
 * The same with parentheses of one size and nothing marked: a browser then breaks the line within them, too, and between
 * the factors of a product.
 */
export function loosened(tex) {
  let text = tex.replace(/\\left(?=\\?[([|l])/g, "\\bigl").replace(/\\right(?=\\?[)\]|r])/g, "\\bigr");
  for (let at = text.indexOf("\\htmlClass{"); at >= 0; at = text.indexOf("\\htmlClass{")) {
    const [, open] = group(text, at + "\\htmlClass".length);
    const [inside, end] = group(text, open);
    text = text.slice(0, at) + inside + text.slice(end);
  }
  return text.replace(/(?<=[^=+\-\s]) (?=\\(?:sum|prod|bigl|operatorname))/g, " \\allowbreak ");
}

/** The same with long fractions as (…)/(…), which a browser breaks as well. */
export function slanted(tex) {
  let text = tex;
  for (let at = text.indexOf("\\frac{"); at >= 0; at = text.indexOf("\\frac{", at + 1)) {
    const [top, middle] = group(text, at + "\\frac".length);
    const [bottom, end] = group(text, middle);
    if (Math.max(top.length, bottom.length) < LONG) continue;
    text = `${text.slice(0, at)}${bracketed(top)} \\mathbin{/} ${bracketed(bottom)}${text.slice(end)}`;
  }
  return text;
}

/** A part of a fraction on one line: a number or a letter needs no brackets. */
function bracketed(part) {
  return /^\w+$/.test(part) ? part : `\\bigl(${part}\\bigr)`;
}

const LONG = 40; // characters of LaTeX in a fraction that is worth a break

/** What stands in the braces that open at a place, and where they end. */
function group(text, at) {
  let end = at, depth = 0;
  do depth += { "{": 1, "}": -1 }[text[end++]] ?? 0; while (depth);
  return [text.slice(at + 1, end - 1), end];
}

/** Typeset LaTeX into an element; what KaTeX cannot set is shown as source. */
export function typeset(element, tex, display = false) {
  if (!element.classList.contains("loose")) sources.set(element, tex);
  try {
    window.katex.render(tex, element, { ...options, displayMode: display });
    return true;
  } catch {
    element.textContent = tex;
    return false;
  }
}

/** An element with properties and children; ``tex`` is typeset, ``class`` and data-… are attributes. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "tex") typeset(element, `\\displaystyle ${value}`);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (name) => document.getElementById(name);

export function say(words) {
  byId("said").textContent = words;
}

/** Copy a text, or one that is promised: a browser lets a page write in answer to a click, not at any time. */
export async function copy(text, what) {
  try {
    const blob = Promise.resolve(text).then((said) => new Blob([said], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    say(`${what} copied`);
    return true;
  } catch {
    say(`${what} could not be copied`);
    return false;
  }
}

/** Characters as Python counts them: a span is in code points. */
export function cut(text, [start, end]) {
  const points = Array.from(text);
  return [points.slice(0, start).join(""), points.slice(start, end).join(""), points.slice(end).join("")];
}

/** Sentences with exponents such as ℝ^(m×n), and subscripts such as y_i. */
export function sentence(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(/\^\(([^)]*)\)|\^(\w+)|_(\w+)/g)) {
    nodes.push(text.slice(at, found.index), make(found[3] ? "sub" : "sup", {}, found[3] ?? found[1] ?? found[2]));
    at = found.index + found[0].length;
  }
  return [...nodes, text.slice(at)];
}

/** Words with LaTeX among them, which nothing sets apart: what has a TeX character is a formula, with the signs and letters beside it. */
export function words(text) {
  const tex = (word) => /[\\_^{}]/.test(word);
  const may = (word) => tex(word) || /^[-+=()/*,.]*(?:[b-zA-Z0-9]|\d+)?[-+=()/*,.]*$/.test(word);
  const pieces = [];
  for (const word of text.split(" ")) {
    const last = pieces.at(-1);
    if (last && last.may === may(word)) last.text += ` ${word}`;
    else pieces.push({ may: may(word), text: word });
  }
  return pieces.flatMap(({ may: formula, text: piece }, k) => {
    const node = make("span", {});
    if (!formula || !tex(piece) || !typeset(node, piece)) node.textContent = piece;
    return k ? [" ", node] : [node];
  });
}
