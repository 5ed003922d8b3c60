import { type EndpointView, servingApi } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { reweighted, weightsProblem } from './rollout-model.ts'
import './rollout.css'

/** Shares of traffic by hand, where several arms answer and the router goes by weight. */
export function Weights({ endpoint }: { readonly endpoint: EndpointView }) {
  const queries = useQueryClient()
  const live = endpoint.arms.filter(({ mode }) => mode === 'live')
  const [texts, setTexts] = useState(() =>
    live.map(({ weight }) => String(Number((weight * 100).toFixed(4)))),
  )
  const [reason, setReason] = useState('')
  const set = useMutation({
    mutationFn: () => {
      const shares = new Map(live.map(({ name }, i) => [name, Number(texts[i])]))
      return call(servingApi.setRoute, {
        params: { name: endpoint.name },
        body: { ...reweighted(endpoint, shares), reason },
      })
    },
    onSuccess: () => queries.invalidateQueries(),
  })
  if (live.length < 2 || endpoint.router.kind === 'bandit') return null
  const problem = weightsProblem(texts)
  return (
    <Section title="Weights" aside="what is loaded stays loaded; no answer is lost">
      <form
        className="weights"
        onSubmit={(event) => {
          event.preventDefault()
          set.mutate()
        }}
      >
        {live.map(({ name }, i) => (
          <label key={name}>
            {name}, %
            <input
              className="field"
              inputMode="decimal"
              value={texts[i] ?? ''}
              onChange={(event) => setTexts(texts.with(i, event.target.value))}
            />
          </label>
        ))}
        <label className="wide">
          Reason
          <input
            className="field"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={problem !== null || set.isPending}>
          Set weights
        </button>
        <span className="try-problem">{problem}</span>
      </form>
      {set.error && <FormFailure error={set.error} />}
    </Section>
  )
}
