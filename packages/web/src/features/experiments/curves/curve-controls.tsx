import { ToolButton } from '../../../shared/charts/chart.tsx'
import type { Along } from '../../../shared/charts/series.ts'
import { type CurveSearch, type CurveView, writeCurveView } from './curves.ts'
import '../compare/compare.css'

/** What stands along the bottom, which axes are logarithmic, how strongly curves are smoothed. */
export function CurveControls(props: {
  readonly view: CurveView
  readonly onChange: (search: Required<CurveSearch>) => void
}) {
  const { view } = props
  const change = (next: Partial<CurveView>) => props.onChange(writeCurveView({ ...view, ...next }))
  return (
    <div className="controls">
      <label>
        Along
        <select
          className="field"
          value={view.along ?? ''}
          onChange={(event) => change({ along: (event.target.value || null) as Along | null })}
        >
          <option value="">as logged</option>
          <option value="step">step</option>
          <option value="time">time</option>
          <option value="relative">time since start</option>
        </select>
      </label>
      <ToolButton
        label="log x: steps or time since start"
        pressed={view.logX}
        onClick={() => change({ logX: !view.logX })}
      >
        log x
      </ToolButton>
      <ToolButton
        label="log y: values"
        pressed={view.logY}
        onClick={() => change({ logY: !view.logY })}
      >
        log y
      </ToolButton>
      <label>
        Smoothing
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={view.smooth}
          onChange={(event) => change({ smooth: Number(event.target.value) })}
        />
        <span className="number">{view.smooth.toFixed(2)}</span>
      </label>
    </div>
  )
}
