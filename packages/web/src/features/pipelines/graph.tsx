import type { StepRun } from '@kaizen/contracts'
import { useMemo, useState } from 'react'
import { formatDuration } from '../../shared/format/number.ts'
import { Icon } from '../../shared/ui/icon.tsx'
import { lookOf } from '../../shared/ui/status.tsx'
import { type GraphNode, groupState, layoutGraph, nodeHeight, nodeWidth } from './graph-layout.ts'
import './graph.css'

/** The steps of a run from left to right; a step opens on click, a folded fan-out unfolds. */
export function Graph(props: {
  readonly steps: readonly StepRun[]
  readonly chosen: string | undefined
  readonly onChoose: (node: string) => void
}) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const layout = useMemo(() => layoutGraph(props.steps, unfolded), [props.steps, unfolded])
  return (
    <section className="graph" aria-label="Steps of the run">
      <div className="graph-space" style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {layout.edges.map((edge) => (
            <path key={`${edge.from} ${edge.to}`} className="graph-edge" d={edge.path} />
          ))}
        </svg>
        {layout.nodes.map((node) => (
          <NodeBox
            key={node.id}
            node={node}
            chosen={node.id === props.chosen}
            onChoose={() =>
              node.steps.length > 1
                ? setUnfolded(new Set([...unfolded, node.id]))
                : props.onChoose(node.id)
            }
          />
        ))}
      </div>
    </section>
  )
}

function NodeBox(props: {
  readonly node: GraphNode<StepRun>
  readonly chosen: boolean
  readonly onChoose: () => void
}) {
  const { node } = props
  const folded = node.steps.length > 1
  const state = groupState(node.steps)
  const { tone, icon } = lookOf(state)
  const first = node.steps[0] as StepRun
  return (
    <button
      type="button"
      className={`graph-node tone-${tone}`}
      data-state={state}
      data-folded={folded}
      aria-pressed={props.chosen}
      style={{ left: node.x, top: node.y, width: nodeWidth, height: nodeHeight }}
      onClick={props.onChoose}
    >
      <span className="graph-icon">
        <Icon name={icon} size={13} />
      </span>
      <span className="graph-words">
        <b>{folded ? `${node.steps.length} × ${first.step}` : first.node}</b>
        <span className="small">
          {state}
          {!folded && first.durationMs !== null && ` · ${formatDuration(first.durationMs)}`}
        </span>
      </span>
    </button>
  )
}
