"""A PostgreSQL and a collector of our own, to be killed, stopped and started in any order."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTGRES = next(iter(sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin'), reverse=True)), None)
READY_WITHIN_S = 180
SQL_WITHIN_S = 600
LAST_WORDS_MAX = 300


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def as_server_user(command):
    """PostgreSQL never runs as root."""
    return ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] + command if os.geteuid() == 0 else command


def children(pid):
    out = subprocess.run(['pgrep', '-P', str(pid)], capture_output=True, text=True).stdout.split()
    return [int(x) for x in out]


def inside(directory):
    """Processes that work in this directory, as every process of a PostgreSQL does in its data."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / 'cwd') == str(directory):
                    found.append(int(entry.name))
            except OSError:
                pass  # ended, or a zombie
    return found


def cpu_s(pids):
    """Processor seconds that these processes, and children of theirs that have ended, have used."""
    ticks = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
            ticks += sum(int(field) for field in fields[11:15])
        except OSError:
            pass
    return ticks / os.sysconf('SC_CLK_TCK')


class Cut(RuntimeError):
    """An answer that did not come to its end."""


class Database:
    """A cluster below `directory`; its processes are our children."""

    def __init__(self, directory, settings=()):
        self.directory, self.settings = pathlib.Path(directory), list(settings)
        self.data, self.sock, self.log = self.directory / 'data', self.directory / 'sock', self.directory / 'log'
        self.process = None

    def create(self):
        for path in (self.data, self.sock):
            path.mkdir(parents=True)
            if os.geteuid() == 0:
                shutil.chown(path, 'postgres', 'postgres')
        subprocess.run(as_server_user([str(POSTGRES / 'initdb'), '-D', str(self.data), '-A', 'trust', '-U', 'postgres', '-E', 'UTF8',
                                       '--locale=C.UTF-8']), check=True, stdout=subprocess.DEVNULL)

    def start(self, wait=True):
        # PID 1 may not reap orphans: files of a killed server would keep the next one from starting.
        for path in [self.data / 'postmaster.pid', *self.sock.glob('.s.PGSQL*')]:
            path.unlink(missing_ok=True)
        command = [str(POSTGRES / 'postgres'), '-D', str(self.data), '-c', 'listen_addresses=', '-c', f'unix_socket_directories={self.sock}']
        for setting in ['shared_buffers=128MB', 'max_wal_size=2GB', *self.settings]:
            command += ['-c', setting]
        self.process = subprocess.Popen(as_server_user(command), stdout=open(self.log, 'a'), stderr=subprocess.STDOUT)
        if wait:
            self.wait()

    def wait(self, database='postgres'):
        until = time.monotonic() + READY_WITHIN_S
        while self.sql('SELECT 1', database=database, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError('PostgreSQL did not start: ' + self.log.read_text(errors='replace')[-1000:])
            time.sleep(0.05)

    def processes(self):
        return [self.process.pid, *children(self.process.pid)] if self.process and self.process.poll() is None else []

    def kill(self):
        """The postmaster first: what it started a moment ago would otherwise live on and keep the next one from starting."""
        if self.process:
            self.process.kill()
            self.process.wait()
        while left := inside(self.data):
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    def sql(self, *texts, database='backtrail', check=True):
        commands = [word for text in texts for word in ('-c', text)]
        return subprocess.run([str(POSTGRES / 'psql'), '-h', str(self.sock), '-U', 'postgres', '-XAtq', '-d', database, *commands],
                              capture_output=True, text=True, check=check, timeout=SQL_WITHIN_S)

    def forbid(self):
        """The server stays, nobody gets in: quicker than to stop and start it."""
        self.sql('ALTER DATABASE backtrail ALLOW_CONNECTIONS false',
                 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'backtrail'", database='postgres')

    def allow(self):
        self.sql('ALTER DATABASE backtrail ALLOW_CONNECTIONS true', database='postgres')

    def url(self, database='backtrail'):
        return f'postgresql:///{database}?host={self.sock}&user=postgres'


class Collector:
    def __init__(self, program, database, directory, environment=None):
        self.program, self.database, self.directory = str(program), database, pathlib.Path(directory)
        self.port, self.environment = free_port(), environment or {}
        self.wrap, self.options = [], []  # before the program; behind its other options
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process = None

    def command(self, *arguments):
        return [self.program, *arguments, '--database-url', self.database.url(), '--data-dir', str(self.directory)]

    def run(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=True).stdout

    def start(self):
        log = open(self.directory / 'collector.log', 'a')
        command = self.command('serve', '--roles', 'collector,api', '--listen', f'127.0.0.1:{self.port}', *self.options)
        self.process = subprocess.Popen(self.wrap + command, stdout=log, stderr=subprocess.STDOUT,
                                        env=os.environ | self.environment)

    def wait(self, path='/readyz', seconds=READY_WITHIN_S):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.get(path)[0] == 200:
                return True
            if self.process.poll() is not None:
                self.start()
            time.sleep(0.02)
        return False

    def last_words(self):
        lines = (self.directory / 'collector.log').read_text(errors='replace').split('\n')
        return next((line for line in reversed(lines) if line), '')[-LAST_WORDS_MAX:]

    def get(self, path, token=None):
        try:
            connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
            connection.request('GET', path, headers={'Authorization': f'Bearer {token}'} if token else {})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return None, b''

    def lines(self, path, token):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=600)
        connection.request('GET', path, headers={'Authorization': f'Bearer {token}'})
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f'{path} answered {response.status}: {response.read()[:300]}')
        # Not by its own iterator, which takes an answer that was cut for one that ended.
        rest = b''
        try:
            while piece := response.read(1 << 16):
                *whole, rest = (rest + piece).split(b'\n')
                yield from whole
        except http.client.IncompleteRead as cut:
            raise Cut(f'{path} was cut: {self.last_words()}') from cut
        if rest:
            yield rest
        connection.close()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self, patience_s=None):
        """One that takes longer is killed: it may be in a state that a failed call left."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                self.kill()

    def make_key(self, role):
        return json.loads(self.run('key', 'create', '--name', f'judge {role}', '--role', role, '--json'))['token']

    def spool_is_empty(self):
        return not list(self.spool().glob('*.segment'))

    def spool(self):
        return pathlib.Path(self.options[1]) if self.options else self.directory / 'spool'

    def wait_drained(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.spool_is_empty():
                return True
            time.sleep(0.1)
        return False

    def resident_bytes(self):
        for line in open(f'/proc/{self.process.pid}/status'):
            if line.startswith('VmHWM:'):
                return int(line.split()[1]) * 1024
        return 0
