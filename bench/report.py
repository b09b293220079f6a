"""Tables of bench/run, and the file that they are written to."""
import platform
import statistics
import subprocess
import time

median = statistics.median


def percentile(values, share):
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))]


def table(head, rows):
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join('| ' + ' | '.join(map(str, line)) + ' |' for line in lines)


def machine():
    model = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), 'unknown')
    cores = len([1 for line in open('/proc/cpuinfo') if line.startswith('processor')])
    memory = next(int(line.split()[1]) for line in open('/proc/meminfo')) // (1 << 20)
    postgres = subprocess.run(['psql', '--version'], capture_output=True, text=True, check=True).stdout.split()[2]
    return f'{model}, {cores} cores, {memory} GiB; Linux {platform.release().split("-")[0]}, PostgreSQL {postgres}, fsync on'


def load():
    """How busy the machine was: everything that runs beside a benchmark is in its figures."""
    return open('/proc/loadavg').read().split()[0]


def section_of(said, text, load_before):
    day = time.strftime('%Y-%m-%d', time.gmtime())
    return f'`{said}`, {day}: {machine()}; load average before and after {load_before}, {load()}\n\n{text}\n'


def write(path, name, text):
    """Replaces one table's section of the results, and leaves the others."""
    old = path.read_text() if path.exists() else '# Results\n\nMade by `bench/run`; ratios travel, seconds do not.\n'
    begin, end = f'<!-- {name} -->', f'<!-- /{name} -->'
    section = f'{begin}\n## {name}\n\n{text}\n{end}\n'
    if begin in old:
        old = old[:old.index(begin)] + section + old[old.index(end) + len(end) + 1:]
    else:
        old += '\n' + section
    path.write_text(old)
