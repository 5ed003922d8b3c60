import { type ReactNode, useState } from 'react'
import { FormFailure } from '../../shared/ui/form.tsx'
import './rollout.css'

interface Props {
  readonly effect: ReactNode
  readonly confirm: string
  readonly pending: boolean
  readonly error: Error | null
  readonly onConfirm: (reason: string) => void
  readonly onCancel: () => void
}

/** Asks why, says what will happen, and only then lets it happen. */
export function Decided({ effect, confirm, pending, error, onConfirm, onCancel }: Props) {
  const [reason, setReason] = useState('')
  return (
    <form
      className="decided"
      onSubmit={(event) => {
        event.preventDefault()
        onConfirm(reason)
      }}
    >
      <p>{effect}</p>
      <label>
        Reason, for the audit log
        <input
          className="field"
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <button type="submit" className="button primary" disabled={pending}>
        {confirm}
      </button>
      <button type="button" className="button quiet" onClick={onCancel}>
        Leave it
      </button>
      <FormFailure error={error} />
    </form>
  )
}
