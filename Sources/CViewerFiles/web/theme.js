// Light or dark. Loaded first, so that nothing is seen in the wrong colours.

import { remember, remembered } from "./store.js";

/** The choices, in the order in which the button goes through them. */
export const THEMES = ["auto", "light", "dark"];

/** The choice that holds. */
export function theme() {
  const choice = remembered("theme", "auto");
  return THEMES.includes(choice) ? choice : "auto";
}

/** Makes a choice hold, and remembers it. */
export function setTheme(choice) {
  remember("theme", choice);
  document.documentElement.dataset.theme = choice;
  dispatchEvent(new Event("themechange"));
}

document.documentElement.dataset.theme = theme();
