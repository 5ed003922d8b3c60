import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Chart } from '../../../shared/charts/chart.tsx'
import { paths } from '../../../shared/paths.ts'
import { Page, Section } from '../../../shared/ui/page.tsx'
import { FailureState, Loaded, Skeleton, State } from '../../../shared/ui/state.tsx'
import { runQuery, sampledQuery } from '../api.ts'
import { ColumnChooser } from '../column-chooser.tsx'
import { CurveControls } from '../curves/curve-controls.tsx'
import { curveChart, readCurveView, uniqueLabels } from '../curves/curves.ts'
import { chosenFields, fieldName, fieldsOf, type RunField, toggleField } from '../prepare.ts'
import type { Run } from '../wire.ts'
import { BoxPlot } from './box-plot.tsx'
import { boxesOf } from './boxes.ts'
import { ComparedTable } from './compared-table.tsx'
import { axesAtFirst, axisOf, readRunIds } from './comparison.ts'
import { FieldSelect, Parallel, PlotFrame, Scatter } from './field-plots.tsx'
import '../run.css'

const route = getRouteApi('/compare')

/** Chosen runs side by side: what differs, their curves, how metrics go with parameters. */
export function ComparePage() {
  const search = route.useSearch()
  const ids = useMemo(() => readRunIds(search.runs), [search.runs])
  const queries = useQueries({ queries: ids.map((id) => runQuery(id)) })
  const runs = queries.flatMap((query) => query.data ?? [])
  const failed = queries.filter((query) => query.error && !query.data)
  const experiment = runs[0]?.experimentId
  return (
    <Page
      title={`Comparison of ${ids.length} ${ids.length === 1 ? 'run' : 'runs'}`}
      crumbs={[
        { label: 'Experiments', href: paths.experiments },
        ...(experiment ? [{ label: 'Runs', href: paths.experiment(experiment) }] : []),
      ]}
    >
      {ids.length === 0 ? (
        <State icon="experiments" title="No run is chosen" command="kaizen runs list">
          <p>Choose runs in the table of an experiment, by their box or with x, then Compare.</p>
        </State>
      ) : queries.some((query) => query.isPending) ? (
        <Skeleton lines={14} />
      ) : runs.length === 0 ? (
        <FailureState error={failed[0]?.error} />
      ) : (
        <>
          {failed.length > 0 && (
            <p className="soft" role="status">
              {failed.length} of {ids.length} runs could not be read and are left out.
            </p>
          )}
          <Compared runs={runs} />
        </>
      )}
    </Page>
  )
}

function Compared({ runs: given }: { readonly runs: readonly Run[] }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = (next: Partial<Record<keyof typeof search, string>>) => {
    const merged = Object.entries({ ...search, ...next }).filter(([, value]) => value !== '')
    void navigate({ search: Object.fromEntries(merged), replace: true })
  }
  const identity = given.map((run) => run.id).join(',')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same runs by id stay the same list
  const runs = useMemo(() => given, [identity, given.length])
  const names = useMemo(() => uniqueLabels(runs.map((run) => run.name)), [runs])
  const fields = useMemo(() => fieldsOf(runs), [runs])
  const metrics = fields.filter((field) => field.startsWith('metrics.')).map(fieldName)
  const metric = metrics.find((one) => one === search.metric) ?? metrics[0] ?? null
  const all = search.all === '1'
  return (
    <div className="stack">
      <label className="controls small soft">
        <input type="checkbox" checked={all} onChange={() => change({ all: all ? '' : '1' })} />
        Show what is equal too
      </label>
      <ComparedTable title="Metrics" kind="metrics" runs={runs} names={names} all={all} />
      <ComparedTable title="Parameters" kind="params" runs={runs} names={names} all={all} />
      {metric !== null && (
        <Curves runs={runs} names={names} metrics={metrics} metric={metric} change={change} />
      )}
      <Plots runs={runs} names={names} fields={fields} metric={metric} change={change} />
      {metric !== null && (
        <Boxes
          runs={runs}
          names={names}
          fields={fields}
          metrics={metrics}
          metric={metric}
          change={change}
        />
      )}
      <ComparedTable title="Tags" kind="tags" runs={runs} names={names} all={all} />
    </div>
  )
}

interface PartProps {
  readonly runs: readonly Run[]
  readonly names: readonly string[]
  readonly change: (next: Record<string, string>) => void
}

function Curves(
  props: PartProps & { readonly metrics: readonly string[]; readonly metric: string },
) {
  const { runs, names, metric, change } = props
  const search = route.useSearch()
  const view = readCurveView(search)
  const ids = runs.map((run) => run.id)
  const query = useQuery(sampledQuery(ids, metric))
  const { along, logX, logY, smooth } = view
  // biome-ignore lint/correctness/useExhaustiveDependencies: a view is new in every render, its parts are not
  const chart = useMemo(
    () =>
      query.data &&
      curveChart(
        runs.map((run, index) => ({
          label: names[index] ?? run.id,
          points: query.data.get(run.id) ?? [],
        })),
        view,
      ),
    [query.data, runs, names, along, logX, logY, smooth],
  )
  return (
    <Section
      title="Curves"
      aside={
        <div className="controls">
          <FieldSelect
            label="Metric"
            value={metric}
            options={props.metrics}
            onChange={(next) => change({ metric: next })}
          />
          <CurveControls view={view} onChange={(next) => change({ ...next })} />
        </div>
      }
    >
      <Loaded query={query} skeleton={<Skeleton height={320} />}>
        {() => chart && <Chart title={metric} chart={chart} height={320} logarithmic={view.logY} />}
      </Loaded>
    </Section>
  )
}

function Plots(
  props: PartProps & { readonly fields: readonly RunField[]; readonly metric: string | null },
) {
  const { runs, names, fields, metric, change } = props
  const search = route.useSearch()
  const differing = axesAtFirst(runs, metric)
  const axes = search.axes === undefined ? differing : chosenFields(fields, search.axes)
  const pick = (wanted: string | undefined, otherwise: RunField | undefined) =>
    fields.find((field) => field === wanted) ?? otherwise
  const across = pick(search.across, differing[0] ?? fields[0])
  const up = pick(search.up, differing.at(-1) ?? fields[0])
  if (!across || !up) return null
  return (
    <div className="columns">
      <Section
        title="Scatter"
        aside={
          <div className="controls">
            <FieldSelect
              label="Across"
              value={across}
              options={fields}
              onChange={(next) => change({ across: next })}
            />
            <FieldSelect
              label="Up"
              value={up}
              options={fields}
              onChange={(next) => change({ up: next })}
            />
          </div>
        }
      >
        <PlotFrame label="Scatter">
          <Scatter runs={runs} names={names} across={axisOf(runs, across)} up={axisOf(runs, up)} />
        </PlotFrame>
      </Section>
      <Section
        title="Parallel coordinates"
        aside={
          <ColumnChooser
            label="Axes"
            all={fields}
            chosen={axes}
            onToggle={(field) => change({ axes: toggleField(axes, field) })}
          />
        }
      >
        {axes.length < 2 ? (
          <p className="section-body faint">Choose at least two axes.</p>
        ) : (
          <PlotFrame label="Parallel coordinates">
            <Parallel runs={runs} names={names} axes={axes.map((field) => axisOf(runs, field))} />
          </PlotFrame>
        )}
      </Section>
    </div>
  )
}

/** How a metric is spread among runs that are alike in one field. */
function Boxes(
  props: PartProps & {
    readonly fields: readonly RunField[]
    readonly metrics: readonly string[]
    readonly metric: string
  },
) {
  const { runs, names, fields, metric, change } = props
  const search = route.useSearch()
  const groups = fields.filter((field) => field !== `metrics.${metric}`)
  const [differing] = axesAtFirst(runs, null)
  const by = groups.find((field) => field === search.by) ?? differing ?? groups[0]
  const boxes = useMemo(() => (by ? boxesOf(runs, by, metric) : []), [runs, by, metric])
  if (!by) return null
  return (
    <Section
      title="Spread"
      aside={
        <div className="controls">
          <FieldSelect
            label="Metric"
            value={metric}
            options={props.metrics}
            onChange={(next) => change({ metric: next })}
          />
          <FieldSelect
            label="By"
            value={by}
            options={groups}
            onChange={(next) => change({ by: next })}
          />
        </div>
      }
    >
      {boxes.length === 0 ? (
        <p className="section-body faint">No run has both {metric} and this field.</p>
      ) : (
        <PlotFrame label="Spread">
          <BoxPlot boxes={boxes} names={names} label={`${metric} by ${fieldName(by)}`} />
        </PlotFrame>
      )}
    </Section>
  )
}
