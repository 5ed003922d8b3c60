import { type AlertView, severities } from '@kaizen/contracts'
import { useEffect, useState } from 'react'
import { RangePicker } from '../../../shared/ui/range-picker.tsx'
import type { InboxChange, InboxSearch } from './prepare-inbox.ts'

/** What of the inbox is shown; all of it stands in the address. */
export function Filters(props: {
  readonly search: InboxSearch
  readonly rows: readonly AlertView[]
  readonly me: string
  readonly onChange: (next: InboxChange) => void
}) {
  const { search, rows, me, onChange } = props
  const { from, to } = search
  return (
    <div className="toolbar">
      <TextFilter
        label="Search alerts"
        placeholder="Search in names, messages, notes"
        value={search.text ?? ''}
        onChange={(text) => onChange({ text })}
        grow
      />
      <TextFilter
        label="Monitor"
        placeholder="Any monitor"
        value={search.monitor ?? ''}
        options={[...new Set(rows.map(({ monitor }) => monitor))]}
        onChange={(monitor) => onChange({ monitor })}
      />
      <select
        className="field"
        aria-label="Severity"
        value={search.severity ?? ''}
        onChange={(event) => onChange({ severity: event.target.value })}
      >
        <option value="">any severity</option>
        {[...severities].reverse().map((severity) => (
          <option key={severity}>{severity}</option>
        ))}
      </select>
      <select
        className="field"
        aria-label="Looked after by"
        value={search.assignee ?? ''}
        onChange={(event) => onChange({ assignee: event.target.value })}
      >
        <option value="">anyone's</option>
        <option value="nobody">nobody's</option>
        {assignees(rows, me, search.assignee).map((name) => (
          <option key={name} value={`@${name}`}>
            {name === me ? `mine (${me})` : name}
          </option>
        ))}
      </select>
      <RangePicker
        range={{ ...(from !== undefined && { from }), ...(to !== undefined && { to }) }}
        onChange={(range) => onChange({ from: undefined, to: undefined, ...range })}
      />
    </div>
  )
}

const assignees = (
  rows: readonly AlertView[],
  me: string,
  chosen: string | undefined,
): readonly string[] => [
  ...new Set([
    me,
    ...rows.flatMap(({ assignee }) => assignee ?? []),
    ...(chosen?.startsWith('@') ? [chosen.slice(1)] : []),
  ]),
]

function TextFilter(props: {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly options?: readonly string[]
  readonly grow?: boolean
  readonly onChange: (text: string) => void
}) {
  const { value, onChange } = props
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const listId = `inbox-${props.label.toLowerCase().replaceAll(' ', '-')}`
  const submit = () => {
    if (text.trim() !== value) onChange(text.trim())
  }
  return (
    <search className={props.grow ? 'grow' : undefined}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <input
          className={props.grow ? 'field inbox-search' : 'field'}
          aria-label={props.label}
          placeholder={props.placeholder}
          list={props.options ? listId : undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={submit}
        />
        {props.options && (
          <datalist id={listId}>
            {props.options.map((option) => (
              <option key={option} value={option} />
            ))}
          </datalist>
        )}
      </form>
    </search>
  )
}
