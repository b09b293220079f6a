// The page in a real Chromium against a running server.
//   node run.mjs --url http://127.0.0.1:8844 --token TOKEN [--shots DIR] [--only GROUP[,GROUP]] [--chromium PATH]
// Without --url and --token it reads BACKTRAIL_URL and BACKTRAIL_TOKEN; without a token but with BACKTRAIL_DATA it takes
// the administrator's token from that data directory, or makes a key (BACKTRAIL_PROGRAM names the program). Prints a line per check and last
// `N passed, N failed`; ends with status 1 if anything failed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { activity } from './checks/activity.mjs';
import { appearance } from './checks/appearance.mjs';
import { coverage } from './checks/coverage.mjs';
import { finding } from './checks/finding.mjs';
import { keyboard } from './checks/keyboard.mjs';
import { lists } from './checks/lists.mjs';
import { overview } from './checks/overview.mjs';
import { queue } from './checks/queue.mjs';
import { safety } from './checks/safety.mjs';
import { session } from './checks/session.mjs';
import { state } from './checks/state.mjs';
import { Suite } from './lib/suite.mjs';

const kGroups = { session, overview, queue, finding, activity, lists, coverage, state, keyboard, safety, appearance };

function option(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const kStart_ms = 180_000;

/** The token that `backtrail up` keeps beside its data once the sample is loaded, or else a key made for these tests. */
async function tokenOf(data) {
  const kept = join(data, 'administrator-token');
  for (const until = Date.now() + kStart_ms; Date.now() < until; await new Promise((done) => setTimeout(done, 500))) {
    if (existsSync(kept)) return readFileSync(kept, 'utf8').trim();
  }
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const program = process.env.BACKTRAIL_PROGRAM ?? join(root, 'build', 'release', 'backtrail');
  const command = ['key', 'create', '--data-dir', data, '--name', 'page tests', '--role', 'administrator'];
  const printed = execFileSync(program, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return printed.trim().split('\n').pop();
}

const url = (option('url') ?? process.env.BACKTRAIL_URL ?? '').replace(/\/$/, '');
if (url === '') {
  console.error(
    'usage: node run.mjs --url http://127.0.0.1:8844 --token TOKEN [--shots DIR] [--only GROUP] [--chromium PATH]',
  );
  process.exit(2);
}
const data = process.env.BACKTRAIL_DATA;
const token = option('token') ?? process.env.BACKTRAIL_TOKEN ?? (data === undefined ? undefined : await tokenOf(data));
if (token === undefined) {
  console.error('no token: give --token or BACKTRAIL_TOKEN');
  process.exit(2);
}

const suite = new Suite({ url, token, shots: option('shots'), chromium: option('chromium') ?? '/usr/bin/chromium' });
const only = option('only')?.split(',');
await suite.start();
try {
  for (const [name, group] of Object.entries(kGroups)) {
    if (only === undefined || only.includes(name)) await suite.group(name, group);
  }
} finally {
  await suite.stop();
}
console.log(`${suite.passed} passed, ${suite.failed} failed`);
process.exitCode = suite.failed === 0 && suite.passed > 0 ? 0 : 1;
