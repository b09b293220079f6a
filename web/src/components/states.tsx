// What stands where data will be, is not, or could not be fetched. Each says what to do next.
import type { ComponentChildren } from 'preact';
import type { Problem } from '../types';
import { Text } from './basics';
import { Icon } from './icon';

export function Skeleton({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="skeleton-row" />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <div class="empty-hint">{children}</div>}
    </div>
  );
}

export function ProblemBox({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p class="problem-title">
          <Text of={problem.title} />
        </p>
        {problem.detail != null && (
          <p>
            <Text of={problem.detail} />
          </p>
        )}
        {(problem.errors ?? []).map((one, index) => (
          <p key={index}>
            {one.parameter !== undefined && (
              <code>
                <Text of={one.parameter} />
              </code>
            )}{' '}
            <Text of={one.message} />
          </p>
        ))}
        {problem.hint != null && (
          <p class="problem-hint">
            <Text of={problem.hint} />
          </p>
        )}
        <p class="problem-foot">
          {retry !== undefined && (
            <button type="button" class="button" onClick={retry}>
              Try again
            </button>
          )}
          {problem.request_id != null && (
            <span class="dim">
              request{' '}
              <code>
                <Text of={problem.request_id} />
              </code>
            </span>
          )}
        </p>
      </div>
    </div>
  );
}
