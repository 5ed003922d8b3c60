import { isKaizenError } from '@kaizen/contracts'
import { useEffect, useState } from 'react'

/** A filter in MLflow's language; the server says what is wrong with it. */
export function FilterBox(props: {
  readonly value: string
  /** What is filtered, and a filter that shows how; those of runs unless told. */
  readonly label?: string
  readonly example?: string
  readonly error: unknown
  readonly onChange: (filter: string) => void
}) {
  const [text, setText] = useState(props.value)
  useEffect(() => setText(props.value), [props.value])
  const wrong = isKaizenError(props.error) && props.error.kind === 'invalid'
  return (
    <search className="grow">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          props.onChange(text.trim())
        }}
      >
        <input
          className="field filter"
          aria-label={props.label ?? 'Filter runs'}
          aria-invalid={wrong}
          placeholder={props.example ?? 'metrics.mae < 40 and params.max_leaves = "31"'}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => text.trim() !== props.value && props.onChange(text.trim())}
        />
      </form>
    </search>
  )
}
