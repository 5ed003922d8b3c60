import type { DeliveryView } from './alerting/model.ts'
import type { AlertView, WindowReport } from './model.ts'

/** Tables of this stage. JSON is stored as text, booleans as 0 and 1. */
export interface MonitoringTables {
  monitor: {
    name: string
    project: string | null
    declaration: string
    closed_to: number
    started: number
    label_cursor: number
    /** From when on a window may be due; 0 where that has to be looked for. */
    next_due: number
    created_at: number
    version: number
    /** Files of its own metrics as JSON. */
    bundle: string | null
  }
  monitor_version: {
    monitor: string
    version: number
    declaration: string
    declared_at: number
    declared_by: string
  }
  monitor_reference: {
    monitor: string
    number: number
    model_version: number
    /** `MonitorReference` as JSON. */
    source: string
    row_count: number
    profile_digest: string
    performance: string
    set_at: number
  }
  monitor_window: {
    id: string
    monitor: string
    kind: WindowReport['kind']
    from_ms: number
    to_ms: number
    revision: number
    latest: number
    row_count: number
    labelled: number
    model_versions: string
    statistics: string
    distributions: string
    closed_at: number
    monitor_version: number
    /** How many statistics have a verdict, and how many of these are over their bounds. */
    judged: number
    drifted: number
  }
  monitor_value: {
    monitor: string
    metric: string
    at: number
    value: number | null
    row_count: number
    revision: number
    threshold: number | null
    lower: number | null
    drifted: number | null
    note: string | null
    band_low: number | null
    band_high: number | null
  }
  /** The newest value of each metric: what a monitor of a thousand metrics opens with. */
  monitor_metric: {
    monitor: string
    metric: string
    at: number
    value: number | null
    row_count: number
    revision: number
    threshold: number | null
    lower: number | null
    drifted: number | null
    note: string | null
    band_low: number | null
    band_high: number | null
  }
  /** The values of a metric whose windows ended on one day (UTC), made one: years of them are read as days. */
  monitor_day: {
    monitor: string
    metric: string
    /** Days since 1970; a window that ends at midnight belongs to the day before. */
    day: number
    first_at: number
    last_at: number
    windows: number
    /** Windows that have a value, and the sum of these. */
    known: number
    total: number
    low: number | null
    high: number | null
    row_count: number
    revision: number
    threshold: number | null
    lower: number | null
    drifted: number | null
    band_low: number | null
    band_high: number | null
  }
  /** Events that came as CloudEvents, so that each is taken once. */
  cloud_event: {
    source: string
    id: string
    received_at: number
  }
  monitor_batch: {
    monitor: string
    id: string
    from_ms: number
    to_ms: number
    row_count: number
    digest: string
    added_at: number
    added_by: string
    form: 'rows' | 'profile'
  }
  alert: {
    id: string
    monitor: string
    rule: string
    metric: string
    severity: AlertView['severity']
    state: AlertView['state']
    message: string
    value: number | null
    threshold: number | null
    opened_at: number
    resolved_at: number | null
    window_from: number
    window_to: number
    active_key: string | null
    note: string
    acknowledged_by: string | null
    assignee: string | null
    comments: number
  }
  alert_comment: {
    id: string
    alert: string
    author: string
    body: string
    at: number
  }
  monitor_report: {
    name: string
    /** `ReportBody` as JSON. */
    body: string
    next_at: number | null
    updated_at: number
    updated_by: string
  }
  monitor_report_delivery: {
    id: string
    report: string
    /** The report as it was when it was due, as JSON. */
    body: string
    channel: string
    due_at: number
    state: 'queued' | 'sent' | 'failed'
    attempts: number
    error: string | null
    done_at: number | null
  }
  alert_channel: {
    name: string
    /** `ChannelTarget` as JSON, with its secret. */
    target: string
    monitors: string
    rules: string
    min_severity: AlertView['severity']
    events: string
    updated_at: number
  }
  alert_silence: {
    id: string
    monitors: string
    rules: string
    from_ms: number
    to_ms: number
    repeats: string | null
    reason: string
    created_by: string
    created_at: number
  }
  alert_delivery: {
    id: string
    alert: string
    channel: string
    event: DeliveryView['event']
    state: DeliveryView['state']
    attempts: number
    error: string | null
    created_at: number
    done_at: number | null
  }
}
