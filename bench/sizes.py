"""Bytes per event for bench/run: by table and index, and for organisations of many and of few events a day."""
import shutil

from contest import WORK, command, gzip_bytes, sample, say, BUILD
from report import table

# A partition counts for its table; indexes by what they are for.
BY_RELATION = """
SELECT regexp_replace(coalesce(p.relname, t.relname), '_[0-9_]+$', '') AS relation,
       sum(pg_relation_size(t.oid) + coalesce(pg_relation_size(t.reltoastrelid), 0))::bigint,
       sum(pg_indexes_size(t.oid) + coalesce(pg_indexes_size(nullif(t.reltoastrelid, 0)), 0))::bigint
  FROM pg_class t
  LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
  LEFT JOIN pg_class p ON p.oid = i.inhparent
  JOIN pg_namespace n ON n.oid = t.relnamespace
 WHERE t.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
 GROUP BY 1 HAVING sum(pg_total_relation_size(t.oid)) > 65536 ORDER BY 2 + 3 DESC
"""
# What events are kept in; the others hold findings, the books, and names to search for.
EVENTS = ('api_event', 'event_mention', 'event_part', 'event_piece', 'event_directory')

# Organisations by density: events of an account in a day. The sample has 14 accounts; a thin one is many of those side by
# side, each with accounts of its own.
SAMPLE_ACCOUNTS = 14
DENSE_DAYS, DENSE_EVENTS = 3, 666_000
THIN_SAMPLES, THIN_DAYS, THIN_A_DAY = 36, 9, 100


def relations(cluster, database):
    for line in cluster.sql(BY_RELATION, database=database).stdout.splitlines():
        name, heap, index = line.split('|')
        yield name, int(heap), int(index)


def size(bench):
    say('size')
    bench.import_files()
    bench.seal_all()
    bench.cluster.sql('VACUUM FULL', database='ours')
    bench.import_files(name='rows')
    bench.unseal_all('rows')
    bench.cluster.sql('VACUUM FULL', database='rows')
    events = bench.lines('jsonb')['events']
    bench.duckdb()
    source = gzip_bytes(bench.sample)
    rows = [['gzip source', 'files', f'{source / events:.0f}', '', f'{source / events:.0f}', '1.00']]

    def add(contestant, name, heap, index):
        total = heap + index
        rows.append([contestant, name, f'{heap / events:.1f}', f'{index / events:.1f}', f'{total / events:.1f}', f'{total / source:.2f}'])

    for database, contestant in (('ours', '**Backtrail, sealed**'), ('rows', '**Backtrail, rows**'), ('jsonb', 'jsonb')):
        parts = list(relations(bench.cluster, database))
        ours = [p for p in parts if p[0] in EVENTS]
        add(contestant, '**all**', sum(p[1] for p in parts), sum(p[2] for p in parts))
        if ours:
            add(contestant, '**events**', sum(p[1] for p in ours), sum(p[2] for p in ours))
        for part in parts:
            add(contestant, part[0], part[1], part[2])
    add('DuckDB', 'zstd parquet', bench.parquet.stat().st_size, 0)
    return table(['contestant', 'table', 'heap B/event', 'index B/event', 'B/event', '÷ gzip'], rows) + '''

"All" is the whole database: also findings, the books of deliveries and the names of entities. "Events" is what CloudTrail is kept and found in.
After VACUUM FULL, which needs as much again while it runs: the room that merging and unsealing leave free is used by later days.'''


def made(name, make):
    folder = WORK / name
    if not folder.exists():
        say(f'making {name}')
        half = WORK / 'half-made'
        shutil.rmtree(half, ignore_errors=True)
        make(half)
        half.rename(folder)
    return folder


def make_dense(folder):
    command(BUILD / 'backtrail', 'sample', '--out', folder, '--events', DENSE_EVENTS, '--days', DENSE_DAYS, '--seed', 5)


def make_thin(folder):
    for number in range(THIN_SAMPLES):
        command(BUILD / 'backtrail', 'sample', '--out', folder / 'AWSLogs' / str(number), '--events', SAMPLE_ACCOUNTS * THIN_DAYS * THIN_A_DAY,
                '--days', THIN_DAYS, '--seed', 100 + number, '--first-account', 700_000_000_000 + number * 1000)
    for findings in list(folder.rglob('GuardDuty')):
        shutil.rmtree(findings)  # as many for each of them as for the large sample


def kept_and_all(bench):
    """Bytes of what events are kept in, and of everything."""
    parts = list(relations(bench.cluster, 'ours'))
    return sum(p[1] + p[2] for p in parts if p[0] in EVENTS), sum(p[1] + p[2] for p in parts)


def density(bench):
    say('density')
    rows = []
    for name, folder in (('few accounts, dense', made('dense', make_dense)), (f'the sample of {bench.events:,}', bench.sample),
                         ('many accounts, thin', made('thin', make_thin))):
        bench.import_files(folder)
        bench.seal_all()
        figure = lambda sql: int(bench.cluster.sql(sql, database='ours').stdout)  # noqa: E731
        events = figure('SELECT sum(n) FROM backtrail.event_part') + figure('SELECT count(*) FROM backtrail.api_event')
        accounts = figure('SELECT count(DISTINCT account_id) FROM backtrail.event_part')
        days = figure('SELECT count(DISTINCT day) FROM backtrail.event_part')
        source = gzip_bytes(folder)
        with_room, _ = kept_and_all(bench)
        bench.cluster.sql('VACUUM FULL', database='ours')
        kept, total = kept_and_all(bench)
        rows.append([name, accounts, days, f'{events / accounts / days:,.0f}', f'{source / events:.0f}', f'{kept / events:.0f}',
                     f'{kept / source:.2f}', f'{with_room / source:.2f}', f'{total / events:.0f}', f'{total / source:.2f}'])
        say(f'  {rows[-1]}')
    return table(['organisation', 'accounts', 'days', 'events of an account a day', 'gzip B/event', 'events B/event', '÷ gzip', 'with free room ÷ gzip',
                  'all B/event', '÷ gzip'], rows) + '''

After VACUUM FULL but for the column of free room: all days were merged within a minute, and what that leaves free is for later days; of a
warehouse that gets a day a day it is less than a day's.'''
