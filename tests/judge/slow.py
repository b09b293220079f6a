"""Clients that a collector must survive: idle ones, ones that trickle, and many large uploads at once.

They are a process of their own at the lowest priority: real ones have machines of their own, and what they take here
of the two cores that collector and database share would be measured as slowness of the collector. (In the judge's own
process they would also hold the lock of its interpreter, for which the good clients would wait.)
"""
import base64
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time

import oracle

UPLOAD_BYTES = 64 * 1024 * 1024
CLIENTS_PER_ADDRESS = 60  # below the server's limit for one address
# Two waves, because the server closes idle connections after a while and takes 2,048 at once.
IDLE, TRICKLING, UPLOADS, SECOND_WAVE, SECOND_WAVE_AFTER_S = 1500, 400, 64, 600, 15
CALM_S = 15
RESIDENT_MAX_MIB = 512
LOWEST_PRIORITY = 19
GONE_WITHIN_S = 30


class Crowd:
    prefix = 'ffffffff'

    def __init__(self, port, key, issuer):
        self.port, self.key = port, key
        self.sockets, self.threads, self.statuses = [], [], []
        self.leaving = threading.Event()
        self.addresses, self.refused = 0, 0
        self.body = self.make_body(issuer)

    def make_body(self, issuer):
        """A Firehose request of nearly 64 MiB, all records new once and duplicates for the other uploads."""
        event = issuer.event(0)
        records, size, number = [], 0, 0
        padding = 'x' * 6000
        while size < UPLOAD_BYTES - 40_000 and number < 10_000:
            event['eventID'] = f'{self.prefix}-0000-4000-8000-{number:012x}'
            event['requestParameters'] = {'payload': padding}
            data = base64.b64encode(json.dumps(event).encode()).decode()
            records.append({'data': data})
            size += len(data) + 14
            number += 1
        return json.dumps({'requestId': 'crowd', 'timestamp': 1, 'records': records}).encode()

    def connect(self):
        """From as many loopback addresses as it takes. None: the server has enough."""
        self.addresses += 1
        client = socket.socket()
        client.settimeout(180)
        client.bind((f'127.0.{1 + self.addresses // (CLIENTS_PER_ADDRESS * 200)}.{1 + self.addresses // CLIENTS_PER_ADDRESS % 200}', 0))
        try:
            client.connect(('127.0.0.1', self.port))
        except OSError:
            self.refused += 1
            client.close()
            return None
        self.sockets.append(client)
        return client

    def idle(self, count):
        for _ in range(count):
            self.connect()

    def busy(self, work, count):
        for _ in range(count):
            client = self.connect()
            if client:
                thread = threading.Thread(target=work, args=(client,), daemon=True)
                thread.start()
                self.threads.append((work, thread))

    def head(self, size):
        return (f'POST /ingest/firehose HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
                f'X-Amz-Firehose-Access-Key: {self.key}\r\nX-Amz-Firehose-Request-Id: crowd\r\nContent-Length: {size}\r\n\r\n').encode()

    def trickle(self, client):
        try:
            client.sendall(self.head(100_000))
            while not self.leaving.is_set():
                client.sendall(b'x')
                time.sleep(1)
        except OSError:
            pass

    def upload(self, client):
        try:
            client.sendall(self.head(len(self.body)))
            client.sendall(self.body)
            self.statuses.append(int(client.recv(4096).split()[1]))
        except (OSError, IndexError):
            self.statuses.append(0)

    def uploading(self):
        return any(work == self.upload and thread.is_alive() for work, thread in self.threads)

    def answers(self):
        return {str(status): self.statuses.count(status) for status in sorted(set(self.statuses))}

    def go(self):
        self.leaving.set()
        for client in self.sockets:
            client.close()


def come(port, key, seed, day, seconds):
    """The crowd's process: everybody comes; says so when the uploads are through, and goes when nobody listens any more."""
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    crowd = Crowd(port, key, oracle.Issuer(seed, day))
    crowd.idle(IDLE)
    crowd.busy(crowd.trickle, TRICKLING)
    print('{}', flush=True)
    crowd.busy(crowd.upload, UPLOADS)
    began = time.monotonic()
    second = False
    while time.monotonic() < began + seconds and (crowd.uploading() or not second):
        time.sleep(0.2)
        if not second and time.monotonic() > began + SECOND_WAVE_AFTER_S:
            second = True
            crowd.idle(SECOND_WAVE)
    print(json.dumps({'upload_s': round(time.monotonic() - began, 1), 'refused_connections': crowd.refused,
                      'uploads_answered': crowd.answers()}), flush=True)
    sys.stdin.read()
    crowd.go()


def p99_ms(latencies):
    return round(sorted(latencies)[int(len(latencies) * 0.99)] * 1000, 1) if latencies else 0.0


def run(judge, rounds):
    """2,500 idle or trickling clients and 64 uploads of 64 MiB at once: bounded memory, good clients are served."""
    judge.begin(judge.options.rate)
    time.sleep(CALM_S)
    calm = [latency for sender in judge.senders for latency in sender.latencies]
    calm_resident = judge.collector.resident_bytes()
    judge.foreign = Crowd.prefix  # rows of another seed: no verdict's business
    crowd = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    print(json.dumps([judge.collector.port, judge.key, judge.issuer.seed, judge.issuer.day, judge.options.seconds]), file=crowd.stdin,
          flush=True)
    crowd.stdout.readline()
    seen = judge.latencies()
    said = json.loads(crowd.stdout.readline())
    busy = [latency for sender, count in seen.items() for latency in sender.latencies[count:]]
    resident = judge.collector.resident_bytes() >> 20
    crowd.stdin.close()
    crowd.wait(GONE_WITHIN_S)
    ratio = round(p99_ms(busy) / max(p99_ms(calm), 0.1), 2)
    return judge.end({'slow_clients': IDLE + TRICKLING + SECOND_WAVE, 'calm_p99_ms': p99_ms(calm), 'busy_p99_ms': p99_ms(busy),
                      'p99_ratio': ratio, 'calm_answers': len(calm), 'busy_answers': len(busy),
                      'calm_resident_mib': calm_resident >> 20, 'within_memory': resident <= RESIDENT_MAX_MIB,
                      'within_p99': ratio <= judge.options.p99_ratio_max} | said)


if __name__ == '__main__':
    come(*json.loads(sys.stdin.readline()))
