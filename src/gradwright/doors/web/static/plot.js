// Plots as small SVG, drawn here. Colours come from the style sheet, so they follow the theme.

import { make } from "./tools.js";

const space = "http://www.w3.org/2000/svg";
const wide = 300, high = 220, left = 44, bottom = 26, top = 8, right = 6;
const NOTHING = 1e-17; // an error of exactly 0 has no logarithm: it is drawn here

function draw(tag, properties, text) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function canvas(described) {
  return draw("svg", { viewBox: `0 0 ${wide} ${high}`, class: "plot", role: "img", "aria-label": described });
}

const short = (value) => (value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-2 ? value.toExponential(1) : String(+value.toPrecision(3)));

function figure(svg, caption) {
  return make("figure", {}, svg, make("figcaption", {}, caption));
}

function scaled(low, high_, from, to) {
  const width = high_ - low || 1;
  return (value) => from + ((value - low) / width) * (to - from);
}

export function heat({ rows, shape }, what) {
  const most = Math.max(1e-300, ...rows.flat().map(Math.abs));
  const across = Math.max(...rows.map((row) => row.length));
  const side = Math.min((wide - 2) / across, (high - 20) / rows.length, 46);
  const described = `${what} at a random point, ${shape.join(" by ") || "a number"}; largest entry ${short(most)}`;
  const svg = canvas(described);
  rows.forEach((row, i) => row.forEach((value, j) => {
    const size = Math.sqrt(Math.abs(value) / most) * side * 0.94;
    const [x, y] = [1 + j * side, 1 + i * side];
    svg.append(draw("rect", { x, y, width: side, height: side, class: "cell" }));
    const mark = draw("rect", { x: x + (side - size) / 2, y: y + (side - size) / 2, width: size, height: size, class: value < 0 ? "minus" : "plus" });
    mark.append(draw("title", {}, `[${i + 1}, ${j + 1}] = ${short(value)}`));
    svg.append(mark);
  }));
  svg.setAttribute("viewBox", `0 0 ${wide} ${Math.max(60, 4 + side * rows.length)}`);
  return figure(svg, `${what}, ${shape.join("×") || "a number"}. Area is size; colour is sign (accent: positive). Largest ${short(most)}.`);
}

export function along({ t, f, value, slope, array }) {
  const svg = canvas(`The function along a random direction and its derived tangent, slope ${short(slope)}`);
  const [low, most] = frame([...f.filter((v) => v !== null), value], value);
  const x = scaled(-1, 1, left, wide - right), y = scaled(low, most, high - bottom, top);
  axes(svg, [["-1", x(-1)], ["0", x(0)], ["1", x(1)]], [[short(low), y(low)], [short(most), y(most)]]);
  svg.append(draw("path", { class: "curve", d: path(pieces(t.map((s, k) => [s, f[k]]), low, most).map((point) => point && [x(point[0]), y(point[1])])) }));
  const ends = pieces([[-1, value - slope], [1, value + slope]], low, most);
  svg.append(draw("path", { class: "tangent", d: path(ends.map((point) => point && [x(point[0]), y(point[1])])) }));
  svg.append(draw("circle", { class: "dot", cx: x(0), cy: y(value), r: 3.2 }));
  return figure(svg, `${array ? "A random combination of the entries" : "The function"} along a random direction, and the tangent the derivative gives: slope ${short(slope)}.`);
}

/** What the figure shows of the values: all of them, or where a few run away, the middle nine tenths and the point. */
function frame(values, point) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  const [first, last, low, most] = [sorted[0], sorted.at(-1), at(0.05), at(0.95)];
  const [from, to] = last - first > 6 * (most - low) ? [Math.min(low, point), Math.max(most, point)] : [first, last];
  const room = (to - from) / 20 || Math.abs(to) / 20 || 1;
  return [from - room, to + room];
}

/** The part of a line of points between two heights: cut where it leaves, with null where the pen is lifted. */
function pieces(points, low, most) {
  const drawn = [];
  points.forEach((point, k) => {
    const before = points[k - 1];
    if (!k || before[1] === null || point[1] === null) return;
    const inside = clip(before, point, low, most);
    if (inside === null) return void drawn.push(null);
    const last = drawn.at(-1);
    if (!last || last[0] !== inside[0][0] || last[1] !== inside[0][1]) drawn.push(null, inside[0]);
    drawn.push(inside[1]);
  });
  return drawn;
}

function clip([s, f], [t, g], low, most) {
  if ((f < low && g < low) || (f > most && g > most)) return null;
  const at = (height) => [s + ((height - f) / (g - f)) * (t - s), height];
  const end = (point, height) => (height < low ? at(low) : height > most ? at(most) : point);
  return [end([s, f], f), end([t, g], g)];
}

export function differences({ h, error }) {
  const svg = canvas("Error of central differences against the step, both on logarithmic scales");
  const points = h.map((step, k) => (error[k] === null ? null : [Math.log10(step), Math.log10(Math.max(error[k], NOTHING))]));
  const ys = points.filter(Boolean).map((point) => point[1]);
  const low = Math.floor(Math.min(...ys)), most = Math.ceil(Math.max(...ys, low + 1));
  const x = scaled(-12, -1, left, wide - right), y = scaled(low, most, high - bottom, top);
  axes(svg, [[tenth(-12), x(-12)], [tenth(-6), x(-6)], [tenth(-1), x(-1)]], [[tenth(low), y(low)], [tenth(most), y(most)]]);
  svg.append(draw("path", { class: "curve", d: path(points.map((point) => point && [x(point[0]), y(point[1])])) }));
  const best = points.filter(Boolean).reduce((a, b) => (b[1] < a[1] ? b : a));
  svg.append(draw("circle", { class: "dot", cx: x(best[0]), cy: y(best[1]), r: 3.2 }));
  const least = 10 ** best[1] <= NOTHING ? "no error" : `Best ${short(10 ** best[1])}`;
  return figure(svg, `Central differences against the derivative: error by step. ${least[0].toUpperCase()}${least.slice(1)} at step ${short(10 ** best[0])}; the certificate has no step.`);
}

const raised = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const tenth = (power) => `10${[...String(power)].map((c) => raised[c]).join("")}`;

function path(points) {
  let pen = "M";
  return points.map((point) => {
    if (point === null) { pen = "M"; return ""; }
    const piece = `${pen}${point[0].toFixed(2)} ${point[1].toFixed(2)}`;
    pen = "L";
    return piece;
  }).join("");
}

function axes(svg, across, up) {
  svg.append(draw("path", { class: "axis", d: `M${left} ${top}V${high - bottom}H${wide - right}` }));
  across.forEach(([label, x], k) => svg.append(draw("text", { x, y: high - 8, "text-anchor": k === 0 ? "start" : k === across.length - 1 ? "end" : "middle" }, label)));
  for (const [label, y] of up) svg.append(draw("text", { x: left - 5, y: y + 4, "text-anchor": "end" }, label));
}
