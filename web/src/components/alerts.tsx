// What a person must hear of about the evidence: variants of events, records for accounts that a key may not write.
import { apiPath } from '../api';
import { useJson } from '../state/resource';
import { plural } from '../text';
import type { Alert } from '../types';
import { Text, Time } from './basics';
import { Icon } from './icon';

export function Alerts() {
  const alerts = useJson<{ alerts: Alert[]; total: number }>(apiPath(['alerts']), true);
  const total = alerts.data?.total ?? 0;
  const first = alerts.data?.alerts[0];
  if (total === 0 || first === undefined) return null;
  return (
    <details class="alerts">
      <summary>
        <Icon name="warning" />
        <b>{plural(total, 'warning')} about the evidence</b>
        <span class="dim">
          <Text of={first.kind.replaceAll('_', ' ')} />: <Text of={first.subject ?? first.detail} />
        </span>
      </summary>
      <table class="table compact">
        <caption class="offscreen">Warnings about the evidence</caption>
        <thead>
          <tr>
            <th scope="col">Raised</th>
            <th scope="col">Kind</th>
            <th scope="col">Account</th>
            <th scope="col">Subject</th>
            <th scope="col">Detail</th>
          </tr>
        </thead>
        <tbody>
          {(alerts.data?.alerts ?? []).map((one, index) => (
            <tr key={index}>
              <td>
                <Time at={one.raised_at} />
              </td>
              <td>
                <Text of={one.kind.replaceAll('_', ' ')} />
              </td>
              <td class="mono">
                <Text of={one.account_id} />
              </td>
              <td>
                <Text of={one.subject} />
              </td>
              <td>
                <Text of={one.detail} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
