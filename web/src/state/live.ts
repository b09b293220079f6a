// Watches for news while the page is looked at: one small question every half minute, no more while it is hidden.
import { signal } from '@preact/signals';
import { apiPath, getJson } from '../api';
import type { FindingPage } from '../types';
import { refresh, session } from './session';

const kEvery_ms = 30_000;

/** True when the queue holds something newer than what the page has asked for. */
export const hasNews = signal(false);

let known: string | null = null;

async function look(): Promise<void> {
  if (document.hidden || session.value.kind !== 'signed_in') return;
  try {
    const { findings, total } = await getJson<FindingPage>(
      apiPath(
        ['findings'],
        [
          ['limit', '1'],
          ['open', 'true'],
        ],
      ),
    );
    const mark = `${total} ${findings[0]?.finding_id ?? ''} ${findings[0]?.last_seen_at ?? ''} ${findings[0]?.count ?? ''}`;
    if (known !== null && mark !== known) hasNews.value = true;
    known = mark;
  } catch {
    // the views tell of a server that does not answer; this only looks for news
  }
}

export function showNews(): void {
  hasNews.value = false;
  refresh();
}

let started = false;

export function startLive(): void {
  if (started) return;
  started = true;
  setInterval(() => void look(), kEvery_ms);
  document.addEventListener('visibilitychange', () => void look());
  void look();
}
