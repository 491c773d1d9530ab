// The page: which view is shown, the theme, the keys. The state lives in the address (state.js).

import { byId, say } from "./tools.js";
import { wanted } from "./state.js";
import * as derive from "./derive.js";
import * as check from "./check.js";
import * as gallery from "./gallery.js";
import { help } from "./complete.js";

const views = { derive, check, gallery };
let view = "derive";

function route() {
  const state = wanted();
  view = state.view = state.view in views ? state.view : "derive";
  if (view === "derive" && !state.f && !location.hash) Object.assign(state, gallery.founding);
  for (const name of Object.keys(views)) byId(`view-${name}`).hidden = name !== view;
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  views[view].show(state);
}

const themes = ["", "light", "dark"];
function theme(next) {
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  byId("theme").setAttribute("aria-label", `Theme: ${next || "as the system"}`);
  try { localStorage.setItem("theme", next); } catch { /* a private window keeps nothing */ }
}

function turnTheme() {
  const now = document.documentElement.dataset.theme ?? "";
  theme(themes[(themes.indexOf(now) + 1) % themes.length]);
  say(byId("theme").getAttribute("aria-label"));
}

let going = false;
const keys = {
  "/": () => byId(view === "check" ? "document" : "formula").focus(),
  "?": () => byId("keys").showModal(),
  t: turnTheme,
  g: () => { going = true; setTimeout(() => { going = false; }, 1200); },
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");
  if (event.key === "Escape" && typing) return byId("main").focus();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const target = going && { d: "derive", c: "check", e: "gallery" }[event.key];
  going = false;
  const act = target ? () => { location.hash = `view=${target}`; } : (views[view].keys?.[event.key] ?? keys[event.key]);
  if (!act) return;
  event.preventDefault();
  act();
});

try { theme(localStorage.getItem("theme") ?? ""); } catch { theme(""); }
byId("theme").addEventListener("click", turnTheme);
for (const name of ["help", "syntax"]) byId(name).addEventListener("click", () => byId("keys").showModal());
byId("home").addEventListener("click", (event) => { event.preventDefault(); history.pushState(null, "", "/"); route(); });
derive.setUp();
check.setUp();
help((formula) => {
  if (view === "derive") derive.take({ f: formula, given: [], shape: [], asleep: [], order: "1" });
  else location.hash = new URLSearchParams({ f: formula });
});
addEventListener("hashchange", route);
route();
