"""What is left of a spool after accidents: segments that a collector wrote are damaged in every way that disks know, and
the program must find every record that the damage did not touch, and nothing else. In the end one of them is drained.
"""
import json
import pathlib
import shutil
import struct
import subprocess

import oracle

HEADER_AREA, RECORD_HEAD, PAGE, ALIGN = 8192, 40, 4096, 8
REQUESTS, EVENTS_MAX = 60, 8
SEGMENTS_PER_SPOOL = 20
FREE_SPACE = 64 * 1024  # of the 64 MiB, to be quick


def records(segment):
    """Offset, length and delivery id of every record, by the format's document and not by the program; and which of them
    somebody sent: the collector tries the spool with deliveries of its own."""
    at, found, sent = HEADER_AREA, [], []
    while segment[at:at + 4] == b'BTRC':
        size = struct.unpack_from('<I', segment, at + 4)[0]
        payload = segment[at + RECORD_HEAD:at + RECORD_HEAD + size]
        about = json.loads(payload[4:4 + struct.unpack_from('<I', payload)[0]])
        found.append((at, RECORD_HEAD + size, about['id']))
        if about['door'] != 'canary':
            sent.append(about['id'])
        at += (RECORD_HEAD + size + ALIGN - 1) // ALIGN * ALIGN
    return found, sent, at


def truncated(random, data):
    return data[:random.randrange(len(data))]


def flipped(random, data):
    for _ in range(random.randint(1, 8)):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return data


def torn(random, data):
    """The end of a write is missing: old bytes, zeros or garbage stand there."""
    at = random.randrange(HEADER_AREA, len(data)) // 512 * 512
    size = min(random.choice([512, 1024, 4096, 16384]), len(data) - at)
    data[at:at + size] = random.choice([bytes(size), bytes(data[at - size:at])[:size].ljust(size, b'\0'), random.randbytes(size)])
    return data


def pages_lost(random, data):
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data) // PAGE) * PAGE
        data[at:at + PAGE] = bytes(PAGE)
    return data


def page_doubled(random, data):
    here, there = (random.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[there:there + PAGE] = data[here:here + PAGE]
    return data


def headers_lost(random, data):
    data[:HEADER_AREA] = random.randbytes(HEADER_AREA)
    return flipped(random, data)


DAMAGES = [truncated, flipped, torn, pages_lost, page_doubled, headers_lost]


def intact(found, before, after):
    """The records of which every byte is still where it was."""
    return {one for at, size, one in found if before[at:at + size] == after[at:at + size]}


def make_spool(judge):
    """A segment full of records, and the numbers of the events in each."""
    judge.begin(send=False)
    sender = oracle.Sender(0, judge.SENDERS, judge.issuer, ('127.0.0.1', judge.collector.port), judge.key, judge.acks,
                           judge.options.doors.split(','), EVENTS_MAX)
    judge.senders = [sender]

    def request():
        numbers = [(sender.next + i) * sender.senders for i in range(judge.random.randint(1, EVENTS_MAX))]
        sender.next += len(numbers)
        sender.deliver(numbers)
        return numbers

    stored = request()  # from now on the collector believes the key
    judge.database.forbid()
    numbers_of = [request() for _ in range(REQUESTS)]
    judge.collector.kill()
    segments = sorted(judge.collector.spool().glob('*.segment'))
    data = segments[0].read_bytes()
    found, sent, end = records(data)
    return data[:end + FREE_SPACE], found, dict(zip(sent, numbers_of)), stored


def listed(judge, directory):
    command = [judge.collector.program, 'spool', 'list', '--json', '--spool-dir', str(directory)]
    return [(d['segment'], d['id']) for d in json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)]


def run(judge, rounds):
    whole, found, numbers_of, stored = make_spool(judge)
    ids = [one for _, _, one in found]
    lost, invented, damaged_records = 0, 0, 0
    kinds = {damage.__name__: 0 for damage in DAMAGES}
    directory = judge.directory / 'damaged-spool'
    for done in range(0, rounds, SEGMENTS_PER_SPOOL):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        wanted = []
        for number in range(1, min(SEGMENTS_PER_SPOOL, rounds - done) + 1):
            damage = DAMAGES[(done + number) % len(DAMAGES)]
            kinds[damage.__name__] += 1
            data = bytes(damage(judge.random, bytearray(whole)))
            (directory / f'{number:016}.segment').write_bytes(data)
            left = intact(found, whole, data)
            damaged_records += len(ids) - len(left)
            wanted += [(number, one) for one in left]
        (directory / f'{SEGMENTS_PER_SPOOL + 1:016}.segment').write_bytes(whole)  # a header that tells the key
        wanted += [(SEGMENTS_PER_SPOOL + 1, one) for one in ids]
        got = listed(judge, directory)
        lost += len(set(wanted) - set(got))
        invented += len(got) - len(set(got) & set(wanted))
    # The way into the warehouse: a collector starts over a damaged spool. Only what is intact was promised.
    spool = judge.collector.spool()
    for segment in spool.glob('*.segment'):
        segment.unlink()
    data = bytes(pages_lost(judge.random, bytearray(torn(judge.random, bytearray(whole)))))
    (spool / f'{1:016}.segment').write_bytes(data)
    left = intact(found, whole, data)
    promised = set(stored) | {n for one, numbers in numbers_of.items() if one in left for n in numbers}
    judge.database.allow()
    judge.collector.start()
    ready = judge.collector.wait()
    drained = judge.collector.wait_drained(judge.options.drain_seconds)
    kept = len(list((pathlib.Path(spool) / 'damaged').iterdir()))
    result = judge.compare(promised=promised, issued=judge.senders[0].next * judge.SENDERS)
    result['missing'] += lost
    result['spurious'] += invented + (result['stored'] - len(promised))
    return result | {'ready_again': ready, 'spool_drained': drained, 'permanent_refusals': [], 'damaged_segments': rounds,
                     'by_damage': kinds, 'records_damaged': damaged_records, 'records_lost_though_intact': lost,
                     'records_invented': invented, 'spans_kept_by_the_drain': kept}
