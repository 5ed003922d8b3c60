import type { Candidate } from '@kaizen/contracts'
import { formatAge } from '../../shared/format/time.ts'
import { Icon } from '../../shared/ui/icon.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { progressOf, rolloutWords } from './prepare.ts'
import './loop.css'

/** How far a candidate has come, and which trigger asked for it. */
export function CandidateProgress(props: { readonly candidate: Candidate; readonly now: number }) {
  const { candidate, now } = props
  const steps = progressOf(candidate)
  const rollout = rolloutWords(candidate.rollout)
  return (
    <div className="candidate">
      {steps ? (
        <ol className="progress">
          {steps.map((step) => (
            <li
              key={step.label}
              data-state={step.state}
              aria-current={step.state === 'now' ? 'step' : undefined}
            >
              <span className="progress-dot">
                {step.state === 'done' && <Icon name="ok" size={10} />}
              </span>
              {step.label}
            </li>
          ))}
        </ol>
      ) : (
        <Status state={candidate.state} />
      )}
      {rollout && (
        <p>
          {rollout}
          {candidate.rollout && (
            <span className="faint"> · since {formatAge(candidate.rollout.since, now)}</span>
          )}
        </p>
      )}
      <p className="soft">{candidate.trigger}</p>
      {candidate.incident && (
        <p className="tone-attention incident">
          <Icon name="attention" size={13} /> {candidate.incident}
        </p>
      )}
    </div>
  )
}
