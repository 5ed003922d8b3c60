import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Popover } from 'radix-ui'
import { useId, useState } from 'react'
import { Icon } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { experimentQuery, tagExperiment } from './api.ts'
import {
  readViews,
  type SavedView,
  sharedKey,
  sharedValue,
  sharedViews,
  viewHref,
  viewOf,
  withoutView,
  withView,
} from './views.ts'
import './compare/compare.css'

/** Named states of this table, kept in this browser or with the experiment for all; each is a link that can be given away. */
export function SavedViews(props: {
  readonly experimentId: string
  readonly search: Readonly<Record<string, unknown>>
}) {
  const { experimentId } = props
  const own = useOwnViews(experimentId)
  const shared = useSharedViews(experimentId)
  return (
    <Popover.Root>
      <Popover.Trigger className="button">
        Views
        <span className="faint">{own.views.length + shared.views.length}</span>
        <Icon name="chevron" size={12} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu-panel views"
          align="end"
          sideOffset={6}
          aria-label="Saved views"
        >
          {shared.views.length > 0 && (
            <ViewList
              title="Shared"
              experimentId={experimentId}
              views={shared.views}
              onForget={shared.forget}
            />
          )}
          {own.views.length > 0 && (
            <ViewList
              title="In this browser"
              experimentId={experimentId}
              views={own.views}
              onForget={own.forget}
            />
          )}
          {own.views.length + shared.views.length === 0 && (
            <p className="faint">No view is saved yet.</p>
          )}
          <SaveView
            onSave={(name, forAll) => {
              const view = viewOf(name, props.search)
              if (forAll) shared.keep(view)
              else own.keep(view)
            }}
          />
          {own.full && <p role="alert">This browser keeps nothing: the view ends with the page.</p>}
          {shared.error && <p role="alert">{shared.error.message}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function useOwnViews(experimentId: string) {
  const key = `kaizen.views.${experimentId}`
  const [views, setViews] = useState(() => readViews(localStorage.getItem(key)))
  const [full, setFull] = useState(false)
  const store = (next: readonly SavedView[]) => {
    setViews(next)
    try {
      localStorage.setItem(key, JSON.stringify(next))
      setFull(false)
    } catch {
      // A browser may refuse to keep anything; the view then lasts as long as the page.
      setFull(true)
    }
  }
  return {
    views,
    full,
    keep: (view: SavedView) => store(withView(views, view)),
    forget: (name: string) => store(withoutView(views, name)),
  }
}

function useSharedViews(experimentId: string) {
  const queries = useQueryClient()
  const query = experimentQuery(experimentId)
  const experiment = useQuery(query)
  const tag = useMutation({
    mutationFn: ({ name, value }: { readonly name: string; readonly value: string | null }) =>
      tagExperiment(experimentId, sharedKey(name), value),
    onSuccess: () => queries.invalidateQueries({ queryKey: query.queryKey }),
  })
  return {
    views: sharedViews(experiment.data?.tags ?? new Map()),
    error: tag.error,
    keep: (view: SavedView) => tag.mutate({ name: view.name, value: sharedValue(view) }),
    forget: (name: string) => tag.mutate({ name, value: null }),
  }
}

function ViewList(props: {
  readonly title: string
  readonly experimentId: string
  readonly views: readonly SavedView[]
  readonly onForget: (name: string) => void
}) {
  return (
    <>
      <p className="faint small">{props.title}</p>
      <ul aria-label={props.title}>
        {props.views.map((view) => (
          <li key={view.name}>
            <Link className="menu-item" href={viewHref(props.experimentId, view)}>
              {view.name}
            </Link>
            <button
              type="button"
              className="tool-button"
              aria-label={`Forget the view ${view.name}`}
              onClick={() => props.onForget(view.name)}
            >
              <Icon name="failed" size={12} />
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

function SaveView({ onSave }: { readonly onSave: (name: string, forAll: boolean) => void }) {
  const [name, setName] = useState('')
  const [forAll, setForAll] = useState(false)
  const nameId = useId()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() === '') return
        onSave(name, forAll)
        setName('')
      }}
    >
      <label className="visually-hidden" htmlFor={nameId}>
        Name of the view
      </label>
      <input
        id={nameId}
        className="field"
        placeholder="Name what is shown"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="button" disabled={name.trim() === ''}>
        Save
      </button>
      <label className="small">
        <input
          type="checkbox"
          checked={forAll}
          onChange={(event) => setForAll(event.target.checked)}
        />{' '}
        for everybody who sees the experiment
      </label>
    </form>
  )
}
