"""The questions of bench/run: the same entities to every contestant, answers compared, then the clock."""
import calendar
import json
import random
import subprocess
import threading
import time

from contest import BUILD, DUCKDB, WORK, command, sample, say
from report import median, percentile, table

OURS = '**Backtrail, sealed**'
ROWS = '**Backtrail, rows**'
JSONB = 'jsonb'
PARQUET = 'DuckDB over parquet'
# What is asked, whose keys it is asked for, and whether over the last day only.
QUESTIONS = {
    'user': ('a user, first 50 with raw and exact count', 'principal'),
    'user_day': ('the same, last day', 'principal'),
    'access_key': ('an access key, first 50, count', 'access_key'),
    'instance': ('an instance, by and on, first 50, count', 'instance'),
    'ip_address': ('an address, first 1,000, count', 'ip_address'),
    'volume': ('calls of a user per hour', 'principal'),
    'first_seen': ('first and last event of an address', 'ip_address'),
    'all_days': ('events of the organisation per day', 'everybody'),
    'service_days': ('calls of a service per day, organisation', 'service')}
LIMIT_MS = 10_000  # of one statement of a contestant
BUDGET_S = 25      # for one kind of question of a contestant
COLD_ASKED = 40


def entities(bench, questions=tuple(QUESTIONS), count=None, unheard=False, seed=11):
    """Entities drawn at random from the parquet file, the same for every contestant."""
    out = bench.work / f'questions-{len(questions)}-{count}-{unheard}-{seed}.ndjson'
    drawn = json.loads(command('node', DUCKDB / 'entities.mjs', bench.parquet)) | {'everybody': ['everybody']}
    chance = random.Random(seed)
    with open(out, 'w') as file:
        for question in questions:
            span = {'from': drawn['from'], 'to': drawn['to']}
            if question == 'user_day':
                span['from'] = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(instant(drawn['to']) - 86_400))
            keys = drawn[QUESTIONS[question][1]]
            taken = chance.sample(keys, min((count or bench.options.entities) + unheard, len(keys)))
            if unheard and len(taken) > 1:
                file.write(json.dumps({'question': question, 'key': taken.pop(), 'unheard': True, **span}) + '\n')
            for key in taken:
                file.write(json.dumps({'question': question, 'key': key, **span}) + '\n')
    return out


def instant(text):
    return calendar.timegm(time.strptime(text, '%Y-%m-%dT%H:%M:%SZ'))


def answers(text):
    return {(a['question'], a['key']): a for a in map(json.loads, text.splitlines())}


def ask_ours(bench, asked, *options, name='ours'):
    return answers(command(BUILD / 'bench/bench_ask', '--database-url', bench.cluster.url(name), '--questions', asked, *options))


def ask_jsonb(bench, asked, *options):
    return answers(command(BUILD / 'bench/bench_ask_jsonb', '--database-url', bench.cluster.url('jsonb'), '--questions', asked,
                           '--limit-ms', LIMIT_MS, *options))


def ask_duckdb(bench, asked, *options):
    return answers(command('node', DUCKDB / 'ask.mjs', bench.parquet, asked, '--limit-ms', LIMIT_MS, *options))


def figures(times, over=0):
    """p50 and p99 of what was answered; what was over the limit is longer than all of it."""
    all_times = times + [float('inf')] * over
    if not all_times:
        return '-', '-'
    written = [f'> {LIMIT_MS:,}' if x == float('inf') else f'{x:.2f}' for x in (median(all_times), percentile(all_times, 0.99))]
    return tuple(written)


def load_everything(bench, rows_too):
    say('  loading')
    if rows_too:
        bench.import_files(name='rows')
        bench.unseal_all('rows')
    bench.import_files()
    bench.seal_all()
    bench.lines('jsonb')
    bench.cluster.sql('VACUUM ANALYZE', database='jsonb')
    bench.duckdb()


def compare(given, questions):
    """A row for each question and contestant; `given` has a list of rounds of answers for each."""
    rows, ratios, cpu_of_ours = [], {}, {}
    for question in questions:
        ours = [g for g in given[OURS][0].values() if g['question'] == question and 'ms' in g]
        right = {g['key']: g['answer'] for g in ours}
        for name, rounds in given.items():
            heard = [g for r in rounds for g in r.values() if g['question'] == question]
            times = [g['ms'] for g in heard if 'ms' in g]
            over = len(heard) - len(times)
            if not heard:
                continue
            wrong = len({g['key'] for g in heard if 'ms' in g and g['key'] in right and g['answer'] != right[g['key']]})
            p50 = median(times) if times else float('inf')
            ratios[question, name] = p50
            share = p50 / ratios[question, OURS]
            cpu = [g['cpu_ms'] for g in heard if 'ms' in g]
            cpu_ratio = median(cpu) / cpu_of_ours[question] if cpu and name != OURS else 0
            cpu_of_ours.setdefault(question, median(cpu) if cpu else float('inf'))
            rows.append([QUESTIONS[question][0], name, len(heard) // len(rounds), *figures(times, over), *figures(cpu, over),
                         '' if name == OURS else f'{share:.1f}' if times else '', f'{cpu_ratio:.1f}' if cpu_ratio else '',
                         (f'{over} over the limit; ' if over else '') + ('equal' if wrong == 0 else f'{wrong} differ')])
    return rows


def questions(bench):
    say('questions')
    load_everything(bench, rows_too=True)
    asked = entities(bench)
    budget = ('--budget-s', BUDGET_S)
    contestants = {OURS: lambda: ask_ours(bench, asked, *budget), ROWS: lambda: ask_ours(bench, asked, *budget, name='rows'),
                   JSONB: lambda: ask_jsonb(bench, asked, *budget), PARQUET: lambda: ask_duckdb(bench, asked, *budget)}
    given = {name: [] for name in contestants}
    for turn in range(bench.options.repeat):
        for name, ask in contestants.items():
            if turn == 0 or name in (OURS, ROWS):
                say(f'  turn {turn + 1}: asking {name}')
                given[name].append(ask())
    return table(['question over 90 days, warm', 'contestant', 'asked', 'p50 ms', 'p99 ms', 'p50 cpu ms', 'p99 cpu ms', 'p50 ÷ ours', 'cpu ÷ ours', 'answers'],
                 compare(given, QUESTIONS)) + f'''

"Cpu" is processor time of whoever asks and of the server: what the clock shows on a machine that does nothing else, less the waiting. One
connection; each entity is asked for once before the clock runs. Ours and the rows are asked {bench.options.repeat} times. A contestant's
statement may take {LIMIT_MS / 1000:.0f} s and its questions of one kind {BUDGET_S} s: then fewer entities are asked, and what is over the limit
counts as longer than everything else. jsonb does not find instances in places that nobody wrote into its question.'''


def drop_page_cache():
    subprocess.run(['sync'], check=True)
    with open('/proc/sys/vm/drop_caches', 'w') as file:
        file.write('3')


def cold(bench):
    """Each question once, for other entities, after a restart with an empty page cache; connections are ready."""
    say('cold')
    load_everything(bench, rows_too=False)
    asked_of = ['user', 'instance', 'ip_address', 'volume']
    given = {OURS: [], JSONB: [], PARQUET: []}
    ways = {OURS: ask_ours, JSONB: ask_jsonb, PARQUET: ask_duckdb}
    for turn in range(bench.options.repeat):
        for question in asked_of:
            asked = entities(bench, (question,), COLD_ASKED, unheard=True, seed=100 + turn)
            for name, ask in ways.items():
                bench.cluster.stop()
                drop_page_cache()
                bench.cluster.start()
                given[name].append(ask(bench, asked, '--cold', '--budget-s', BUDGET_S))
        say(f'  turn {turn + 1}')
    rows = []
    for question in asked_of:
        for name, rounds in given.items():
            heard = [g for r in rounds for g in r.values() if g['question'] == question]
            times = [g['ms'] for g in heard if 'ms' in g]
            rows.append([QUESTIONS[question][0], name, len(heard), *figures(times, len(heard) - len(times))])
    return table(['question over 90 days, cold', 'contestant', 'asked', 'p50 ms', 'p99 ms'], rows) + f'''

PostgreSQL restarted and the page cache dropped before each kind of question; then one question that is not counted (catalogues, plans), and
{COLD_ASKED} others once each, in {bench.options.repeat} turns.'''


def busy(bench):
    """Our questions while another organisation's files are imported into the same warehouse as fast as it goes."""
    say('busy')
    bench.import_files()
    bench.seal_all()
    bench.duckdb()
    asked = entities(bench, ('user', 'instance', 'ip_address', 'volume', 'first_seen'))
    other = sample(bench.events, seed=6)
    idle, during = [], []
    for turn in range(bench.options.repeat):
        bench.import_files()
        bench.seal_all()
        idle.append(ask_ours(bench, asked))
        loading = threading.Thread(target=lambda: bench.ours('import', '--json', other / 'AWSLogs'))
        loading.start()
        time.sleep(1)
        heard = []
        while loading.is_alive():
            heard.append(ask_ours(bench, asked))
        during.extend(heard[:-1] or heard)
        loading.join()
        say(f'  turn {turn + 1}: asked {len(heard)} times during the import')
    rows = []
    for question in ('user', 'instance', 'ip_address', 'volume', 'first_seen'):
        quiet, loud, quiet_cpu, loud_cpu = ([g[of] for r in rounds for g in r.values() if g['question'] == question]
                                            for of in ('ms', 'cpu_ms') for rounds in (idle, during))
        rows.append([QUESTIONS[question][0], len(quiet), *figures(quiet), len(loud), *figures(loud),
                     f'{median(loud) / median(quiet):.2f}', f'{percentile(loud, 0.99) / percentile(quiet, 0.99):.2f}',
                     f'{percentile(loud_cpu, 0.99) / percentile(quiet_cpu, 0.99):.2f}'])
    return table(['question', 'idle', 'p50 ms', 'p99 ms', 'during import', 'p50 ms', 'p99 ms', 'p50 ÷ idle', 'p99 ÷ idle',
                  'p99 cpu ÷ idle'], rows) + '''

The import uses every core that it can get, so two cores serve the importer, PostgreSQL and whoever asks.'''


def grow(bench, base, from_events, to_events):
    """More organisations of the same size move into the warehouse, with accounts and users of their own."""
    for number in range(from_events // base, to_events // base):
        other = sample(base, seed=5000 + number, first_account=700_000_000_000 + number * 1000)
        bench.ours('import', '--json', '--retention', 'forever', other / 'AWSLogs')
    bench.seal_all()


def growth(bench):
    """The same entities of one organisation while the warehouse gets more and more others."""
    say('growth')
    wanted = ('user', 'access_key', 'instance', 'volume', 'first_seen')
    times, counts = {}, {}
    events_of = [int(n) for n in bench.options.sizes.split(',')]
    bench.sample, bench.parquet = sample(events_of[0]), WORK / f'sample-{events_of[0]}.parquet'
    if not bench.parquet.exists():
        bench.duckdb()
    asked = entities(bench, wanted)
    base = events_of[0]
    bench.import_files()
    bench.seal_all()
    for before, events in zip([base, *events_of], events_of):
        grow(bench, base, before, events)
        for turn in range(bench.options.repeat):
            for answer in ask_ours(bench, asked).values():
                times.setdefault((answer['question'], events), []).append((answer['ms'], answer['cpu_ms']))
                if answer['question'] == 'user':
                    counts.setdefault(events, []).append(answer['answer']['total'])
        say(f'  {events:,} events')

    def middle(question, events, of, share=0.5):
        return percentile([t[of] for t in times[question, events]], share)

    rows = [[QUESTIONS[question][0], f'{events:,}', f'{median(counts[events]):,.0f}',
             *(f'{middle(question, events, of, share):.2f}' for of in (0, 1) for share in (0.5, 0.99)),
             *(f'{middle(question, events, of) / middle(question, base, of):.2f}' for of in (0, 1))]
            for question in wanted for events in events_of]
    return table(['question over 90 days, warm', 'events', 'calls of a user, median', 'p50 ms', 'p99 ms', 'p50 cpu ms', 'p99 cpu ms',
                  f'p50 ÷ {base:,}', f'p50 cpu ÷ {base:,}'], rows) + f'''

The first organisation has {base:,} events and 14 accounts; the others move in beside it, each with as many. Its users are asked for each time.'''
