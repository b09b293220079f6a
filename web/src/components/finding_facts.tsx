// What a finding says, in reading order: facts, the parts of its type, where it came from.
import { count, safeLink } from '../text';
import { kKindLabel, networkText } from '../entity';
import type { Finding, FindingEntity } from '../types';
import { Ago, Severity, Text, Time, zoneText } from './basics';
import { FactList, FactRow, TypedFacts } from './facts';
import { Icon } from './icon';
import { Empty } from './states';
import { Value } from './value';

const kTypeParts: readonly [name: string, label: string][] = [
  ['purpose', 'Purpose'],
  ['resource', 'Resource'],
  ['family', 'Family'],
  ['mechanism', 'Mechanism'],
  ['artifact', 'Artifact'],
];

export function FindingTitle({ finding }: { finding: Finding }) {
  return (
    <>
      <div class="finding-line">
        <Severity label={finding.effective_severity_label} score={finding.effective_severity} />
        {finding.severity_label !== finding.effective_severity_label && (
          <span class="dim">reported as {finding.severity_label}</span>
        )}
        <span class={`status status-${finding.status}`}>{finding.status.replaceAll('_', ' ')}</span>
        {finding.sample && <span class="tag">sample</span>}
        {finding.record_state !== 'active' && <span class="tag">archived</span>}
        <span class="dim">
          <Text of={finding.product} />
        </span>
      </div>
      <p class="finding-type">
        <Text of={finding.type} />
      </p>
    </>
  );
}

export function KeyFacts({ finding }: { finding: Finding }) {
  return (
    <FactList>
      <FactRow label="First seen" copy={finding.first_seen_at}>
        <Time at={finding.first_seen_at} /> <Ago at={finding.first_seen_at} />
      </FactRow>
      <FactRow label="Last seen" copy={finding.last_seen_at}>
        <Time at={finding.last_seen_at} /> <Ago at={finding.last_seen_at} />
      </FactRow>
      <FactRow label="Count">
        <b>{count(finding.count)}</b>
      </FactRow>
      <FactRow label="Account" copy={finding.account_id}>
        <Value entity={{ kind: 'account', key: finding.account_id, name: finding.account_name }} />
        {finding.account_name !== null && (
          <span class="dim mono">
            {' '}
            <Text of={finding.account_id} />
          </span>
        )}
      </FactRow>
      <FactRow label="Region" value={finding.region} />
      <FactRow label="Assignee" value={finding.assignee ?? 'nobody'} copy="" />
    </FactList>
  );
}

export function AllFacts({ finding }: { finding: Finding }) {
  const parts = finding.type_parts ?? {};
  const remediation = safeLink(finding.remediation_url);
  return (
    <>
      <KeyFacts finding={finding} />
      {finding.facts.length > 0 && (
        <>
          <h2 class="fact-head">Facts</h2>
          <TypedFacts facts={finding.facts} />
        </>
      )}
      {kTypeParts.some(([name]) => parts[name] != null && parts[name] !== '') && (
        <>
          <h2 class="fact-head">Parts of the type</h2>
          <FactList>
            {kTypeParts.map(([name, label]) => (
              <FactRow key={name} label={label} value={parts[name] ?? null} copy="" />
            ))}
          </FactList>
        </>
      )}
      <h2 class="fact-head">Origin</h2>
      <FactList>
        <FactRow label="Product" value={finding.product} copy="" />
        <FactRow label="Finding id" copy={finding.finding_id}>
          <span class="mono">
            <Text of={finding.finding_id} />
          </span>
        </FactRow>
        {finding.provider_id !== finding.finding_id && <FactRow label="Provider's id" value={finding.provider_id} />}
        <FactRow label="Detector" value={finding.detector_id} />
        <FactRow label="Generator" value={finding.generator_id} />
        <FactRow label="Product ARN" value={finding.product_arn} />
        <FactRow label="Compliance" value={finding.compliance_status} copy="" />
        <FactRow label="Created" copy={finding.created_at}>
          <Time at={finding.created_at} />
        </FactRow>
        <FactRow label="Updated" copy={finding.updated_at}>
          <Time at={finding.updated_at} />
        </FactRow>
        {remediation !== null && (
          <FactRow label="Remediation" copy={remediation}>
            <a class="link" href={remediation} target="_blank" rel="noreferrer noopener">
              Provider's advice <Icon name="open" />
            </a>
          </FactRow>
        )}
      </FactList>
    </>
  );
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

const kPlace = ['asn', 'organization', 'city', 'country'];

/** Network and place as people write them, everything else by name. */
function attributeText(one: FindingEntity): string {
  const all = one.attributes ?? {};
  const place = [textOf(all['city']), textOf(all['country'])].filter((part) => part !== null && part !== '').join(', ');
  const network = networkText(textOf(all['asn']), textOf(all['organization']), place);
  const others = Object.entries(all)
    .filter(([name, value]) => !kPlace.includes(name) && textOf(value) !== null && value !== '')
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${textOf(value) ?? ''}`);
  return [network, ...others].filter((part) => part !== '').join(' · ');
}

export function Entities({ finding }: { finding: Finding }) {
  if (finding.entities.length === 0) return <Empty title="This finding names no user, key, instance or address" />;
  return (
    <table class="table">
      <caption class="offscreen">Entities of the finding, over all its versions</caption>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col">Kind</th>
          <th scope="col">Entity</th>
          <th scope="col">Attributes</th>
          <th scope="col">First seen ({zoneText()})</th>
          <th scope="col">Last seen</th>
        </tr>
      </thead>
      <tbody>
        {finding.entities.map((one, index) => (
          <tr key={index}>
            <td>
              <span class={`role role-${one.role}`}>
                <Text of={one.role} />
              </span>
            </td>
            <td class="dim nowrap">{kKindLabel[one.kind] ?? one.kind}</td>
            <td>
              <Value entity={one} />
              {one.name !== null && one.name !== one.key && (
                <div class="second mono">
                  <Text of={one.key} />
                </div>
              )}
            </td>
            <td class="wrap">
              <Text of={attributeText(one)} />
            </td>
            <td>
              <Time at={one.first_seen_at} />
            </td>
            <td>
              <Time at={one.last_seen_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Evidence({ finding }: { finding: Finding }) {
  const { remote_ips, apis } = finding.evidence;
  return (
    <div class="evidence">
      <h2 class="fact-head">Remote addresses, over all versions</h2>
      {remote_ips.length === 0 ? (
        <Empty title="No remote address is named" />
      ) : (
        <table class="table">
          <caption class="offscreen">Remote addresses</caption>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">Network</th>
              <th scope="col">First seen ({zoneText()})</th>
              <th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>
            {remote_ips.map((one) => (
              <tr key={one.ip}>
                <td>
                  <Value entity={{ kind: 'ip_address', key: one.ip }} mono />
                </td>
                <td>
                  <Text of={networkText(one.asn, one.organization, one.country)} />
                </td>
                <td>
                  <Time at={one.first_seen_at} />
                </td>
                <td>
                  <Time at={one.last_seen_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {apis.length > 0 && (
        <>
          <h2 class="fact-head">API calls that it names</h2>
          <table class="table">
            <caption class="offscreen">API calls</caption>
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">API</th>
                <th scope="col" class="number">
                  Count
                </th>
              </tr>
            </thead>
            <tbody>
              {apis.map((one, index) => (
                <tr key={index}>
                  <td class="dim">
                    <Text of={one.service} />
                  </td>
                  <td>
                    <Text of={one.api} />
                  </td>
                  <td class="number">{one.count === null ? '–' : count(one.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </div>
  );
}
