import type { Candidate, Decision } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { useServerNow } from '../../shared/ui/server-clock.ts'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { GateView } from '../evaluation/gate-view.tsx'
import { candidateQuery } from './api.ts'
import { CandidateProgress } from './candidate-progress.tsx'
import { Decisions } from './loop-page.tsx'

const route = getRouteApi('/candidates/$id')

/** One candidate from its trigger to its end. */
export function CandidatePage() {
  const { id } = route.useParams()
  const query = useQuery(candidateQuery(id))
  return <Loaded query={query}>{(candidate) => <Found candidate={candidate} />}</Loaded>
}

function Found(props: {
  readonly candidate: Candidate & { readonly decisions: readonly Decision[] }
}) {
  const { candidate } = props
  const now = useServerNow()
  return (
    <Page
      title={`Candidate ${candidate.number}`}
      crumbs={[{ label: 'Loop', href: paths.loop }]}
      badges={<Status state={candidate.state} />}
      subtitle={`of ${candidate.policy}, for ${candidate.endpoint}`}
    >
      <div className="columns side">
        <div className="stack">
          <Section title="What it was made from">
            <Facts facts={factsOf(candidate)} />
          </Section>
          {candidate.gate && (
            <Section title="Gate: candidate against champion on the same rows">
              <GateView gate={candidate.gate} />
            </Section>
          )}
        </div>
        <div className="stack">
          <Section title="Progress">
            <CandidateProgress candidate={candidate} now={now} />
            {candidate.error && <p className="section-body">{candidate.error}</p>}
          </Section>
          <Section title="Decisions">
            <Decisions decisions={candidate.decisions} now={now} />
          </Section>
        </div>
      </div>
    </Page>
  )
}

const factsOf = (candidate: Candidate) => [
  { label: 'Trained on', value: formatSpan(candidate.trainFrom, candidate.trainTo) },
  { label: 'Held out', value: formatSpan(candidate.holdoutFrom, candidate.holdoutTo) },
  { label: 'Data version', value: candidate.datasetVersion ?? '–' },
  { label: 'Training run', value: runLink(candidate.pipelineRunId) },
  { label: 'Refit run', value: runLink(candidate.refitRunId) },
  { label: 'Model version', value: candidate.modelVersion ?? '–' },
  { label: 'Began', value: <When at={candidate.createdAt} full /> },
  { label: 'Ended', value: <When at={candidate.endedAt} full /> },
]

const runLink = (id: string | null) =>
  id === null ? (
    '–'
  ) : (
    <Link className="link" href={paths.pipelineRun(id)}>
      {id}
    </Link>
  )
