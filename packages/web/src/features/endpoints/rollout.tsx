import {
  type EndpointView,
  type RolloutAction,
  type RolloutView,
  rolloutsApi,
} from '@kaizen/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { formatCount, formatShare } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { rolloutsQuery } from './api.ts'
import { Decided } from './decided.tsx'
import { actionsOf, stepsOf } from './rollout-model.ts'
import { StartRollout } from './start-rollout.tsx'
import { Weights } from './weights.tsx'
import './endpoint.css'
import './rollout.css'

/** The rollout of an endpoint: how far it is, what its guardrails say, what was decided and what can be done. */
export function Rollout({ endpoint }: { readonly endpoint: EndpointView }) {
  const query = useQuery({ ...rolloutsQuery(endpoint.name), refetchInterval: 5000 })
  return (
    <Loaded query={query}>
      {({ items: [newest, ...older] }) => {
        const underWay = newest?.state === 'running' || newest?.state === 'paused'
        return (
          <>
            {newest && <One rollout={newest} />}
            {!underWay && <StartRollout endpoint={endpoint} />}
            {!underWay && <Weights endpoint={endpoint} />}
            {older.length > 0 && <Older rollouts={older} />}
          </>
        )
      }}
    </Loaded>
  )
}

function One({ rollout }: { readonly rollout: RolloutView }) {
  const { spec, candidate, baseline } = rollout
  return (
    <>
      <Section
        title={`Rollout ${rollout.number}`}
        aside={
          <>
            <Status state={rollout.state} />
            {spec.dryRun && ' dry run'}
          </>
        }
      >
        <Facts
          facts={[
            { label: 'Candidate', value: <Version of={candidate} /> },
            { label: 'Baseline', value: <Version of={baseline} /> },
            { label: 'Started', value: <When at={rollout.startedAt} full /> },
            { label: 'By', value: rollout.startedBy },
            {
              label: 'Requests in this step',
              value: `${formatCount(rollout.samples)} of ${formatCount(spec.steps[rollout.step]?.minSamples)}`,
            },
          ]}
        />
        <ol className="rollout-steps" aria-label="Steps">
          {stepsOf(rollout).map((step) => (
            <li key={step.key}>
              <b>{formatShare(step.weight)}</b>
              <span className="soft small">
                {step.duration} and {formatCount(step.minSamples)} requests
              </span>
              <Status state={step.state} />
            </li>
          ))}
        </ol>
        <Actions rollout={rollout} />
      </Section>
      <Section title="Guardrails" aside={`${spec.test.replace('-', ' ')}, level ${spec.alpha}`}>
        <ul className="checks">
          {rollout.checks.map((check) => (
            <li key={check.name}>
              <b>{check.name.replace('_', ' ')}</b>
              <Status state={check.status} />
              <span className="soft">{check.text}</span>
            </li>
          ))}
          {rollout.checks.length === 0 && (
            <li className="faint">Ended by hand, before any look.</li>
          )}
        </ul>
      </Section>
      <Decisions rollout={rollout} />
    </>
  )
}

const Version = ({ of }: { readonly of: { readonly model: string; readonly version: number } }) => (
  <Link className="link" href={paths.modelVersion(of.model, of.version)}>
    {of.model} · {of.version}
  </Link>
)

function Actions({ rollout }: { readonly rollout: RolloutView }) {
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<RolloutAction | null>(null)
  const act = useMutation({
    mutationFn: (body: { readonly action: RolloutAction; readonly reason: string }) =>
      call(rolloutsApi.act, {
        params: { name: rollout.endpoint, number: rollout.number },
        body,
      }),
    onSuccess: () => {
      setChosen(null)
      return queries.invalidateQueries()
    },
  })
  const actions = actionsOf(rollout)
  const asked = actions.find(({ action }) => action === chosen)
  if (actions.length === 0) return null
  return (
    <>
      <div className="rollout-actions">
        {actions.map(({ action, label }) => (
          <button
            key={action}
            type="button"
            className="button"
            aria-pressed={action === chosen}
            onClick={() => {
              act.reset()
              setChosen(action)
            }}
          >
            {label}
          </button>
        ))}
      </div>
      {asked && (
        <Decided
          effect={asked.effect}
          confirm={`${asked.label}: rollout ${rollout.number}`}
          pending={act.isPending}
          error={act.error}
          onConfirm={(reason) => act.mutate({ action: asked.action, reason })}
          onCancel={() => setChosen(null)}
        />
      )}
    </>
  )
}

const Decisions = ({ rollout }: { readonly rollout: RolloutView }) => (
  <Section
    title="Decisions"
    aside={
      <Link className="link" href={paths.audit({ subject: `endpoint:${rollout.endpoint}` })}>
        audit log
      </Link>
    }
  >
    <ol className="history">
      {rollout.decisions.toReversed().map((decision) => (
        <li key={`${decision.at}-${decision.kind}-${decision.step}`}>
          <span>
            <When at={decision.at} />
            <span className="faint small"> · {decision.actor}</span>
          </span>
          <Status state={decision.kind} />
          <span className="soft">{decision.reason}</span>
        </li>
      ))}
    </ol>
  </Section>
)

const Older = ({ rollouts }: { readonly rollouts: readonly RolloutView[] }) => (
  <Section title="Earlier rollouts">
    <ol className="history">
      {rollouts.map((rollout) => (
        <li key={rollout.number}>
          <span>
            {rollout.number} · <When at={rollout.startedAt} />
          </span>
          <Status state={rollout.state} />
          <span className="soft">
            {rollout.candidate.model} · {rollout.candidate.version}
          </span>
        </li>
      ))}
    </ol>
  </Section>
)
