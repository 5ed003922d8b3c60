import type { GateCheck, GateDecision } from '@kaizen/contracts'
import { formatCount, formatNumber, formatShare } from '../../shared/format/number.ts'
import { Facts } from '../../shared/ui/page.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { intervalShape, type MetricRow, metricRows } from './prepare.ts'
import './gate.css'

/** A gate's decision with every number that made it. */
export function GateView({ gate }: { readonly gate: GateDecision }) {
  const { improvement, rule } = gate
  return (
    <>
      <div className="gate-summary">
        <Status
          state={gate.passed ? 'passed' : 'rejected'}
          label={gate.passed ? 'gate passed' : 'gate refused'}
        />
        <p>{gate.summary}</p>
      </div>
      {improvement && (
        <>
          <Interval gate={gate} />
          <Facts
            facts={[
              { label: 'Improvement', value: formatShare(improvement.estimate) },
              {
                label: `${Math.round(improvement.confidence * 100)} % interval`,
                value: `${formatShare(improvement.lower)} to ${formatShare(improvement.upper)}`,
              },
              {
                label: 'Probability of being better',
                value: formatShare(improvement.probabilityBetter),
              },
              {
                label: 'Paired bootstrap',
                value: `${formatCount(improvement.resamples)} resamples`,
              },
              { label: 'Holdout', value: `${formatCount(gate.rows)} rows` },
              {
                label: 'Required',
                value: `${rule.confidence === null ? 'estimate' : 'lower bound'} above ${formatShare(rule.minImprovement)}`,
              },
            ]}
          />
        </>
      )}
      <Table
        label="Checks of the gate"
        columns={checkColumns}
        rows={gate.checks}
        rowKey={(check) => check.name}
      />
      <div className="gate-split" />
      <Table
        label="Metrics"
        columns={metricColumns}
        rows={metricRows(gate)}
        rowKey={(row) => row.metric}
      />
    </>
  )
}

function Interval({ gate }: { readonly gate: GateDecision }) {
  const shape = intervalShape(gate)
  if (!shape || !gate.improvement) return null
  const words = `Improvement ${formatShare(gate.improvement.estimate)}, interval ${formatShare(gate.improvement.lower)} to ${formatShare(gate.improvement.upper)}`
  return (
    <div
      className={gate.passed ? 'interval tone-ok' : 'interval tone-failed'}
      role="img"
      aria-label={words}
    >
      <svg width="100%" height="44" aria-hidden="true">
        <line className="interval-axis" x1="0" x2="100%" y1="18" y2="18" />
        <line
          className="interval-zero"
          x1={`${shape.zero}%`}
          x2={`${shape.zero}%`}
          y1="4"
          y2="32"
        />
        <text x={`${shape.zero}%`} y="43" textAnchor="middle">
          no change
        </text>
        <line
          className="interval-range"
          x1={`${shape.lower}%`}
          x2={`${shape.upper}%`}
          y1="18"
          y2="18"
        />
        <circle className="interval-point" cx={`${shape.estimate}%`} cy="18" r="6" />
      </svg>
    </div>
  )
}

const checkColumns: readonly TableColumn<GateCheck>[] = [
  { id: 'name', header: 'Check', width: 130, cell: (check) => check.name },
  {
    id: 'passed',
    header: 'Result',
    width: 104,
    cell: (check) => (
      <Status state={check.passed ? 'passed' : 'failed'} label={check.passed ? 'kept' : 'broken'} />
    ),
  },
  {
    id: 'candidate',
    header: 'Candidate',
    width: 100,
    align: 'end',
    cell: (check) => formatNumber(check.candidate),
  },
  {
    id: 'champion',
    header: 'Champion',
    width: 100,
    align: 'end',
    cell: (check) => formatNumber(check.champion),
  },
  {
    id: 'bound',
    header: 'Bound',
    width: 92,
    align: 'end',
    cell: (check) => formatNumber(check.bound),
  },
  {
    id: 'reason',
    header: 'Why',
    minWidth: 320,
    cell: (check) => <span title={check.reason}>{check.reason}</span>,
  },
]

const metricColumns: readonly TableColumn<MetricRow>[] = [
  { id: 'metric', header: 'Metric', width: 130, cell: (row) => row.metric },
  {
    id: 'candidate',
    header: 'Candidate',
    align: 'end',
    minWidth: 100,
    cell: (row) => formatNumber(row.candidate),
  },
  {
    id: 'champion',
    header: 'Champion',
    align: 'end',
    minWidth: 100,
    cell: (row) => formatNumber(row.champion),
  },
  {
    id: 'difference',
    header: 'Difference',
    align: 'end',
    minWidth: 100,
    cell: (row) => formatNumber(row.difference),
  },
]
