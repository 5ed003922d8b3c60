import { formatNumber } from '../format/number.ts'
import { barsOf, type Cells, sharesOf, stepLine } from './histogram-shape.ts'
import './chart.css'

/** The distribution of one column as bars; the same numbers are in the table beside it. */
export function Histogram(props: {
  readonly cells: Cells
  readonly label: string
  readonly height?: number
}) {
  const { cells, label, height = 48 } = props
  const bars = barsOf(cells, 240, height)
  return (
    <div>
      <svg
        className="histogram"
        viewBox={`0 0 240 ${height}`}
        preserveAspectRatio="none"
        height={height}
        role="img"
        aria-label={label}
      >
        {bars.map((bar) => (
          <rect
            key={bar.x}
            className="bar"
            x={bar.x}
            y={bar.y}
            width={bar.width}
            height={bar.height}
          />
        ))}
        <line className="base" x1="0" x2="240" y1={height} y2={height} />
      </svg>
      <Scale edges={cells.edges} />
    </div>
  )
}

/** Reference as filled bars, the current window as a line, both as shares on the same cells. */
export function DistributionPlot(props: {
  readonly reference: Cells
  readonly current: Cells
  readonly label: string
  readonly height?: number
}) {
  const { reference, current, label, height = 96 } = props
  const top = Math.max(...sharesOf(reference), ...sharesOf(current))
  const bars = barsOf(reference, 240, height, top)
  return (
    <div>
      <svg
        className="histogram"
        viewBox={`0 0 240 ${height}`}
        preserveAspectRatio="none"
        height={height}
        role="img"
        aria-label={label}
      >
        {bars.map((bar) => (
          <rect
            key={bar.x}
            className="reference"
            x={bar.x}
            y={bar.y}
            width={bar.width}
            height={bar.height}
          />
        ))}
        <path
          className="current"
          d={stepLine(current, 240, height, top)}
          vectorEffect="non-scaling-stroke"
        />
        <line className="base" x1="0" x2="240" y1={height} y2={height} />
      </svg>
      <Scale edges={reference.edges} />
    </div>
  )
}

function Scale({ edges }: { readonly edges: readonly number[] }) {
  return (
    <div className="histogram-scale" aria-hidden="true">
      <span>{formatNumber(edges[0], 3)}</span>
      <span>{formatNumber(edges.at(-1), 3)}</span>
    </div>
  )
}
