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

/** Typeset LaTeX into an element; what KaTeX cannot set is shown as source. */
export function typeset(element, tex, display = false) {
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

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
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

/** Sentences with exponents such as ℝ^(m×n). */
export function sentence(text) {
  const parts = text.split(/ℝ\^(?:\(([^)]*)\)|(\w+))/);
  const nodes = [];
  for (let k = 0; k < parts.length; k += 3) {
    nodes.push(parts[k]);
    if (k + 1 < parts.length) nodes.push("ℝ", make("sup", {}, parts[k + 1] ?? parts[k + 2]));
  }
  return nodes;
}
