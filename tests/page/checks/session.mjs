import assert from 'node:assert/strict';

export async function session({ suite, check }) {
  await check('without a session the page asks for a token and shows nothing else', async () => {
    const tab = await suite.tab({ signedIn: false });
    await tab.open('#/findings?open=true');
    assert.equal(await tab.page.locator('.sign-in-card').count(), 1);
    assert.equal(await tab.page.locator('.top, table').count(), 0);
    await tab.close();
  });

  await check('a wrong token is refused with what to do', async () => {
    const tab = await suite.tab({ signedIn: false });
    await tab.open('');
    await tab.page.fill('input[type=password]', 'not-a-token');
    await tab.page.click('button[type=submit]');
    await tab.page.waitForSelector('.problem');
    assert.ok((await tab.page.textContent('.problem-title')).length > 3);
    await tab.close();
  });

  await check('the form signs in, keeps the deep link, and the cookie is out of reach of scripts', async () => {
    const tab = await suite.tab({ signedIn: false });
    await tab.open('#/findings?severity=high');
    await tab.page.fill('input[type=password]', suite.token);
    await tab.page.click('button[type=submit]');
    await tab.page.waitForSelector('.top');
    await tab.settle();
    assert.equal(tab.hash(), '#/findings?severity=high');
    const cookie = (await tab.context.cookies()).find((one) => one.name === 'backtrail_token');
    assert.ok(cookie !== undefined, 'no cookie backtrail_token');
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Strict');
    tab.assertQuiet();
    await tab.close();
  });

  await check('#token=… signs in once and leaves neither address nor history', async () => {
    const tab = await suite.tab({ signedIn: false });
    await tab.page.goto(`${suite.url}/#token=${suite.token}`);
    await tab.page.waitForSelector('.top');
    await tab.settle();
    assert.ok(!tab.page.url().includes(suite.token));
    await tab.page.goBack().catch(() => undefined);
    assert.ok(!tab.page.url().includes(suite.token));
    await tab.close();
  });

  await check('signing out ends the session', async () => {
    const tab = await suite.tab();
    await tab.open('');
    await tab.page.click('button[aria-label^="Sign out"]');
    await tab.page.waitForSelector('.sign-in-card');
    const response = await tab.context.request.get(`${suite.url}/api/v1/session`);
    assert.equal(response.status(), 401);
    await tab.close();
  });
}
