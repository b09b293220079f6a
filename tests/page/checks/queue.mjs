import assert from 'node:assert/strict';
import { number } from '../lib/tab.mjs';

const kRank = { critical: 5, high: 4, medium: 3, low: 2, info: 1, unknown: 0 };

async function rowIds(page) {
  return page.locator('table.findings tr[data-row]').evaluateAll((all) => all.map((one) => one.dataset.row));
}

export async function queue({ tab, check, api }) {
  const { page } = tab;

  await check('shows the exact total and the columns of the queue', async () => {
    await tab.open('#/findings');
    assert.equal(await tab.total(), (await api.findings()).total);
    const heads = (await page.locator('table.findings thead').textContent()).toLowerCase();
    for (const word of [
      'severity',
      'last seen (utc)',
      'finding',
      'account',
      'region',
      'actor, key',
      'resource',
      'remote ip, network',
      'count',
      'status',
      'related',
    ])
      assert.ok(heads.includes(word), word);
    assert.match(
      await page.locator('table.findings .severity').first().textContent(),
      /critical|high|medium|low|info|unknown/,
    );
  });

  await check('a facet filters to its count, its chip negates and goes', async () => {
    await tab.open('#/findings');
    const all = await tab.total();
    const facet = page.locator('.facet-main').nth(1);
    const expected = number(await facet.locator('.facet-count').textContent());
    await facet.click();
    await tab.settle();
    assert.equal(await tab.total(), expected);
    assert.equal(await page.locator('.chip').count(), 1);
    await page.locator('.chip button').first().click();
    await tab.settle();
    assert.ok(tab.hash().includes('=!'), tab.hash());
    assert.equal(await tab.total(), all - expected);
    await page.locator('.chip button').last().click();
    await tab.settle();
    assert.equal(await tab.total(), all);
  });

  await check('a facet counts with its own filter left out', async () => {
    await tab.open('#/findings');
    const before = await page.locator('.facet-group').first().locator('.facet-count').allTextContents();
    await page.locator('.facet-group').first().locator('.facet-main').first().click();
    await tab.settle();
    assert.deepEqual(await page.locator('.facet-group').first().locator('.facet-count').allTextContents(), before);
  });

  await check('two values of one facet add up', async () => {
    await tab.open('#/findings');
    const group = page.locator('.facet-group').first();
    const counts = (await group.locator('.facet-count').allTextContents()).map(number);
    await group.locator('.facet-main').nth(0).click();
    await tab.settle();
    await group.locator('.facet-main').nth(1).click();
    await tab.settle();
    assert.equal(await tab.total(), counts[0] + counts[1]);
  });

  await check('sorts by severity and by account, both ways', async () => {
    await tab.open('#/findings');
    await page.click('th.c-severity button');
    await tab.settle();
    const ranks = (await page.locator('td.c-severity .severity').allTextContents()).map((text) => kRank[text.trim()]);
    assert.deepEqual(
      ranks,
      [...ranks].sort((a, b) => b - a),
    );
    assert.equal(await page.getAttribute('th.c-severity', 'aria-sort'), 'descending');
    await page.click('th.c-account button');
    await tab.settle();
    assert.equal(await page.getAttribute('th.c-account', 'aria-sort'), 'ascending');
    const { findings } = await api.findings({ sort: 'account', order: 'asc' });
    assert.deepEqual(
      await rowIds(page),
      findings.map((one) => one.finding_id),
    );
  });

  await check('pages by key: more rows, none twice, none missing', async () => {
    await tab.open('#/findings');
    const total = await tab.total();
    for (let page_ = 0; page_ < 3 && (await page.locator('.list-foot button').count()) > 0; page_ += 1) {
      await page.click('.list-foot button');
      await tab.settle();
    }
    const ids = await rowIds(page);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length, Math.min(total, 200));
    const { findings } = await api.findings({ limit: '200' });
    assert.deepEqual(
      ids,
      findings.map((one) => one.finding_id),
    );
  });

  await check('the drawer opens beside the list and closes with Esc', async () => {
    await tab.open('#/findings');
    const ids = await rowIds(page);
    await page.locator('tr[data-row] td.c-seen').first().click();
    await tab.settle();
    assert.equal(await page.locator('.drawer').count(), 1);
    assert.equal(tab.params().get('sel'), ids[0]);
    assert.deepEqual(await rowIds(page), ids);
    await page.locator('tr[data-row] td.c-seen').nth(1).click();
    await tab.settle();
    assert.equal(tab.params().get('sel'), ids[1]);
    await page.keyboard.press('Escape');
    await tab.settle();
    assert.equal(await page.locator('.drawer').count(), 0);
    assert.equal(tab.params().get('sel'), null);
  });

  await check('adds a filter by form', async () => {
    await tab.open('#/findings');
    await page.click('button:has-text("Filter")');
    await page.selectOption('.filter-form select', 'severity');
    await page.fill('.filter-form input', 'high');
    await page.click('.filter-form button[type=submit]');
    await tab.settle();
    assert.equal(tab.params().get('severity'), 'high');
    assert.equal(await tab.total(), (await api.findings({ severity: 'high' })).total);
  });

  await check('takes a relative and an absolute time range, refuses nonsense', async () => {
    await tab.open('#/findings');
    await page.click('.range-button');
    await page.click('.range-presets button:has-text("Last 7 days")');
    await tab.settle();
    assert.equal(tab.params().get('last'), '7d');
    const { params } = await tab.answer('findings?');
    assert.equal(Date.parse(params.get('to')) - Date.parse(params.get('from')), 7 * 86_400_000);
    await page.click('.range-button');
    await page.fill('.range-form input >> nth=0', 'nonsense');
    assert.equal(await page.isDisabled('.range-form button'), true);
    await page.fill('.range-form input >> nth=0', '2020-01-02 03:04');
    await page.fill('.range-form input >> nth=1', '');
    await page.click('.range-form button');
    await tab.settle();
    assert.equal(tab.params().get('from'), '2020-01-02T03:04:00Z');
    assert.equal(tab.params().get('last'), null);
  });

  await check('exports exactly the shown filter', async () => {
    await tab.open('#/findings?severity=high');
    const total = await tab.total();
    const links = await page.locator('.exports a').evaluateAll((all) => all.map((one) => one.href));
    const ndjson = await (await tab.context.request.get(links.find((href) => href.includes('ndjson')))).text();
    assert.equal(ndjson.trim() === '' ? 0 : ndjson.trim().split('\n').length, total);
    const csv = await tab.context.request.get(links.find((href) => href.includes('csv')));
    assert.equal(csv.status(), 200);
  });

  await check('an empty answer says what to do', async () => {
    await tab.open('#/findings?title=zz-no-such-title-zz');
    assert.equal(await tab.total(), 0);
    assert.equal(await page.locator('.empty button').count(), 1);
    await page.click('.empty button');
    await tab.settle();
    assert.ok((await tab.total()) > 0);
  });

  await check("a refused filter shows the server's reason", async () => {
    const response = await api.response('findings?severity=nonsense');
    await tab.open('#/findings?severity=nonsense');
    if (response.ok) return assert.equal(await tab.total(), 0);
    const problem = await response.json();
    assert.ok((await page.textContent('.list .problem')).includes(problem.title));
    return undefined;
  });

  await check('a value opens its menu: filter for and filter out add up', async () => {
    await tab.open('#/findings');
    const all = await tab.total();
    await page.locator('td.c-account .value').first().click();
    assert.equal(await page.locator('.menu[role=menu]').count(), 1);
    await page.click('.menu >> text=Filter for this');
    await tab.settle();
    const inside = await tab.total();
    const account = tab.params().get('account_id');
    await tab.open(`#/findings?account_id=!${account}`);
    assert.equal(inside + (await tab.total()), all);
  });
}
