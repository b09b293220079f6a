// Who is signed in, and what "now" means: one instant for all requests of a view, moved by a refresh.
import { batch, signal } from '@preact/signals';
import { ApiError, deleteSession, getSession, onUnauthorized, postSession } from '../api';
import { ceilSecond, parseInstant } from '../time';
import type { Problem, Session } from '../types';

export type SessionState =
  | { kind: 'starting' }
  | { kind: 'signed_out'; problem: Problem | null }
  | { kind: 'signed_in'; session: Session }
  | { kind: 'unreachable'; problem: Problem };

export const session = signal<SessionState>({ kind: 'starting' });

/** The server's clock is right; this browser's may not be. */
let skew_ms = 0;
export const asOf = signal(ceilSecond(Date.now()));

export function nowMs(): number {
  return Date.now() + skew_ms;
}

/** Counts refreshes: what is on screen is asked again even where its address does not change. */
export const generation = signal(0);

/** Moves "now" forward and asks for everything on screen again. */
export function refresh(): void {
  batch(() => {
    asOf.value = ceilSecond(nowMs());
    generation.value += 1;
  });
}

export async function startSession(): Promise<void> {
  onUnauthorized(() => {
    if (session.value.kind === 'signed_in') session.value = { kind: 'signed_out', problem: null };
  });
  window.addEventListener('hashchange', () => void takeToken());
  if (!(await takeToken())) await load(null);
}

/** An address ending in #token=… signs in once. The token must not stay in the address or the history. */
async function takeToken(): Promise<boolean> {
  const token = /^#token=([^&]+)/.exec(location.hash)?.[1];
  if (token === undefined) return false;
  history.replaceState(null, '', '#/');
  await signIn(decodeURIComponent(token));
  return true;
}

async function load(refused: Problem | null): Promise<void> {
  try {
    const answer = await getSession();
    skew_ms = (parseInstant(answer.now) ?? Date.now()) - Date.now();
    asOf.value = ceilSecond(nowMs());
    session.value = { kind: 'signed_in', session: answer };
  } catch (error) {
    const problem = error instanceof ApiError ? error.problem : { title: String(error), status: 0 };
    session.value =
      problem.status === 401 || problem.status === 403
        ? { kind: 'signed_out', problem: refused }
        : { kind: 'unreachable', problem };
  }
}

export async function signIn(token: string): Promise<void> {
  try {
    await postSession(token.trim());
  } catch (error) {
    const problem = error instanceof ApiError ? error.problem : { title: String(error), status: 0 };
    session.value = { kind: 'signed_out', problem };
    return;
  }
  await load({
    title: 'The browser did not keep the session',
    status: 401,
    hint: 'Allow cookies for this address, then sign in again.',
  });
}

export async function signOut(): Promise<void> {
  try {
    await deleteSession();
  } finally {
    session.value = { kind: 'signed_out', problem: null };
  }
}

export function retrySession(): void {
  session.value = { kind: 'starting' };
  void load(null);
}
