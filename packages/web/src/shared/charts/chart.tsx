import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import { formatNumber } from '../format/number.ts'
import { Icon } from '../ui/icon.tsx'
import { isTyping } from '../ui/keys.ts'
import { Skeleton, State } from '../ui/state.tsx'
import { Table } from '../ui/table.tsx'
import { download, type TableColumn, toCsv } from '../ui/table-model.ts'
import { type DrawnProps, drawnNow, loadDrawing } from './drawing.ts'
import { type ChartRow, chartRows, placeName, type TimeChart } from './series.ts'
import './chart.css'

interface Props {
  readonly title: string
  readonly chart: TimeChart
  readonly height?: number
  readonly note?: ReactNode
  readonly syncKey?: string
  readonly onZoom?: (from: number, to: number) => void
  readonly onReset?: () => void
  readonly empty?: string
  /** Whether values stand on a logarithmic axis until the reader says otherwise. */
  readonly logarithmic?: boolean
}

/** A chart with its legend, its table (`t`) and its exports. */
export function Chart(props: Props) {
  const { title, chart, height = 240 } = props
  const [asTable, setAsTable] = useState(false)
  const [ownScale, setOwnScale] = useState<boolean | null>(null)
  const logarithmic = ownScale ?? props.logarithmic ?? false
  const canvas = useRef<HTMLCanvasElement>(null)
  const frame = useRef<HTMLElement>(null)
  useTableKey(frame, () => setAsTable((one) => !one))
  const columns = useMemo(() => columnsOf(chart), [chart])
  const rows = useMemo(() => chartRows(chart), [chart])
  const titleId = useId()
  return (
    <figure className="chart" ref={frame} aria-labelledby={titleId}>
      <figcaption className="chart-head">
        <h3 id={titleId}>{title}</h3>
        {!(
          chart.series.length === 1 &&
          !chart.shades?.length &&
          chart.series[0]?.label === title
        ) && <Legend chart={chart} />}
        <div className="chart-tools">
          {props.note && <span className="faint small">{props.note}</span>}
          <ToolButton
            label="log scale"
            pressed={logarithmic}
            onClick={() => setOwnScale(!logarithmic)}
          >
            log
          </ToolButton>
          <ToolButton
            label="Show as table (t)"
            pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            <Icon name="table" size={14} />
          </ToolButton>
          <ToolButton
            label="Download as CSV"
            onClick={() => download(`${title}.csv`, 'text/csv', toCsv(rows, columns))}
          >
            CSV
          </ToolButton>
          <ToolButton label="Download as PNG" onClick={() => savePng(title, canvas.current)}>
            PNG
          </ToolButton>
        </div>
      </figcaption>
      {rows.length === 0 ? (
        <State icon="monitors" title={props.empty ?? 'No values in this range'} />
      ) : asTable ? (
        <Table
          label={`${title}, as a table`}
          columns={columns}
          rows={rows}
          rowKey={(row) => String(row.at)}
          height={height}
        />
      ) : (
        <Drawn
          chart={chart}
          height={height}
          label={`${title}: ${rows.length} points, ${chart.series.map((one) => one.label).join(', ')}. Press t for the table.`}
          logarithmic={logarithmic}
          {...(props.syncKey !== undefined && { syncKey: props.syncKey })}
          {...(props.onZoom && { onZoom: props.onZoom })}
          {...(props.onReset && { onReset: props.onReset })}
          onReady={(drawn) => {
            canvas.current = drawn
          }}
        />
      )}
    </figure>
  )
}

/** The drawing, loaded apart. Not by Suspense: it shows what has come no sooner than 300 ms after what it showed instead. */
function Drawn(props: DrawnProps) {
  const [TimeSeries, setTimeSeries] = useState(() => drawnNow())
  const [failure, setFailure] = useState<Error | null>(null)
  useEffect(() => {
    if (!TimeSeries) loadDrawing().then((loaded) => setTimeSeries(() => loaded), setFailure)
  }, [TimeSeries])
  if (failure) throw failure
  return TimeSeries ? <TimeSeries {...props} /> : <Skeleton height={props.height} />
}

/** More lines than this are told apart by pointing at them and in the table. */
const legendSize = 24

function Legend({ chart }: { readonly chart: TimeChart }) {
  return (
    <ul className="legend">
      {chart.series.slice(0, legendSize).map((one) => (
        <li key={one.label}>
          <svg width="18" height="8" aria-hidden="true" className={`series-${(one.color % 8) + 1}`}>
            {one.dots ? (
              [4, 14].map((x) => (
                <circle key={x} cx={x} cy="4" r="2.5" fill="none" strokeWidth="1.5" />
              ))
            ) : (
              <line
                x1="0"
                y1="4"
                x2="18"
                y2="4"
                strokeWidth="2"
                strokeDasharray={one.dash?.join(' ')}
              />
            )}
          </svg>
          {one.label}
          {one.unit && <span className="faint"> {one.unit}</span>}
        </li>
      ))}
      {(chart.shades ?? []).map((one) => (
        <li key={one.label}>
          <svg width="18" height="8" aria-hidden="true" className={`series-${(one.color % 8) + 1}`}>
            <line x1="0" y1="4" x2="18" y2="4" strokeWidth="8" strokeOpacity="0.3" />
          </svg>
          {one.label}
        </li>
      ))}
      {chart.series.length > legendSize && (
        <li className="faint">and {chart.series.length - legendSize} more</li>
      )}
    </ul>
  )
}

export function ToolButton(props: {
  readonly label: string
  readonly pressed?: boolean
  readonly onClick: () => void
  readonly children: ReactNode
}) {
  return (
    <button
      type="button"
      className="tool-button"
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  )
}

/** `t` turns the chart under the pointer or focus into its table; without either, the first chart of the page. */
function useTableKey(frame: { readonly current: HTMLElement | null }, toggle: () => void): void {
  const current = useRef(toggle)
  current.current = toggle
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 't' || isTyping(event)) return
      const aimed =
        document.querySelector('.chart:hover, .chart:focus-within') ??
        document.querySelector('.chart')
      if (aimed !== null && aimed === frame.current) current.current()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [frame])
}

const placeHeaders = { step: 'Step', time: 'Time (UTC)', relative: 'Since the start (ms)' } as const

const columnsOf = (chart: TimeChart): readonly TableColumn<ChartRow>[] => [
  {
    id: 'at',
    header: placeHeaders[chart.along ?? 'time'],
    minWidth: 170,
    cell: (row) => (chart.along === 'step' ? row.at : placeName(chart, row.at)),
    sort: (row) => row.at,
    text: (row) =>
      chart.along === 'step' || chart.along === 'relative'
        ? row.at
        : new Date(row.at).toISOString(),
  },
  ...chart.series.map(
    (one, index): TableColumn<ChartRow> => ({
      id: one.label,
      header: one.unit ? `${one.label} (${one.unit})` : one.label,
      align: 'end',
      minWidth: 120,
      cell: (row) => formatNumber(row.values[index], 5),
      sort: (row) => row.values[index] ?? null,
    }),
  ),
  ...(chart.shades ?? []).map((one): TableColumn<ChartRow> => {
    const placeOf = new Map(chart.times.map((at, index) => [at, index]))
    const edges = ({ at }: ChartRow) => {
      const place = placeOf.get(at) ?? -1
      const [low, high] = [one.low[place] ?? null, one.high[place] ?? null]
      return low === null || high === null
        ? null
        : `${formatNumber(low, 5)} to ${formatNumber(high, 5)}`
    }
    return { id: one.label, header: one.label, minWidth: 150, cell: edges, text: edges }
  }),
]

function savePng(title: string, canvas: HTMLCanvasElement | null): void {
  canvas?.toBlob((image) => image && download(`${title}.png`, 'image/png', image))
}
