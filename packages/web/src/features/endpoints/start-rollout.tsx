import { type EndpointView, rolloutsApi } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { parseSteps } from './rollout-model.ts'
import './rollout.css'

/** A form that starts a rollout against the one live arm. */
export function StartRollout({ endpoint }: { readonly endpoint: EndpointView }) {
  const queries = useQueryClient()
  const live = endpoint.arms.filter(({ mode }) => mode === 'live')
  const [model, setModel] = useState(`models:/${endpoint.model}/`)
  const [steps, setSteps] = useState('5:10m:500, 50:1h:5000')
  const [reason, setReason] = useState('')
  const [dryRun, setDryRun] = useState(false)
  const problemId = useId()
  const parsed = parseSteps(steps)
  const named = /^models:\/[^/@]+(\/\d+|@.+)$/.test(model)
  const start = useMutation({
    mutationFn: (made: Extract<typeof parsed, { ok: true }>['steps']) =>
      call(rolloutsApi.start, {
        params: { name: endpoint.name },
        body: { model, steps: made, reason, dryRun },
      }),
    onSuccess: () => queries.invalidateQueries(),
  })
  if (live.length !== 1) return null
  return (
    <>
      <Section title="Start a rollout" aside={`against ${live[0]?.name}, the one live arm`}>
        <form
          className="weights"
          onSubmit={(event) => {
            event.preventDefault()
            if (parsed.ok) start.mutate(parsed.steps)
          }}
        >
          <label className="wide">
            Candidate
            <input
              className="field"
              value={model}
              onChange={(event) => setModel(event.target.value)}
            />
          </label>
          <label className="wide">
            Steps: share %:time:requests
            <input
              className="field"
              value={steps}
              aria-invalid={!parsed.ok}
              aria-describedby={problemId}
              onChange={(event) => setSteps(event.target.value)}
            />
          </label>
          <label className="wide">
            Reason
            <input
              className="field"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </label>
          <label className="check">
            <input
              type="checkbox"
              checked={dryRun}
              onChange={(event) => setDryRun(event.target.checked)}
            />
            Dry run: it only watches
          </label>
          <button
            type="submit"
            className="button primary"
            disabled={!parsed.ok || !named || start.isPending}
          >
            Start
          </button>
          <span id={problemId} className="try-problem">
            {parsed.ok ? null : parsed.problem}
          </span>
        </form>
        {start.error && <FormFailure error={start.error} />}
      </Section>
      <Command
        text={`kaizen endpoints rollout start ${endpoint.name} --model ${model} --steps 0.05:10m:500,0.5:1h:5000 --reason "…"`}
      />
    </>
  )
}
