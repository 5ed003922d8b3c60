import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Section } from '../../../shared/ui/page.tsx'
import { Loaded } from '../../../shared/ui/state.tsx'
import { runQuery } from '../api.ts'
import { ComparedRows } from '../compare/compared-table.tsx'
import type { Run } from '../wire.ts'
import { uniqueLabels } from './curves.ts'

/** What differs between the parameters of a run and those of its parent or another run. */
export function Against(props: {
  readonly run: Run
  readonly against: string | undefined
  readonly onChange: (against: string) => void
}) {
  const { run, against, onChange } = props
  const parent = run.tags.get('mlflow.parentRunId')
  const [text, setText] = useState(against ?? '')
  const fieldId = useId()
  return (
    <Section
      title="Parameters against another run"
      aside={
        <form
          className="controls"
          onSubmit={(event) => {
            event.preventDefault()
            onChange(text.trim())
          }}
        >
          <label htmlFor={fieldId}>Run</label>
          <input
            id={fieldId}
            className="field mono"
            placeholder="id of a run"
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <button type="submit" className="button small">
            Show
          </button>
          {parent !== undefined && (
            <button
              type="button"
              className="button small"
              onClick={() => {
                setText(parent)
                onChange(parent)
              }}
            >
              Parent
            </button>
          )}
        </form>
      }
    >
      {against === undefined ? (
        <p className="section-body faint">Name a run to see what differs.</p>
      ) : (
        <Other key={against} run={run} other={against} />
      )}
    </Section>
  )
}

function Other({ run, other }: { readonly run: Run; readonly other: string }) {
  const query = useQuery(runQuery(other))
  return (
    <Loaded query={query}>
      {(found) => {
        const runs = [run, found]
        const names = uniqueLabels(runs.map((one) => one.name))
        return <ComparedRows label="What differs" kind="params" runs={runs} names={names} />
      }}
    </Loaded>
  )
}
