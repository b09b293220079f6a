import assert from 'node:assert/strict';
import { activityHash, brush, entityParam, legendSum, number } from '../lib/tab.mjs';

export async function activity({ tab, check, api }) {
  const { page } = tab;
  const caller = await api.caller();
  const week = activityHash(caller, { last: '7d' });

  await check('names the entity, counts exactly, sums to the volume', async () => {
    await tab.open(week);
    assert.ok((await page.textContent('.entity')).includes(caller.key));
    const total = await tab.total();
    assert.ok(total > 0);
    assert.equal(await legendSum(page), total);
    const { body } = await tab.answer('activity/summary');
    assert.equal(body.total, total);
    assert.equal(body.ok + body.denied + body.failed, total);
  });

  await check('newest first, none twice, over pages', async () => {
    await tab.open(week);
    const total = await tab.total();
    if ((await page.locator('.list-foot button').count()) > 0) {
      await page.click('.list-foot button');
      // The next page is there when its rows are, however slow the machine.
      await page.waitForFunction(
        (wanted) => document.querySelectorAll('table.events tr[data-row]').length >= wanted,
        Math.min(total, 200),
      );
    }
    const rows = await page
      .locator('table.events tr[data-row]')
      .evaluateAll((all) => all.map((one) => ({ key: one.dataset.row, at: one.querySelector('time').dateTime })));
    assert.equal(rows.length, Math.min(total, 200));
    assert.equal(new Set(rows.map((row) => row.key)).size, rows.length);
    const times = rows.map((row) => Date.parse(row.at));
    assert.deepEqual(
      times,
      [...times].sort((a, b) => b - a),
    );
  });

  await check('a breakdown row filters to its count', async () => {
    await tab.open(week);
    const facet = page.locator('.facet-group').nth(1).locator('.facet-main').first();
    const expected = number(await facet.locator('.facet-count').textContent());
    await facet.click();
    await tab.settle();
    assert.equal(await tab.total(), expected);
    assert.ok(tab.params().get('api') !== null);
  });

  await check('a row opens the event with its record, byte for byte', async () => {
    await tab.open(week);
    const row = page.locator('table.events tr[data-row]').first();
    const key = await row.getAttribute('data-row');
    await row.locator('td.c-time').click();
    await tab.settle();
    assert.equal(tab.params().get('event'), key);
    await page.click('.drawer [data-copy-raw]');
    await page.waitForTimeout(100);
    assert.equal(await tab.clipboard(), await api.text(`events/${encodeURIComponent(key)}/raw`));
    await page.keyboard.press('Escape');
    await tab.settle();
    assert.equal(await page.locator('.drawer').count(), 0);
  });

  await check('pivots by click to all activity of a value, and back', async () => {
    await tab.open(week);
    const value = page.locator('td.c-ip .value').first();
    const ip = (await value.getAttribute('title')).replace('IP address: ', '');
    await value.click();
    await page.click('.menu >> text=All activity');
    await tab.settle();
    assert.equal(tab.params().get('entity'), `ip_address:${ip}`);
    assert.equal(tab.params().get('last'), '7d', 'the range goes along');
    assert.equal(await tab.total(), (await tab.answer('activity?')).body.total);
    assert.ok((await page.textContent('.entity h1')).includes(ip));
    await page.goBack();
    await tab.settle();
    assert.equal(tab.params().get('entity'), entityParam(caller));
  });

  await check('filter for and filter out add up', async () => {
    await tab.open(`${week}&to=${encodeURIComponent(new Date().toISOString())}`);
    const all = (await tab.answer('activity/summary')).body;
    const ip = all.by_ip[0]?.value;
    if (ip === undefined) return;
    const range = {
      from: (await tab.answer('activity?')).params.get('from'),
      to: (await tab.answer('activity?')).params.get('to'),
    };
    await tab.open(activityHash(caller, { ...range, ip_address: ip }));
    const inside = await tab.total();
    await tab.open(activityHash(caller, { ...range, ip_address: `!${ip}` }));
    assert.equal(inside + (await tab.total()), all.total);
  });

  await check('dragging over the volume narrows the time', async () => {
    await tab.open(week);
    const before = await tab.total();
    await brush(page, 0.5, 1);
    await page.waitForFunction(() => location.hash.includes('from='));
    await tab.settle();
    assert.ok((await tab.total()) <= before);
    assert.equal(await legendSum(page), await tab.total());
  });

  await check('folding keeps every event', async () => {
    await tab.open(week);
    const plain = await page.locator('table.events tr[data-row]').count();
    await page.check('.check input');
    const rows = page.locator('table.events tbody tr');
    const folded = await rows.count();
    assert.ok(folded <= plain);
    const times = await page.locator('table.events .times').allTextContents();
    const singles = await page.locator('table.events tbody tr:not(.fold)').count();
    assert.equal(singles + times.reduce((total, text) => total + number(text), 0), plain);
    if (times.length > 0) {
      await page.locator('.fold-button').first().click();
      assert.equal(await rows.count(), folded + number(times[0]));
    }
    await page.uncheck('.check input');
    assert.equal(await page.locator('table.events tr[data-row]').count(), plain);
  });

  await check('by and on are told apart', async () => {
    await tab.open(week);
    await page.click('.filter-bar button:has-text("By it")');
    await tab.settle();
    assert.equal(tab.params().get('direction'), 'by');
    const by = await tab.answer('activity?');
    assert.equal(by.params.get('direction'), 'by');
    assert.equal(await tab.total(), by.body.total);
  });

  await check('search leads to the activity of what was typed', async () => {
    await tab.open('#/');
    await page.keyboard.press('/');
    await page.keyboard.type(caller.key);
    await page.waitForSelector('#search-list [role=option]');
    await page.waitForFunction(
      (key) => document.querySelector('#search-list [role=option]')?.textContent.includes(key),
      caller.key,
    );
    await page.keyboard.press('Enter');
    await page.waitForSelector('.entity');
    await tab.settle();
    assert.equal(tab.params().get('entity'), entityParam(caller));
  });

  await check('all activity without an entity', async () => {
    await tab.open('#/activity?last=1h');
    const { body, params } = await tab.answer('activity?');
    assert.equal(await tab.total(), body.total);
    assert.equal(Date.parse(params.get('to')) - Date.parse(params.get('from')), 3_600_000);
  });
}
