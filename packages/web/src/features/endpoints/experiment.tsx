import type { BanditView, Comparison, EndpointView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatShare,
} from '../../shared/format/number.ts'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { banditQuery, comparisonQuery } from './api.ts'
import { placeOn, type Scale, scaleOf } from './posterior-scale.ts'
import './endpoint.css'

/** What traffic has shown of the arms: against the baseline, and what a bandit has learnt. */
export function Experiment({ endpoint }: { readonly endpoint: EndpointView }) {
  const live = endpoint.arms.filter(({ mode }) => mode === 'live')
  if (live.length < 2) {
    return (
      <State
        icon="endpoints"
        title="Nothing to compare: fewer than two arms answer"
        command={`kaizen endpoints route ${endpoint.name} --help`}
      >
        <p>Set a route with two live arms, or roll a candidate out.</p>
      </State>
    )
  }
  return (
    <>
      {endpoint.router.kind === 'bandit' && <Bandit name={endpoint.name} />}
      <Compared name={endpoint.name} />
    </>
  )
}

function Compared({ name }: { readonly name: string }) {
  const query = useQuery(comparisonQuery(name))
  return (
    <Loaded query={query}>
      {(comparison) => (
        <Section title="Arms against the baseline" aside="valid whenever one looks">
          <Facts
            facts={[
              { label: 'Baseline', value: comparison.baseline },
              { label: 'Reward', value: comparison.reward.kind.replace('_', ' ') },
              { label: 'Level', value: String(comparison.alpha) },
              { label: 'Since', value: <When at={comparison.from} full /> },
              { label: 'Split of units', value: <Split of={comparison.sampleRatio} /> },
            ]}
          />
          <Table
            label="Arms against the baseline"
            primary
            columns={columnsOf(comparison)}
            rows={comparison.arms}
            rowKey={(row) => row.arm}
            csvName={`${name}-comparison`}
          />
        </Section>
      )}
    </Loaded>
  )
}

function Split({ of }: { readonly of: Comparison['sampleRatio'] }) {
  if (!of) return <span className="faint">shares are not constant</span>
  const p = `p ${formatPValue(of.pValue, '= ')}`
  return of.mismatch ? (
    <Status state="warning" label={`not the one asked for, ${p}: find out why first`} />
  ) : (
    <Status state="ok" label={`as asked for, ${p}`} />
  )
}

function formatPValue(value: number | null | undefined, equals = ''): string {
  if (value === null || value === undefined) return '–'
  return value < 0.001 ? '< 0.001' : equals + String(Number(value.toPrecision(2)))
}

type ArmRow = Comparison['arms'][number]

function columnsOf({ contrasts, baseline }: Comparison): readonly TableColumn<ArmRow>[] {
  const contrastOf = (row: ArmRow) => contrasts.find(({ arm }) => arm === row.arm)
  return [
    { id: 'arm', header: 'Arm', width: 140, cell: (row) => <b>{row.arm}</b> },
    {
      id: 'units',
      header: 'Units',
      width: 90,
      align: 'end',
      cell: (row) => formatCount(row.units),
    },
    {
      id: 'rewarded',
      header: 'With reward',
      width: 110,
      align: 'end',
      cell: (row) => formatCount(row.rewarded),
    },
    {
      id: 'mean',
      header: 'Mean reward',
      width: 120,
      align: 'end',
      cell: (row) => formatNumber(row.meanReward),
    },
    {
      id: 'difference',
      header: 'Difference',
      width: 200,
      align: 'end',
      cell: (row) => {
        const own = contrastOf(row)
        if (!own || own.difference === null) return '–'
        return `${formatNumber(own.difference, 3)} [${formatNumber(own.lower, 3)}, ${formatNumber(own.upper, 3)}]`
      },
    },
    {
      id: 'p',
      header: 'p',
      width: 80,
      align: 'end',
      cell: (row) => formatPValue(contrastOf(row)?.pValue),
    },
    {
      id: 'verdict',
      header: 'Verdict',
      width: 220,
      cell: (row) => {
        const own = contrastOf(row)
        if (row.arm === baseline || !own) return <span className="faint">baseline</span>
        return own.verdict === 'insufficient' ? (
          <span className="faint">
            not enough data: {formatCount(own.have)} of {formatCount(own.need)}
          </span>
        ) : (
          <Status state={own.verdict} />
        )
      },
    },
    {
      id: 'errors',
      header: 'Errors',
      width: 90,
      align: 'end',
      cell: (row) => formatShare(row.requests === 0 ? null : row.errors / row.requests),
    },
    { id: 'p99', header: 'p99', width: 80, align: 'end', cell: (row) => formatDuration(row.p99) },
  ]
}

function Bandit({ name }: { readonly name: string }) {
  const query = useQuery({ ...banditQuery(name), refetchInterval: 5000 })
  return (
    <Loaded query={query}>
      {(view) => (
        <Section title="Bandit" aside="shares are renewed every second">
          <Facts facts={banditFacts(view)} />
          <Table
            label="Bandit"
            columns={banditColumns(scaleOf(view.arms))}
            rows={view.arms}
            rowKey={(row) => row.arm}
          />
        </Section>
      )}
    </Loaded>
  )
}

function banditFacts({ router, regret }: BanditView) {
  if (router.kind !== 'bandit') return []
  return [
    { label: 'Policy', value: `${router.policy}, ${router.model}` },
    { label: 'Exploration', value: formatShare(router.exploration) },
    { label: 'Attribution window', value: router.attributionWindow },
    {
      label: 'Without a reward',
      value: router.unrewarded === 'zero' ? '0 when it is over' : 'unknown',
    },
    { label: 'Regret so far', value: formatNumber(regret) },
  ]
}

const banditColumns = (
  scale: Scale | undefined,
): readonly TableColumn<BanditView['arms'][number]>[] => [
  { id: 'arm', header: 'Arm', width: 140, cell: (row) => <b>{row.arm}</b> },
  {
    id: 'share',
    header: 'Propensity now',
    minWidth: 180,
    cell: (row) =>
      row.share === null ? (
        <span className="faint">by context</span>
      ) : (
        <span className="arm-weight">
          <span className="meter">
            <i style={{ width: `${row.share * 100}%` }} />
          </span>
          {formatShare(row.share)}
        </span>
      ),
  },
  {
    id: 'rewards',
    header: 'Rewards',
    width: 100,
    align: 'end',
    cell: (row) => formatCount(row.rewards),
  },
  {
    id: 'mean',
    header: 'Mean reward',
    width: 120,
    align: 'end',
    cell: (row) => formatNumber(row.meanReward),
  },
  {
    id: 'posterior',
    header: 'Posterior, 95 %',
    width: 150,
    align: 'end',
    cell: (row) =>
      row.lower === null ? '–' : `[${formatNumber(row.lower, 3)}, ${formatNumber(row.upper, 3)}]`,
  },
  {
    id: 'range',
    header: 'On one scale',
    minWidth: 160,
    cell: (row) => {
      const place = scale && placeOn(scale, row)
      return (
        place && (
          <span className="posterior" aria-hidden="true">
            <i style={{ left: `${place.from}%`, width: `${place.width}%` }} />
            <b style={{ left: `${place.mean}%` }} />
          </span>
        )
      )
    },
  },
]
