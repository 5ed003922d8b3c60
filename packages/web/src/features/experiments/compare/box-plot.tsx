import { formatNumber } from '../../../shared/format/number.ts'
import type { Box } from './boxes.ts'
import './compare.css'

const size = { height: 300, left: 64, right: 16, top: 12, bottom: 40, step: 84, box: 40 }
const ticks = [0, 0.25, 0.5, 0.75, 1]

/** Boxes side by side on one scale. */
export function BoxPlot(props: {
  readonly boxes: readonly Box[]
  readonly names: readonly string[]
  readonly label: string
}) {
  const { boxes, names, label } = props
  const values = boxes.flatMap(({ whiskers, outliers }) => [
    ...whiskers,
    ...outliers.map(({ value }) => value),
  ])
  const low = Math.min(...values)
  const high = Math.max(...values)
  const width = size.left + size.right + Math.max(boxes.length, 4) * size.step
  const inner = size.height - size.top - size.bottom
  const y = (value: number): number =>
    size.top + (high === low ? 0.5 : 1 - (value - low) / (high - low)) * inner
  return (
    <svg
      className="plot"
      style={{ minWidth: Math.min(width, 640), maxWidth: width, maxHeight: 420 }}
      viewBox={`0 0 ${width} ${size.height}`}
      role="img"
      aria-label={label}
    >
      {(high === low ? [0] : ticks).map((at) => {
        const value = low + at * (high - low)
        return (
          <g key={at}>
            <line
              className="grid"
              x1={size.left}
              x2={width - size.right}
              y1={y(value)}
              y2={y(value)}
            />
            <text x={size.left - 8} y={y(value) + 4} textAnchor="end">
              {formatNumber(value, 3)}
            </text>
          </g>
        )
      })}
      {boxes.map((box, index) => (
        <g key={box.label} transform={`translate(${size.left + (index + 0.5) * size.step} 0)`}>
          <BoxMarks box={box} names={names} y={y} />
          <text y={size.height - size.bottom + 18} textAnchor="middle">
            {box.label.length > 14 ? `${box.label.slice(0, 13)}…` : box.label}
          </text>
        </g>
      ))}
    </svg>
  )
}

function BoxMarks(props: {
  readonly box: Box
  readonly names: readonly string[]
  readonly y: (value: number) => number
}) {
  const { box, names, y } = props
  const half = size.box / 2
  const [from, to] = box.whiskers
  return (
    <g className="series-1">
      <title>
        {`${box.label}: ${box.count} ${box.count === 1 ? 'run' : 'runs'}, median ${formatNumber(box.median)}, quartiles ${formatNumber(box.lower)} and ${formatNumber(box.upper)}`}
      </title>
      <path
        d={`M0 ${y(from)}V${y(box.lower)}M0 ${y(box.upper)}V${y(to)}M${-half / 2} ${y(from)}H${half / 2}M${-half / 2} ${y(to)}H${half / 2}`}
      />
      <rect x={-half} width={size.box} y={y(box.upper)} height={y(box.lower) - y(box.upper)} />
      <path d={`M${-half} ${y(box.median)}H${half}`} strokeWidth="2.4" />
      {box.outliers.map(({ run, value }) => (
        <circle key={run} cx="0" cy={y(value)} r="3.5">
          <title>{`${names[run]}: ${formatNumber(value)}`}</title>
        </circle>
      ))}
    </g>
  )
}
