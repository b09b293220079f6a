// The server's API as a program sees it: what the page shows is compared with this.
const kDefault = { limit: '50' };

export class Api {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  async response(path, init = {}) {
    return fetch(`${this.url}/api/v1/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${this.token}`, ...init.headers },
    });
  }

  async get(path) {
    const response = await this.response(path);
    if (!response.ok)
      throw new Error(`GET ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
    return response.json();
  }

  async text(path) {
    const response = await this.response(path);
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
    return response.text();
  }

  /** A delivery at the raw door. */
  async ingest(body) {
    const response = await fetch(`${this.url}/ingest/raw`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}` },
      body,
    });
    if (!response.ok) throw new Error(`POST /ingest/raw answered ${response.status}`);
    return response.json();
  }

  async findings(params = {}) {
    return this.get(`findings?${new URLSearchParams({ ...kDefault, ...params })}`);
  }

  async finding(id) {
    return this.get(`findings/${encodeURIComponent(id)}`);
  }

  async activity(params) {
    return this.get(`activity?${new URLSearchParams({ ...kDefault, ...params })}`);
  }

  #followed;

  /** A finding whose first lane has events in its scope, and how many. */
  async followedFinding() {
    this.#followed ??= await this.#find();
    return this.#followed;
  }

  async #find() {
    const { findings } = await this.findings({ limit: '200' });
    for (const row of [...findings].sort((a, b) => b.severity - a.severity)) {
      if (row.actor === null && row.access_key_id === null) continue;
      const finding = await this.finding(row.finding_id);
      const lane = finding.activity[0];
      if (lane === undefined) continue;
      const { total } = await this.activity({
        entity: `${lane.entity.kind}:${lane.entity.key}`,
        from: finding.scope.from,
        to: finding.scope.to,
        limit: '1',
      });
      if (total > 3) return { finding, lane, total };
    }
    throw new Error('no finding of the first 200 has activity in its scope');
  }

  #caller;

  /** The busiest caller of a week, for timelines with something in them. */
  async caller() {
    this.#caller ??= await this.#findCaller();
    return this.#caller;
  }

  async #findCaller() {
    const { events } = await this.activity({ last: '7d', limit: '200' });
    const counts = new Map();
    for (const { principal } of events) {
      if (principal !== null)
        counts.set(`${principal.kind}:${principal.key}`, (counts.get(`${principal.kind}:${principal.key}`) ?? 0) + 1);
    }
    const best = [...counts].sort((a, b) => b[1] - a[1])[0];
    if (best === undefined) throw new Error('no event of the last 7 days has a caller');
    return events.find(
      (event) => event.principal !== null && `${event.principal.kind}:${event.principal.key}` === best[0],
    ).principal;
  }
}
