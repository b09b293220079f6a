"""Clients that a collector must survive: idle ones, ones that trickle, and many large uploads at once."""
import base64
import json
import socket
import threading
import time

UPLOAD_BYTES = 64 * 1024 * 1024
CLIENTS_PER_ADDRESS = 60  # below the server's limit for one address


class Crowd:
    def __init__(self, port, key, issuer):
        self.port, self.key = port, key
        self.prefix = 'ffffffff'
        self.sockets, self.threads, self.statuses = [], [], []
        self.leaving = threading.Event()
        self.addresses = 0
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
        """From as many loopback addresses as it takes."""
        self.addresses += 1
        client = socket.socket()
        client.settimeout(180)
        client.bind((f'127.0.{1 + self.addresses // (CLIENTS_PER_ADDRESS * 200)}.{1 + self.addresses // CLIENTS_PER_ADDRESS % 200}', 0))
        client.connect(('127.0.0.1', self.port))
        self.sockets.append(client)
        return client

    def come(self, idle, trickling, uploads):
        for _ in range(idle):
            self.connect()
        for work, count in ((self.trickle, trickling), (self.upload, uploads)):
            for _ in range(count):
                thread = threading.Thread(target=work, args=(self.connect(),), daemon=True)
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
