// The frame around the pages: navigation, theme, help, notices, and which page is shown.

import { get } from "./api.js";
import { button, h, icon, refill, tick, toast } from "./dom.js";
import { openHelp } from "./help.js";
import { follow, go, links } from "./router.js";
import { setTheme, theme, THEMES } from "./theme.js";
import { createThread } from "./thread.js";
import { createTraceList } from "./trace-list.js";
import { createTrace } from "./trace-page.js";
import { createUsage } from "./usage.js";

const main = document.getElementById("main");
const top = document.getElementById("top");
const notice = h("div.notice", { role: "status", hidden: true });

// --- What stands at the top of every page

const listLink = h("a.nav-link", { href: "/" }, "Traces");
const usageLink = h("a.nav-link", { href: "/usage" }, "Usage");
const version = h("span.version");

function themeButton() {
  const names = { auto: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };
  const icons = { auto: "auto", light: "sun", dark: "moon" };
  const element = button("", () => {
    const next = THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length];
    setTheme(next);
    draw();
    toast(names[next]);
  }, { iconOnly: true });
  const draw = () => {
    refill(element, icon(icons[theme()]));
    element.setAttribute("aria-label", names[theme()]);
    element.title = names[theme()];
  };
  draw();
  return element;
}

const mark = h("img", { src: "/assets/icon.svg", alt: "", width: 22, height: 22 });
top.append(
  h("div.bar",
    h("a.brand", { href: "/" }, mark, h("span", "mastra-gateway"), version),
    h("nav", { "aria-label": "Pages" }, listLink, usageLink),
    h("div.bar-end", button("Help", openHelp, {}, h("span.help-mark", { "aria-hidden": "true" }, "?"), h("span.help-word", "Help")), themeButton())),
  notice);

async function loadState() {
  try {
    const state = await get("state");
    version.textContent = state.version ? state.version : "";
    refill(notice, icon("warn"), h("span", state.notice ?? ""));
    notice.hidden = !state.notice;
  } catch {
    // The page itself says what is wrong.
  }
}

// --- The pages

const makers = { trace: createTrace, thread: createThread, usage: createUsage };
let list = null;
let shown = null;
let shownKey = "";

function show(route) {
  const key = `${route.page} ${route.id}`;
  listLink.toggleAttribute("data-current", route.page === "list");
  usageLink.toggleAttribute("data-current", route.page === "usage");
  for (const link of [listLink, usageLink]) {
    if (link.hasAttribute("data-current")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (shown && key === shownKey) {
    shown.update?.();
    return;
  }
  const isFirst = !shown;
  shown?.leave?.();
  shownKey = key;
  document.body.className = `on-${route.page}`;
  // The list stays as it was left, so that coming back loses nothing.
  if (route.page === "list") {
    list ??= createTraceList({ onquery: (query) => listLink.setAttribute("href", links.list(query)) });
    shown = list;
  } else if (makers[route.page]) {
    shown = makers[route.page](route.id, { listAddress: () => listLink.getAttribute("href") });
  } else {
    document.title = "Not found · mastra-gateway";
    shown = { element: h("div.state", h("h1", "There is no such page"), h("a.button", { href: "/" }, "All traces")) };
  }
  refill(main, shown.element);
  shown.enter?.();
  if (!isFirst) main.focus({ preventScroll: true });
}

// --- Keys that hold everywhere

let before = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const isTyping = event.target.matches?.("input, textarea, select");
  if (event.key === "Escape" && isTyping) {
    event.target.blur();
    return;
  }
  if (isTyping) return;
  const chord = before + event.key;
  before = event.key === "g" ? "g" : "";
  if (event.key === "?") openHelp();
  else if (chord === "gt") go(listLink.getAttribute("href"));
  else if (chord === "gu") go("/usage");
  else if (!shown?.key?.(event)) return;
  event.preventDefault();
});

setInterval(() => {
  if (!document.hidden) tick();
}, 10000);
setInterval(() => {
  if (!document.hidden) loadState();
}, 60000);

history.scrollRestoration = "manual";
loadState();
follow(show);
