import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { formatCount, formatDuration } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Facts, Page, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { traceQuery } from './api.ts'
import { attributesOf } from './prepare.ts'
import { Waterfall } from './waterfall.tsx'
import type { Span, Trace, TraceInfo } from './wire.ts'
import '../../shared/ui/fields.css'
import './traces.css'

const route = getRouteApi('/traces/$id')

/** One trace: its spans in time and as a tree, what each did, what was said of it. */
export function TracePage() {
  const { id } = route.useParams()
  const query = useQuery(traceQuery(id))
  return <Loaded query={query}>{(trace) => <Found trace={trace} />}</Loaded>
}

function Found({ trace }: { readonly trace: Trace }) {
  const { info, spans } = trace
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const chosen = useMemo(
    // What failed is what most come to see.
    () =>
      spans.find(({ id }) => id === search.span) ?? spans.find(({ failed }) => failed) ?? spans[0],
    [spans, search.span],
  )
  const fold = (id: string) => {
    const next = new Set(folded)
    if (!next.delete(id)) next.add(id)
    setFolded(next)
  }
  return (
    <Page
      title={info.name}
      crumbs={[
        { label: 'Experiments', href: paths.experiments },
        { label: 'Runs', href: paths.experiment(info.experimentId) },
        { label: 'Traces', href: paths.traces(info.experimentId) },
      ]}
      badges={<Status state={info.state} />}
    >
      <Section title="Trace">
        <Facts facts={factsOf(info, spans.length)} />
      </Section>
      <Section title="Spans" aside={`${formatCount(spans.length)}`}>
        {spans.length === 0 ? (
          <State icon="waiting" title="No span has arrived">
            <p>An older client keeps them among the artifacts of the trace.</p>
          </State>
        ) : (
          <Waterfall
            spans={spans}
            folded={folded}
            chosen={chosen?.id ?? ''}
            onFold={fold}
            onChoose={(span) => void navigate({ search: { span }, replace: true })}
          />
        )}
      </Section>
      {chosen && <SpanDetail span={chosen} />}
      <div className="columns">
        <Assessments info={info} />
        <Pairs title="Tags" pairs={info.tags} />
        <Pairs title="Metadata" pairs={info.metadata} />
      </div>
    </Page>
  )
}

const factsOf = (info: TraceInfo, spans: number) => [
  { label: 'Started', value: <When at={info.startedAt} full /> },
  { label: 'Took', value: formatDuration(info.durationMs) },
  { label: 'Spans', value: formatCount(spans) },
  { label: 'Tokens', value: formatCount(info.tokens) },
  { label: 'Session', value: info.session || '–' },
  { label: 'Id', value: <code>{info.id}</code> },
]

function SpanDetail({ span }: { readonly span: Span }) {
  const attributes = attributesOf(span)
  return (
    <Section title={span.name || 'Span'} aside={span.type.toLowerCase()}>
      {span.failed && (
        <p className="section-body tone-failed">
          <Status state="failed" label={span.message || 'failed'} />
        </p>
      )}
      {attributes.length === 0 ? (
        <p className="section-body faint">No attribute was set.</p>
      ) : (
        <dl className="fields">
          {attributes.map(({ name, text }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <pre className="span-value">{text}</pre>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}

function Assessments({ info }: { readonly info: TraceInfo }) {
  return (
    <Section title="Assessments" aside={`${info.assessments.length}`}>
      {info.assessments.length === 0 ? (
        <p className="section-body faint">Nobody has assessed this trace.</p>
      ) : (
        <dl className="fields">
          {info.assessments.map((one) => (
            <div key={one.id} className={one.valid ? undefined : 'assessment-void'}>
              <dt>
                {one.name} <span className="faint">{one.kind}</span>
              </dt>
              <dd>
                <strong>{one.error || JSON.stringify(one.value)}</strong>{' '}
                <span className="faint">by {one.source}</span>
                {one.rationale && <p>{one.rationale}</p>}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  )
}

function Pairs(props: { readonly title: string; readonly pairs: ReadonlyMap<string, string> }) {
  return (
    <Section title={props.title} aside={`${props.pairs.size}`}>
      <dl className="fields">
        {[...props.pairs].map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              <pre className="span-value">{value}</pre>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}
