import type { Candidate, Decision } from '@kaizen/contracts'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Fields } from '../../shared/ui/fields.tsx'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { FailureState, Loaded, Skeleton, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { GateView } from '../evaluation/gate-view.tsx'
import { candidateQuery, decisionsQuery } from './api.ts'

const route = getRouteApi('/decisions/$id')

/** One decision of the loop: the inputs, the rule and the numbers that made it. */
export function DecisionPage() {
  const { id } = route.useParams()
  const { candidate } = route.useSearch()
  return candidate ? <OfCandidate id={id} candidate={candidate} /> : <Alone id={id} />
}

function OfCandidate({ id, candidate }: { readonly id: string; readonly candidate: string }) {
  const query = useQuery(candidateQuery(candidate))
  return (
    <Loaded query={query}>
      {(found) => {
        const decision = found.decisions.find((one) => one.id === id)
        return decision ? <Found decision={decision} candidate={found} /> : <Unknown />
      }}
    </Loaded>
  )
}

function Alone({ id }: { readonly id: string }) {
  const { data, error, hasNextPage, fetchNextPage, isFetching } = useInfiniteQuery(decisionsQuery)
  const decision = data?.pages.flatMap((page) => page.items).find((one) => one.id === id)
  useEffect(() => {
    if (!decision && hasNextPage && !isFetching) void fetchNextPage()
  }, [decision, hasNextPage, isFetching, fetchNextPage])
  if (decision?.candidate) return <OfCandidate id={id} candidate={decision.candidate} />
  if (decision) return <Found decision={decision} candidate={null} />
  if (error) return <FailureState error={error} />
  return isFetching || hasNextPage ? <Skeleton lines={6} /> : <Unknown />
}

const Unknown = () => (
  <State icon="search" title="There is no such decision" command="kaizen loop status">
    <p>The address names a decision that this server does not hold.</p>
  </State>
)

function Found(props: { readonly decision: Decision; readonly candidate: Candidate | null }) {
  const { decision, candidate } = props
  // The gate's decision has a view of its own below.
  const { gate, ...rest } = decision.data
  const numbers = gate !== undefined && candidate?.gate ? rest : decision.data
  const aboutGate =
    decision.kind === 'gate' || decision.kind === 'reject' || decision.kind === 'promote'
  return (
    <Page
      title={decision.summary}
      crumbs={[
        { label: 'Loop', href: paths.loop },
        ...(candidate
          ? [{ label: `Candidate ${candidate.number}`, href: paths.candidate(candidate.id) }]
          : []),
      ]}
      badges={<Status state={decision.kind} />}
      subtitle={
        <>
          decided by {decision.policy}, <When at={decision.at} full />
        </>
      }
    >
      <div className="columns">
        {Object.keys(numbers).length > 0 && (
          <Section title="Numbers of this decision">
            <Fields value={numbers} />
          </Section>
        )}
        {candidate && (
          <Section title="Lineage">
            <Facts facts={lineageOf(candidate)} />
          </Section>
        )}
      </div>
      {aboutGate && candidate?.gate && (
        <Section title="Gate: candidate against champion on the same rows">
          <GateView gate={candidate.gate} />
        </Section>
      )}
    </Page>
  )
}

const lineageOf = (candidate: Candidate) => [
  {
    label: 'Candidate',
    value: (
      <Link className="link" href={paths.candidate(candidate.id)}>
        {candidate.number}
      </Link>
    ),
  },
  { label: 'Trigger', value: candidate.trigger },
  { label: 'Trained on', value: formatSpan(candidate.trainFrom, candidate.trainTo) },
  {
    label: 'Training run',
    value: candidate.pipelineRunId ? (
      <Link className="link" href={paths.pipelineRun(candidate.pipelineRunId)}>
        {candidate.pipelineRunId}
      </Link>
    ) : (
      '–'
    ),
  },
  {
    label: 'Endpoint',
    value: (
      <Link className="link" href={paths.endpoint(candidate.endpoint)}>
        {candidate.endpoint}
      </Link>
    ),
  },
]
