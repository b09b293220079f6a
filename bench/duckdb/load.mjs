// node load.mjs FOLDER OUT.parquet: CloudTrail files to zstd parquet, sorted as people sort it: by day and time.
// The columns that questions ask for are typed; the record stays as JSON text beside them.
import {DuckDBInstance} from '@duckdb/node-api';

const [folder, out] = process.argv.slice(2);
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const database = await (await DuckDBInstance.create(':memory:', {threads: '2'})).connect();
const began = performance.now();
await database.run(`
  COPY (
    SELECT record ->> '$.eventID' AS event_id,
           (record ->> '$.eventTime')::TIMESTAMP AS event_time,
           record ->> '$.recipientAccountId' AS account_id,
           record ->> '$.awsRegion' AS region,
           record ->> '$.eventSource' AS service,
           record ->> '$.eventName' AS api,
           record ->> '$.errorCode' AS error_code,
           split_part(record ->> '$.userIdentity.principalId', ':', 1) AS principal,
           split_part(record ->> '$.userIdentity.principalId', ':', 2) AS session_name,
           record ->> '$.userIdentity.accessKeyId' AS access_key,
           record ->> '$.sourceIPAddress' AS ip_address,
           record
      FROM (SELECT unnest(from_json(json -> '$.Records', '["JSON"]')) AS record
              FROM read_json_objects(${quoted(folder + '/**/*.json.gz')}, maximum_object_size = 1073741824))
     ORDER BY event_time)
  TO ${quoted(out)} (FORMAT parquet, COMPRESSION zstd)`);
const seconds = (performance.now() - began) / 1000;
const rows = (await database.runAndReadAll(`SELECT count(*) FROM ${quoted(out)}`)).getRows();
console.log(JSON.stringify({events: Number(rows[0][0]), seconds}));
