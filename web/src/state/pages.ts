// Keyset paging for components: the first page by address, further pages on request, appended.
import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson } from '../api';
import type { Problem } from '../types';
import { toProblem } from './resource';
import { generation } from './session';

interface Page {
  total: number;
  next_cursor: string | null;
}

const kCachedLists = 12;
const cache = new Map<string, Page[]>();

export interface Paged<P extends Page> {
  pages: P[];
  total: number | undefined;
  done: boolean;
  /** The first page of another address is on its way; what is shown is the former list. */
  loading: boolean;
  loadingMore: boolean;
  problem: Problem | undefined;
  more: () => void;
  reload: () => void;
}

function remember(path: string, pages: Page[]): void {
  cache.delete(path);
  cache.set(path, pages);
  const oldest = cache.keys().next();
  if (cache.size > kCachedLists && oldest.done !== true) cache.delete(oldest.value);
}

export function usePages<P extends Page>(path: string): Paged<P> {
  const [state, setState] = useState<{ path: string; pages: P[]; problem: Problem | undefined; more: boolean }>({
    path: '',
    pages: (cache.get(path) as P[] | undefined) ?? [],
    problem: undefined,
    more: false,
  });
  const [attempt, setAttempt] = useState(0);
  const running = useRef<AbortController | null>(null);
  const round = generation.value;
  const seen = useRef(round);

  function load(pages: P[], cursor: string | null): AbortController {
    const stop = new AbortController();
    running.current?.abort();
    running.current = stop;
    const address =
      cursor === null ? path : `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
    getJson<P>(address, stop.signal).then(
      (page) => {
        if (stop.signal.aborted) return;
        const all = [...pages, page];
        remember(path, all);
        setState({ path, pages: all, problem: undefined, more: false });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ path, pages, problem: toProblem(error), more: false });
      },
    );
    return stop;
  }

  useEffect(() => {
    const cached = cache.get(path) as P[] | undefined;
    const again = seen.current !== round;
    seen.current = round;
    if (cached !== undefined && attempt === 0 && !again) {
      setState({ path, pages: cached, problem: undefined, more: false });
      return undefined;
    }
    const stop = load([], null);
    return () => stop.abort();
  }, [path, attempt, round]);

  const last = state.pages[state.pages.length - 1];
  return {
    pages: state.pages,
    total: state.pages[0]?.total,
    done: last?.next_cursor == null,
    loading: state.path !== path,
    loadingMore: state.more,
    problem: state.path === path ? state.problem : undefined,
    more: () => {
      if (last?.next_cursor == null || state.path !== path) return;
      setState({ ...state, more: true, problem: undefined });
      load(state.pages, last.next_cursor);
    },
    reload: () => {
      cache.delete(path);
      setState({ ...state, path: '' });
      setAttempt(attempt + 1);
    },
  };
}

export function clearPages(): void {
  cache.clear();
}
