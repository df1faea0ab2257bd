// News of traces from the server, shared by all pages.

const listeners = new Set();
const watchers = new Set();
let source = null;
let state = "connecting";
let again;

function become(next) {
  if (state === next) return;
  state = next;
  for (const watcher of watchers) watcher(state);
}

function connect() {
  clearTimeout(again);
  source?.close();
  source = new EventSource("/api/viewer/events");
  source.addEventListener("hello", () => {
    const wasLost = state === "lost";
    become("open");
    // What came meanwhile was not told.
    if (wasLost) for (const listener of listeners) listener(null);
  });
  source.addEventListener("traces", (event) => {
    let ids;
    try {
      ids = JSON.parse(event.data).traceIds;
    } catch {
      return;
    }
    if (Array.isArray(ids)) for (const listener of listeners) listener(ids);
  });
  source.onerror = () => {
    become("lost");
    // The browser comes back by itself, but not after an answer other than 200.
    if (source.readyState === EventSource.CLOSED) again = setTimeout(connect, 3000);
  };
}

// A browser opens six connections to a server, and each tab would hold one: those out of sight let go of theirs.
let rest;

function sleep() {
  clearTimeout(again);
  source?.close();
  become("lost");
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(rest);
  if (document.hidden) rest = setTimeout(sleep, 5000);
  else if (source?.readyState === EventSource.CLOSED) connect();
});
addEventListener("pagehide", sleep);
addEventListener("pageshow", (event) => {
  if (event.persisted && source) connect();
});

/** Calls with the ids of traces that are new or have grown, or with null where that is not known. Answers how to stop. */
export function onTraces(listener) {
  listeners.add(listener);
  if (!source) connect();
  return () => listeners.delete(listener);
}

/** Calls with the state of the connection, now and at each change: connecting, open or lost. Answers how to stop. */
export function onConnection(watcher) {
  watchers.add(watcher);
  watcher(state);
  return () => watchers.delete(watcher);
}

/** Runs a function at most once in `gap` milliseconds, the last call never being lost. */
export function throttled(run, gap) {
  let timer = 0;
  let last = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      last = Date.now();
      run();
    }, Math.max(0, last + gap - Date.now()));
  };
}
