import { presetOf, presets, type Range } from '../format/range.ts'
import { formatSpan } from '../format/time.ts'
import { useServerNow } from './server-clock.ts'
import './range-picker.css'

/** The time range of a page's charts; brushing a chart narrows it, double click gives all back. */
export function RangePicker(props: {
  readonly range: Range
  readonly onChange: (range: Range) => void
}) {
  const now = useServerNow()
  const active = presetOf(props.range)
  return (
    <fieldset className="range">
      <legend className="visually-hidden">Time range</legend>
      {active === undefined && (
        <span className="faint small">
          {formatSpan(props.range.from ?? null, props.range.to ?? null)}
        </span>
      )}
      {presets.map((preset) => (
        <button
          key={preset.label}
          type="button"
          aria-pressed={preset.label === active}
          onClick={() =>
            props.onChange(preset.length === null ? {} : { from: now - preset.length, to: now })
          }
        >
          {preset.label}
        </button>
      ))}
    </fieldset>
  )
}
