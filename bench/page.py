"""The page's own calls over HTTP for bench/run: one after the other, and from several clients at once."""
import http.client
import json
import time
import urllib.parse

from contest import say, together
from report import median, percentile, table

CALLS = 200       # one after the other
CLIENTS = 4       # at once, each on its own connection
CLIENT_CALLS = 100


def paths(get):
    """What the page asks for when somebody looks around: the overview, a finding, its user's activity, an entity."""
    finding = get('/api/v1/findings?limit=1')['findings'][0]['finding_id']
    person = next(row['value'] for row in get('/api/v1/activity/summary?last=24h')['by_principal'])
    user = urllib.parse.quote('principal:' + person)
    return ['/api/v1/summary', '/api/v1/findings?limit=50', '/api/v1/findings/facets', f'/api/v1/findings/{finding}',
            f'/api/v1/activity?finding={finding}&limit=50',
            f'/api/v1/activity?entity={user}&last=90d&limit=50', f'/api/v1/activity/volume?entity={user}&last=90d',
            f'/api/v1/activity/summary?entity={user}&last=90d', f'/api/v1/entities/principal/{urllib.parse.quote(person)}?last=90d',
            '/api/v1/activity?last=24h&limit=50', '/api/v1/activity/volume?last=90d', '/api/v1/coverage', '/api/v1/accounts']


class Client:
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        self.headers = {'Authorization': f'Bearer {token}'}

    def call(self, path):
        self.connection.request('GET', path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def ask_many(port, token, path, go):
    client = Client(port, token)
    client.call(path)
    go.wait()
    for _ in range(CLIENT_CALLS):
        status, _ = client.call(path)
        if status != 200:
            raise RuntimeError(f'{path}: {status}')


def throughput(port, token, path):
    """Calls a second of CLIENTS clients."""
    return CLIENTS * CLIENT_CALLS / together(ask_many, [(port, token, path)] * CLIENTS)


def latency(port, token, path):
    client, took = Client(port, token), []
    client.call(path)
    for _ in range(CALLS):
        began = time.monotonic()
        status, body = client.call(path)
        took.append((time.monotonic() - began) * 1000)
    return status, len(body), took


def rest(bench):
    say('rest')
    bench.import_files()
    bench.seal_all()
    collector = bench.collector('ours', 'api')
    collector.start()
    try:
        if not collector.wait('/livez'):
            raise RuntimeError('the server did not start')
        token = collector.make_key('administrator')
        asked = paths(lambda path: json.loads(Client(collector.port, token).call(path)[1]))
        took, rates, told = {}, {}, {}
        for _ in range(bench.options.repeat):
            for number, path in enumerate(asked):
                status, size, times = latency(collector.port, token, path)
                took.setdefault(number, []).extend(times)
                told[number] = (status, size)
                rates.setdefault(number, []).append(throughput(collector.port, token, path))
    finally:
        collector.stop()
    rows = [[f'`GET {shown(path)}`', *told[n], f'{median(took[n]):.2f}', f'{percentile(took[n], 0.99):.2f}', f'{median(rates[n]):,.0f}']
            for n, path in enumerate(asked)]
    return table(['call', 'status', 'bytes', 'p50 ms', 'p99 ms', 'calls/s'], rows) + f'''

{bench.events:,} events of 90 days, sealed. {CALLS} calls one after the other, in {bench.options.repeat} turns; then {CLIENTS} clients at once, which share two cores with the server and
PostgreSQL.'''


def shown(path):
    """The path without the ids of one sample."""
    words = path.split('?')
    if words[0].startswith('/api/v1/findings/') and not words[0].endswith('facets'):
        words[0] = '/api/v1/findings/ID'
    if words[0].startswith('/api/v1/entities/'):
        words[0] = '/api/v1/entities/principal/KEY'
    if len(words) > 1:
        words[1] = '&'.join(w.split('=')[0] + '=' + ('…' if w.startswith(('entity', 'finding')) else w.split('=')[1]) for w in words[1].split('&'))
    return '?'.join(words)
