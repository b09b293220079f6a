// Loading for components: a path in, data or a problem out. What was seen stays on screen while newer data is
// on its way, and a small cache lets the back button show a view at once.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, getJson, getText } from '../api';
import type { Problem } from '../types';
import { generation } from './session';

const kCacheEntries = 60;
const cache = new Map<string, unknown>();

function remember(path: string, data: unknown): void {
  cache.delete(path);
  cache.set(path, data);
  const oldest = cache.keys().next();
  if (cache.size > kCacheEntries && oldest.done !== true) cache.delete(oldest.value);
}

export function clearCache(): void {
  cache.clear();
}

export interface Loaded<T> {
  data: T | undefined;
  problem: Problem | undefined;
  loading: boolean;
  reload: () => void;
}

export function toProblem(error: unknown): Problem {
  return error instanceof ApiError
    ? error.problem
    : { title: 'Something went wrong on this page', status: 0, detail: String(error) };
}

function useLoaded<T>(
  path: string | null,
  keep: boolean,
  load: (path: string, signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [state, setState] = useState<{ path: string | undefined; data: T | undefined; problem: Problem | undefined }>({
    path: undefined,
    data: undefined,
    problem: undefined,
  });
  const [attempt, setAttempt] = useState(0);
  const round = generation.value;
  useEffect(() => {
    if (path === null) return undefined;
    const stop = new AbortController();
    load(path, stop.signal).then(
      (data) => {
        if (stop.signal.aborted) return;
        remember(path, data);
        setState({ path, data, problem: undefined });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ path, data: undefined, problem: toProblem(error) });
      },
    );
    return () => stop.abort();
  }, [path, attempt, round]);
  const current = path !== null && state.path === path;
  const cached = path === null ? undefined : (cache.get(path) as T | undefined);
  return {
    data: current ? state.data : (cached ?? (keep && path !== null ? state.data : undefined)),
    problem: current ? state.problem : undefined,
    loading: path !== null && !current,
    reload: () => {
      setState({ path: undefined, data: state.data, problem: undefined });
      setAttempt(attempt + 1);
    },
  };
}

/** Data for a path. `keep` leaves the former answer on screen while the next is on its way: right for lists and
 *  figures, wrong where another thing would seem to have the old one's facts. */
export function useJson<T>(path: string | null, keep = false): Loaded<T> {
  return useLoaded<T>(path, keep, (asked, signal) => getJson<T>(asked, signal));
}

export function useText(path: string | null): Loaded<string> {
  return useLoaded<string>(path, false, (asked, signal) => getText(asked, signal));
}
