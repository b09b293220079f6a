"""Objects that appear in any order are imported while the import is killed and some objects still grow: all of them, none
twice. The control is what many pollers do: remember the last key and list only what sorts behind it.
"""
import gzip
import json
import shutil
import subprocess

EVENTS_PER_OBJECT, WAVES = 5, 10
GROWING_EVERY = 10  # one object in so many is seen half written first


def make_objects(judge):
    """Path and text of every object, in the order in which they appear: random, as the end of a CloudTrail key is."""
    made, numbers = [], []
    for index in range(judge.options.objects):
        mine = [index * EVENTS_PER_OBJECT + i for i in range(EVENTS_PER_OBJECT)]
        numbers += mine
        folder = judge.directory / 'objects' / f'{judge.random.randrange(100):02}'
        text = json.dumps({'Records': [judge.issuer.event(n) for n in mine]}).encode()
        made.append((folder / f'{judge.random.randrange(1 << 40):010x}.json', text))
    return made, numbers


def appear(objects, growing):
    """Writes a wave; those of an earlier wave that were half written are completed."""
    for path, text in growing:
        path.write_bytes(text)
    growing.clear()
    for index, (path, text) in enumerate(objects):
        path.parent.mkdir(parents=True, exist_ok=True)
        if index % GROWING_EVERY:
            path.with_suffix('.json.gz').write_bytes(gzip.compress(text, 1))
        else:
            path.write_bytes(text[:len(text) // 2])
            growing.append((path, text))


def import_behind_marker(judge, root, marker):
    """Only objects that sort behind the last key; what was half written is never looked at again."""
    keys = sorted(str(path.relative_to(root)) for path in root.rglob('*.json*'))
    new = [key for key in keys if key > marker]
    chosen = judge.directory / 'chosen'
    shutil.rmtree(chosen, ignore_errors=True)
    for key in new:
        (chosen / key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / key, chosen / key)
    if new:
        subprocess.run(judge.collector.command('import', str(chosen)), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return max([marker, *new])


def run(judge, rounds):
    """Killed --rounds times while the objects appear."""
    judge.begin(send=False)
    objects, numbers = make_objects(judge)
    root, growing, marker, kills = judge.directory / 'objects', [], '', 0
    command = judge.collector.command('import', str(root))
    size = -(-len(objects) // WAVES)
    for wave in range(WAVES):
        appear(objects[wave * size:(wave + 1) * size], growing)
        if judge.options.control == 'last-key-marker':
            marker = import_behind_marker(judge, root, marker)
            continue
        for _ in range(rounds * (wave + 1) // WAVES - rounds * wave // WAVES):
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            judge.pause(0.1, judge.options.interval)
            kills += running.poll() is None
            running.kill()
            running.wait()
    appear([], growing)
    again = None
    if judge.options.control == 'last-key-marker':
        import_behind_marker(judge, root, marker)
    else:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        out = subprocess.run([*command, '--json'], capture_output=True, text=True, check=False).stdout
        again = json.loads(out)['received']
    # No sender and no spool take part here: what judge.end() asks of them holds by itself.
    result = judge.compare(promised=set(numbers), issued=len(numbers) + judge.SENDERS)
    return result | {'ready_again': True, 'spool_drained': True, 'permanent_refusals': [], 'objects': len(objects),
                     'killed_while_running': kills, 'received_again': again or 0}
