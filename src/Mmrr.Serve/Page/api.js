// Requests to the service. The token stays in this tab and travels in a header only.
const key = "mmrr-token";
let askForToken = async () => null;
let asking = null;

export class ServiceError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function onToken(ask) {
  askForToken = ask;
}

export const runPath = (run, rest = "") => `/v1/runs/${encodeURIComponent(run)}${rest}`;

const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));

async function send(path, options) {
  const token = sessionStorage.getItem(key);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    return await fetch(path, { ...options, headers });
  } catch {
    throw new ServiceError(0, "the service cannot be reached");
  }
}

/// The answer to a request. A busy service is asked again when it says so; a missing token is asked for once for all requests.
export async function request(path, options = {}) {
  for (let attempt = 1; ; attempt++) {
    const answer = await send(path, options);
    if (answer.ok) return answer;
    if (answer.status === 503 && attempt < 60) {
      await pause(Number(answer.headers.get("Retry-After") ?? 1) * (0.7 + 0.6 * Math.random()));
      continue;
    }
    if (answer.status === 401) {
      asking ??= askForToken().finally(() => (asking = null));
      const token = await asking;
      if (token) {
        sessionStorage.setItem(key, token);
        continue;
      }
    }
    const problem = await answer.json().catch(() => null);
    throw new ServiceError(answer.status, problem?.detail ?? problem?.errors?.[0]?.error ?? `the service answered ${answer.status}`);
  }
}

export const json = async (path, options) => (await request(path, options)).json();

export const blob = async path => (await request(path)).blob();

/// The bytes of a file, which may have gone or changed since it was dropped.
export async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Error("the file cannot be read: a folder, or it was moved or changed");
  }
}

/// Bytes in base64 as a picture.
export function picture(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Blob([bytes], { type: "image/png" });
}
