"""Power cuts of database and spool, without special kernels: an ext4 image inside a file system that can clone files.

A clone of the image holds exactly what had reached the "disk" at that moment. All processes are killed, the image is cloned
at once, and life goes on with the clone: what was only in the page cache is gone. Nobody can acknowledge anything after
the clone, because nobody is left.
"""
import http.client
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import rig

IMAGE_MIB, OUTER_MIB = 6000, 14000
UMOUNT_TRIES = 200
# What a warehouse that lost its pages answers with, however it is asked.
NO_ANSWER = (OSError, RuntimeError, ValueError, http.client.HTTPException, subprocess.SubprocessError)


def sh(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def missing():
    """Why this machine cannot do it; nothing if it can."""
    if os.geteuid() != 0:
        return 'needs root (loop mounts)'
    if not shutil.which('mkfs.xfs') and not shutil.which('mkfs.btrfs'):
        return 'needs xfsprogs or btrfs-progs'
    return None


class Disk:
    def __init__(self, directory):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix='backtrail-power-', dir=directory))
        self.base.chmod(0o711)
        self.outer, self.mount = self.base / 'outer', self.base / 'disk'
        self.outer.mkdir()
        self.mount.mkdir()
        try:
            self.make()
        except subprocess.CalledProcessError:
            self.close()
            raise

    def make(self):
        image = self.base / 'outer.img'
        sh('truncate', '-s', f'{OUTER_MIB}M', str(image))
        if shutil.which('mkfs.xfs'):
            sh('mkfs.xfs', '-q', '-m', 'reflink=1', str(image))
        else:
            sh('mkfs.btrfs', '-q', str(image))
        sh('mount', '-o', 'loop', str(image), str(self.outer))
        sh('truncate', '-s', f'{IMAGE_MIB}M', str(self.outer / 'disk.img'))
        sh('mkfs.ext4', '-q', str(self.outer / 'disk.img'))
        self.attach()
        self.mount.chmod(0o711)

    def attach(self):
        sh('mount', '-o', 'loop', str(self.outer / 'disk.img'), str(self.mount))

    def cut(self):
        """What is on the disk now is all that is left. Whoever wrote to it is dead already."""
        sh('cp', '--reflink=always', str(self.outer / 'disk.img'), str(self.outer / 'after.img'))

    def restore(self):
        """After all processes are gone; the kernel may still be busy with their files for a moment."""
        for attempt in range(UMOUNT_TRIES):
            if subprocess.run(['umount', str(self.mount)], check=False, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        else:
            raise RuntimeError(f'{self.mount} is still in use')
        os.replace(self.outer / 'after.img', self.outer / 'disk.img')
        self.attach()

    def write_back(self):
        """As the kernel does after half a minute: what is older than that survives even where nobody asked for it."""
        sh('sync', '--file-system', str(self.mount))

    def close(self):
        for path in (self.mount, self.outer):
            subprocess.run(['umount', '-q', '-l', str(path)], check=False)
        shutil.rmtree(self.base, ignore_errors=True)


def comes_back(judge):
    """Nothing, or in words why the warehouse does not run again."""
    try:
        judge.database.start()
    except (RuntimeError, subprocess.SubprocessError) as error:
        return f'PostgreSQL did not start: {error}'
    judge.collector.start()
    if judge.collector.wait():
        return None
    return f'the collector was not ready within {rig.READY_WITHIN_S} s: {judge.collector.last_words()}'


def cut_again_and_again(judge, disk, rounds):
    """How many cuts there were, and why the last one was the end, if it was."""
    for turn in range(rounds):
        judge.work()
        if turn % 3 == 2 or judge.options.control == 'spool-without-fdatasync':  # also while the spool is in use
            judge.database.kill()
            judge.pause(0.3, 0.3 + judge.options.interval)
        judge.collector.kill()
        judge.database.kill()
        disk.cut()
        disk.restore()
        broken = comes_back(judge)
        if broken:
            return turn + 1, broken
    return rounds, None


def run(judge_class, options, rounds):
    why = missing()
    if why:
        return {'skipped': why}
    try:
        disk = Disk(options.directory)
    except subprocess.CalledProcessError as error:
        return {'skipped': f'this machine cannot do it: {" ".join(error.cmd)}: {error.stderr.decode(errors="replace").strip()}'}
    judge = judge_class(options, directory=str(disk.mount))
    # The log outside: it tells why a server did not start. Little WAL is kept, so that the disk does not fill.
    judge.database.log = judge.acks / 'postgresql.log'
    judge.database.settings.append('max_wal_size=512MB')
    try:
        judge.begin(send=False)
        if options.control == 'fsync-off':
            disk.write_back()  # not an empty disk: a warehouse that has stood for a while
        judge.send()
        cuts, broken = cut_again_and_again(judge, disk, rounds)
        if not broken:
            try:
                return judge.end({'cuts': cuts})
            except NO_ANSWER as error:
                broken = f'the warehouse could not be asked: {error}'
        # A verdict like any other: what was acknowledged can not be read.
        return {'acknowledged': judge.acknowledged(), 'missing': 0, 'duplicate': 0, 'altered': 0, 'spurious': 0,
                'broken': broken, 'cuts': cuts}
    finally:
        judge.close()
        disk.close()
