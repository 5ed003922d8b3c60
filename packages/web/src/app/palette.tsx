import { type FoundKind, searchApi } from '@kaizen/contracts'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { endpointQuery } from '../shared/api/queries.ts'
import { Icon } from '../shared/ui/icon.tsx'
import { Dialog } from './dialog.tsx'
import { type Entry, entriesOf, moreWords, pagesFor, stillFitting } from './palette-search.ts'

/** What the server finds, asked for when the typing pauses; of what was found before stands what still fits until then. */
function useFound(text: string) {
  const typed = useDeferredText(text.trim())
  const query = useQuery({
    ...endpointQuery(searchApi.find, { query: { q: typed } }),
    enabled: typed !== '',
    placeholderData: keepPreviousData,
    retry: false,
  })
  const entries = useMemo(() => {
    if (text.trim() === '') return []
    const current = typed === text.trim() && !query.isPlaceholderData
    return entriesOf(stillFitting(query.data?.items ?? [], current ? '' : text))
  }, [text, typed, query.data, query.isPlaceholderData])
  return { entries, query }
}

const pauseMs = 120
const longestText = 250

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
  const { entries, query } = useFound(text)
  const found = useMemo(() => [...pagesFor(text), ...entries], [text, entries])
  const active = Math.min(chosen, Math.max(0, found.length - 1))
  const open = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    router.history.push(entry.href)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(found.length - 1, active + 1))
    else if (event.key === 'ArrowUp') setChosen(Math.max(0, active - 1))
    else if (event.key === 'Home' && event.ctrlKey) setChosen(0)
    else if (event.key === 'End' && event.ctrlKey) setChosen(found.length - 1)
    else if (event.key === 'Enter') open(found[active])
    else return
    event.preventDefault()
  }
  return (
    <Dialog label="Search" className="palette" onClose={onClose}>
      <input
        className="palette-input"
        placeholder="Search runs, models, traces, data, pipelines, endpoints …"
        aria-label="Search everything"
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
        autoFocus
        maxLength={longestText}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setChosen(0)
        }}
        onKeyDown={onKey}
      />
      <div className="palette-list" role="listbox" id={listId} aria-label="Results">
        {found.map((entry, index) => (
          <Result
            key={`${entry.kind} ${entry.href} ${entry.label}`}
            id={`${listId}-${index}`}
            entry={entry}
            active={index === active}
            onPoint={() => setChosen(index)}
            onOpen={() => open(entry)}
          />
        ))}
      </div>
      <Told text={text} count={found.length} query={query} more={query.data?.more ?? []} />
    </Dialog>
  )
}

function Result(props: {
  readonly id: string
  readonly entry: Entry
  readonly active: boolean
  readonly onPoint: () => void
  readonly onOpen: () => void
}) {
  const { id, entry, active, onPoint, onOpen } = props
  const element = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (active) element.current?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <button
      ref={element}
      id={id}
      type="button"
      role="option"
      tabIndex={-1}
      aria-selected={active}
      className="palette-item"
      onPointerMove={onPoint}
      onClick={onOpen}
    >
      <Icon name={entry.icon} />
      <span className="palette-label">{entry.label}</span>
      {entry.detail && <span className="palette-detail">{entry.detail}</span>}
      <span className="palette-kind">{entry.kind}</span>
    </button>
  )
}

/** How the search stands, in a line that is read out. */
function Told(props: {
  readonly text: string
  readonly count: number
  readonly query: { readonly isFetching: boolean; readonly error: Error | null }
  readonly more: readonly FoundKind[]
}) {
  const { text, count, query, more } = props
  const words = query.error
    ? `The search failed: ${query.error.message}`
    : count === 0 && query.isFetching
      ? 'Searching'
      : count === 0
        ? `Nothing is called “${text.trim()}”.`
        : text.trim() === ''
          ? ''
          : moreWords(more)
  return (
    <p className={count === 0 ? 'palette-empty' : 'palette-more'} role="status" hidden={!words}>
      {words}
    </p>
  )
}
