// Asks the server.

/** What the server could not answer, in its own words. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** The answer to a path below /api/viewer; throws ApiError, or AbortError where the signal said so. */
export async function get(path, signal) {
  let response;
  try {
    response = await fetch(`/api/viewer/${path}`, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The gateway does not answer. Is it running?", 0);
  }
  let body = null;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (!response.ok) throw new ApiError(body?.error?.message ?? `The gateway answered ${response.status}.`, response.status);
  if (body === null) throw new ApiError("The gateway's answer could not be read.", response.status);
  return body;
}

const part = encodeURIComponent;

/** Paths of what can be asked for. */
export const paths = {
  traces: (query) => `traces?${query}`,
  trace: (id) => `traces/${part(id)}`,
  span: (id, span) => `traces/${part(id)}/spans/${part(span)}`,
  download: (id, format) => `/api/viewer/traces/${part(id)}/export?format=${format}`,
  thread: (id) => `threads/${part(id)}`,
  usage: (query) => `usage?${query}`,
};

/** Runs one request at a time: a newer one ends the older. */
export function latest() {
  let controller;
  return {
    get(path) {
      controller?.abort();
      controller = new AbortController();
      return get(path, controller.signal);
    },
    stop: () => controller?.abort(),
  };
}
