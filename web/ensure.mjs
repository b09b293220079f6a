// What CMake runs: installs the packages and builds the page, each only if its inputs changed since the last time.
// The result lies in the source tree, so several build directories may ask at once: the second waits for the first.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const kStaleLock_ms = 5 * 60_000;
const kPoll_ms = 300;

function files(directory) {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? files(join(directory, entry.name)) : [join(directory, entry.name)]));
}

function digest(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path.slice(here.length)).update('\0').update(readFileSync(path)).update('\0');
  return hash.digest('hex');
}

function stamped(name, value) {
  try {
    return readFileSync(join(here, 'node_modules', name), 'utf8') === value;
  } catch {
    return false;
  }
}

function stamp(name, value) {
  writeFileSync(join(here, 'node_modules', name), value);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  console.error(`web: ${command} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exitCode = 1;
  throw new Error('stop');
}

/** A directory made in one step is the lock; one that nobody has touched for long belongs to a build that died. */
function locked(work) {
  const lock = join(tmpdir(), `backtrail-web-${createHash('sha256').update(here).digest('hex').slice(0, 16)}`);
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age_ms = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age_ms > kStaleLock_ms) utimesSync(lock, new Date(), new Date());
      if (age_ms > kStaleLock_ms) break;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, kPoll_ms);
    }
  }
  try {
    work();
  } finally {
    if (existsSync(lock)) rmdirSync(lock);
  }
}

try {
  locked(() => {
    const install = digest([join(here, 'package.json'), join(here, 'package-lock.json')]);
    if (!stamped('.backtrail-install', install)) {
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
      stamp('.backtrail-install', install);
    }
    const inputs = digest([
      ...files(join(here, 'src')),
      ...['index.html', 'favicon.svg', 'build.mjs', 'package-lock.json'].map((name) => join(here, name)),
    ]);
    if (stamped('.backtrail-build', inputs) && existsSync(join(here, 'dist', 'index.html'))) return;
    run(process.execPath, ['build.mjs']);
    stamp('.backtrail-build', inputs);
  });
} catch (error) {
  if (process.exitCode === undefined) throw error;
}
