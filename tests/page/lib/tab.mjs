// One browser tab: goes to addresses of the page, waits until it stands still, and notes everything that must not happen.
const kWait_ms = 20_000;

export class Tab {
  #notes = [];
  #hosts = new Set();
  /** Answers of the API by path, the newest last. */
  answers = [];

  constructor(context, page, url) {
    this.context = context;
    this.page = page;
    this.url = url;
    this.host = new URL(url).host;
    page.setDefaultTimeout(kWait_ms);
  }

  async watch() {
    const { page } = this;
    page.on('console', (message) => {
      // A refused request is logged by the browser itself; checks that provoke one look at the page instead.
      const refused = message.text().startsWith('Failed to load resource') && /status of 4\d\d/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !refused)
        this.#notes.push(`console: ${message.text().slice(0, 300)}`);
    });
    page.on('pageerror', (error) => this.#notes.push(`script: ${String(error.stack).slice(0, 300)}`));
    page.on('dialog', (dialog) => {
      this.#notes.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && protocol !== 'about:' && host !== this.host) this.#hosts.add(`${protocol}//${host}`);
    });
    page.on('response', (response) => {
      const at = response.url().indexOf('/api/v1/');
      if (at >= 0) this.answers.push({ path: response.url().slice(at + 8), status: response.status(), response });
    });
    await this.context.addInitScript(() => {
      window.__violations = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      );
    });
  }

  /** The address opened cold, as from a link in a mail. */
  async open(hash) {
    await this.page.goto('about:blank');
    await this.page.goto(`${this.url}/${hash}`);
    await this.page.waitForSelector('main h1, .sign-in-card');
    await this.settle();
  }

  /** Waits until nothing is loading any more. */
  async settle() {
    const { page } = this;
    await page.waitForTimeout(60);
    await page.waitForLoadState('networkidle');
    await page.waitForFunction(() => document.querySelector('.skeleton, .busy, [aria-busy="true"]') === null, null, {
      timeout: kWait_ms,
    });
    await this.#collect();
  }

  async #collect() {
    for (const violation of await this.page.evaluate(() => window.__violations?.splice(0) ?? []))
      this.#notes.push(`policy: ${violation}`);
  }

  hash() {
    return new URL(this.page.url()).hash;
  }

  params() {
    return new URLSearchParams(this.hash().split('?')[1] ?? '');
  }

  /** The exact total that the list in view states. */
  async total() {
    await this.page.waitForFunction(
      () => /^\d+$/.test(document.querySelector('[data-total]')?.getAttribute('data-total') ?? ''),
      null,
      { timeout: kWait_ms },
    );
    return Number(await this.page.locator('[data-total]').first().getAttribute('data-total'));
  }

  /** The last answer whose path starts so, parsed. */
  async answer(start) {
    const found = [...this.answers].reverse().find((one) => one.path.startsWith(start) && one.status === 200);
    if (found === undefined) throw new Error(`the page did not ask for ${start}`);
    return {
      path: found.path,
      params: new URLSearchParams(found.path.split('?')[1] ?? ''),
      body: await found.response.json(),
    };
  }

  async clipboard() {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  assertQuiet() {
    if (this.#notes.length > 0) throw new Error([...new Set(this.#notes)].slice(0, 5).join(' | '));
  }

  assertSameHost() {
    if (this.#hosts.size > 0) throw new Error([...this.#hosts].join(', '));
  }

  async close() {
    await this.context.close();
  }
}

/** "12,345" as a number. */
export function number(text) {
  const digits = (text ?? '').replace(/,/g, '').match(/\d+/);
  if (digits === null) throw new Error(`no number in ${JSON.stringify(text)}`);
  return Number(digits[0]);
}

export function entityParam(ref) {
  return `${ref.kind}:${ref.key}`;
}

export function activityHash(ref, more = {}) {
  return `#/activity?${new URLSearchParams({ entity: entityParam(ref), ...more })}`;
}

/** Drags over a chart from one share of its plotting width to another. */
export async function brush(page, from, to) {
  const over = page.locator('.chart .u-over').first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}

export async function legendSum(page) {
  const texts = await page.locator('.chart .legend-item b').allTextContents();
  return texts.reduce((total, text) => total + number(text), 0);
}
