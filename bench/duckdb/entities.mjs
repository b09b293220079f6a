// node entities.mjs FILE.parquet: who and what a benchmark can ask for: the entities of each kind, and the interval.
import {DuckDBInstance} from '@duckdb/node-api';

const source = `read_parquet('${process.argv[2].replaceAll("'", "''")}')`;
const database = await (await DuckDBInstance.create(':memory:')).connect();
const column = async (expression, condition) => {
  const sql = `SELECT DISTINCT ${expression} AS key FROM ${source} WHERE ${condition} ORDER BY 1`;
  return (await database.runAndReadAll(sql)).getRows().map((row) => row[0]);
};
const [span] = (await database.runAndReadAll(
  `SELECT strftime(date_trunc('day', min(event_time)), '%Y-%m-%dT%H:%M:%SZ') AS first,
          strftime(date_trunc('day', max(event_time)) + INTERVAL 1 DAY, '%Y-%m-%dT%H:%M:%SZ') AS last FROM ${source}`)).getRowObjectsJson();
console.log(JSON.stringify({
  from: span.first,
  to: span.last,
  principal: await column('principal', `regexp_matches(principal, '^(AIDA|AROA)[A-Z0-9]+$')`),
  access_key: await column('access_key', `access_key LIKE 'A%'`),
  instance: await column('session_name', `session_name LIKE 'i-%'`),
  ip_address: await column('ip_address', `regexp_matches(ip_address, '^[0-9.]+$')`),
  service: await column('service', 'true'),
}));
