import type { LoopView } from '@kaizen/contracts'

export const loopActionKinds = ['trigger', 'pause', 'resume', 'rollback'] as const
export type LoopActionKind = (typeof loopActionKinds)[number]

/** Something that a person can do to a loop, with what it will change and the command that does the same. */
export interface LoopAction {
  readonly kind: LoopActionKind
  readonly label: string
  readonly effect: string
  readonly needsReason: boolean
  command(reason: string): string
}

/** The one to three actions that make sense in the state a loop is in. */
export function actionsOf({ policy, state, candidate }: LoopView): readonly LoopAction[] {
  const isPaused = state === 'paused'
  const isRollingOut = candidate?.state === 'rolling-out'
  const trigger: LoopAction = {
    kind: 'trigger',
    label: 'Train a candidate',
    effect: 'A candidate is trained on the newest rows now and must pass the gate like any other.',
    needsReason: true,
    command: (reason) =>
      `kaizen loop trigger ${policy} --ignore-cooldown --reason ${quoted(reason)}`,
  }
  const rollback: LoopAction = {
    kind: 'rollback',
    label: 'Roll back',
    effect: isRollingOut
      ? `The rollout of candidate ${candidate?.number} stops, and the champion answers all traffic again.`
      : `The promotion of candidate ${candidate?.number ?? ''} is taken back: the champion before it answers all traffic again.`,
    needsReason: true,
    command: (reason) => `kaizen loop rollback ${policy} --reason ${quoted(reason)}`,
  }
  const pause: LoopAction = isPaused
    ? {
        kind: 'resume',
        label: 'Resume',
        effect: 'Triggers may ask for candidates again.',
        needsReason: false,
        command: () => `kaizen loop resume ${policy}`,
      }
    : {
        kind: 'pause',
        label: 'Pause',
        effect: 'No trigger asks for a candidate until the loop is resumed; what is served stays.',
        needsReason: true,
        command: (reason) => `kaizen loop pause ${policy} --reason ${quoted(reason)}`,
      }
  if (isRollingOut) return [rollback, pause]
  const isUnderWay = candidate !== null && candidate.endedAt === null
  if (isUnderWay || isPaused) return [pause]
  return candidate?.state === 'promoted' ? [trigger, rollback, pause] : [trigger, pause]
}

const quoted = (reason: string): string =>
  `'${(reason.trim() || 'why').replaceAll("'", String.raw`'\''`)}'`
