// Accessibility, overflow and pictures of every view, in both themes and two widths.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { activityHash } from '../lib/tab.mjs';

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function assertAccessible(page) {
  await page.evaluate(kAxe);
  const violations = await page.evaluate(async () => {
    const { violations: found } = await window.axe.run(document, { resultTypes: ['violations'] });
    return found.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 160)}`);
  });
  assert.deepEqual(violations, []);
}

/** axe cannot see text on a canvas: how far the axis labels' pixels stand out from the background. */
async function axisContrast(page) {
  return page.evaluate(() => {
    const canvas = document.querySelector('.chart canvas');
    const context = canvas.getContext('2d');
    const { data } = context.getImageData(
      0,
      canvas.height - 24 * devicePixelRatio,
      canvas.width,
      20 * devicePixelRatio,
    );
    const background = getComputedStyle(document.querySelector('.panel, .finding-main'))
      .backgroundColor.match(/\d+/g)
      .map(Number);
    let most = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 128) continue;
      most = Math.max(
        most,
        Math.abs(data[at] - background[0]),
        Math.abs(data[at + 1] - background[1]),
        Math.abs(data[at + 2] - background[2]),
      );
    }
    return most;
  });
}

export async function appearance({ suite, check, api }) {
  const { finding } = await api.followedFinding();
  const caller = await api.caller();
  const id = encodeURIComponent(finding.finding_id);
  const heard = (await api.get('coverage')).cells.find((one) => one.region !== null);
  const { events } = await api.activity({ entity: `${caller.kind}:${caller.key}`, last: '7d', limit: '1' });
  const views = {
    overview: '#/',
    queue: '#/findings?open=true',
    drawer: `#/findings?open=true&sel=${id}`,
    finding: `#/finding/${id}`,
    entities: `#/finding/${id}?tab=entities`,
    evidence: `#/finding/${id}?tab=evidence`,
    related: `#/finding/${id}?tab=related`,
    versions: `#/finding/${id}?tab=versions`,
    raw: `#/finding/${id}?tab=raw`,
    activity: activityHash(caller, { last: '7d' }),
    event: `${activityHash(caller, { last: '7d' })}&event=${encodeURIComponent(events[0].event_key)}`,
    everything: '#/activity',
    accounts: '#/accounts',
    coverage: '#/coverage',
    coverage_source: '#/coverage?source=cloudtrail_management',
    coverage_cell: `#/coverage?sel=${heard.account_id}/${heard.region}`,
    coverage_none: '#/coverage?region=zz-nowhere-1',
    quarantine: '#/quarantine',
    empty: '#/findings?title=zz-no-such-title-zz',
    missing: '#/finding/none',
  };

  for (const scheme of ['light', 'dark']) {
    for (const width of [1440, 1024]) {
      const tab = await suite.tab({ scheme, width });
      const { page } = tab;
      for (const [name, hash] of Object.entries(views)) {
        await check(`${name}, ${scheme}, ${width} px: axe finds nothing, nothing overflows`, async () => {
          await tab.open(hash);
          if (suite.shots !== undefined)
            await page.screenshot({ path: join(suite.shots, `${name}-${width}-${scheme}.png`) });
          await assertAccessible(page);
          const over = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          assert.ok(over <= 0, `${over} px too wide`);
        });
      }
      await check(`help and menu, ${scheme}, ${width} px: axe finds nothing`, async () => {
        await tab.open('#/findings');
        await page.keyboard.press('?');
        await page.waitForSelector('[role=dialog]');
        await assertAccessible(page);
        await page.keyboard.press('Escape');
        await page.locator('td.c-account .value').first().click();
        await page.waitForSelector('.menu');
        if (suite.shots !== undefined)
          await page.screenshot({ path: join(suite.shots, `menu-${width}-${scheme}.png`) });
        await assertAccessible(page);
      });
      await check(`chart labels stand out, ${scheme}, ${width} px`, async () => {
        await tab.open('#/');
        assert.ok((await axisContrast(page)) > 70);
      });
      await check(`${scheme}, ${width} px: no complaint in the console`, async () => tab.assertQuiet());
      await tab.close();
    }
  }

  await check('sign-in, both themes: axe finds nothing', async () => {
    for (const scheme of ['light', 'dark']) {
      const tab = await suite.tab({ scheme, signedIn: false });
      await tab.open('');
      if (suite.shots !== undefined)
        await tab.page.screenshot({ path: join(suite.shots, `sign-in-1440-${scheme}.png`) });
      await assertAccessible(tab.page);
      await tab.close();
    }
  });

  await check('the theme follows the system until chosen, and the choice stays', async () => {
    const tab = await suite.tab({ scheme: 'dark' });
    const { page } = tab;
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await tab.open('#/');
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    assert.notEqual(light, dark);
    await page.click('button[aria-label^="Theme"]');
    await page.click('button[aria-label^="Theme"]');
    assert.equal(await page.getAttribute('button[aria-label^="Theme"]', 'aria-label'), 'Theme: dark');
    assert.equal(await background(), dark);
    await page.reload();
    await page.waitForSelector('main h1');
    await tab.settle();
    assert.equal(await background(), dark);
    assert.ok((await axisContrast(page)) > 70, 'the chart is drawn in the chosen theme');
    await tab.close();
  });

  await check('times are UTC and say so; local time is one click away', async () => {
    const tab = await suite.tab();
    const { page } = tab;
    await tab.open('#/findings');
    assert.ok((await page.textContent('th.c-seen')).includes('UTC'));
    const time = page.locator('td.c-seen time').first();
    const instant = await time.getAttribute('datetime');
    assert.equal((await time.textContent()).replace(' ', 'T'), instant.slice(0, 16));
    await page.click('button.zone');
    assert.ok((await page.textContent('th.c-seen')).includes('local'));
    assert.notEqual((await time.textContent()).replace(' ', 'T'), instant.slice(0, 16));
    await tab.close();
  });
}
