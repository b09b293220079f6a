// The only file that talks to the server. Every failure becomes an ApiError with an RFC 9457 problem.
import { formatParams, type Param } from './state/url';
import type { Problem, Session } from './types';

const kBase = 'api/v1';
const kTimeout_ms = 60_000;

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

let unauthorized: () => void = () => undefined;

export function onUnauthorized(callback: () => void): void {
  unauthorized = callback;
}

/** An address below /api/v1; each segment is percent-encoded here. */
export function apiPath(segments: readonly string[], params: readonly Param[] = []): string {
  const query = formatParams(params);
  return `${kBase}/${segments.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: response.status === 404 ? 'Not found' : `The server answered ${response.status}`,
    status: response.status,
    request_id: response.headers.get('x-request-id'),
  };
  try {
    const body = (await response.json()) as Partial<Problem> | null;
    return { ...fallback, ...body, status: response.status, title: body?.title ?? fallback.title };
  } catch {
    return fallback;
  }
}

async function send(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), kTimeout_ms);
  const stop = (): void => limit.abort();
  signal?.addEventListener('abort', stop);
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: limit.signal, credentials: 'same-origin' });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError({
      title: limit.signal.aborted ? 'The server took too long' : 'The server does not answer',
      status: 0,
      hint: limit.signal.aborted
        ? 'Narrow the time range or the filter, then try again.'
        : 'Check that Backtrail runs and that this machine reaches it, then try again.',
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) unauthorized();
  throw new ApiError(problem);
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { headers: { accept: 'application/json' } }, signal);
  return (await response.json()) as T;
}

/** The body as it is: evidence is shown from its text, not from what JSON.parse makes of it. */
export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send(path, {}, signal);
  return response.text();
}

/** An action; every parameter is in the address. */
export async function postAction<T>(path: string): Promise<T> {
  const response = await send(path, { method: 'POST', headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}

export async function getSession(): Promise<Session> {
  return getJson<Session>(apiPath(['session']));
}

export async function postSession(token: string): Promise<void> {
  await send(apiPath(['session']), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
}

export async function deleteSession(): Promise<void> {
  await send(apiPath(['session']), { method: 'DELETE' });
}
