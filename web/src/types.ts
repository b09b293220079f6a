// The shapes of /api/v1, as the server writes them. Times are RFC 3339 in UTC; absent facts are null.

export type SeverityLabel = 'critical' | 'high' | 'medium' | 'low' | 'informational' | 'unknown';
export type Outcome = 'ok' | 'denied' | 'failed';
export type Direction = 'by' | 'on';
export type EntityKind =
  'account' | 'principal' | 'role_session' | 'access_key' | 'instance' | 'ip_address' | 'user_agent' | 'resource';

export interface EntityRef {
  kind: EntityKind;
  key: string;
  name: string | null;
  account_id: string | null;
}

export interface Session {
  name: string;
  role: string;
  accounts: '*' | string[];
  now: string;
  version: string;
  retention_days: number | null;
}

export interface Account {
  account_id: string;
  account_name: string | null;
  organizational_unit: string | null;
  owner: string | null;
  environment: string | null;
  email: string | null;
  status: string | null;
  registered: boolean;
  open_findings: number;
  last_event_at: string | null;
  last_finding_at: string | null;
}

export interface FindingRow {
  finding_id: string;
  account_id: string;
  account_name: string | null;
  region: string | null;
  product: string | null;
  type: string;
  title: string | null;
  severity: number | null;
  severity_label: SeverityLabel;
  effective_severity: number | null;
  effective_severity_label: SeverityLabel;
  status: string;
  assignee: string | null;
  record_state: string;
  sample: boolean;
  count: number;
  first_seen_at: string;
  last_seen_at: string;
  created_at: string | null;
  updated_at: string | null;
  resource_type: string | null;
  resource: { kind: EntityKind; key: string; name: string | null } | null;
  actor: EntityRef | null;
  access_key_id: string | null;
  user_name: string | null;
  remote_ip: string | null;
  remote_country: string | null;
  remote_asn: string | number | null;
  remote_org: string | null;
  action: string | null;
  related: number | null;
}

export interface Fact {
  label: string;
  value: string;
  entity: EntityRef | null;
}

export interface FindingEntity extends EntityRef {
  role: string;
  first_seen_at: string | null;
  last_seen_at: string | null;
  attributes: Record<string, unknown> | null;
}

export interface RemoteIp {
  ip: string;
  country: string | null;
  asn: string | number | null;
  organization: string | null;
  first_seen_at: string | null;
  last_seen_at: string | null;
}

export interface FindingVersion {
  version_id: string;
  updated_at: string | null;
  count: number | null;
  severity: number | null;
  shape: string;
  received_at: string;
  bytes: number;
}

export interface Lane {
  label: string;
  entity: EntityRef;
  by: boolean;
  on: boolean;
}

export interface FindingScope {
  from: string;
  to: string;
  window_from: string;
  window_to: string;
}

export interface RelatedFinding extends FindingRow {
  shared?: EntityRef[];
}

// In a single finding the list of related findings takes the place of the row's count of them.
export interface Finding extends Omit<FindingRow, 'related'> {
  description: string | null;
  type_parts: Record<string, string | null> | null;
  provider_id: string | null;
  product_arn: string | null;
  detector_id: string | null;
  generator_id: string | null;
  compliance_status: string | null;
  remediation_url: string | null;
  facts: Fact[];
  entities: FindingEntity[];
  evidence: { remote_ips: RemoteIp[]; apis: { service: string | null; api: string; count: number | null }[] };
  versions: FindingVersion[];
  scope: FindingScope;
  activity: Lane[];
  related: RelatedFinding[];
}

export interface FindingPage {
  findings: FindingRow[];
  total: number;
  next_cursor: string | null;
}

export interface FacetValue {
  value: string | null;
  count: number;
  label?: string | null;
}

export interface Facets {
  total: number;
  occurrences: number;
  facets: Record<string, FacetValue[]>;
}

export interface DayCounts extends Record<SeverityLabel, number> {
  day: string;
}

export interface AccountRegion {
  account_id: string;
  account_name: string | null;
  region: string | null;
  open: number;
  findings: number;
  highest: SeverityLabel;
}

export interface TopEntity extends EntityRef {
  findings: number;
  accounts: number;
  last_seen_at: string | null;
}

export interface Summary {
  from: string;
  to: string;
  totals: {
    findings: number;
    open: number;
    occurrences: number;
    events: number | null;
    quarantined: number;
    accounts_reporting: number;
    accounts_registered: number;
  };
  open_by_severity: { severity_label: SeverityLabel; count: number }[];
  oldest_unassigned: FindingRow | null;
  by_day: DayCounts[];
  account_region: AccountRegion[];
  by_type: { type: string; count: number; occurrences: number; highest: SeverityLabel }[];
  newest: FindingRow[];
  top_entities: TopEntity[];
}

export interface EventRow {
  event_id: string;
  event_key: string;
  event_time: string;
  account_id: string;
  account_name: string | null;
  region: string | null;
  service: string | null;
  api: string | null;
  outcome: Outcome;
  error_code: string | null;
  error_message: string | null;
  read_only: boolean | null;
  event_class: string | null;
  principal: EntityRef | null;
  session_name: string | null;
  role_session?: EntityRef | null;
  source_identity: string | null;
  access_key_id: string | null;
  source_ip: string | null;
  user_agent: string | null;
  invoked_by: string | null;
  caller_account_id: string | null;
  identity_type: string | null;
  resources: EntityRef[];
  resources_more: number;
  matched: { kind: EntityKind; key: string; direction: Direction }[];
  flags: string[];
}

export interface EventDetail extends EventRow {
  raw?: unknown;
  mentions: (EntityRef & { direction: Direction })[];
  shared_event_id: string | null;
  received_at: string | null;
}

export interface Covered {
  from: string;
  to: string;
  accounts: '*' | string[];
  entities: EntityRef[];
  complete: boolean;
  reasons: string[];
}

export interface ActivityPage {
  events: EventRow[];
  total: number;
  next_cursor: string | null;
  covered: Covered;
}

export interface ApiCount {
  service: string | null;
  api: string;
  ok: number;
  denied: number;
  failed: number;
}

export interface ValueCount {
  value?: string | null;
  count: number;
  label?: string | null;
  name?: string | null;
  account_id?: string;
  account_name?: string | null;
}

export interface ActivitySummary {
  total: number;
  ok: number;
  denied: number;
  failed: number;
  first_at: string | null;
  last_at: string | null;
  by_api: ApiCount[];
  by_account: ValueCount[];
  by_region: ValueCount[];
  by_ip: ValueCount[];
  by_access_key: ValueCount[];
  by_user_agent: ValueCount[];
  by_principal?: ValueCount[];
  by_session?: ValueCount[];
}

export interface Volume {
  bucket_seconds: number;
  from: string;
  to: string;
  buckets: { at: string; ok: number; denied: number; failed: number }[];
}

export interface FoundEntity extends EntityRef {
  last_seen_at: string | null;
}

export interface EntityProfile extends EntityRef {
  facts: Fact[];
  first_seen_at: string | null;
  last_seen_at: string | null;
  totals: { ok: number; denied: number; failed: number };
  accounts: { account_id: string; account_name: string | null; count: number }[];
  regions: ValueCount[];
  findings: FindingRow[];
  access_keys: ValueCount[];
  ip_addresses: ValueCount[];
  user_agents: ValueCount[];
  apis: ApiCount[];
  sessions: ValueCount[];
}

export interface QuarantineRow {
  quarantine_id: string | number;
  account_id: string | null;
  kind: string;
  reason: string;
  detail: string | null;
  advice: string | null;
  door: string;
  key_id: string | null;
  parser_version: string | null;
  tries: number;
  last_tried_at: string | null;
  resolved_at: string | null;
  origin: string | null;
  position: number | null;
  bytes: number;
  sha256: string | null;
  received_at: string;
}

export interface Replay {
  resolved: number;
  still_quarantined: number;
  not_open: number;
  failed: number;
  remaining: number;
}

export interface RecordCounts {
  received: number;
  new: number;
  duplicates: number;
  variants: number;
  updated: number;
  stale: number;
  quarantined: number;
}

export interface IngestBooks extends RecordCounts {
  deliveries: number;
  bytes: number;
  by_kind: Record<string, RecordCounts>;
}

export interface IngestSource extends IngestBooks {
  door: string;
  key_id: string | null;
}

export interface IngestSummary {
  from: string;
  to: string;
  total: IngestBooks;
  sources: IngestSource[];
}

export interface QuarantinePage {
  quarantine: QuarantineRow[];
  total: number;
  next_cursor: string | null;
}

export interface Alert {
  kind: string;
  account_id: string | null;
  subject: string | null;
  detail: string | null;
  raised_at: string;
}

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string | null;
  instance?: string | null;
  request_id?: string | null;
  hint?: string | null;
  errors?: { parameter?: string; message: string }[];
}

export type CoverageStatus = 'ok' | 'quiet' | 'late' | 'never' | 'silent';
export type CoverageSource =
  | 'cloudtrail_management'
  | 'cloudtrail_data'
  | 'cloudtrail_insight'
  | 'cloudtrail_network_activity'
  | 'guardduty'
  | 'security_hub'
  | 'other_product'
  | 'heartbeat'
  | 'notice';

export interface CoverageAccount {
  account_id: string;
  account_name: string | null;
  registered: boolean;
  active: boolean;
  status: CoverageStatus;
  last_at: string | null;
  data_events_at: string | null;
  detector_at: string | null;
  heartbeat_at: string | null;
}

export interface CoverageCell {
  account_id: string;
  region: string | null;
  source: CoverageSource;
  status: CoverageStatus;
  since: string | null;
  expected_by: 'history' | 'register' | null;
  first_at: string | null;
  last_at: string | null;
  last_received_at: string | null;
  records: number;
  usual_pause_seconds: number | null;
  lag: { records: number; p50_seconds: number | null; p99_seconds: number | null };
  gap_count: number;
  gaps: { from: string; to: string }[];
  hours: string;
}

export interface CoverageAnswer {
  as_of: string;
  from_day: string;
  days: number;
  by_status: Record<CoverageStatus, number>;
  accounts: CoverageAccount[];
  cells: CoverageCell[];
  cells_total: number;
}
