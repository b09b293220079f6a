"""What the tables of bench/run share: a sample, a PostgreSQL of its own, and each contestant's way to load the sample."""
import json
import multiprocessing
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'tests/judge'))
from rig import Collector, Database  # noqa: E402

BUILD = ROOT / 'build/release'
WORK = ROOT / 'build/bench'
DUCKDB = ROOT / 'bench/duckdb'
SETTINGS = ['shared_buffers=2GB', 'max_wal_size=8GB', 'effective_cache_size=8GB', 'maintenance_work_mem=256MB']
TARGETS = ['backtrail', 'bench_load_lines', 'bench_ask', 'bench_ask_jsonb']


def say(text):
    print(text, file=sys.stderr, flush=True)


def command(*words, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f'{" ".join(map(str, words))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}')
    return done.stdout


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def build():
    say('building')
    command('cmake', '--preset', 'release', '-DBACKTRAIL_BENCH=ON', cwd=ROOT)
    command('cmake', '--build', BUILD, '--target', *TARGETS, cwd=ROOT)
    if not (DUCKDB / 'node_modules').exists():
        command('npm', '--prefix', DUCKDB, 'ci', '--no-audit', '--no-fund')


def sample(events, seed=5, first_account=0):
    """A sample organisation, made once. Another seed is another organisation; with a first account, one with accounts of its own."""
    folder = WORK / (f'sample-{events}' + (f'-{seed}' if seed != 5 else '') + (f'-{first_account}' if first_account else ''))
    if not folder.exists():
        say(f'making {events:,} events')
        half = WORK / 'half-made'
        shutil.rmtree(half, ignore_errors=True)
        command(BUILD / 'backtrail', 'sample', '--out', half, '--events', events, '--seed', seed, '--first-account', first_account)
        half.rename(folder)
    return folder


def together(target, arguments):
    """Seconds that processes take which begin at once: `target` gets its arguments and a barrier to wait at when it is ready."""
    go = multiprocessing.Barrier(len(arguments) + 1)
    clients = [multiprocessing.Process(target=target, args=(*own, go)) for own in arguments]
    for client in clients:
        client.start()
    go.wait()
    began = time.monotonic()
    for client in clients:
        client.join()
    if any(client.exitcode != 0 for client in clients):
        raise RuntimeError('a client failed')
    return time.monotonic() - began


def gzip_bytes(folder):
    """Of the CloudTrail files, which is what the events came in."""
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob('*_CloudTrail_*.json.gz'))


class Bench:
    def __init__(self, options):
        self.options = options
        self.events = options.events
        self.sample = sample(options.events)
        self.work = pathlib.Path(tempfile.mkdtemp(prefix='backtrail-bench-'))
        self.work.chmod(0o755)
        self.cluster = Database(self.work / 'pg', SETTINGS)
        self.cluster.create()
        self.cluster.start()
        self.parquet = WORK / f'sample-{options.events}.parquet'

    def close(self):
        self.cluster.stop()
        shutil.rmtree(self.work, ignore_errors=True)

    def fresh(self, name):
        self.cluster.sql(f'DROP DATABASE IF EXISTS {name}', database='postgres')
        self.cluster.sql(f'CREATE DATABASE {name}', database='postgres')
        self.cluster.sql('CHECKPOINT', database='postgres')
        return self.cluster.url(name)

    def ours(self, *words, name='ours'):
        """One of our commands on a database."""
        return command(BUILD / 'backtrail', *words, '--database-url', self.cluster.url(name), '--data-dir', self.work / 'var')

    def import_files(self, folder=None, name='ours'):
        """Ours, from files: the program's start and its migration are outside the clock, the rest is inside."""
        self.fresh(name)
        self.ours('migrate', name=name)
        began = time.monotonic()
        account = json.loads(self.ours('import', '--json', '--retention', 'forever', (folder or self.sample) / 'AWSLogs', name=name))
        return account, time.monotonic() - began

    def days(self, name='ours'):
        return self.cluster.sql('SELECT event_day FROM backtrail.api_event UNION SELECT day FROM backtrail.event_part ORDER BY 1',
                                database=name).stdout.split()

    def seal_all(self, name='ours'):
        """Every day, also the youngest, which maintenance would leave for later. A day after the other is sealed and merged, and
        the room of what was merged made free in between, as in a warehouse that maintenance looks after."""
        for day in self.days(name):
            self.ours('seal', day, name=name)
            self.cluster.sql('VACUUM backtrail.event_part, backtrail.event_piece, backtrail.event_directory', database=name)
        self.cluster.sql('VACUUM ANALYZE', database=name)
        left = int(self.cluster.sql('SELECT count(*) FROM backtrail.api_event', database=name).stdout)
        if left:
            say(f'  {left} events stay rows')

    def unseal_all(self, name='ours'):
        days = self.cluster.sql('SELECT DISTINCT day FROM backtrail.event_part ORDER BY 1', database=name).stdout.split()
        self.ours('unseal', *days, name=name)
        self.cluster.sql('VACUUM ANALYZE', database=name)

    def lines(self, layout):
        return last_json(command(BUILD / 'bench/bench_load_lines', '--layout', layout, '--database-url', self.fresh(layout),
                                 self.sample / 'AWSLogs'))

    def duckdb(self):
        return last_json(command('node', DUCKDB / 'load.mjs', self.sample / 'AWSLogs', self.parquet))

    def collector(self, name, directory):
        """The HTTP server over a database of this cluster; not started."""
        database = Database(self.work / 'pg', SETTINGS)
        url = self.cluster.url(name)
        database.url = lambda name=name: url
        return Collector(BUILD / 'backtrail', database, self.work / directory)
