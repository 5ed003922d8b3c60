import { dataApi, modelsApi, monitoringApi, pipelinesApi, servingApi } from '@kaizen/contracts'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useMemo, useState } from 'react'
import { endpointQuery } from '../shared/api/queries.ts'
import { paths } from '../shared/paths.ts'
import { Icon } from '../shared/ui/icon.tsx'
import { Dialog } from './dialog.tsx'
import {
  experimentEntry,
  paletteExperiments,
  paletteRuns,
  paletteTraces,
  runEntries,
  traceEntries,
} from './palette-runs.ts'
import { type Entry, search } from './palette-search.ts'
import { places } from './places.ts'

const pages: readonly Entry[] = places.map((place) => ({
  label: place.label,
  kind: 'Page',
  href: place.href,
  icon: place.icon,
}))

/** Everything that has a name, fetched once the search opens. */
function useEntries(text: string): readonly Entry[] {
  const [datasets, models, pipelines, endpoints, monitors] = useQueries({
    queries: [
      endpointQuery(dataApi.list, {}),
      endpointQuery(modelsApi.list, {}),
      endpointQuery(pipelinesApi.list, {}),
      endpointQuery(servingApi.list, {}),
      endpointQuery(monitoringApi.list, {}),
    ],
  })
  const experiments = useQuery(paletteExperiments)
  // Asked for when the typing pauses.
  const typed = useDeferredText(text)
  const runs = useQuery(paletteRuns(typed, experiments.data ?? []))
  const traces = useQuery(paletteTraces(typed, experiments.data ?? []))
  return useMemo(() => {
    const named = (
      page: { readonly items: readonly { readonly name: string }[] } | undefined,
      kind: string,
      icon: Entry['icon'],
      href: (name: string) => string,
    ): readonly Entry[] =>
      (page?.items ?? []).map(({ name }) => ({ label: name, kind, icon, href: href(name) }))
    return [
      ...pages,
      ...named(datasets.data, 'Dataset', 'data', (name) => paths.dataset(name)),
      ...named(models.data, 'Model', 'models', paths.model),
      ...(experiments.data ?? []).map(experimentEntry),
      ...named(pipelines.data, 'Pipeline', 'pipelines', paths.pipeline),
      ...named(endpoints.data, 'Endpoint', 'endpoints', paths.endpoint),
      ...named(monitors.data, 'Monitor', 'monitors', paths.monitor),
      ...runEntries(text, runs.data ?? []),
      ...traceEntries(text, traces.data ?? []),
    ]
  }, [
    datasets.data,
    models.data,
    pipelines.data,
    endpoints.data,
    monitors.data,
    experiments.data,
    runs.data,
    traces.data,
    text,
  ])
}

const pauseMs = 200

/** A text as it was when the typing last paused. */
function useDeferredText(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter()
  const listId = useId()
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const entries = useEntries(text)
  const found = useMemo(() => search(entries, text), [entries, text])
  const active = Math.min(chosen, Math.max(0, found.length - 1))
  const open = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    router.history.push(entry.href)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(found.length - 1, active + 1))
    else if (event.key === 'ArrowUp') setChosen(Math.max(0, active - 1))
    else if (event.key === 'Enter') open(found[active])
    else return
    event.preventDefault()
  }
  return (
    <Dialog label="Search" className="palette" onClose={onClose}>
      <input
        className="palette-input"
        placeholder="Search pages, data, experiments, runs, traces, models, pipelines, endpoints, monitors"
        aria-label="Search everything"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setChosen(0)
        }}
        onKeyDown={onKey}
      />
      <div className="palette-list" role="listbox" id={listId} aria-label="Results">
        {found.map((entry, index) => (
          <button
            key={entry.href}
            id={`${listId}-${index}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className="palette-item"
            onPointerMove={() => setChosen(index)}
            onClick={() => open(entry)}
          >
            <Icon name={entry.icon} />
            {entry.label}
            <span className="palette-kind">{entry.kind}</span>
          </button>
        ))}
      </div>
      {found.length === 0 && <p className="palette-empty">Nothing is called “{text}”.</p>}
    </Dialog>
  )
}
