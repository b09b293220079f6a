import assert from 'node:assert/strict';

async function focusedRow(page) {
  return page.evaluate(() => document.activeElement?.closest('[data-row]')?.getAttribute('data-row') ?? null);
}

export async function keyboard({ tab, check }) {
  const { page } = tab;

  await check('j and k move, Enter opens, Esc closes', async () => {
    await tab.open('#/findings');
    const ids = await page.locator('tr[data-row]').evaluateAll((all) => all.map((one) => one.dataset.row));
    await page.keyboard.press('j');
    assert.equal(await focusedRow(page), ids[0]);
    await page.keyboard.press('j');
    assert.equal(await focusedRow(page), ids[1]);
    await page.keyboard.press('k');
    assert.equal(await focusedRow(page), ids[0]);
    await page.keyboard.press('Enter');
    await tab.settle();
    assert.equal(tab.params().get('sel'), ids[0]);
    await page.keyboard.press('j');
    await tab.settle();
    assert.equal(tab.params().get('sel'), ids[1], 'the drawer follows');
    await page.keyboard.press('Escape');
    await tab.settle();
    assert.equal(tab.params().get('sel'), null);
  });

  await check('/ searches, Esc leaves', async () => {
    await tab.open('#/findings');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'search');
    await page.keyboard.press('Escape');
    assert.notEqual(await page.evaluate(() => document.activeElement?.id), 'search');
  });

  await check('? shows the keys, Esc hides them', async () => {
    await page.keyboard.press('?');
    await page.waitForSelector('[role=dialog][aria-modal=true]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=dialog][aria-modal=true]', { state: 'detached' });
  });

  for (const [key, view] of [
    ['o', '#/'],
    ['f', '#/findings'],
    ['a', '#/activity'],
  ]) {
    await check(`g ${key} goes to ${view}`, async () => {
      await tab.open('#/accounts');
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.waitForFunction(
        (start) => (start === '#/' ? location.hash === '#/' : location.hash.startsWith(start)),
        view,
      );
      await tab.settle();
    });
  }

  await check('keys typed into a field stay there', async () => {
    await tab.open('#/findings');
    await page.click('#search');
    await page.keyboard.type('jk?g');
    assert.equal(await page.inputValue('#search'), 'jk?g');
  });

  await check('the menu of a value works by keyboard and gives the focus back', async () => {
    await tab.open('#/findings');
    await page.locator('td.c-account .value').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.menu');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'menuitem');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.menu').count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement?.classList.contains('value')), true);
  });

  await check('Tab reaches content through the skip link, and the focus is visible', async () => {
    await tab.open('#/findings');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, 'none');
  });
}
