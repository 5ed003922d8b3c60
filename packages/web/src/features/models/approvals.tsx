import { type ApprovalStatus, type ApprovalView, approvalsApi } from '@kaizen/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, keyOf } from '../../shared/api/queries.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import './approvals.css'

interface VersionName {
  readonly name: string
  readonly version: number
}

/** What a version still needs before aliases and stages may point to it; nothing where no policy asks. */
export function Approvals({ name, version }: VersionName) {
  const query = useQuery(endpointQuery(approvalsApi.status, { params: { name, version } }))
  if (query.data?.items.length === 0) return null
  return (
    <Section title="Approvals">
      <Loaded query={query}>
        {({ items }) => (
          <ul className="approvals">
            {items.map((status) => (
              <Target key={status.target} status={status} of={{ name, version }} />
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  )
}

function Target({
  status,
  of: { name, version },
}: {
  readonly status: ApprovalStatus
  readonly of: VersionName
}) {
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const decide = useMutation({
    mutationFn: (decision: ApprovalView['decision']) =>
      call(approvalsApi.decide, {
        params: { name, version },
        body: { target: status.target, decision, reason },
      }),
    onSuccess: () => {
      setReason('')
      return queries.invalidateQueries({ queryKey: keyOf(approvalsApi.status) })
    },
  })
  const disabled = reason.trim() === '' || decide.isPending
  return (
    <li>
      <p>
        <b>{status.target.replace(':', ' ')}</b>{' '}
        <Status
          state={status.satisfied ? 'ok' : 'waiting'}
          label={status.satisfied ? 'approved' : 'not approved'}
        />
        {status.missing !== null && <span className="soft"> {status.missing}</span>}
      </p>
      <p className="small soft">
        {status.required
          .map(({ role, count, given }) => `${role}: ${given.length} of ${count}`)
          .join(', ')}
      </p>
      {status.decisions.map((decision) => (
        <p key={decision.by} className="small">
          <b>{decision.by}</b> ({decision.roles.join(', ')}){' '}
          {decision.decision === 'approve' ? 'approved' : 'rejected'} <When at={decision.at} />:{' '}
          {decision.reason}
          {decision.modelDigest !== null && (
            <span className="soft">
              {' '}
              Decided on the file{' '}
              <code title={decision.modelDigest}>{decision.modelDigest.slice(0, 12)}</code>.
            </span>
          )}
        </p>
      ))}
      <form className="approvals-form" onSubmit={(event) => event.preventDefault()}>
        <label>
          Reason
          <input
            className="field"
            maxLength={10_000}
            placeholder="what you have checked"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <button
          type="button"
          className="button primary"
          disabled={disabled}
          onClick={() => decide.mutate('approve')}
        >
          Approve
        </button>
        <button
          type="button"
          className="button"
          disabled={disabled}
          onClick={() => decide.mutate('reject')}
        >
          Reject
        </button>
      </form>
      {decide.error && <FormFailure error={decide.error} />}
    </li>
  )
}
