import assert from 'node:assert/strict';
import { activityHash } from '../lib/tab.mjs';

const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const kMarker = 'Zq7Hostile';
const kScript = `<img src=x onerror="window.__ran=1"><script>window.__ran=1</script>`;
const kHostile = `${kMarker} ${kScript} \u202Eabc\u2066\u200B\u0007 javascript:window.__ran=1 {{7*7}} \${7*7} =cmd|'/c'!A1`;
const kUser = `${kMarker}\u202E"><svg onload=window.__ran=1>`;
const kAgent = `${kMarker} </title></textarea><iframe src="https://evil.example/"></iframe>\u200F`;

function hostileFinding(account_id, at) {
  return {
    version: '0',
    id: '7f1d6c54-0000-4000-8000-000000000001',
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: account_id,
    time: at,
    region: 'us-east-1',
    resources: [],
    detail: {
      schemaVersion: '2.0',
      accountId: account_id,
      region: 'us-east-1',
      partition: 'aws',
      id: 'abad1dea00000000abad1dea00000000',
      arn: `arn:aws:guardduty:us-east-1:${account_id}:detector/0123/finding/abad1dea00000000abad1dea00000000`,
      type: `Recon:IAMUser/${kMarker}<b>bold</b>`,
      title: kHostile,
      description: kHostile,
      severity: 5,
      createdAt: at,
      updatedAt: at,
      resource: {
        resourceType: 'AccessKey',
        accessKeyDetails: {
          accessKeyId: 'AKIAHOSTILE000000001',
          principalId: 'AIDAHOSTILE000000001',
          userName: kUser,
          userType: 'IAMUser',
        },
      },
      service: {
        serviceName: 'guardduty',
        detectorId: '0123',
        count: 1,
        archived: false,
        eventFirstSeen: at,
        eventLastSeen: at,
        resourceRole: 'TARGET',
        action: {
          actionType: 'AWS_API_CALL',
          awsApiCallAction: {
            api: `${kMarker}<i>`,
            serviceName: 's3.amazonaws.com',
            callerType: 'Remote IP',
            remoteIpDetails: {
              ipAddressV4: '198.51.100.77',
              organization: { asn: '64500', asnOrg: kHostile },
              country: { countryName: kScript },
            },
          },
        },
      },
    },
  };
}

function hostileEvent(account_id, at) {
  return {
    eventVersion: '1.09',
    eventID: '7f1d6c54-0000-4000-8000-0000000000aa',
    eventTime: at,
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    awsRegion: 'us-east-1',
    sourceIPAddress: '198.51.100.77',
    userAgent: kAgent,
    recipientAccountId: account_id,
    readOnly: true,
    managementEvent: false,
    eventCategory: 'Data',
    eventType: 'AwsApiCall',
    errorCode: `Access${kMarker}`,
    errorMessage: kHostile,
    requestParameters: { bucketName: kHostile, key: kScript },
    responseElements: null,
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDAHOSTILE000000001',
      arn: `arn:aws:iam::${account_id}:user/x`,
      accountId: account_id,
      accessKeyId: 'AKIAHOSTILE000000001',
      userName: kUser,
    },
  };
}

/** Sends a finding and an event that try everything; the server stores them like any other. */
async function plant(api) {
  const { accounts } = await api.get('accounts');
  const account_id = accounts[0].account_id;
  const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000).toISOString().replace('.000Z', 'Z');
  for (const body of [hostileFinding(account_id, at), { Records: [hostileEvent(account_id, at)] }]) {
    const response = await fetch(`${api.url}/ingest/raw`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}` },
      body: JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`POST /ingest/raw answered ${response.status}: ${(await response.text()).slice(0, 200)}`);
  }
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { findings } = await api.findings({ title: kMarker });
    if (findings.length > 0) return findings[0];
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('the hostile finding did not arrive');
}

async function assertHarmless(page, where) {
  assert.equal(await page.evaluate(() => window.__ran), undefined, `${where}: a script ran`);
  const planted = await page.evaluate(
    () =>
      document.querySelectorAll(
        'main img, main script, main iframe, main svg[onload], main b b, [onerror], [onload], a[href^="javascript:"]',
      ).length,
  );
  assert.equal(planted, 0, `${where}: markup came out of data`);
  const hidden = await page.evaluate(() =>
    /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u0007]/.test(document.body.textContent),
  );
  assert.equal(hidden, false, `${where}: a hidden character reached the page`);
  const attributes = await page.evaluate(() =>
    [...document.querySelectorAll('main [title], main [aria-label]')].some((one) =>
      /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u0007]/.test(`${one.title}${one.getAttribute('aria-label') ?? ''}`),
    ),
  );
  assert.equal(attributes, false, `${where}: a hidden character reached a tooltip`);
}

export async function safety({ suite, tab, check, api }) {
  await check('the page is served under a strict policy', async () => {
    const response = await fetch(`${suite.url}/`);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.ok(
      policy.includes("default-src 'none'") &&
        policy.includes("script-src 'self'") &&
        policy.includes("style-src 'self'"),
      policy,
    );
    assert.ok(!policy.includes('unsafe'), policy);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    const html = await response.text();
    for (const [, asset] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const answer = await fetch(`${suite.url}/${asset}`);
      assert.equal(answer.status, 200, asset);
    }
    assert.match(html, /assets\/app-[A-Z0-9]{8}\.js/);
  });

  const strict = await suite.tab();
  await strict.page.route(`${suite.url}/`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': kPolicy } });
  });
  await check('trusted types and the strictest policy do not break a view', async () => {
    const { finding } = await api.followedFinding();
    for (const hash of [
      '#/',
      '#/findings',
      `#/finding/${encodeURIComponent(finding.finding_id)}`,
      activityHash(await api.caller(), { last: '7d' }),
      '#/quarantine',
    ])
      await strict.open(hash);
    strict.assertQuiet();
    strict.assertSameHost();
  });
  await strict.close();

  let planted;
  await check('a hostile finding and event are stored like any other', async () => {
    planted = await plant(api);
    assert.ok(planted.title.includes(kScript));
  });
  if (planted === undefined) return;
  const { page } = tab;
  const id = encodeURIComponent(planted.finding_id);
  const key = { kind: 'access_key', key: 'AKIAHOSTILE000000001' };
  const views = {
    overview: '#/',
    queue: `#/findings?title=${kMarker}`,
    drawer: `#/findings?title=${kMarker}&sel=${id}`,
    finding: `#/finding/${id}`,
    entities: `#/finding/${id}?tab=entities`,
    evidence: `#/finding/${id}?tab=evidence`,
    raw: `#/finding/${id}?tab=raw`,
    activity: activityHash(key, { last: '24h' }),
    chip: `#/findings?${new URLSearchParams({ title: kHostile })}`,
  };
  for (const [name, hash] of Object.entries(views)) {
    await check(`hostile text stays text: ${name}`, async () => {
      await tab.open(hash);
      await assertHarmless(page, name);
      if (['queue', 'drawer', 'finding', 'raw', 'chip'].includes(name)) {
        const text = await page.textContent('main');
        assert.ok(text.includes('<script>window.__ran=1</script>'), 'the text itself is shown');
        assert.ok(text.includes('\\u{202e}'), 'the override is shown as an escape');
      }
    });
  }

  await check('hostile text stays text: event, menu and search', async () => {
    await tab.open(activityHash(key, { last: '24h' }));
    await page.locator('table.events tr[data-row] td.c-time').first().click();
    await tab.settle();
    await assertHarmless(page, 'event');
    assert.ok((await page.textContent('.drawer')).includes('<iframe src='), 'the user agent is shown');
    await page.locator('.drawer .value[data-kind=user_agent]').first().click();
    await assertHarmless(page, 'menu');
    await page.keyboard.press('Escape');
    await page.fill('#search', kMarker);
    await tab.settle();
    await page.waitForTimeout(400);
    await assertHarmless(page, 'search');
  });
}
