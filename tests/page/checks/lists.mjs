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
}
