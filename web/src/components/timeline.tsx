// The events of one request: exact total, coverage, folding, paging, exports.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { apiPath } from '../api';
import { usePages } from '../state/pages';
import { foldRows } from '../state/prefs';
import { restoreScroll } from '../state/router';
import type { Param } from '../state/url';
import { count, plural } from '../text';
import type { ActivityPage } from '../types';
import { Text, Time } from './basics';
import { EventTable, type Marks } from './event_table';
import { fold } from '../fold';
import { Icon } from './icon';
import { Empty, ProblemBox, Skeleton } from './states';

const kPageRows = 100;

export function ExportLinks({ segments, params }: { segments: readonly string[]; params: readonly Param[] }) {
  return (
    <span class="exports">
      <Icon name="download" />
      {(['csv', 'ndjson'] as const).map((format) => (
        <a key={format} class="link" href={apiPath(segments, [['format', format], ...params])} download="">
          {format === 'csv' ? 'CSV' : 'NDJSON'}
        </a>
      ))}
    </span>
  );
}

export function Timeline({
  params,
  selected,
  open,
  marks,
  emptyHint,
  lead,
}: {
  params: readonly Param[];
  selected: string | null;
  open: (event_key: string) => void;
  marks?: Marks;
  emptyHint: ComponentChildren;
  lead?: ComponentChildren;
}) {
  const list = usePages<ActivityPage>(apiPath(['activity'], [...params, ['limit', String(kPageRows)]]));
  const events = useMemo(() => list.pages.flatMap((page) => page.events), [list.pages]);
  const covered = list.pages[0]?.covered;
  useEffect(() => {
    if (!list.loading && list.pages.length > 0) restoreScroll();
  }, [list.loading, list.pages.length]);
  const rows = foldRows.value ? fold(events).length : events.length;
  return (
    <div class="timeline">
      <div class="list-head">
        {lead}
        <p class="list-total" role="status" data-total={list.total ?? ''}>
          {list.total === undefined ? (
            list.problem === undefined ? (
              'Counting…'
            ) : (
              'No answer'
            )
          ) : (
            <>
              <b>{count(list.total)}</b> {list.total === 1 ? 'event' : 'events'}
            </>
          )}
          {covered?.complete === false && (
            <span class="tag tag-warn" title={covered.reasons.join('; ')}>
              incomplete: <Text of={covered.reasons.join('; ')} />
            </span>
          )}
        </p>
        <div class="list-tools">
          <label class="check">
            <input
              type="checkbox"
              checked={foldRows.value}
              onChange={(event) => (foldRows.value = event.currentTarget.checked)}
            />
            Fold repeats
          </label>
          <ExportLinks segments={['activity', 'export']} params={params} />
        </div>
      </div>
      {list.problem !== undefined && <ProblemBox problem={list.problem} retry={list.reload} />}
      {list.pages.length === 0 && list.problem === undefined && <Skeleton rows={12} label="Loading events" />}
      {list.total === 0 && !list.loading && <Empty title="No events in this range">{emptyHint}</Empty>}
      {events.length > 0 && (
        <div class="table-box" tabIndex={0} role="group" aria-label="Events">
          <EventTable
            events={events}
            selected={selected}
            open={open}
            busy={list.loading}
            folded={foldRows.value}
            caption="API events, newest first"
            {...(marks === undefined ? {} : { marks })}
          />
        </div>
      )}
      {events.length > 0 && (
        <footer class="list-foot">
          {!list.done && (
            <button type="button" class="button" disabled={list.loadingMore} onClick={list.more}>
              {list.loadingMore ? 'Loading…' : 'Load more'}
            </button>
          )}
          <span class="dim">
            {count(events.length)} of {plural(list.total ?? 0, 'event')} loaded
            {foldRows.value && `, folded into ${plural(rows, 'row')}`}
            {covered !== undefined && (
              <>
                {' '}
                · covers <Time at={covered.from} /> – <Time at={covered.to} />
              </>
            )}
          </span>
        </footer>
      )}
    </div>
  );
}
