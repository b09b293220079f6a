import assert from 'node:assert/strict';
import { brush, legendSum, number } from '../lib/tab.mjs';

/** Follows a link of the overview and returns the total of the list behind it. */
async function behind(tab, href) {
  await tab.open(href);
  return tab.total();
}

export async function overview({ tab, check, api }) {
  const { page } = tab;
  await tab.open('#/');
  const summary = (await tab.answer('summary')).body;

  const figures = await page.locator('[data-figure]').evaluateAll((all) =>
    all.map((one) => ({
      name: one.dataset.figure,
      href: one.getAttribute('href'),
      text: one.querySelector('.figure-value').textContent,
    })),
  );
  const others = await page.locator('.figures a.figure').evaluateAll((all) =>
    all.map((one) => ({
      name: one.querySelector('.figure-label').textContent,
      href: one.getAttribute('href'),
      text: one.querySelector('.figure-value').textContent,
    })),
  );
  const cells = await page.locator('.grid-link').evaluateAll((all) =>
    all.slice(0, 4).map((one) => ({
      name: one.getAttribute('aria-label'),
      href: one.getAttribute('href'),
      text: one.textContent,
      open: one.dataset.open,
      findings: one.dataset.findings,
    })),
  );
  const types = await page.locator('.bars a').evaluateAll((all) =>
    all.slice(0, 2).map((one) => ({
      name: one.title,
      href: one.getAttribute('href'),
      text: one.querySelector('.bar-count').textContent,
    })),
  );
  const entities = await page.locator('section[aria-labelledby=entities] td a').evaluateAll((all) =>
    all.slice(0, 3).map((one) => ({
      name: `entity ${one.getAttribute('href')}`,
      href: one.getAttribute('href'),
      text: one.textContent,
    })),
  );

  await check('shows the open findings in all six severities', async () => {
    assert.equal(figures.length, 7);
    assert.equal(
      figures.slice(1).reduce((total, one) => total + number(one.text), 0),
      number(figures[0].text),
    );
  });

  await check('the bars of the days sum to the findings', async () =>
    assert.equal(await legendSum(page), summary.totals.findings),
  );

  await check('the chart is an image with a label and has a table', async () => {
    assert.equal(await page.locator('.chart canvas[role=img][aria-label]').count(), 1);
    await page.click('.chart-legend button');
    const sums = await page.locator('.chart-table tbody td.number').allTextContents();
    assert.equal(
      sums.reduce((total, text) => total + number(text), 0),
      summary.totals.findings,
    );
    await page.click('.chart-legend button');
  });

  await check('the newest findings are the newest', async () => {
    const shown = await page
      .locator('section[aria-labelledby=newest] tr[data-row]')
      .evaluateAll((all) => all.map((one) => one.dataset.row));
    const { findings } = await api.findings({ from: summary.from, to: summary.to, limit: '10' });
    assert.deepEqual(
      shown,
      findings.map((one) => one.finding_id),
    );
  });

  for (const one of [...figures, ...types, ...entities]) {
    await check(`${one.name}: the list behind it has exactly that many rows`, async () =>
      assert.equal(await behind(tab, one.href), number(one.text)),
    );
  }
  for (const one of cells) {
    await check(`grid: ${one.name}`, async () =>
      assert.equal(await behind(tab, one.href), number(one.open) > 0 ? number(one.open) : number(one.findings)),
    );
  }
  for (const one of others.filter((other) => ['API events', 'quarantined', 'findings'].includes(other.name))) {
    await check(`${one.name}: the list behind it has exactly that many rows`, async () =>
      assert.equal(await behind(tab, one.href), number(one.text)),
    );
  }

  await check('dragging over the days narrows the time, and the address says so', async () => {
    await tab.open('#/');
    await brush(page, 0.3, 0.7);
    await page.waitForFunction(() => location.hash.includes('from='));
    await tab.settle();
    const narrowed = (await tab.answer('summary')).body;
    assert.ok(narrowed.by_day.length < summary.by_day.length);
    assert.equal(await legendSum(page), narrowed.totals.findings);
    await page.goBack();
    await tab.settle();
    assert.equal(tab.hash().includes('from='), false);
  });
}
