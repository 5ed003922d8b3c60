import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Chart } from '../../../shared/charts/chart.tsx'
import { Section } from '../../../shared/ui/page.tsx'
import { Skeleton } from '../../../shared/ui/state.tsx'
import { sampledQuery } from '../api.ts'
import { type CurveView, curveChart } from './curves.ts'
import { type SystemPanel, systemPanels } from './system-metrics.ts'

/** What the machine did while a run ran: its metrics by kind and unit, all along the same axis. */
export function SystemPanels(props: {
  readonly runId: string
  readonly metrics: Iterable<string>
  readonly view: CurveView
}) {
  const panels = systemPanels(props.metrics)
  if (panels.length === 0) return null
  return (
    <Section title="Machine" aside="along time, unless another axis is chosen above">
      <div className="curves">
        {panels.map((panel) => (
          <Panel
            key={`${panel.title} ${panel.unit}`}
            runId={props.runId}
            panel={panel}
            view={props.view}
          />
        ))}
      </div>
    </Section>
  )
}

function Panel(props: {
  readonly runId: string
  readonly panel: SystemPanel
  readonly view: CurveView
}) {
  const { runId, panel, view } = props
  const answers = useQueries({
    queries: panel.lines.map(({ metric }) => sampledQuery([runId], metric)),
    combine: (queries) => ({
      curves: queries.map(({ data }) => data?.get(runId) ?? []),
      pending: queries.some(({ isPending }) => isPending),
      error: queries.find(({ error }) => error)?.error ?? null,
    }),
  })
  const { curves } = answers
  const chart = useMemo(() => {
    const lines = panel.lines.map(({ label }, at) => ({ label, points: curves[at] ?? [] }))
    // Steps of these count samples; what they have in common with the run's own metrics is time.
    const drawn = curveChart(lines, { ...view, along: view.along ?? 'time', logY: false })
    return { ...drawn, series: drawn.series.map((one) => ({ ...one, unit: panel.unit })) }
  }, [panel, curves, view])
  if (answers.error) throw answers.error
  if (answers.pending) return <Skeleton height={220} />
  const title = panel.unit === '' ? panel.title : `${panel.title}, ${panel.unit}`
  return <Chart title={title} chart={chart} height={160} syncKey={`run-${runId}`} />
}
