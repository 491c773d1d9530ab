// Formulas that are wider than their place. A row gives them the whole width, first beside its reason, then above it;
// then they break at their signs, outside parentheses, then within, then in long fractions; then they shrink. What is still too wide
// scrolls, with a shade that says so. All is measured, and once more whenever the width or a font changes.

import { loosened, slanted, sourceOf, typeset } from "./tools.js";

const SMALLEST = 0.72;

const each = (lay) => (cells) => cells.forEach(lay);
const LAYOUTS = [
  each((cell) => cell.closest(".step")?.classList.add("wide")),
  each((cell) => cell.closest(".step")?.classList.add("widest")),
  each((cell) => cell.classList.add("breaks")),
  each((cell) => { cell.classList.add("loose"); typeset(cell, loosened(sourceOf(cell))); }),
  each((cell) => typeset(cell, slanted(loosened(sourceOf(cell))))),
  (cells) => {
    const sizes = cells.map((cell) => Math.max(SMALLEST, (0.98 * cell.clientWidth) / cell.scrollWidth));
    cells.forEach((cell, k) => { cell.style.fontSize = `${sizes[k]}em`; });
  },
  each((cell) => { cell.tabIndex = 0; }),
];

/** Lay out every formula in some elements for the width there is, all together: to measure lays out the whole page. */
export function fit(...homes) {
  const within = (names) => homes.flatMap((home) => [...home.querySelectorAll(names)]);
  const cells = within(".fits");
  for (const row of within(".step")) row.classList.remove("wide", "widest");
  for (const cell of cells) {
    if (cell.classList.contains("loose")) typeset(cell, sourceOf(cell));
    cell.classList.remove("breaks", "loose");
    cell.style.fontSize = "";
    cell.removeAttribute("tabindex");
  }
  for (const lay of LAYOUTS) {
    const wide = cells.filter(over);
    if (!wide.length) return;
    lay(wide);
  }
}

function over(cell) {
  return cell.offsetParent !== null && cell.scrollWidth > cell.clientWidth + 1;
}

/** Keep the formulas of some elements fitting while the window, the fonts, or what is open changes. */
export function keepFitting(...homes) {
  let waiting = 0, width = 0;
  const again = () => { clearTimeout(waiting); waiting = setTimeout(() => fit(...homes), 60); };
  new ResizeObserver(([entry]) => {
    if (entry.contentRect.width !== width) again();
    width = entry.contentRect.width;
  }).observe(homes[0].closest("main"));
  for (const home of homes) home.addEventListener("toggle", again, true);
  document.fonts.addEventListener("loadingdone", again);
}
