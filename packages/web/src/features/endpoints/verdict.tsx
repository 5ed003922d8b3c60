import { KaizenError, servingApi } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { type ExplainedAnswer, truthOf } from './explanation-model.ts'

/** Right or wrong: what a person knows becomes ground truth of the prediction. */
export function Verdict(props: { readonly endpoint: string; readonly answer: ExplainedAnswer }) {
  const { endpoint, answer } = props
  const queries = useQueryClient()
  const [text, setText] = useState('')
  const tell = useMutation({
    mutationFn: async (value: string | number | boolean) => {
      const counts = await call(servingApi.feedback, {
        params: { name: endpoint },
        body: { items: [{ inferenceId: answer.id, value }] },
      })
      if (counts.unknown.length > 0) {
        throw new KaizenError('NOT_FOUND', 'the log does not hold this prediction', {
          hint: 'The endpoint logs a share of its requests only.',
        })
      }
      return value
    },
    onSuccess: () => queries.invalidateQueries(),
  })
  if (tell.data !== undefined) {
    return <p className="verdict" role="status">{`Noted: it was ${String(tell.data)}.`}</p>
  }
  return (
    <>
      <form
        className="verdict"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== '') tell.mutate(truthOf(text, answer.verdict))
        }}
      >
        {answer.verdict !== null && (
          <button
            type="button"
            className="button"
            disabled={tell.isPending}
            onClick={() => answer.verdict !== null && tell.mutate(answer.verdict)}
          >
            Right: {String(answer.verdict)}
          </button>
        )}
        <label>
          <span className="visually-hidden">What it was</span>
          <input
            className="field"
            placeholder="what it was"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={text.trim() === '' || tell.isPending}>
          Wrong
        </button>
        <span className="faint small">It becomes the ground truth of this prediction.</span>
      </form>
      {tell.error && <FormFailure error={tell.error} />}
    </>
  )
}
