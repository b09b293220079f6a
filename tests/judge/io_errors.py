"""Every call that the collector makes for its disk fails once: the k-th of its kind in each thread, for every k until a
run has no k-th call any more. The same few requests in every run, the database away in the middle of them.

A failed call may cost an acknowledgement or the process, never an acknowledged event, and the next start must work.
"""
import os
import shutil
import subprocess
import time

import oracle

REQUESTS_BEFORE, REQUESTS_AWAY, REQUESTS_AFTER = 2, 6, 2
EVENTS_MAX = 20
START_S, ANSWER_S, DRAIN_S, TRACE_S = 8, 6, 3, 2
# pread64 stands for a disk that stumbles once: a page that stays unreadable is lost, and is another test.
CALLS = [('pwritev', 'EIO'), ('pwritev', 'ENOSPC'), ('pwritev', 'EINTR'), ('fdatasync', 'EIO'), ('fsync', 'EIO'),
         ('fallocate', 'ENOSPC'), ('fallocate', 'EIO'), ('unlink', 'EIO'), ('rename', 'EIO'), ('flock', 'EIO'),
         ('pread64', 'EIO'), ('openat', 'EIO'), ('openat', 'EMFILE'), ('write', 'EIO'), ('write', 'ENOSPC')]


def request(judge, count):
    for _ in range(count):
        sender = judge.senders[0]
        events = judge.random.randint(1, EVENTS_MAX)
        numbers = [(sender.next + i) * sender.senders for i in range(events)]
        sender.next += events
        sender.deliver(numbers)  # once: it was told to stop


def start(judge):
    judge.collector.start()
    until = time.monotonic() + START_S
    while time.monotonic() < until and judge.collector.process.poll() is None and judge.collector.get('/readyz')[0] != 200:
        time.sleep(0.02)


def scenario(judge):
    start(judge)
    request(judge, REQUESTS_BEFORE)
    judge.database.forbid()
    request(judge, REQUESTS_AWAY)
    judge.database.allow()
    request(judge, REQUESTS_AFTER)
    if judge.collector.process.poll() is None:
        judge.collector.wait_drained(DRAIN_S)
    judge.collector.stop(patience_s=DRAIN_S)


def written(trace):
    """The trace once strace has seen the end of the process."""
    until = time.monotonic() + TRACE_S
    while time.monotonic() < until:
        text = trace.read_text(errors='replace') if trace.exists() else ''
        if text.rstrip().endswith('+++'):
            break
        time.sleep(0.02)
    return text


def run(judge, rounds):
    """At most --rounds for each kind."""
    if not shutil.which('strace'):
        return {'skipped': 'needs strace'}
    judge.begin(send=False)
    judge.senders = [oracle.Sender(0, judge.SENDERS, judge.issuer, ('127.0.0.1', judge.collector.port), judge.key, judge.acks,
                                   judge.options.doors.split(','), EVENTS_MAX)]
    judge.senders[0].stop()  # every request is made once
    judge.senders[0].patience_s = ANSWER_S
    trace = judge.acks / 'trace'
    failed, unready = {}, 0
    for call, error in CALLS:
        kind = f'{call} {error}'
        failed[kind] = 0
        for k in range(1, rounds + 1):
            judge.collector.stop()
            # -D: the collector is our child, and strace the one that nobody waits for.
            judge.collector.wrap = ['strace', '-D', '-f', '--seccomp-bpf', '-q', '-o', str(trace), '-e', f'trace={call}',
                                    '-e', f'inject={call}:error={error}:when={k}']
            scenario(judge)
            judge.collector.wrap = []
            hit = '(INJECTED)' in written(trace)
            failed[kind] += hit
            judge.collector.start()
            unready += not judge.collector.wait()
            if not hit:
                break
    return judge.end({'failed_calls': sum(failed.values()), 'by_kind': failed, 'unready_after': unready})
