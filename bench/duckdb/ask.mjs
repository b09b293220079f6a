// node ask.mjs FILE.parquet QUESTIONS [--cold]: the questions of bench_ask, over parquet; the same lines as answers.
import fs from 'node:fs';
import readline from 'node:readline';
import {DuckDBInstance} from '@duckdb/node-api';

const [parquet, file, cold] = process.argv.slice(2);
const database = await (await DuckDBInstance.create(':memory:', {threads: '2'})).connect();
const source = `read_parquet('${parquet.replaceAll("'", "''")}')`;
const within = 'event_time >= $from::TIMESTAMP AND event_time < $to::TIMESTAMP';

const page = (condition, limit) => async (values) => {
  const total = await rows(`SELECT count(*)::INTEGER AS n FROM ${source} WHERE ${condition} AND ${within}`, values);
  const events = await rows(`SELECT event_id, record FROM ${source} WHERE ${condition} AND ${within}
                             ORDER BY event_time DESC, event_id DESC LIMIT ${limit}`, values);
  return {total: total[0].n, ids: events.map((e) => e.event_id)};
};
const questions = {
  user: page('principal = $key', 50),
  access_key: page('access_key = $key', 50),
  instance: page(`(session_name = $key OR contains(record, '"' || $key || '"'))`, 50),
  ip_address: page('ip_address = $key', 1000),
  volume: async (values) => {
    const hours = await rows(`SELECT strftime(date_trunc('hour', event_time), '%Y-%m-%dT%H:%M:%SZ') AS hour, count(*)::INTEGER AS n
                                FROM ${source} WHERE principal = $key AND ${within} GROUP BY 1`, values);
    return Object.fromEntries(hours.map((h) => [h.hour, h.n]));
  },
};

async function rows(sql, values) {
  return (await database.runAndReadAll(sql, values)).getRowObjectsJson();
}

for await (const line of readline.createInterface({input: fs.createReadStream(file)})) {
  const {question, key, from, to} = JSON.parse(line);
  if (!questions[question]) continue;
  const values = {key, from, to};
  if (!cold) await questions[question](values);
  const began = performance.now();
  const answer = await questions[question](values);
  console.log(JSON.stringify({question, key, ms: performance.now() - began, answer}));
}
