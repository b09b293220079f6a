import assert from 'node:assert/strict';
import { entityParam, legendSum } from '../lib/tab.mjs';

const kDay_ms = 86_400_000;

function span(params) {
  return Date.parse(params.get('to')) - Date.parse(params.get('from'));
}

export async function finding({ tab, check, api }) {
  const { page } = tab;
  const { finding: one, lane, total } = await api.followedFinding();
  const address = `#/finding/${encodeURIComponent(one.finding_id)}`;

  await check('from the queue to the activity in one click', async () => {
    await tab.open(`#/findings?${new URLSearchParams({ entity: entityParam(lane.entity) })}`);
    const row = page.locator(`tr[data-row="${one.finding_id}"]`);
    assert.equal(await row.count(), 1);
    await row.locator('td.c-finding a').click();
    await page.waitForSelector('.finding-main');
    await tab.settle();
    assert.equal(await tab.total(), total);
    assert.ok((await page.locator('table.events tbody tr').count()) > 0);
  });

  await check('the facts are there, each can be copied', async () => {
    await tab.open(address);
    const text = await page.textContent('.finding-facts');
    for (const fact of one.facts.slice(0, 5)) assert.ok(text.includes(fact.label), fact.label);
    const fact = page.locator('.finding-facts .fact', { hasText: 'Finding id' });
    await fact.hover();
    await fact.locator('button.copy').click();
    assert.equal(await tab.clipboard(), one.finding_id);
  });

  await check("the volume sums to the total, the finding's window is shaded", async () => {
    await tab.open(address);
    assert.equal(await legendSum(page), await tab.total());
    assert.equal(await page.locator('.swatch-shade').count(), 1);
    assert.equal(await page.locator('.chart canvas[role=img]').count(), 1);
  });

  const presets = [
    ['scope', null],
    ['hour', null],
    ['day', null],
    ['1h', 3_600_000],
    ['24h', kDay_ms],
    ['7d', 7 * kDay_ms],
    ['90d', 90 * kDay_ms],
  ];
  for (const [name, length_ms] of presets) {
    await check(`preset ${name}: the right interval, the exact total`, async () => {
      await tab.open(address);
      await page.click(`[data-range="${name}"]`);
      await tab.settle();
      assert.equal(await page.getAttribute(`[data-range="${name}"]`, 'aria-pressed'), 'true');
      const { params, body } = await tab.answer('activity?');
      assert.equal(await tab.total(), body.total);
      if (length_ms !== null) assert.equal(span(params), length_ms);
      else
        assert.ok(
          Date.parse(params.get('from')) <= Date.parse(one.scope.window_from) &&
            Date.parse(params.get('to')) > Date.parse(one.scope.window_from),
        );
      assert.equal(await legendSum(page), body.total);
    });
  }

  for (const [index, other] of one.activity.entries()) {
    await check(`lane "${other.label}" shows what the server counts`, async () => {
      await tab.open(address);
      await page.locator('.lane-bar .tabs button').nth(index).click();
      await tab.settle();
      const { params, body } = await tab.answer('activity?');
      assert.equal(params.get('entity'), entityParam(other.entity));
      assert.equal(await tab.total(), body.total);
    });
  }

  await check('the full activity has the same total', async () => {
    await tab.open(address);
    const before = await tab.total();
    await page.click('[data-full-activity]');
    await page.waitForSelector('.entity');
    await tab.settle();
    assert.equal(await tab.total(), before);
  });

  for (const name of ['entities', 'evidence', 'related', 'versions']) {
    await check(`tab ${name} opens cold`, async () => {
      await tab.open(`${address}?tab=${name}`);
      assert.equal(await page.locator('.page-tabs [aria-current=page]').count(), 1);
      assert.equal(await page.locator('.problem').count(), 0);
      if (one[name]?.length > 0) assert.ok((await page.locator('.finding-main tbody tr').count()) > 0);
    });
  }

  await check('the raw record is searched and copied byte for byte', async () => {
    await tab.open(`${address}?tab=raw`);
    await page.click('[data-copy-raw]');
    await page.waitForTimeout(100);
    assert.equal(
      await tab.clipboard(),
      await api.text(
        `findings/${encodeURIComponent(one.finding_id)}/raw?version=${encodeURIComponent(one.versions[0].version_id)}`,
      ),
    );
    await page.fill('.json-bar input', one.account_id);
    await page.waitForSelector('.json mark');
    const lines = await page.locator('.json-line').count();
    await page.fill('.json-bar input', '');
    await page.locator('.json-toggle').first().click();
    assert.ok((await page.locator('.json-line').count()) < lines);
  });

  await check('an unknown finding is told apart from a fault', async () => {
    await tab.open('#/finding/00000000000000000000000000000000');
    assert.ok((await page.textContent('.problem')).length > 5);
  });
}
