// Which page an address means, and how to get there without loading the document again.

/** Page and id of a path: {page: "list"|"trace"|"thread"|"usage"|"none", id}. */
export function parsePath(path) {
  const parts = path.split("/").filter(Boolean);
  let id;
  try {
    id = decodeURIComponent(parts[1] ?? "");
  } catch {
    return { page: "none", id: "" };
  }
  if (parts.length === 0) return { page: "list", id: "" };
  if (parts[0] === "traces" && parts.length === 1) return { page: "list", id: "" };
  if (parts[0] === "traces" && parts.length === 2) return { page: "trace", id };
  if (parts[0] === "threads" && parts.length === 2) return { page: "thread", id };
  if (parts[0] === "usage" && parts.length === 1) return { page: "usage", id: "" };
  return { page: "none", id: "" };
}

/** Addresses of pages. */
export const links = {
  trace: (id, span) => `/traces/${encodeURIComponent(id)}${span ? `?span=${encodeURIComponent(span)}` : ""}`,
  thread: (id) => `/threads/${encodeURIComponent(id)}`,
  list: (query = "") => `/${query}`,
};

let show = () => {};

/** Begins to follow the address: calls at once, and whenever it has changed by a link, `go` or the browser's buttons. */
export function follow(callback) {
  show = () => callback(parsePath(location.pathname));
  addEventListener("popstate", () => show());
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("download") || link.target || link.origin !== location.origin) return;
    if (link.getAttribute("href").startsWith("#") || parsePath(link.pathname).page === "none") return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
  show();
}

/** Goes to an address of the viewer. */
export function go(address) {
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  show();
}

/** Changes the query of the page that is shown, as a step of its own or in place. */
export function setQuery(query, isStep) {
  const address = location.pathname + query;
  if (address === location.pathname + location.search) return;
  history[isStep ? "pushState" : "replaceState"](null, "", address);
}
