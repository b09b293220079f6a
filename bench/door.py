"""Senders that push to the HTTP server as fast as they are answered, for bench/run."""
import gzip
import http.client
import json
import pathlib

from contest import together

CLIENTS = 2


def bodies(folder, events_each, events):
    """NDJSON bodies of `events_each` events, in all `events`."""
    lines, made = [], 0
    for path in sorted(pathlib.Path(folder).rglob('*_CloudTrail_*.json.gz')):
        for record in json.loads(gzip.decompress(path.read_bytes()))['Records']:
            lines.append(json.dumps(record, separators=(',', ':')).encode())
            made += 1
            if len(lines) == events_each:
                yield b'\n'.join(lines)
                lines = []
            if made == events:
                break
        if made == events:
            break
    if lines:
        yield b'\n'.join(lines)


def send(port, key, mine, go):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.connect()
    go.wait()
    for body in mine:
        connection.request('POST', '/ingest/raw', body, {'X-Api-Key': key, 'Content-Type': 'application/x-ndjson'})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f'{answer.status}: {said[:300]}')


def load(folder, port, key, events_each, events):
    """(events sent, seconds): every request was answered with success, so every event is durable."""
    all_bodies = list(bodies(folder, events_each, events))
    seconds = together(send, [(port, key, all_bodies[i::CLIENTS]) for i in range(CLIENTS)])
    return events if events_each == 1 else sum(body.count(b'\n') + 1 for body in all_bodies), seconds


def days_of(folder):
    return sorted({'-'.join(path.parts[-4:-1]) for path in pathlib.Path(folder).rglob('*_CloudTrail_*.json.gz')})


def load_through(bench, events_each, events):
    """The same at the door of a new warehouse. What comes through a door is of days that maintenance has made beforehand;
    a sample of 90 days has them made before the clock starts, too."""
    bench.fresh('doors')
    bench.ours('migrate', name='doors')
    days = ','.join(days_of(bench.sample / 'AWSLogs'))
    bench.cluster.sql(f"SELECT backtrail.create_event_partition(d, d + 1) FROM unnest('{{{days}}}'::date[]) AS d", database='doors')
    collector = bench.collector('doors', 'collector')
    collector.run('retention', 'all', 'forever')
    collector.start()
    try:
        if not collector.wait():
            raise RuntimeError('the collector did not start')
        return load(bench.sample / 'AWSLogs', collector.port, collector.make_key('ingest'), events_each, events)
    finally:
        collector.stop()
