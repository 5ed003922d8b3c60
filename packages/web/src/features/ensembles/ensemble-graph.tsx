import { useMemo } from 'react'
import { layoutGraph, nodeHeight, nodeWidth } from '../../shared/graph/layout.ts'
import { Icon, type IconName } from '../../shared/ui/icon.tsx'
import type { EnsembleBox } from './prepare.ts'
import '../../shared/graph/graph.css'

const icons: Readonly<Record<EnsembleBox['kind'], IconName>> = {
  input: 'arrow',
  output: 'arrow',
  model: 'models',
  step: 'pipelines',
  average: 'evaluation',
  vote: 'evaluation',
  concatenate: 'table',
  split: 'features',
  select: 'trigger',
}

/** The parts of an ensemble from its inputs to its outputs; a model opens on click. */
export function EnsembleGraph(props: {
  readonly boxes: readonly EnsembleBox[]
  readonly onChoose: (node: string) => void
}) {
  const layout = useMemo(() => layoutGraph(props.boxes), [props.boxes])
  const places = new Map(layout.nodes.map((place) => [place.id, place]))
  return (
    <section className="graph" aria-label="Parts of the ensemble">
      <div className="graph-space" style={{ width: layout.width, height: layout.height }}>
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {layout.edges.map((edge) => (
            <path key={`${edge.from} ${edge.to}`} className="graph-edge" d={edge.path} />
          ))}
        </svg>
        {props.boxes.map((box) => {
          const place = places.get(box.id)
          const tone = box.kind === 'model' ? 'ok' : 'waiting'
          return (
            place && (
              <button
                key={box.id}
                type="button"
                className={`graph-node tone-${tone}`}
                disabled={box.kind !== 'model'}
                title={box.words}
                style={{ left: place.x, top: place.y, width: nodeWidth, height: nodeHeight }}
                onClick={() => props.onChoose(box.id)}
              >
                <span className="graph-icon">
                  <Icon name={icons[box.kind]} size={13} />
                </span>
                <span className="graph-words">
                  <b>{box.title}</b>
                  <span className="small">{box.words}</span>
                </span>
              </button>
            )
          )
        })}
      </div>
    </section>
  )
}
