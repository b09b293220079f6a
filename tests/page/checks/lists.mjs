import assert from 'node:assert/strict';

export async function lists({ tab, check, api }) {
  const { page } = tab;

  await check('accounts: every account, with what it last sent', async () => {
    const { accounts } = await api.get('accounts');
    await tab.open('#/accounts');
    assert.equal(await page.locator('table.accounts tbody tr').count(), accounts.length);
    const busiest = [...accounts].sort((a, b) => b.open_findings - a.open_findings)[0];
    await page.fill('.list-tools input', busiest.account_id);
    assert.equal(await page.locator('table.accounts tbody tr').count(), 1);
    await page.click('table.accounts td.number a');
    await tab.settle();
    assert.equal(await tab.total(), busiest.open_findings);
  });

  await check('quarantine: the list, its total and the bytes', async () => {
    const { total } = await api.get('quarantine?limit=1');
    await tab.open('#/quarantine');
    assert.equal(await tab.total(), total);
    if (total === 0) return;
    const row = page.locator('table.quarantine tr[data-row]').first();
    const id = await row.getAttribute('data-row');
    await row.locator('td').first().click();
    await tab.settle();
    assert.equal(tab.params().get('sel'), id);
    await page.click('.drawer [data-copy-raw]');
    await page.waitForTimeout(100);
    assert.ok((await tab.clipboard()).length > 0);
  });

  await check('quarantine: an administrator replays one record, then the list', async () => {
    const mark = `page-${Date.now()}`;
    assert.equal((await api.ingest(JSON.stringify({ mark }))).quarantined, 1);
    await tab.open('#/quarantine?reason=unknown_shape&door=raw');
    const before = await tab.total();
    assert.ok(before > 0);
    await page.locator('table.quarantine tr[data-row]').first().locator('td').first().click();
    await tab.settle();
    assert.ok((await page.textContent('.drawer')).includes(mark));
    assert.ok((await page.textContent('.drawer')).includes('What to do'));
    await page.click('.drawer [data-replay=one]');
    await page.waitForFunction(() => document.querySelector('.drawer .replay')?.textContent.includes('still not understood'));
    await tab.settle();
    assert.ok((await page.textContent('.drawer')).includes('1 time'));
    await page.keyboard.press('Escape');
    await page.click('button:has([data-replay=all])');
    await page.click('.replay-all .primary');
    await page.waitForFunction(() => document.querySelector('.replay-all')?.textContent.includes('still not understood'));
    assert.equal(await tab.total(), before, 'what is still not understood stays');
  });

  await check('quarantine: what was replayed with success is a list of its own', async () => {
    await tab.open('#/quarantine?state=resolved');
    const { total } = await api.get('quarantine?limit=1&state=resolved');
    assert.equal(await tab.total(), total);
  });
}
