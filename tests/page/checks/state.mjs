import assert from 'node:assert/strict';
import { activityHash } from '../lib/tab.mjs';

export async function state({ tab, check, api }) {
  const { page } = tab;
  const caller = await api.caller();
  const { finding } = await api.followedFinding();
  const id = encodeURIComponent(finding.finding_id);
  const addresses = [
    '#/findings?severity=high&severity=medium&sort=count&order=desc&open=true',
    `#/findings?account_id=!${finding.account_id}&last=30d`,
    `#/findings?sel=${id}`,
    `#/finding/${id}?range=90d&lane=0`,
    `#/finding/${id}?tab=raw`,
    `${activityHash(caller, { last: '7d' })}&outcome=!denied&direction=by`,
    '#/accounts',
    '#/coverage?source=guardduty&status=quiet&days=30',
    '#/quarantine?last=30d',
  ];
  for (const address of addresses) {
    await check(`${address.replaceAll(id, 'ID')} survives a reload`, async () => {
      await tab.open(address);
      const shown = async () =>
        page.evaluate(() => ({
          chips: [...document.querySelectorAll('.chip')].map((one) => one.textContent),
          pressed: [...document.querySelectorAll('[aria-pressed=true]')].map((one) => one.textContent),
          heading: document.querySelector('main h1')?.textContent,
          drawer: document.querySelector('.drawer') !== null,
          tab: document.querySelector('.page-tabs [aria-current=page]')?.textContent,
          sorted: document.querySelector('[aria-sort=ascending], [aria-sort=descending]')?.textContent,
        }));
      const hash = tab.hash();
      const before = await shown();
      await page.reload();
      await page.waitForSelector('main h1');
      await tab.settle();
      assert.equal(tab.hash(), hash);
      assert.deepEqual(await shown(), before);
    });
  }

  await check('the back button goes through filter, finding, lane and range', async () => {
    await tab.open('#/findings');
    await page.locator('.facet-main').first().click();
    await tab.settle();
    const filtered = tab.hash();
    await page.locator('td.c-finding a').first().click();
    await page.waitForSelector('.finding-main');
    await tab.settle();
    const opened = tab.hash();
    if ((await page.locator('[data-range="7d"]').count()) > 0) {
      await page.click('[data-range="7d"]');
      await tab.settle();
      await page.goBack();
      await tab.settle();
    }
    assert.equal(tab.hash(), opened);
    await page.goBack();
    await tab.settle();
    assert.equal(tab.hash(), filtered);
    assert.equal(await page.locator('.chip').count(), 1);
    await page.goBack();
    await tab.settle();
    assert.equal(tab.hash(), '#/findings');
    await page.goForward();
    await tab.settle();
    assert.equal(tab.hash(), filtered);
  });

  await check('the back button returns to where the list was scrolled', async () => {
    await tab.open('#/findings');
    await page.evaluate(() => window.scrollTo(0, 400));
    await page.waitForTimeout(250);
    const at = await page.evaluate(() => window.scrollY);
    await page.evaluate(() => {
      const links = [...document.querySelectorAll('td.c-finding a')];
      links.find((one) => one.getBoundingClientRect().top > 200).click();
    });
    await page.waitForSelector('.finding-head');
    await tab.settle();
    await page.goBack();
    await tab.settle();
    await page.waitForTimeout(200);
    assert.ok(Math.abs((await page.evaluate(() => window.scrollY)) - at) < 3);
  });

  await check('an address that is no view leads to the overview', async () => {
    await tab.open('#/no-such-view?x=%zz');
    assert.equal(await page.textContent('h1'), 'Overview');
  });
}
