import { monitorReportsApi, objectName, type ReportView, reportBody } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../../shared/api/client.ts'
import { useAct } from '../../../shared/api/use-act.ts'
import { usePages } from '../../../shared/api/use-pages.ts'
import { paths } from '../../../shared/paths.ts'
import { Form, FormFailure, problemOf, SureButton, TextField } from '../../../shared/ui/form.tsx'
import { Section } from '../../../shared/ui/page.tsx'
import { channelsQuery, monitorNamesQuery } from '../api.ts'
import { Download } from './deliveries.tsx'
import {
  bodyOf,
  draftOf,
  newDraft,
  type ReportDraft,
  sectionTitles,
  toggled,
} from './prepare-reports.ts'
import { ReportPreview } from './report-preview.tsx'

/** The form of a report: what it tells of, which parts, and who gets it when; with what it would tell now. */
export function Builder({ report }: { readonly report?: ReportView }) {
  const [draft, setDraft] = useState<ReportDraft>(() => (report ? draftOf(report) : newDraft))
  const change = (next: Partial<ReportDraft>) => setDraft({ ...draft, ...next })
  const navigate = useNavigate()
  const body = bodyOf(draft, report)
  const preview = useMutation({
    mutationFn: () => call(monitorReportsApi.preview, { body }),
  })
  const save = useAct(
    () => call(monitorReportsApi.put, { params: { name: draft.name }, body }),
    [monitorReportsApi.list, monitorReportsApi.get],
  )
  const remove = useAct(
    () => call(monitorReportsApi.delete, { params: { name: draft.name } }),
    [monitorReportsApi.list],
  )
  const send = useAct(
    () => call(monitorReportsApi.send, { params: { name: draft.name } }),
    [monitorReportsApi.deliveries],
  )
  const checked = reportBody.safeParse(body)
  const problem = checked.success ? null : (checked.error.issues[0]?.message ?? 'not complete')
  const busy = preview.isPending || save.isPending
  return (
    <>
      <Section title={report ? `Report ${report.name}` : 'New report'}>
        <Form label="Report" onSubmit={() => preview.mutate()}>
          <Fields draft={draft} kept={report !== undefined} onChange={change} />
          <Delivery draft={draft} onChange={change} />
          <button type="submit" className="button primary" disabled={busy || problem !== null}>
            Preview
          </button>
          <button
            type="button"
            className="button"
            disabled={busy || problem !== null || !objectName.safeParse(draft.name).success}
            onClick={() =>
              save.mutate(undefined, {
                onSuccess: () => void navigate({ to: paths.report(draft.name) }),
              })
            }
          >
            {report ? 'Save' : 'Keep by this name'}
          </button>
          {report && (
            <>
              <Download name={report.name} format="html" />
              <Download name={report.name} format="json" />
              <button
                type="button"
                className="button"
                disabled={send.isPending || report.channels.length === 0}
                onClick={() => send.mutate()}
              >
                Send now
              </button>
              <SureButton
                isLarge
                label="Delete"
                warning={`Delete ${report.name}`}
                onSure={() =>
                  remove.mutate(undefined, {
                    onSuccess: () => void navigate({ to: paths.reports }),
                  })
                }
              />
            </>
          )}
          {problem !== null && <span className="soft small">{problem}</span>}
          {save.isSuccess && <span role="status">Kept.</span>}
          {send.isSuccess && <span role="status">On its way.</span>}
          <FormFailure error={preview.error ?? save.error ?? remove.error ?? send.error} />
        </Form>
      </Section>
      {preview.data && <ReportPreview report={preview.data} />}
    </>
  )
}

interface FieldsProps {
  readonly draft: ReportDraft
  readonly onChange: (next: Partial<ReportDraft>) => void
}

const periods = [
  ['24h', 'the last day'],
  ['7d', 'the last 7 days'],
  ['30d', 'the last 30 days'],
  ['90d', 'the last 90 days'],
  ['365d', 'the last year'],
] as const

function Fields({ draft, kept, onChange }: FieldsProps & { readonly kept: boolean }) {
  const monitors = useQuery(monitorNamesQuery).data?.items.map(({ name }) => name) ?? []
  const known = [...new Set([...draft.monitors, ...monitors])]
  const lengths = periods.some(([length]) => length === draft.last)
    ? periods
    : [...periods, [draft.last, `the last ${draft.last}`] as const]
  return (
    <>
      {!kept && (
        <TextField
          label="Name"
          value={draft.name}
          problem={problemOf(objectName, draft.name)}
          onChange={(name) => onChange({ name })}
        />
      )}
      <TextField label="Title" value={draft.title} onChange={(title) => onChange({ title })} />
      <label>
        Period
        <select
          className="field"
          value={draft.last}
          onChange={(event) => onChange({ last: event.target.value })}
        >
          {lengths.map(([length, words]) => (
            <option key={length} value={length}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        Compared with
        <select
          className="field"
          value={draft.compare}
          onChange={(event) =>
            onChange({ compare: event.target.value === 'previous' ? 'previous' : 'reference' })
          }
        >
          <option value="reference">the bounds of the reference</option>
          <option value="previous">and the period before</option>
        </select>
      </label>
      <Choices
        legend="Monitors"
        none="There is no monitor yet."
        options={known}
        chosen={draft.monitors}
        onToggle={(name) => onChange({ monitors: toggled(draft.monitors, name) })}
      />
      <TextField
        label="Datasets, as NAME or NAME@VERSION"
        placeholder="bike-hours, bike-days@3"
        value={draft.datasets}
        onChange={(datasets) => onChange({ datasets })}
      />
      <Choices
        legend="Sections"
        none=""
        options={Object.keys(sectionTitles)}
        titles={sectionTitles}
        chosen={draft.sections}
        onToggle={(name) =>
          onChange({ sections: toggled(draft.sections, name as keyof typeof sectionTitles) })
        }
      />
    </>
  )
}

function Delivery({ draft, onChange }: FieldsProps) {
  const { rows } = usePages(channelsQuery)
  const known = [...new Set([...draft.channels, ...rows.map(({ name }) => name)])]
  return (
    <>
      <TextField
        label="Schedule, as cron"
        placeholder="0 7 * * 1"
        value={draft.cron}
        onChange={(cron) => onChange({ cron })}
      />
      <TextField
        label="Time zone"
        value={draft.timeZone}
        onChange={(timeZone) => onChange({ timeZone })}
      />
      <Choices
        legend="Goes to"
        none="There is no channel yet; the alert inbox lists them."
        options={known}
        chosen={draft.channels}
        onToggle={(name) => onChange({ channels: toggled(draft.channels, name) })}
      />
    </>
  )
}

function Choices(props: {
  readonly legend: string
  readonly none: string
  readonly options: readonly string[]
  readonly titles?: Readonly<Record<string, string>>
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (name: string) => void
}) {
  return (
    <fieldset className="report-choices">
      <legend>{props.legend}</legend>
      {props.options.length === 0 && <span className="faint">{props.none}</span>}
      {props.options.map((name) => (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={props.chosen.has(name)}
            onChange={() => props.onToggle(name)}
          />
          {props.titles?.[name] ?? name}
        </label>
      ))}
    </fieldset>
  )
}
