// What arrived, door by door, and whether the books balance: received is the sum of what became of every record.
import { apiPath } from '../api';
import { useJson } from '../state/resource';
import { asOf, session } from '../state/session';
import { link } from '../state/url';
import { bytes, count } from '../text';
import { kDayMs, toRfc3339 } from '../time';
import type { IngestBooks as Books, IngestSummary, RecordCounts } from '../types';
import { Panel, Text } from './basics';
import { Empty, ProblemBox, Skeleton } from './states';

const kOutcomes: readonly [name: keyof RecordCounts, label: string, hint: string][] = [
  ['new', 'New', 'stored for the first time'],
  ['duplicates', 'Duplicates', 'known already'],
  ['variants', 'Variants', 'the id of a known event with other content'],
  ['updated', 'Updated', 'a newer state of a known finding'],
  ['stale', 'Older', 'an older state of a known finding, kept as a version'],
  ['quarantined', 'Quarantined', 'kept aside with its bytes'],
];

export function balances(counts: RecordCounts): boolean {
  return counts.received === kOutcomes.reduce((sum, [name]) => sum + counts[name], 0);
}

function Cells({ books, time }: { books: Books; time: readonly (readonly [string, string])[] }) {
  return (
    <>
      <td class="number">{count(books.deliveries)}</td>
      <td class="number">{bytes(books.bytes)}</td>
      <td class="number strong">{count(books.received)}</td>
      {kOutcomes.map(([name]) => (
        <td key={name} class={`number${books[name] === 0 ? ' dim' : ''}`}>
          {name === 'quarantined' && books[name] > 0 ? (
            <a class="link" href={link('quarantine', [...time, ['state', 'all']])}>
              {count(books[name])}
            </a>
          ) : (
            count(books[name])
          )}
        </td>
      ))}
    </>
  );
}

export function IngestBooks() {
  const everything = session.value.kind === 'signed_in' && session.value.session.accounts === '*';
  const time = [
    ['from', toRfc3339(asOf.value - kDayMs)],
    ['to', toRfc3339(asOf.value)],
  ] as const;
  const summary = useJson<IngestSummary>(everything ? apiPath(['ingest', 'summary'], time) : null, true);
  // A delivery may hold records of any account: the ledger is for those who may see all.
  if (!everything) return null;
  const data = summary.data;
  const total = data?.total;
  const even = data !== undefined && [data.total, ...data.sources].every(balances);
  return (
    <Panel
      id="books"
      class="flush"
      title="What arrived in the last 24 hours"
      aside={
        total !== undefined &&
        total.received > 0 && (
          <span class={even ? 'dim' : 'books-odd'} data-books={even ? 'even' : 'odd'}>
            {even ? 'every record is accounted for' : 'the books do not balance'}
          </span>
        )
      }
    >
      {summary.problem !== undefined && <ProblemBox problem={summary.problem} retry={summary.reload} />}
      {data === undefined && summary.problem === undefined && <Skeleton rows={3} label="Loading the books" />}
      {data !== undefined && data.sources.length === 0 && (
        <Empty title="Nothing arrived">Nothing was handed in at a door or imported since yesterday.</Empty>
      )}
      {data !== undefined && data.sources.length > 0 && (
        <div class="table-box" tabIndex={0} role="group" aria-label="What arrived, by door, table">
          <table class={`table compact books${summary.loading ? ' busy' : ''}`}>
            <caption class="offscreen">Records of the last 24 hours by door and key, and what became of them</caption>
            <thead>
              <tr>
                <th scope="col">Door</th>
                <th scope="col">Key</th>
                <th scope="col" class="number">
                  Deliveries
                </th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col" class="number">
                  Received
                </th>
                {kOutcomes.map(([name, label, hint]) => (
                  <th key={name} scope="col" class="number" title={hint}>
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.sources.map((one) => (
                <tr key={`${one.door} ${one.key_id ?? ''}`}>
                  <td>
                    <Text of={one.door} />
                  </td>
                  <td class="mono">
                    <Text of={one.key_id} />
                  </td>
                  <Cells books={one} time={time} />
                </tr>
              ))}
              {data.sources.length > 1 && (
                <tr class="books-total">
                  <td colSpan={2}>All</td>
                  <Cells books={data.total} time={time} />
                </tr>
              )}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
