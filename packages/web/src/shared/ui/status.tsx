import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'
import './status.css'

export type Tone = 'ok' | 'busy' | 'attention' | 'failed' | 'waiting'

interface Look {
  readonly tone: Tone
  readonly icon: IconName
}

/** How each state of each kind of object looks: a tone and, since colour never speaks alone, an icon. */
const looks: Readonly<Record<string, Look>> = {
  ok: { tone: 'ok', icon: 'ok' },
  OK: { tone: 'ok', icon: 'ok' },
  ready: { tone: 'ok', icon: 'ok' },
  READY: { tone: 'ok', icon: 'ok' },
  idle: { tone: 'ok', icon: 'ok' },
  succeeded: { tone: 'ok', icon: 'ok' },
  FINISHED: { tone: 'ok', icon: 'ok' },
  promoted: { tone: 'ok', icon: 'ok' },
  promote: { tone: 'ok', icon: 'ok' },
  passed: { tone: 'ok', icon: 'ok' },
  resolved: { tone: 'ok', icon: 'ok' },
  live: { tone: 'ok', icon: 'endpoints' },
  cached: { tone: 'ok', icon: 'cached' },
  busy: { tone: 'busy', icon: 'busy' },
  running: { tone: 'busy', icon: 'busy' },
  IN_PROGRESS: { tone: 'busy', icon: 'busy' },
  RUNNING: { tone: 'busy', icon: 'busy' },
  retrying: { tone: 'busy', icon: 'busy' },
  training: { tone: 'busy', icon: 'busy' },
  collecting: { tone: 'busy', icon: 'busy' },
  evaluating: { tone: 'busy', icon: 'busy' },
  refitting: { tone: 'busy', icon: 'busy' },
  'rolling-out': { tone: 'busy', icon: 'deployment' },
  rollout: { tone: 'busy', icon: 'deployment' },
  shadow: { tone: 'busy', icon: 'waiting' },
  trigger: { tone: 'busy', icon: 'trigger' },
  gate: { tone: 'busy', icon: 'evaluation' },
  info: { tone: 'busy', icon: 'attention' },
  drifting: { tone: 'attention', icon: 'attention' },
  attention: { tone: 'attention', icon: 'attention' },
  alerting: { tone: 'attention', icon: 'attention' },
  warning: { tone: 'attention', icon: 'attention' },
  open: { tone: 'attention', icon: 'attention' },
  acknowledged: { tone: 'waiting', icon: 'ok' },
  asleep: { tone: 'waiting', icon: 'waiting' },
  degraded: { tone: 'attention', icon: 'attention' },
  frozen: { tone: 'attention', icon: 'frozen' },
  freeze: { tone: 'attention', icon: 'frozen' },
  rollback: { tone: 'attention', icon: 'failed' },
  rolled_back: { tone: 'attention', icon: 'failed' },
  kept: { tone: 'ok', icon: 'ok' },
  broken: { tone: 'failed', icon: 'failed' },
  better: { tone: 'ok', icon: 'ok' },
  worse: { tone: 'failed', icon: 'failed' },
  advanced: { tone: 'ok', icon: 'deployment' },
  started: { tone: 'busy', icon: 'deployment' },
  'rolled-back': { tone: 'attention', icon: 'failed' },
  failed: { tone: 'failed', icon: 'failed' },
  ERROR: { tone: 'failed', icon: 'failed' },
  FAILED: { tone: 'failed', icon: 'failed' },
  fail: { tone: 'failed', icon: 'failed' },
  critical: { tone: 'failed', icon: 'attention' },
  KILLED: { tone: 'waiting', icon: 'cancelled' },
  reject: { tone: 'waiting', icon: 'failed' },
  rejected: { tone: 'waiting', icon: 'failed' },
  cancelled: { tone: 'waiting', icon: 'cancelled' },
  skipped: { tone: 'waiting', icon: 'skipped' },
  paused: { tone: 'waiting', icon: 'paused' },
  hold: { tone: 'waiting', icon: 'paused' },
}
const unknown: Look = { tone: 'waiting', icon: 'waiting' }

export const lookOf = (state: string): Look => looks[state] ?? unknown

/** A state as icon, colour and word. */
export function Status({ state, label }: { readonly state: string; readonly label?: ReactNode }) {
  const { tone, icon } = lookOf(state)
  return (
    <span className={`status tone-${tone}`}>
      <Icon name={icon} size={12} />
      {label ?? words(state)}
    </span>
  )
}

/** A small label without judgement: an alias, a kind, a version. */
export const Tag = ({ children }: { readonly children: ReactNode }) => (
  <span className="tag">{children}</span>
)

const words = (state: string): string => state.toLowerCase().replaceAll(/[-_]/g, ' ')
