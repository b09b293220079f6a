// Coverage: the page tells what the API tells, and every cell leads to what is known of it.
import assert from 'node:assert/strict';
import { number } from '../lib/tab.mjs';

const kStatuses = ['silent', 'never', 'late', 'quiet', 'ok'];

function counts(cells) {
  return Object.fromEntries(kStatuses.map((status) => [status, cells.filter((one) => one.status === status).length]));
}

export async function coverage({ tab, check, api }) {
  const { page } = tab;
  const answer = await api.get('coverage');
  const figure = async (status) => number(await page.textContent(`[data-figure=${status}] .figure-value`));

  await check('the sample organisation is heard', async () => {
    assert.ok(answer.cells.length > 10);
    for (const source of ['cloudtrail_management', 'cloudtrail_data', 'guardduty'])
      assert.ok(
        answer.cells.some((one) => one.source === source),
        source,
      );
  });

  await check('the figures are those of the API, for all sources and for one', async () => {
    await tab.open('#/coverage');
    const all = counts(answer.cells);
    for (const status of kStatuses) assert.equal(await figure(status), all[status], status);
    assert.deepEqual(all, answer.by_status);
    await page.click('[data-source=guardduty]');
    await tab.settle();
    assert.equal(tab.params().get('source'), 'guardduty');
    const one = counts(answer.cells.filter((cell) => cell.source === 'guardduty'));
    for (const status of kStatuses) assert.equal(await figure(status), one[status], status);
  });

  await check('a row for every account and a cell for every Region of it', async () => {
    await tab.open('#/coverage');
    assert.equal(await page.locator('.cover-table tbody tr').count(), Math.min(40, answer.accounts.length));
    const wanted = new Set(answer.cells.map((one) => `${one.account_id}/${one.region ?? ''}`));
    const shown = await page.locator('.cover-table [data-cell]').evaluateAll((all) => all.map((one) => one.dataset.cell));
    assert.deepEqual(new Set(shown), wanted);
  });

  await check('what needs somebody stands above, the worst first', async () => {
    await tab.open('#/coverage');
    const wanted = answer.cells.filter((one) => ['silent', 'never', 'late'].includes(one.status));
    if (wanted.length === 0) {
      assert.ok((await page.textContent('section[aria-labelledby=attention]')).includes('Nothing is silent'));
      return;
    }
    const more = page.locator('section[aria-labelledby=attention] footer button');
    if ((await more.count()) > 0) await more.click();
    const rows = await page.locator('.cover-list tbody tr').evaluateAll((all) => all.map((one) => one.dataset.row));
    assert.deepEqual(
      rows,
      wanted.map((one) => `${one.account_id}/${one.region ?? ''} ${one.source}`),
    );
  });

  await check('a state filters, says so in the address, and a second click takes it back', async () => {
    await tab.open('#/coverage');
    await page.click('[data-figure=ok]');
    await tab.settle();
    assert.deepEqual(tab.params().getAll('status'), ['ok']);
    const wanted = new Set(
      answer.cells.filter((one) => one.status === 'ok').map((one) => `${one.account_id}/${one.region ?? ''}`),
    );
    assert.equal(await page.locator('.cover-table [data-cell]').count(), wanted.size);
    await page.click('[data-figure=ok]');
    await tab.settle();
    assert.equal(tab.params().has('status'), false);
  });

  await check('a cell opens its sources; their link leads to its events', async () => {
    const cell = answer.cells.find((one) => one.source === 'cloudtrail_management' && one.region !== null);
    const id = `${cell.account_id}/${cell.region}`;
    await tab.open('#/coverage');
    await page.click(`[data-cell="${id}"]`);
    await tab.settle();
    assert.equal(tab.params().get('sel'), id);
    const same = answer.cells.filter((one) => one.account_id === cell.account_id && one.region === cell.region);
    assert.equal(await page.locator('.cover-source').count(), same.length);
    const section = page.locator('.cover-source').filter({ hasText: 'CloudTrail' }).first();
    assert.ok((await section.textContent()).includes('Delivery lag'));
    const squares = await section.locator('.hour-on').count();
    const bits = [...cell.hours].reduce((sum, digit) => sum + [...parseInt(digit, 16).toString(2)].filter((bit) => bit === '1').length, 0);
    assert.equal(squares, bits);
    await section.locator('a.link').click();
    await tab.settle();
    assert.ok(tab.hash().startsWith('#/activity?'));
    assert.equal(tab.params().get('account_id'), cell.account_id);
    assert.ok((await tab.total()) > 0, 'its last hour holds its last record');
    await page.goBack();
    await tab.settle();
    assert.equal(tab.params().get('sel'), id);
    await page.keyboard.press('Escape');
    await tab.settle();
    assert.equal(await page.locator('.drawer').count(), 0);
  });

  await check('days, account and Region are asked of the server', async () => {
    const cell = answer.cells.find((one) => one.region !== null);
    await tab.open(`#/coverage?account_id=${cell.account_id}&region=${cell.region}&days=30`);
    const { params, body } = await tab.answer('coverage?');
    assert.equal(params.get('account_id'), cell.account_id);
    assert.equal(body.days, 30);
    assert.equal(await page.locator('.cover-table tbody tr').count(), 1);
    assert.equal(await page.locator('.cover-head').count(), 1);
  });

  await check('a server that does not answer is told, with a way to try again', async () => {
    await page.route('**/api/v1/coverage*', (route) =>
      route.fulfill({
        status: 429,
        contentType: 'application/problem+json',
        body: JSON.stringify({ title: 'Too many questions', status: 429 }),
      }),
    );
    await page.goto('about:blank');
    await page.goto(`${tab.url}/#/coverage`);
    await page.waitForSelector('.problem');
    assert.ok((await page.textContent('.problem')).includes('Too many questions'));
    await page.unroute('**/api/v1/coverage*');
    await page.click('.problem button');
    await page.waitForSelector('.cover-table');
  });

  await check('nothing heard is told with what to do', async () => {
    await page.route('**/api/v1/coverage*', (route) =>
      route.fulfill({
        json: { ...answer, accounts: [], cells: [], cells_total: 0, by_status: counts([]) },
      }),
    );
    await tab.open('#/coverage');
    assert.ok((await page.textContent('.empty')).includes('Nothing has been heard yet'));
    await page.unroute('**/api/v1/coverage*');
  });

  await check('a Region is shown as text, whatever it holds', async () => {
    const odd = '<img src=x onerror=alert(1)>\u202e';
    const cells = [{ ...answer.cells[0], region: odd, status: 'silent', since: answer.cells[0].last_at }];
    await page.route('**/api/v1/coverage*', (route) => route.fulfill({ json: { ...answer, cells, cells_total: 1 } }));
    await tab.open('#/coverage');
    assert.equal(await page.locator('main img').count(), 0);
    assert.ok((await page.textContent('.cover-head')).includes('<img src=x'));
    assert.ok((await page.textContent('.cover-head')).includes('\\u{202e}'));
    await page.unroute('**/api/v1/coverage*');
  });

  await check('the books of a day are those of the API, and they balance', async () => {
    await api.ingest('{"of": "no known shape"}');
    await tab.open('#/coverage');
    const { body } = await tab.answer('ingest/summary?');
    assert.equal(await page.locator('[data-books=even]').count(), 1);
    const rows = await page.locator('.books tbody tr:not(.books-total)').count();
    assert.equal(rows, body.sources.length);
    const last = page.locator('.books tbody tr').last();
    assert.equal(number(await last.locator('td.number').nth(2).textContent()), body.total.received);
  });
}
