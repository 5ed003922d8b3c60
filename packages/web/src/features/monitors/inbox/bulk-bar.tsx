import type { AlertView } from '@kaizen/contracts'
import { useState } from 'react'
import { Form, FormFailure, TextField } from '../../../shared/ui/form.tsx'
import { useServerNow } from '../../../shared/ui/server-clock.ts'
import { doneInWords } from './prepare-inbox.ts'
import type { Asked, useChanges } from './use-changes.ts'

/** The form that stands open over the bar, if any. */
export type BulkForm = 'silence' | 'assign' | null

interface BarProps {
  readonly chosen: ReadonlyMap<string, AlertView>
  readonly loaded: readonly AlertView[]
  readonly form: BulkForm
  readonly changes: ReturnType<typeof useChanges>
  readonly me: string
  readonly onForm: (form: BulkForm) => void
  readonly onChosen: (chosen: ReadonlyMap<string, AlertView>) => void
}

const verbs = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  assign: 'assigned',
  silence: 'silenced',
  comment: 'commented',
} as const

/** How many alerts are chosen, what can be done with them, and what was done last. */
export function BulkBar(props: BarProps) {
  const { chosen, loaded, form, changes, me, onForm, onChosen } = props
  const done = changes.data && changes.variables && (
    <p role="status" className="bulk-done">
      {doneInWords(changes.data, verbs[changes.variables.change.kind])}
    </p>
  )
  if (chosen.size === 0) return done ? <div className="bulk-bar">{done}</div> : null
  const act = (change: Asked['change']) =>
    changes.mutate(
      { ids: [...chosen.keys()], change },
      {
        onSuccess: () => {
          onForm(null)
          onChosen(new Map())
        },
      },
    )
  const busy = changes.isPending
  return (
    <section className="bulk-bar" aria-label="Chosen alerts">
      {form === 'silence' && <SilenceForm disabled={busy} onSilence={act} />}
      {form === 'assign' && <AssignForm me={me} disabled={busy} onAssign={act} />}
      <FormFailure error={changes.error} />
      <div className="bulk-row">
        <span role="status">
          {chosen.size.toLocaleString('en-GB')} {chosen.size === 1 ? 'alert' : 'alerts'} chosen
        </span>
        <BarButton
          word="Acknowledge"
          hint="e"
          busy={busy}
          onPress={() => act({ kind: 'acknowledge' })}
        />
        <BarButton word="Resolve" hint="r" busy={busy} onPress={() => act({ kind: 'resolve' })} />
        <BarButton
          word="Assign to me"
          hint="a"
          busy={busy}
          onPress={() => act({ kind: 'assign', assignee: me })}
        />
        <BarButton
          word="Assign…"
          busy={busy}
          onPress={() => onForm(form === 'assign' ? null : 'assign')}
        />
        <BarButton
          word="Silence…"
          hint="s"
          busy={busy}
          onPress={() => onForm(form === 'silence' ? null : 'silence')}
        />
        {chosen.size < loaded.length && (
          <button
            type="button"
            className="button quiet"
            onClick={() => onChosen(new Map(loaded.map((row) => [row.id, row])))}
          >
            Choose all {loaded.length.toLocaleString('en-GB')} loaded
          </button>
        )}
        <button type="button" className="button quiet" onClick={() => onChosen(new Map())}>
          Clear
        </button>
      </div>
    </section>
  )
}

const BarButton = (props: {
  readonly word: string
  readonly hint?: string
  readonly busy: boolean
  readonly onPress: () => void
}) => (
  <button
    type="button"
    className="button"
    disabled={props.busy}
    aria-keyshortcuts={props.hint}
    onClick={props.onPress}
  >
    {props.word}
    {props.hint && (
      <span aria-hidden="true">
        <kbd>{props.hint}</kbd>
      </span>
    )}
  </button>
)

const hour = 3_600_000
const lengths = [
  ['an hour', hour],
  ['4 hours', 4 * hour],
  ['a day', 24 * hour],
  ['a week', 168 * hour],
] as const

function SilenceForm(props: {
  readonly disabled: boolean
  readonly onSilence: (change: Asked['change']) => void
}) {
  const now = useServerNow()
  const [reason, setReason] = useState('')
  const [length, setLength] = useState<number>(4 * hour)
  return (
    <Form
      label="Silence chosen alerts"
      onSubmit={() => props.onSilence({ kind: 'silence', to: now + length, reason })}
    >
      <label>
        For
        <select
          className="field"
          value={length}
          onChange={(event) => setLength(Number(event.target.value))}
        >
          {lengths.map(([name, ms]) => (
            <option key={ms} value={ms}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <TextField label="Reason" value={reason} onChange={setReason} />
      <button
        type="submit"
        className="button primary"
        disabled={props.disabled || reason.trim() === ''}
      >
        Tell nobody of these rules
      </button>
    </Form>
  )
}

function AssignForm(props: {
  readonly me: string
  readonly disabled: boolean
  readonly onAssign: (change: Asked['change']) => void
}) {
  const [name, setName] = useState('')
  return (
    <Form
      label="Assign chosen alerts"
      onSubmit={() =>
        props.onAssign({ kind: 'assign', assignee: name.trim() === '' ? null : name.trim() })
      }
    >
      <TextField
        label="Who looks after them"
        value={name}
        onChange={setName}
        placeholder={props.me}
      />
      <button type="submit" className="button primary" disabled={props.disabled}>
        {name.trim() === '' ? 'Nobody' : `Assign to ${name.trim()}`}
      </button>
    </Form>
  )
}
