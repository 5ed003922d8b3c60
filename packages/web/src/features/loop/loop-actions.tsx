import { continualApi, type LoopView } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { actionsOf, type LoopAction, type LoopActionKind } from './prepare-actions.ts'

/** What a person can do to a loop now; each says what it will change before it does. */
export function LoopActions({ loop }: { readonly loop: LoopView }) {
  const [chosen, setChosen] = useState<LoopActionKind | null>(null)
  const actions = actionsOf(loop)
  const action = actions.find(({ kind }) => kind === chosen)
  return (
    <div className="loop-actions">
      {actions.map(({ kind, label }) => (
        <button
          key={kind}
          type="button"
          className="button small"
          aria-expanded={chosen === kind}
          onClick={() => setChosen(chosen === kind ? null : kind)}
        >
          {label}
        </button>
      ))}
      {action && (
        <Confirm
          key={action.kind}
          policy={loop.policy}
          action={action}
          onDone={() => setChosen(null)}
        />
      )}
    </div>
  )
}

function Confirm(props: {
  readonly policy: string
  readonly action: LoopAction
  readonly onDone: () => void
}) {
  const { policy, action, onDone } = props
  const [reason, setReason] = useState('')
  const queries = useQueryClient()
  const perform = useMutation({
    mutationFn: () => performAction(policy, action.kind, reason.trim()),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [continualApi.loops.path] })
      onDone()
    },
  })
  const isMissing = action.needsReason && reason.trim() === ''
  return (
    <form
      className="loop-confirm"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isMissing) perform.mutate()
      }}
    >
      <p>{action.effect}</p>
      <label>
        Why{action.needsReason ? '' : ' (may be left out)'}
        <input
          className="field"
          maxLength={2000}
          placeholder="stands in the audit log"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <button type="submit" className="button" disabled={isMissing || perform.isPending}>
        {action.label}
      </button>
      <Command text={action.command(reason)} />
      {perform.error && <FormFailure error={perform.error} />}
    </form>
  )
}

function performAction(name: string, kind: LoopActionKind, reason: string): Promise<unknown> {
  const params = { name }
  switch (kind) {
    case 'trigger':
      return call(continualApi.trigger, { params, body: { reason, ignoreCooldown: true } })
    case 'pause':
      return call(continualApi.pause, { params, body: { paused: true, reason } })
    case 'resume':
      return call(continualApi.pause, { params, body: { paused: false, reason } })
    case 'rollback':
      return call(continualApi.rollback, { params, body: { reason } })
  }
}
