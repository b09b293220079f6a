// Runs groups of checks. A group gets a signed-in browser tab of its own; a check is a name and a function that throws.
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { Api } from './api.mjs';
import { Tab } from './tab.mjs';

const kArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Suite {
  passed = 0;
  failed = 0;
  #browser;

  constructor({ url, token, shots, chromium: path }) {
    this.url = url;
    this.token = token;
    this.shots = shots;
    this.path = path;
    this.api = new Api(url, token);
    if (shots !== undefined) mkdirSync(shots, { recursive: true });
  }

  async start() {
    this.#browser = await chromium.launch({ executablePath: this.path, args: kArguments });
  }

  async stop() {
    await this.#browser?.close();
  }

  /** A tab with cookies of its own. */
  async tab({ scheme = 'light', width = 1440, height = 900, signedIn = true, ...rest } = {}) {
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...rest,
    });
    const tab = new Tab(context, await context.newPage(), this.url);
    await tab.watch();
    if (signedIn) {
      const response = await context.request.post(`${this.url}/api/v1/session`, { data: { token: this.token } });
      if (!response.ok()) throw new Error(`POST /session answered ${response.status()}`);
    }
    return tab;
  }

  async check(name, work) {
    try {
      await work();
      this.passed += 1;
      console.log(`ok - ${name}`);
    } catch (error) {
      this.failed += 1;
      const text = String(error?.message ?? error)
        .split('\n')
        .slice(0, 6)
        .join(' | ');
      console.log(`not ok - ${name}: ${text}`);
    }
  }

  async group(name, work) {
    let tab;
    try {
      tab = await this.tab();
      await work({ suite: this, api: this.api, tab, check: (what, body) => this.check(`${name}: ${what}`, body) });
    } catch (error) {
      this.failed += 1;
      console.log(
        `not ok - ${name}: the group ended early: ${String(error?.stack ?? error)
          .split('\n')
          .slice(0, 4)
          .join(' | ')}`,
      );
    }
    if (tab === undefined) return;
    await this.check(`${name}: no script error, no complaint in the console, no policy violation`, async () =>
      tab.assertQuiet(),
    );
    await this.check(`${name}: nothing was asked of another host`, async () => tab.assertSameHost());
    await tab.close();
  }
}
