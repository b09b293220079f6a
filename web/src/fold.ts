// Folding of a timeline: a run of neighbouring events with the same lane (key, IP, user agent), API, outcome
// and account reads as one row. Nothing is dropped; a fold opens to its events.
import type { EventRow } from './types';

export interface Fold {
  /** Stable while rows are appended: the key of the newest event. */
  id: string;
  events: EventRow[];
}

export function laneKey(event: EventRow): string {
  return JSON.stringify([
    event.access_key_id,
    event.source_ip,
    event.user_agent,
    event.principal?.key ?? null,
    event.service,
    event.api,
    event.outcome,
    event.account_id,
  ]);
}

export function fold(events: readonly EventRow[]): Fold[] {
  const folds: Fold[] = [];
  let lane = '';
  for (const event of events) {
    const key = laneKey(event);
    const current = folds[folds.length - 1];
    if (current !== undefined && key === lane) current.events.push(event);
    else folds.push({ id: event.event_key, events: [event] });
    lane = key;
  }
  return folds;
}

/** One row per event, in the shape of folds, for the plain chronological view. */
export function unfolded(events: readonly EventRow[]): Fold[] {
  return events.map((event) => ({ id: event.event_key, events: [event] }));
}
