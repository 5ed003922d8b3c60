import type { ArtifactRef, StepRun } from '@kaizen/contracts'
import { formatBytes, formatDuration, formatNumber } from '../../shared/format/number.ts'
import { Fields } from '../../shared/ui/fields.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'

/** One step: why it ran or did not, what it made, and everything that determined that. */
export function StepPanel({ runId, step }: { readonly runId: string; readonly step: StepRun }) {
  const outputs = Object.entries(step.outputs)
  return (
    <Section title={step.node} aside={<Status state={step.state} />}>
      <Facts
        facts={[
          { label: 'Step', value: step.step },
          { label: 'Took', value: formatDuration(step.durationMs) },
          { label: 'Attempt', value: step.attempt },
          { label: 'Started', value: <When at={step.startedAt} full /> },
          { label: 'Cache', value: step.cacheReason ?? '–' },
        ]}
      />
      {step.error && (
        <div className="step-error tone-failed">
          <b>{step.error.message}</b>
          {step.error.hint && <p>{step.error.hint}</p>}
        </div>
      )}
      <h3 className="panel-title">Outputs</h3>
      {outputs.length === 0 ? (
        <p className="faint section-body">None yet.</p>
      ) : (
        <dl className="fields">
          {outputs.map(([name, artifact]) => (
            <div key={name}>
              <dt>
                {name} <span className="faint small">{artifact.kind}</span>
              </dt>
              <dd>
                <Output runId={runId} node={step.node} name={name} artifact={artifact} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <h3 className="panel-title">Lineage</h3>
      <Fields value={step.lineage ? JSON.parse(JSON.stringify(step.lineage)) : {}} />
    </Section>
  )
}

function Output(props: {
  readonly runId: string
  readonly node: string
  readonly name: string
  readonly artifact: ArtifactRef
}) {
  const { artifact } = props
  if (artifact.digest === null) {
    return typeof artifact.value === 'number' ? (
      formatNumber(artifact.value)
    ) : (
      <code>{JSON.stringify(artifact.value)}</code>
    )
  }
  const parts = [props.runId, 'artifacts', props.node, props.name].map(encodeURIComponent).join('/')
  return (
    <a className="link" href={`/api/v1/pipeline-runs/${parts}`} download>
      {formatBytes(artifact.sizeBytes)}{' '}
      <code className="faint">{artifact.digest.slice(0, 10)}</code>
    </a>
  )
}
