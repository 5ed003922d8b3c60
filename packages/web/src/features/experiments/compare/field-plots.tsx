import type { ReactNode } from 'react'
import { fieldName } from '../prepare.ts'
import type { Run } from '../wire.ts'
import { type FieldAxis, parallelLines } from './comparison.ts'
import './compare.css'

interface Props {
  readonly runs: readonly Run[]
  readonly names: readonly string[]
}
const colorOf = (index: number): string => `series-${(index % 8) + 1}`

const scatter = { width: 640, height: 300, left: 64, bottom: 40, top: 12, right: 16 }

/** One metric or parameter against another, a point per run. */
export function Scatter(props: Props & { readonly across: FieldAxis; readonly up: FieldAxis }) {
  const { across, up, runs, names } = props
  const { width, height, left, bottom, top, right } = scatter
  const x = (place: number) => left + place * (width - left - right)
  const y = (place: number) => top + (1 - place) * (height - top - bottom)
  const label = `${fieldName(up.field)} against ${fieldName(across.field)}`
  return (
    <svg
      className="plot"
      style={{ minWidth: 480 }}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {across.ticks.map((tick) => (
        <g key={tick.at}>
          <line className="grid" x1={x(tick.at)} x2={x(tick.at)} y1={y(1)} y2={y(0)} />
          <text x={x(tick.at)} y={y(0) + 16} textAnchor="middle">
            {shortened(tick.label, 12)}
          </text>
        </g>
      ))}
      {up.ticks.map((tick) => (
        <g key={tick.at}>
          <line className="grid" x1={x(0)} x2={x(1)} y1={y(tick.at)} y2={y(tick.at)} />
          <text x={left - 8} y={y(tick.at) + 4} textAnchor="end">
            {shortened(tick.label, 9)}
          </text>
        </g>
      ))}
      <text className="axis-name" x={x(0.5)} y={height - 4} textAnchor="middle">
        {fieldName(across.field)}
      </text>
      {runs.map((run, index) => {
        const [a, b] = [across.places[index] ?? null, up.places[index] ?? null]
        if (a === null || b === null) return null
        return (
          <circle key={run.id} className={colorOf(index)} cx={x(a)} cy={y(b)} r="4.5">
            <title>{`${names[index]}: ${across.texts[index]}, ${up.texts[index]}`}</title>
          </circle>
        )
      })}
    </svg>
  )
}

const parallel = { height: 260, top: 34, bottom: 14, side: 74, step: 150 }

/** A line per run over several axes. */
export function Parallel(props: Props & { readonly axes: readonly FieldAxis[] }) {
  const { axes, runs, names } = props
  const { height, top, bottom, side, step } = parallel
  const inner = { width: Math.max(1, axes.length - 1) * step, height: height - top - bottom }
  const lines = parallelLines(axes, inner, runs.length)
  const width = inner.width + 2 * side
  return (
    <svg
      className="plot"
      style={{ minWidth: Math.min(width, axes.length * 110), maxHeight: 420 }}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${runs.length} runs over ${axes.map((axis) => fieldName(axis.field)).join(', ')}`}
    >
      <g transform={`translate(${side} ${top})`}>
        {lines.map((line, index) => {
          const run = runs[index]
          return line === '' || !run ? null : (
            <path key={run.id} className={colorOf(index)} d={line}>
              <title>{names[index]}</title>
            </path>
          )
        })}
        {axes.map((axis, index) => (
          <g key={axis.field} transform={`translate(${index * step} 0)`}>
            <line className="axis" y1="0" y2={inner.height} />
            <text className="axis-name" y="-18" textAnchor="middle">
              {shortened(fieldName(axis.field), 22)}
            </text>
            {axis.ticks.map((tick) => (
              <text key={tick.at} x="6" y={(1 - tick.at) * inner.height + 4}>
                {shortened(tick.label, 14)}
              </text>
            ))}
          </g>
        ))}
      </g>
    </svg>
  )
}

const shortened = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text

/** Room for a plot that may be wider than the page. */
export function PlotFrame(props: { readonly label: string; readonly children: ReactNode }) {
  return (
    <section
      className="plot-scroll"
      aria-label={props.label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      {props.children}
    </section>
  )
}

export function FieldSelect(props: {
  readonly label: string
  readonly value: string
  readonly options: readonly string[]
  readonly nameOf?: (option: string) => ReactNode
  readonly onChange: (value: string) => void
}) {
  return (
    <label>
      {props.label}
      <select
        className="field"
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      >
        {props.options.map((option) => (
          <option key={option} value={option}>
            {props.nameOf?.(option) ?? option}
          </option>
        ))}
      </select>
    </label>
  )
}
