// One API event: who, what, from where, what it mentions, and the record exactly as it came.
import { apiPath } from '../api';
import { entity, kKindLabel } from '../entity';
import { useJson, useText } from '../state/resource';
import type { EventDetail } from '../types';
import { OutcomeMark, Text, Time } from './basics';
import { Drawer } from './drawer';
import { FactList, FactRow } from './facts';
import { JsonView } from './json_view';
import { ProblemBox, Skeleton } from './states';
import { Value } from './value';

function Facts({ event }: { event: EventDetail }) {
  return (
    <FactList>
      <FactRow label="Time" copy={event.event_time}>
        <Time at={event.event_time} detail="full" />
      </FactRow>
      <FactRow label="Outcome" copy={event.error_code}>
        <OutcomeMark outcome={event.outcome} /> {event.error_code !== null && <Text of={event.error_code} />}
      </FactRow>
      <FactRow label="Error" value={event.error_message} />
      <FactRow label="Account" copy={event.account_id}>
        <Value entity={entity('account', event.account_id, event.account_name)} />{' '}
        <span class="dim mono">{event.account_name === null ? '' : event.account_id}</span>
      </FactRow>
      <FactRow label="Region" value={event.region} />
      {event.principal !== null && (
        <FactRow label="Caller" copy={event.principal.key}>
          <Value entity={event.principal} />
        </FactRow>
      )}
      {event.caller_account_id !== null && event.caller_account_id !== event.account_id && (
        <FactRow label="Caller's account" copy={event.caller_account_id}>
          <Value entity={entity('account', event.caller_account_id)} mono />
        </FactRow>
      )}
      <FactRow label="Identity type" value={event.identity_type} />
      {event.role_session != null ? (
        <FactRow label="Session" copy={event.role_session.key}>
          <Value entity={event.role_session} text={event.session_name ?? event.role_session.key} />
        </FactRow>
      ) : (
        <FactRow label="Session" value={event.session_name} />
      )}
      <FactRow label="Source identity" value={event.source_identity} />
      {event.access_key_id !== null && (
        <FactRow label="Access key" copy={event.access_key_id}>
          <Value entity={entity('access_key', event.access_key_id)} mono />
        </FactRow>
      )}
      {event.source_ip !== null && (
        <FactRow label="Source IP" copy={event.source_ip}>
          <Value entity={entity('ip_address', event.source_ip)} mono />
        </FactRow>
      )}
      {event.user_agent !== null && (
        <FactRow label="User agent" copy={event.user_agent}>
          <Value entity={entity('user_agent', event.user_agent)} />
        </FactRow>
      )}
      <FactRow label="Made by a service" value={event.invoked_by} />
      <FactRow
        label="Kind"
        value={[
          event.event_class,
          event.read_only === null ? null : event.read_only ? 'read-only' : 'changes something',
        ]
          .filter((part) => part !== null)
          .join(', ')}
        copy=""
      />
      <FactRow label="Event id" copy={event.event_id}>
        <span class="mono">
          <Text of={event.event_id} />
        </span>
      </FactRow>
      <FactRow label="Shared event id" value={event.shared_event_id} />
      <FactRow label="Received" copy={event.received_at}>
        <Time at={event.received_at} />
      </FactRow>
      {event.flags.length > 0 && <FactRow label="Flags" value={event.flags.join(', ')} />}
    </FactList>
  );
}

function Mentions({ event }: { event: EventDetail }) {
  if (event.mentions.length === 0) return null;
  return (
    <section>
      <h2 class="drawer-section">Names</h2>
      <ul class="mentions">
        {event.mentions.map((one, index) => (
          <li key={index}>
            <span class={`direction direction-${one.direction}`}>{one.direction}</span>
            <span class="dim">{kKindLabel[one.kind] ?? one.kind}</span> <Value entity={one} />
          </li>
        ))}
      </ul>
    </section>
  );
}

export function EventDrawer({ event_key, close }: { event_key: string; close: () => void }) {
  const detail = useJson<EventDetail>(apiPath(['events', event_key]));
  const raw = useText(apiPath(['events', event_key, 'raw']));
  const event = detail.data;
  const head =
    event === undefined ? (
      'Event'
    ) : (
      <>
        <span class="dim">
          <Text of={event.service} />
        </span>{' '}
        <strong>
          <Text of={event.api} />
        </strong>
      </>
    );
  return (
    <Drawer label="Event" head={head} close={close} subject={event_key}>
      {detail.problem !== undefined && <ProblemBox problem={detail.problem} retry={detail.reload} />}
      {event === undefined && detail.problem === undefined && <Skeleton rows={10} label="Loading the event" />}
      {event !== undefined && (
        <>
          <Facts event={event} />
          <Mentions event={event} />
        </>
      )}
      <h2 class="drawer-section">Raw record</h2>
      {raw.problem !== undefined && <ProblemBox problem={raw.problem} retry={raw.reload} />}
      {raw.data !== undefined ? (
        <JsonView key={event_key} text={raw.data} label="raw record" />
      ) : (
        raw.problem === undefined && <Skeleton rows={8} label="Loading the record" />
      )}
    </Drawer>
  );
}
