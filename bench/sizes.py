"""Bytes per event, by table and index, for bench/run."""
import pathlib

# A partition counts for its table; indexes by what they are for.
BY_RELATION = """
SELECT regexp_replace(coalesce(p.relname, t.relname), '_[0-9_]+$', '') AS relation,
       sum(pg_relation_size(t.oid) + coalesce(pg_relation_size(t.reltoastrelid), 0))::bigint,
       sum(pg_indexes_size(t.oid))::bigint
  FROM pg_class t
  LEFT JOIN pg_inherits i ON i.inhrelid = t.oid
  LEFT JOIN pg_class p ON p.oid = i.inhparent
  JOIN pg_namespace n ON n.oid = t.relnamespace
 WHERE t.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
 GROUP BY 1 HAVING sum(pg_total_relation_size(t.oid)) > 65536 ORDER BY 2 + 3 DESC
"""


def relations(cluster, database):
    for line in cluster.sql(BY_RELATION, database=database).stdout.splitlines():
        name, heap, index = line.split('|')
        yield name, int(heap), int(index)


def table_of(bench, table):
    events = int(bench.cluster.sql('SELECT count(*) FROM line', database='jsonb').stdout)
    source = sum(path.stat().st_size for path in pathlib.Path(bench.sample / 'AWSLogs').rglob('*_CloudTrail_*.json.gz'))
    rows = [['gzip source', 'files', f'{source / events:.0f}', '', f'{source / events:.0f}', '1.00']]

    def add(contestant, name, heap, index):
        total = heap + index
        rows.append([contestant, name, f'{heap / events:.0f}', f'{index / events:.0f}', f'{total / events:.0f}', f'{total / source:.2f}'])

    for database, contestant in (('ours', '**Backtrail**'), ('jsonb', 'jsonb')):
        parts = list(relations(bench.cluster, database))
        add(contestant, '**all**', sum(p[1] for p in parts), sum(p[2] for p in parts))
        for part in parts:
            add(contestant, part[0], part[1], part[2])
    add('DuckDB', 'zstd parquet', bench.parquet.stat().st_size, 0)
    return table(['contestant', 'table', 'heap B/event', 'index B/event', 'B/event', '÷ gzip'], rows)
