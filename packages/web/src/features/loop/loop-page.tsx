import type { Decision, LoopStage, LoopView } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { formatPlain } from '../../shared/format/number.ts'
import { formatAge, formatInstant } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Icon } from '../../shared/ui/icon.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { lookOf, Status } from '../../shared/ui/status.tsx'
import { loopsQuery, openAlertsQuery } from './api.ts'
import { CandidateProgress } from './candidate-progress.tsx'
import { LoopActions } from './loop-actions.tsx'
import { ageWords, type Need, needsOf, stageHref, stageLook } from './prepare.ts'
import { Ring } from './ring.tsx'
import './loop.css'

/** The start page: is everything well, what happened last and why, what needs a person. */
export function LoopPage() {
  const loops = useQuery(loopsQuery)
  const alerts = useQuery(openAlertsQuery)
  return (
    <Page title="Loop">
      <Loaded query={loops} skeleton={<Skeleton height={470} />}>
        {(data) =>
          data.loops.length === 0 ? (
            <State
              icon="loop"
              title="No loop turns here yet"
              command="kaizen apply examples/bike-sharing"
            >
              <p>
                A project declares data, a pipeline, an endpoint, a monitor and a policy; applying
                it starts the loop.
              </p>
            </State>
          ) : (
            <>
              <Needs needs={needsOf(data.loops, alerts.data?.items ?? [])} />
              {data.loops.map((loop) => (
                <Loop key={loop.policy} loop={loop} />
              ))}
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function Needs({ needs }: { readonly needs: readonly Need[] }) {
  if (needs.length === 0) {
    return (
      <p className="needs-none tone-ok">
        <Icon name="ok" size={14} />
        Nothing needs a person.
      </p>
    )
  }
  return (
    <section className="needs" aria-label="Needs a person">
      {needs.map((need) => (
        <div key={need.key} className={`need tone-${need.tone}`}>
          <Icon name={need.tone === 'failed' ? 'failed' : 'attention'} size={16} />
          <strong>{need.title}</strong>
          <span className="need-text">{need.text}</span>
          <Link href={need.href} className="button small">
            {need.action}
          </Link>
        </div>
      ))}
    </section>
  )
}

function Loop({ loop }: { readonly loop: LoopView }) {
  return (
    <div className="columns side">
      <Section
        title={loop.project ?? loop.policy}
        aside={<span>as of {formatInstant(loop.now)}</span>}
      >
        <Ring loop={loop} now={loop.now} />
        <LoopActions loop={loop} />
        <Stages loop={loop} />
      </Section>
      <div className="stack">
        {loop.candidate && (
          <Section
            title={`Candidate ${loop.candidate.number}`}
            aside={
              <Link className="link" href={paths.candidate(loop.candidate.id)}>
                All its numbers
              </Link>
            }
          >
            <CandidateProgress candidate={loop.candidate} now={loop.now} />
          </Section>
        )}
        <Section title="Recent decisions">
          <Decisions decisions={loop.decisions} now={loop.now} />
        </Section>
      </div>
    </div>
  )
}

/** The ring in words: what each stage says and what happened there last. */
function Stages({ loop }: { readonly loop: LoopView }) {
  return (
    <ol className="stages">
      {loop.stages.map((stage) => (
        <StageRow key={stage.stage} loop={loop} stage={stage} />
      ))}
    </ol>
  )
}

function StageRow({ loop, stage }: { readonly loop: LoopView; readonly stage: LoopStage }) {
  const look = stageLook[stage.stage]
  return (
    <li>
      <Link href={stageHref(loop, stage)} className="stage-row">
        <span className="stage-name">
          <Icon name={look.icon} size={14} />
          {look.label}
        </span>
        <Status state={stage.state} />
        <span className="stage-value">
          {stage.value === null ? '–' : formatPlain(stage.value)}{' '}
          <small className="soft">{stage.unit}</small>
        </span>
        <span className="stage-headline">{stage.headline}</span>
        <span className="stage-last faint">
          {[stage.last?.text, ageWords(stage, loop.now)].filter(Boolean).join(' · ')}
        </span>
      </Link>
    </li>
  )
}

export function Decisions(props: {
  readonly decisions: readonly Decision[]
  readonly now: number
}) {
  if (props.decisions.length === 0) {
    return (
      <p className="faint section-body">No decision yet. The first comes with the first trigger.</p>
    )
  }
  return (
    <ol className="decisions">
      {props.decisions.map((decision) => (
        <li key={decision.id}>
          <Link
            href={paths.decision(decision.id, decision.candidate)}
            className={`decision tone-${lookOf(decision.kind).tone}`}
          >
            <span className="decision-dot">
              <Icon name={lookOf(decision.kind).icon} size={11} />
            </span>
            <span>
              <b>{decision.kind}</b> <span className="soft">{decision.summary}</span>
            </span>
            <time
              className="faint small"
              dateTime={new Date(decision.at).toISOString()}
              title={formatInstant(decision.at)}
            >
              {formatAge(decision.at, props.now)}
            </time>
          </Link>
        </li>
      ))}
    </ol>
  )
}
