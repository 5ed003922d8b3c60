/** What is drawn of a step. */
export interface GraphStep {
  readonly node: string
  readonly step: string
  readonly state: string
  readonly dependsOn: readonly string[]
}

/** One step, or all the steps of a folded fan-out. */
export interface StepGroup<S extends GraphStep> {
  readonly id: string
  readonly steps: S[]
  readonly parents: Set<string>
}

/** A fan-out of more equal steps than this is drawn as one node. */
const foldAbove = 6

/** Steps that run the same code on the same parents are one group, unless asked to be shown apart. */
export function foldFanOuts<S extends GraphStep>(
  steps: readonly S[],
  unfolded: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, StepGroup<S>> {
  const known = new Set(steps.map((step) => step.node))
  const parentsOf = (step: S) => step.dependsOn.filter((parent) => known.has(parent))
  const alike = Map.groupBy(
    steps,
    (step) => `${step.step}\n${parentsOf(step).toSorted().join('\n')}`,
  )
  const groups = new Map<string, StepGroup<S>>()
  const groupOf = new Map<string, string>()
  for (const members of alike.values()) {
    const folded = members.length > foldAbove && !unfolded.has(groupId(members))
    for (const part of folded ? [members] : members.map((step) => [step])) {
      const id = folded ? groupId(members) : (part[0] as S).node
      groups.set(id, { id, steps: part, parents: new Set() })
      for (const step of part) groupOf.set(step.node, id)
    }
  }
  for (const step of steps) {
    const group = groups.get(groupOf.get(step.node) ?? '')
    for (const parent of parentsOf(step)) {
      const from = groupOf.get(parent)
      if (group && from && from !== group.id) group.parents.add(from)
    }
  }
  return groups
}

const groupId = (members: readonly GraphStep[]): string => `group:${members[0]?.node ?? ''}`

/** The state of a folded fan-out: the one that a person should know of first. */
const graveness = [
  'failed',
  'retrying',
  'running',
  'queued',
  'waiting',
  'cancelled',
  'skipped',
  'succeeded',
  'cached',
]
export const groupState = (steps: readonly GraphStep[]): string =>
  graveness.find((state) => steps.some((step) => step.state === state)) ?? 'waiting'
