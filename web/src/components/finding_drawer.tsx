// A finding beside the queue: facts, and one click to the activity of each of its lanes.
import { apiPath } from '../api';
import { entityParam } from '../entity';
import { useJson } from '../state/resource';
import { link, type Param } from '../state/url';
import type { Finding, Lane } from '../types';
import { Text } from './basics';
import { Drawer } from './drawer';
import { KeyFacts, FindingTitle } from './finding_facts';
import { TypedFacts } from './facts';
import { findingLink } from './finding_table';
import { Icon } from './icon';
import { ProblemBox, Skeleton } from './states';
import { PivotTime } from './value';

export function laneParams(lane: Lane): Param[] {
  const direction: Param[] = lane.by === lane.on ? [] : [['direction', lane.by ? 'by' : 'on']];
  return [['entity', entityParam(lane.entity)], ...direction];
}

function Lanes({ finding, time }: { finding: Finding; time: readonly Param[] }) {
  if (finding.activity.length === 0) return null;
  return (
    <section>
      <h3 class="drawer-section">Activity in the finding's scope</h3>
      <ul class="lanes">
        {finding.activity.map((lane, index) => (
          <li key={index}>
            <a
              class={index === 0 ? 'button primary' : 'button'}
              href={link('activity', [...laneParams(lane), ...time])}
            >
              <Icon name="activity" />
              <Text of={lane.label} />
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Body({ finding }: { finding: Finding }) {
  const time: Param[] = [
    ['from', finding.scope.from],
    ['to', finding.scope.to],
  ];
  return (
    <PivotTime value={time}>
      <h2 class="drawer-h">
        <Text of={finding.title} />
      </h2>
      {finding.description !== null && (
        <p class="description">
          <Text of={finding.description} />
        </p>
      )}
      <Lanes finding={finding} time={time} />
      <h3 class="drawer-section">Facts</h3>
      <KeyFacts finding={finding} />
      <TypedFacts facts={finding.facts} />
      {Array.isArray(finding.related) && finding.related.length > 0 && (
        <section>
          <h3 class="drawer-section">Related findings</h3>
          <ul class="related-list">
            {finding.related.slice(0, 8).map((one) => (
              <li key={one.finding_id}>
                <span class={`dot dot-${one.effective_severity_label}`} aria-hidden="true" />
                <a class="link" href={findingLink(one.finding_id)}>
                  <Text of={one.type} />
                </a>
                <span class="dim">
                  {' '}
                  <Text of={one.account_name ?? one.account_id} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </PivotTime>
  );
}

export function FindingDrawer({ finding_id, close }: { finding_id: string; close: () => void }) {
  const detail = useJson<Finding>(apiPath(['findings', finding_id]));
  const finding = detail.data;
  return (
    <Drawer
      label="Finding"
      subject={finding_id}
      close={close}
      head={finding === undefined ? 'Finding' : <FindingTitle finding={finding} />}
    >
      <p class="drawer-actions">
        <a class="button" href={findingLink(finding_id)}>
          <Icon name="open" />
          Open finding
        </a>
      </p>
      {detail.problem !== undefined && <ProblemBox problem={detail.problem} retry={detail.reload} />}
      {finding === undefined && detail.problem === undefined && <Skeleton rows={12} label="Loading the finding" />}
      {finding !== undefined && <Body finding={finding} />}
    </Drawer>
  );
}
