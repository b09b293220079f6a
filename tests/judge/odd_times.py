"""Odd times under load: late, future and expired days, retention with archive by two processes at once that are killed, clock
steps (libfaketime), a legal hold. Afterwards nothing was removed early, nothing stayed late, and nothing is lost."""
import datetime
import glob
import json
import os
import random
import subprocess
import threading
import time

import oracle

KEPT_DAYS = 90
# Not the days beside the limit: midnight may pass during a run.
EXPIRED, KEPT = (-96, -92), (-88, 0)
HELD_DAY = -93
FAKETIME = next(iter(glob.glob('/usr/lib/*/faketime/libfaketime.so.1')), None)


class OddIssuer(oracle.Issuer):
    """Events of every day that a sender may come up with."""

    def __init__(self, seed, today):
        super().__init__(seed, today.isoformat())
        self.today = today

    def offset(self, number):
        random_number = random.Random(f'{self.seed}/{number}')
        kind = random_number.randrange(10)
        if kind < 3:
            return random_number.randint(*EXPIRED)
        if kind < 8:
            return random_number.randint(*KEPT)
        return random_number.randint(1, 25) if kind < 9 else random_number.choice([200, 211, 222, 400, 3000])

    def event(self, number):
        event = super().event(number)
        day = self.today + datetime.timedelta(days=self.offset(number))
        event['eventTime'] = day.isoformat() + event['eventTime'][10:]
        return event

    def is_held(self, number):
        return self.offset(number) == HELD_DAY and oracle.ACCOUNTS[number % len(oracle.ACCOUNTS)] == oracle.ACCOUNTS[0]


class LockWatch(threading.Thread):
    """The longest time that the ingest role waited for a lock on a table, looked at every 5 ms inside the server."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database, self.longest_ms = database, None
        database.sql('CREATE TABLE public.judge_stop (stop boolean)')

    def run(self):
        loop = """DO $$ DECLARE longest interval := '0'; now_longest interval; BEGIN LOOP
          EXIT WHEN EXISTS (SELECT FROM public.judge_stop);
          PERFORM pg_stat_clear_snapshot();
          SELECT max(clock_timestamp() - l.waitstart) INTO now_longest FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
            WHERE NOT l.granted AND l.locktype = 'relation' AND a.usename = 'backtrail_ingest';
          longest := greatest(longest, now_longest); PERFORM pg_sleep(0.005);
        END LOOP; RAISE NOTICE 'longest=%', round(extract(epoch FROM longest) * 1000); END $$"""
        said = self.database.sql(loop, check=False).stderr
        if 'longest=' in said:
            self.longest_ms = float(said.split('longest=')[1].split()[0])

    def stop(self):
        self.database.sql('INSERT INTO public.judge_stop VALUES (true)')
        self.join()


class Maintenance:
    """`backtrail retention --apply` in processes of its own."""

    def __init__(self, judge, archive):
        self.judge, self.archive = judge, archive
        self.runs = self.killed = self.stepped = self.believed_wrongly = 0

    def begin(self, environment=None):
        command = self.judge.collector.command('retention', '--apply', '--archive-dir', str(self.archive))
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                env=os.environ | (environment or {}))

    def two_at_once(self):
        processes = [self.begin(), self.begin()]
        self.runs += 2
        if self.judge.random.random() < 0.7:
            time.sleep(self.judge.random.uniform(0.02, 0.6))
            processes[0].kill()
            self.killed += 1
        for process in processes:
            process.communicate()

    def with_a_clock(self, step):
        rows = self.count()
        process = self.begin({'LD_PRELOAD': FAKETIME, 'FAKETIME': step, 'FAKETIME_DONT_FAKE_MONOTONIC': '1'})
        said = process.communicate()[1]
        self.stepped += 1
        if step.startswith('+') and (process.returncode != 3 or 'the clock says' not in said or self.count() < rows * 0.5):
            self.believed_wrongly += 1

    def count(self):
        return int(self.judge.database.sql('SELECT count(*) FROM backtrail.api_event').stdout)


def archived(issuer, archive):
    """Numbers in the archive, events and what was quarantined, and how many of their records are not what was sent."""
    numbers, altered = set(), 0
    for path in glob.glob(f'{archive}/*/*/*/*.ndjson.zst'):
        lines = subprocess.run(['zstdcat', path], capture_output=True, text=True, check=True).stdout.splitlines()
        for line in map(json.loads, lines):
            record = line['record'] if 'record' in line else json.loads(''.join(line['record_text']))
            number = issuer.number(record['eventID'])
            altered += record != issuer.event(number)
            numbers.add(number)
    return numbers, altered


def stored(judge):
    days = judge.database.sql('SELECT DISTINCT event_day FROM backtrail.api_event').stdout.split()
    for day in days:
        behind = (datetime.date.fromisoformat(day) + datetime.timedelta(days=1)).isoformat()
        question = f'/api/v1/activity/export?format=ndjson&raw=true&from={day}T00:00:00Z&to={behind}T00:00:00Z'
        for line in judge.collector.lines(question, judge.token):
            event = json.loads(line)
            raw = event['raw']
            yield event['event_id'], raw if isinstance(raw, str) else json.dumps(raw)


def quarantined(judge):
    rows = judge.database.sql("SELECT encode(raw, 'hex') FROM backtrail.quarantine WHERE reason = 'too_old'").stdout.split()
    return {judge.issuer.number(json.loads(bytes.fromhex(row))['eventID']) for row in rows}


def run(judge, rounds):
    today = datetime.datetime.now(datetime.timezone.utc).date()
    judge.issuer = OddIssuer(judge.options.seed, today)
    archive = judge.directory / 'archive'
    maintenance = Maintenance(judge, archive)
    send, judge.send = judge.send, lambda rate=None: None
    judge.begin()
    watch = LockWatch(judge.database)
    watch.start()
    day = lambda offset: (today + datetime.timedelta(days=offset)).isoformat()  # noqa: E731
    judge.collector.run('hold', 'add', '--account', oracle.ACCOUNTS[0], '--from', day(HELD_DAY), '--to', day(HELD_DAY + 1),
                        '--reason', 'odd times', '--by', 'judge')
    # The collector believes in the longer time for half a minute more: expired events come in while their days go.
    judge.collector.run('retention', 'all', '120d')
    judge.collector.stop()
    judge.collector.start()
    judge.collector.wait()
    judge.send = send
    judge.send(judge.options.rate)
    judge.collector.run('retention', 'all', f'{KEPT_DAYS}d')
    for turn in range(rounds):
        judge.pause(0.1, judge.options.interval)
        maintenance.two_at_once()
        if FAKETIME and turn % 2 == 0:
            maintenance.with_a_clock(['+400d', '-300d', '+30d'][turn // 2 % 3])
    result = judge_all(judge, maintenance, archive)
    watch.stop()
    return result | {'maintenance_runs': maintenance.runs, 'maintenance_killed': maintenance.killed,
                     'clock_steps': maintenance.stepped, 'clock_believed_wrongly': maintenance.believed_wrongly,
                     'faketime': bool(FAKETIME), 'longest_ingest_lock_wait_ms': watch.longest_ms}


def judge_all(judge, maintenance, archive):
    issuer = judge.issuer
    judge.stop_sending()
    ready = judge.collector.wait()
    drained = judge.collector.wait_drained(judge.options.drain_seconds)
    for _ in range(3):  # what was busy goes with the next run
        maintenance.begin().communicate()
    promised = oracle.acknowledged(judge.acks, len(judge.senders))
    issued = max(s.next for s in judge.senders) * len(judge.senders)
    rows = list(stored(judge))
    there = {issuer.number(event_id) for event_id, _ in rows}
    gone, altered = archived(issuer, archive)
    refused = quarantined(judge)
    kept = {n for n in promised if issuer.offset(n) >= KEPT[0] or issuer.is_held(n)}
    verdict = oracle.verdict(issuer, kept, issued, rows)
    verify = subprocess.run([judge.collector.program, 'archive', 'verify', str(archive)], capture_output=True, check=False)
    late = sum(1 for n in there if issuer.offset(n) <= EXPIRED[1] and not issuer.is_held(n))
    lost = len(promised - there - gone - refused)
    log = (judge.directory / 'var/collector.log').read_text(errors='replace')
    result = {'acknowledged': len(promised)} | verdict
    result['altered'] += altered
    # Early: kept rows that are not there. Late, lost and the rest must be 0 as well, so they are counted as missing.
    result |= {'removed_early': verdict['missing'], 'kept_late': late, 'lost': lost, 'archived': len(gone),
               'quarantined_too_old': len(refused), 'held': sum(1 for n in there if issuer.is_held(n)),
               'batches_not_stored': log.count('a batch was not stored'), 'archive_verified': verify.returncode == 0}
    result['missing'] += late + lost + maintenance.believed_wrongly + (verify.returncode != 0) + result['batches_not_stored']
    books = judge.database.sql('SELECT coalesce(sum(received), 0) = coalesce(sum(new + duplicates + variants + updated + stale + '
                               'quarantined), 0) FROM backtrail.delivery').stdout.strip()
    return result | {'books_balance': books == 't', 'booked_new': result['stored'], 'ready_again': ready, 'spool_drained': drained,
                     'permanent_refusals': sorted(set(p for s in judge.senders for p in s.permanent))}
