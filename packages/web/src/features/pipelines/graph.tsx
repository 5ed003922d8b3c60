import type { StepRun } from '@kaizen/contracts'
import { useMemo, useState } from 'react'
import { formatDuration } from '../../shared/format/number.ts'
import { layoutGraph, nodeHeight, nodeWidth, type PlacedNode } from '../../shared/graph/layout.ts'
import { Icon } from '../../shared/ui/icon.tsx'
import { lookOf } from '../../shared/ui/status.tsx'
import { foldFanOuts, groupState, type StepGroup } from './step-groups.ts'
import '../../shared/graph/graph.css'

/** The steps of a run from left to right; a step opens on click, a folded fan-out unfolds. */
export function Graph(props: {
  readonly steps: readonly StepRun[]
  readonly chosen: string | undefined
  readonly onChoose: (node: string) => void
}) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const groups = useMemo(() => foldFanOuts(props.steps, unfolded), [props.steps, unfolded])
  const layout = useMemo(() => layoutGraph([...groups.values()]), [groups])
  return (
    <section className="graph" aria-label="Steps of the run">
      <div className="graph-space" style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {layout.edges.map((edge) => (
            <path key={`${edge.from} ${edge.to}`} className="graph-edge" d={edge.path} />
          ))}
        </svg>
        {layout.nodes.map((place) => {
          const group = groups.get(place.id)
          return (
            group && (
              <NodeBox
                key={group.id}
                group={group}
                place={place}
                chosen={group.id === props.chosen}
                onChoose={() =>
                  group.steps.length > 1
                    ? setUnfolded(new Set([...unfolded, group.id]))
                    : props.onChoose(group.id)
                }
              />
            )
          )
        })}
      </div>
    </section>
  )
}

function NodeBox(props: {
  readonly group: StepGroup<StepRun>
  readonly place: PlacedNode
  readonly chosen: boolean
  readonly onChoose: () => void
}) {
  const { steps } = props.group
  const folded = steps.length > 1
  const state = groupState(steps)
  const { tone, icon } = lookOf(state)
  const first = steps[0] as StepRun
  return (
    <button
      type="button"
      className={`graph-node tone-${tone}`}
      data-state={state}
      data-folded={folded}
      aria-pressed={props.chosen}
      style={{ left: props.place.x, top: props.place.y, width: nodeWidth, height: nodeHeight }}
      onClick={props.onChoose}
    >
      <span className="graph-icon">
        <Icon name={icon} size={13} />
      </span>
      <span className="graph-words">
        <b>{folded ? `${steps.length} × ${first.step}` : first.node}</b>
        <span className="small">
          {state}
          {!folded && first.durationMs !== null && ` · ${formatDuration(first.durationMs)}`}
        </span>
      </span>
    </button>
  )
}
