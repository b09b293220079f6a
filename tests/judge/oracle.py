"""Issues events whose content follows from their number, remembers what was acknowledged, and compares the warehouse.

An acknowledgement is written to a file and fsynced before the sender sends its next request: whatever the file says was
promised, so after any accident it must be in the warehouse, once and unaltered.
"""
import base64
import collections
import gzip
import hashlib
import http.client
import json
import os
import random
import threading
import time

ACCOUNTS = ['111122223333', '222233334444', '444455556666']
SERVICES = [('s3.amazonaws.com', 'ListBuckets'), ('iam.amazonaws.com', 'GetUser'), ('ec2.amazonaws.com', 'DescribeInstances')]
ANSWER_WITHIN_S = 30
REFUSAL_CHARS = 200
TRANSIENT = {401, 407, 409, 429}  # beside 5xx: what the pickiest sender, EventBridge, tries again


class Issuer:
    """event(n) is the same at every call and in every process with the same seed."""

    def __init__(self, seed, day):
        self.seed, self.day = seed, day

    def event_id(self, number):
        return f'{self.seed & 0xffffffff:08x}-0000-4000-8000-{number:012x}'

    def number(self, event_id):
        head, *_, tail = event_id.split('-')
        return int(tail, 16) if head == f'{self.seed & 0xffffffff:08x}' else None

    def event(self, number):
        digest = hashlib.sha256(f'{self.seed}/{number}'.encode()).hexdigest()
        service, name = SERVICES[number % len(SERVICES)]
        account = ACCOUNTS[number % len(ACCOUNTS)]
        second = int(digest[:8], 16) % 80000
        return {
            'eventVersion': '1.09',
            'userIdentity': {'type': 'IAMUser', 'principalId': 'AIDAJUDGE' + digest[:8].upper(),
                             'arn': f'arn:aws:iam::{account}:user/judge', 'accountId': account, 'userName': 'judge',
                             'accessKeyId': 'AKIAJUDGE' + digest[:11].upper()},
            'eventTime': f'{self.day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z',
            'eventSource': service, 'eventName': name, 'awsRegion': 'eu-west-1', 'sourceIPAddress': '198.51.100.7',
            'userAgent': 'judge/' + digest,
            'requestParameters': {'payload': digest * (1 + number % 7)}, 'responseElements': None,
            'eventID': self.event_id(number), 'eventType': 'AwsApiCall', 'recipientAccountId': account,
            'managementEvent': True, 'readOnly': True, 'eventCategory': 'Management'}


def request_for(door, events, request_id):
    """Path, headers and body as the door's sender makes them."""
    if door == 'eventbridge':
        envelope = [{'version': '0', 'id': e['eventID'], 'detail-type': 'AWS API Call via CloudTrail', 'source': 'aws.s3',
                     'account': e['recipientAccountId'], 'time': e['eventTime'], 'region': e['awsRegion'],
                     'resources': [], 'detail': e} for e in events]
        return '/ingest/eventbridge', {}, json.dumps(envelope if len(envelope) > 1 else envelope[0]).encode()
    if door == 'firehose':
        records = [{'data': base64.b64encode(json.dumps(e).encode()).decode()} for e in events]
        body = json.dumps({'requestId': request_id, 'timestamp': int(time.time() * 1000), 'records': records}).encode()
        return '/ingest/firehose', {'X-Amz-Firehose-Request-Id': request_id}, body
    body = '\n'.join(json.dumps(e) for e in events).encode()
    return '/ingest/raw', {}, gzip.compress(body, 1) if len(events) > 50 else body


class Sender(threading.Thread):
    """Sends its own numbers, request after request, until told to stop; sends again what was not acknowledged."""

    def __init__(self, index, senders, issuer, address, key, directory, doors, batch_max, events_per_s=None):
        super().__init__(daemon=True)
        self.index, self.senders, self.issuer, self.address, self.key = index, senders, issuer, address, key
        self.doors, self.batch_max, self.events_per_s = doors, batch_max, events_per_s
        self.file = open(os.path.join(directory, f'acknowledged-{index}.txt'), 'a')
        self.random = random.Random(issuer.seed * 1000 + index)
        self.stopping = threading.Event()
        self.next, self.acknowledged, self.spooled, self.refused = 0, 0, 0, 0
        self.permanent, self.latencies, self.patience_s = [], [], ANSWER_WITHIN_S
        self.refusals = collections.Counter()  # by status and what it said

    def run(self):
        started, sent = time.monotonic(), 0
        while not self.stopping.is_set():
            count = self.random.randint(1, self.batch_max)
            numbers = [(self.next + i) * self.senders + self.index for i in range(count)]
            self.next += count
            if not self.deliver(numbers):
                return
            sent += count
            if self.events_per_s:
                self.stopping.wait(max(0, started + sent / self.events_per_s - time.monotonic()))

    def deliver(self, numbers, note=True):
        door = self.random.choice(self.doors)
        request_id = f'{self.issuer.seed:08x}-{self.index:04x}-{numbers[0]:012x}'
        path, headers, body = request_for(door, [self.issuer.event(n) for n in numbers], request_id)
        headers |= {'X-Amz-Firehose-Access-Key' if door == 'firehose' else 'X-Api-Key': self.key,
                    'Content-Type': 'application/json'}
        while True:
            began = time.monotonic()
            status, answer = self.post(path, headers, body)
            if status == 200:
                self.latencies.append(time.monotonic() - began)
                if not note:
                    return True
                self.file.write(f'{numbers[0]} {len(numbers)}\n')
                self.file.flush()
                os.fsync(self.file.fileno())
                self.acknowledged += len(numbers)
                spooled = b'"spooled":true' in answer.replace(b' ', b'')
                self.spooled += spooled
                return True
            if status:
                self.refused += 1
                self.refusals[f'{status} {answer[:REFUSAL_CHARS].decode(errors="replace")}'] += 1
                if status < 500 and status not in TRANSIENT:
                    self.permanent.append(status)
            if self.stopping.is_set():
                return False
            time.sleep(0.02 if status is None else 0.1)

    def post(self, path, headers, body):
        try:
            connection = http.client.HTTPConnection(*self.address, timeout=self.patience_s)
            connection.request('POST', path, body, headers)
            response = connection.getresponse()
            answer = response.read()
            connection.close()
            return response.status, answer
        except (OSError, http.client.HTTPException):
            return None, b''

    def stop(self):
        self.stopping.set()


def acknowledged(directory, senders):
    """The numbers that the files promise. A line that a crash of the judge cut off promises nothing."""
    numbers = set()
    for index in range(senders):
        path = os.path.join(directory, f'acknowledged-{index}.txt')
        if not os.path.exists(path):
            continue
        for line in open(path).read().split('\n')[:-1]:
            first, count = map(int, line.split())
            numbers.update(first + i * senders for i in range(count))
    return numbers


def verdict(issuer, promised, issued, rows):
    """rows: pairs of event id and raw record, all of the warehouse. Counts that must all be zero, and the total."""
    seen, duplicate, altered, spurious = set(), 0, 0, 0
    for event_id, raw in rows:
        number = issuer.number(event_id)
        if number is None or number >= issued:
            spurious += 1
            continue
        duplicate += number in seen
        seen.add(number)
        altered += json.loads(raw) != issuer.event(number)
    return {'stored': len(seen), 'missing': len(promised - seen), 'duplicate': duplicate, 'altered': altered,
            'spurious': spurious}
