// Taking a derivation elsewhere: printed or as PDF, as a picture (SVG, PNG), as a file of LaTeX, Markdown or a page.
//
// A picture is the derivation as the browser lays it out, with its fonts inside, so that it stands alone.

import { byId, make, say } from "./tools.js";

const FILES = { latex: ["tex", "application/x-tex"], markdown: ["md", "text/markdown"], html: ["html", "text/html"] };
const SCALE = 2; // pixels of a PNG for one of the screen
const ROOM = 24; // around a picture

export function setUp(whole, derived) {
  for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => save(button.dataset.save, whole, derived()));
}

export function print() {
  window.print();
}

async function save(kind, whole, derived) {
  if (derived === null) return;
  if (kind === "print") return print();
  try {
    const file = FILES[kind] ? new Blob([await whole(kind)], { type: FILES[kind][1] }) : await picture(kind);
    const link = make("a", { href: URL.createObjectURL(file), download: `derivation.${FILES[kind]?.[0] ?? kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    say(`derivation.${FILES[kind]?.[0] ?? kind} saved`);
  } catch (problem) {
    say(`not saved: ${problem.message}`);
  }
}

async function picture(kind) {
  const [svg, width, height] = await drawn();
  if (kind === "svg") return new Blob([svg], { type: "image/svg+xml" });
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = make("canvas", { width: width * SCALE, height: height * SCALE });
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  pen.drawImage(image, 0, 0, width, height);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the browser makes no picture"))), "image/png"));
}

/** The result and the steps as one SVG: what the page shows, with its style sheets and fonts. */
async function drawn() {
  const parts = [byId("result"), byId("certificate"), byId("steps")];
  const width = Math.ceil(parts[0].getBoundingClientRect().width) + 2 * ROOM;
  const style = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText).join("\n");
  const home = make("div", { class: "picture", xmlns: "http://www.w3.org/1999/xhtml" }, ...parts.map((part) => part.cloneNode(true)));
  for (const hidden of home.querySelectorAll(".katex-mathml, details:not([open]) > :not(summary)")) hidden.remove();
  home.style.cssText = `box-sizing:border-box;width:${width}px;padding:${ROOM}px`;
  document.body.append(home);
  const height = Math.ceil(home.getBoundingClientRect().height);
  home.remove();
  const said = document.documentElement.dataset.theme;
  const dark = said ? said === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  // :root of a picture is the <svg>, which takes the colours of the theme that is shown
  const body = new XMLSerializer().serializeToString(home);
  const rules = (await withFonts(style)).replaceAll("]]>", "");
  return [`<svg xmlns="http://www.w3.org/2000/svg" data-theme="${dark ? "dark" : "light"}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><style><![CDATA[${rules}]]></style><foreignObject width="100%" height="100%">${body}</foreignObject></svg>`, width, height];
}

async function withFonts(style) {
  const sources = [...new Set([...style.matchAll(/url\("?([^")]+\.woff2)"?\)/g)].map((found) => found[1]))];
  for (const source of sources) {
    const address = new URL(source, source.includes("katex") ? `${location.origin}/static/` : `${location.origin}/static/katex/`);
    const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
    const coded = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    style = style.replaceAll(source, `data:font/woff2;base64,${coded}`);
  }
  return style;
}
