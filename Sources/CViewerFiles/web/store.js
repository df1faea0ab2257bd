// What the browser remembers. A browser may refuse to.

/** A remembered value, or the fallback. */
export function remembered(key, fallback) {
  try {
    const text = localStorage.getItem(`mastra-gateway.${key}`);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/** Remembers a value. */
export function remember(key, value) {
  try {
    localStorage.setItem(`mastra-gateway.${key}`, JSON.stringify(value));
  } catch {
    // It then holds for this page alone.
  }
}
