import { useEffect, useState } from 'react'

/** Exact subject such as `endpoint:bike-demand`; a star at the end matches what begins so. */
export function SubjectFilter(props: {
  readonly value: string
  readonly onChange: (subject: string) => void
}) {
  const [text, setText] = useState(props.value)
  useEffect(() => setText(props.value), [props.value])
  return (
    <search className="grow">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          props.onChange(text.trim())
        }}
      >
        <input
          className="field subject-filter"
          aria-label="Subject"
          placeholder="Subject: endpoint:bike-demand or model:*"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => text.trim() !== props.value && props.onChange(text.trim())}
        />
      </form>
    </search>
  )
}
