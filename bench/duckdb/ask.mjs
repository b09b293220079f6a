// node ask.mjs FILE.parquet QUESTIONS [--cold] [--budget-s S] [--limit-ms MS]: the questions of bench_ask, over parquet;
// the same lines as answers (bench/asking.hpp).
import fs from 'node:fs';
import readline from 'node:readline';
import {parseArgs} from 'node:util';
import {DuckDBInstance} from '@duckdb/node-api';

const {positionals: [parquet, file], values: options} = parseArgs({allowPositionals: true, options: {
  cold: {type: 'boolean', default: false}, 'budget-s': {type: 'string', default: '0'}, 'limit-ms': {type: 'string', default: '0'}}});
const budgetMs = Number(options['budget-s']) * 1000, limitMs = Number(options['limit-ms']);
const database = await (await DuckDBInstance.create(':memory:', {threads: '2'})).connect();
const source = `read_parquet('${parquet.replaceAll("'", "''")}')`;
const within = 'event_time >= $from::TIMESTAMP AND event_time < $to::TIMESTAMP';
class OverLimit extends Error {}

const page = (condition, limit) => async (values) => {
  const total = await rows(`SELECT count(*)::INTEGER AS n FROM ${source} WHERE ${condition} AND ${within}`, values);
  const events = await rows(`SELECT event_id, record FROM ${source} WHERE ${condition} AND ${within}
                             ORDER BY event_time DESC, event_id DESC LIMIT ${limit}`, values);
  return {total: total[0].n, ids: events.map((e) => e.event_id)};
};
const buckets = (unit, condition) => async (values) => {
  const counts = await rows(`SELECT strftime(date_trunc('${unit}', event_time), '%Y-%m-%dT%H:%M:%SZ') AS at, count(*)::INTEGER AS n
                               FROM ${source} WHERE ${condition} AND ${within} GROUP BY 1`, values);
  return Object.fromEntries(counts.map((c) => [c.at, c.n]));
};
const questions = {
  user: page('principal = $key', 50),
  user_day: page('principal = $key', 50),
  access_key: page('access_key = $key', 50),
  instance: page('(session_name = $key OR contains(record, $key))', 50),
  ip_address: page('ip_address = $key', 1000),
  volume: buckets('hour', 'principal = $key'),
  first_seen: async ({key}) => {
    const [seen] = await rows(`SELECT strftime(min(event_time), '%Y-%m-%dT%H:%M:%SZ') AS first, strftime(max(event_time), '%Y-%m-%dT%H:%M:%SZ') AS last
                                 FROM ${source} WHERE ip_address = $key`, {key});
    return {first: seen.first, last: seen.last};
  },
  all_days: ({from, to}) => buckets('day', 'true')({from, to}),
  service_days: buckets('day', 'service = $key'),
};

async function rows(sql, values) {
  const timer = limitMs > 0 && setTimeout(() => database.interrupt(), limitMs);
  try {
    return (await database.runAndReadAll(sql, values)).getRowObjectsJson();
  } catch (error) {
    throw /interrupt/i.test(error.message) ? new OverLimit() : error;
  } finally {
    clearTimeout(timer);
  }
}

const spent = {};
for await (const line of readline.createInterface({input: fs.createReadStream(file)})) {
  const {question, key, from, to, unheard} = JSON.parse(line);
  const values = {key, from, to};
  if (budgetMs > 0 && (spent[question] ?? 0) > budgetMs) continue;
  const start = performance.now();
  const said = {question, key};
  try {
    if (!options.cold && !unheard) await questions[question](values);
    const used = process.cpuUsage(), began = performance.now();
    const answer = await questions[question](values);
    const ms = performance.now() - began, {user, system} = process.cpuUsage(used);
    Object.assign(said, {ms, cpu_ms: (user + system) / 1000, answer});
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    said.over = true;
  }
  if (unheard) continue;
  spent[question] = (spent[question] ?? 0) + performance.now() - start;
  console.log(JSON.stringify(said));
}
