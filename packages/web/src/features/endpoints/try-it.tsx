import type { EndpointView } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Command } from '../../shared/ui/command.tsx'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { infer, inferPath, latestPredictionsQuery, modelVersionQuery } from './api.ts'
import { ExplanationBars } from './explanation.tsx'
import { type ExplainedAnswer, explainedAnswer } from './explanation-model.ts'
import { SimilarCases } from './similar-cases.tsx'
import { type FormField, formFields, formValues, inferenceBody } from './try-form.ts'
import { Verdict } from './verdict.tsx'
import './endpoint.css'
import './explanation.css'

/** A prediction from a form made of the model's own inputs. */
export function TryIt({ endpoint }: { readonly endpoint: EndpointView }) {
  const arm = endpoint.arms.find((one) => one.mode === 'live')
  if (!arm) {
    return (
      <State
        icon="endpoints"
        title="No arm answers"
        command={`kaizen endpoints route ${endpoint.name} --help`}
      />
    )
  }
  return <WithSignature endpoint={endpoint} model={arm.modelName} version={arm.version} />
}

function WithSignature(props: {
  readonly endpoint: EndpointView
  readonly model: string
  readonly version: number
}) {
  const version = useQuery(modelVersionQuery(props.model, props.version))
  const last = useQuery(latestPredictionsQuery(props.endpoint.name))
  return (
    <Loaded query={version}>
      {(found) =>
        found.signature ? (
          <Loaded query={last}>
            {(page) => (
              <Form
                name={props.endpoint.name}
                initial={formFields(
                  found.signature?.inputs ?? [],
                  page.items.map((item) => item.inputs),
                )}
                isFilled={page.items.length > 0}
              />
            )}
          </Loaded>
        ) : (
          <State
            icon="endpoints"
            title="The model has no signature"
            command={`kaizen endpoints predict ${props.endpoint.name} --help`}
          />
        )
      }
    </Loaded>
  )
}

interface Asked {
  readonly inputs: Readonly<Record<string, string | number | boolean>>
}

const Outputs = ({ answer }: { readonly answer: ExplainedAnswer }) => (
  <dl className="answer-outputs" aria-live="polite">
    {answer.outputs.map(({ name, text }) => (
      <div key={name} className="contents">
        <dt>{name}</dt>
        <dd>{text}</dd>
      </div>
    ))}
    <div className="contents">
      <dt>inference id</dt>
      <dd>{answer.id}</dd>
    </div>
  </dl>
)

function Field(props: {
  readonly field: FormField
  readonly problem: string | undefined
  readonly onText: (text: string) => void
}) {
  const { field, problem, onText } = props
  const id = useId()
  const shown = problem !== undefined && field.text !== ''
  const common = {
    id,
    className: 'field',
    value: field.text,
    'aria-invalid': shown,
    'aria-describedby': `${id}-hint`,
  }
  return (
    <div className={`try-field${isWide(field) ? ' try-wide' : ''}`}>
      <label htmlFor={id}>{field.name}</label>
      {field.datatype === 'BOOL' ? (
        <select {...common} onChange={(event) => onText(event.target.value)}>
          <option value="">choose</option>
          {field.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          list={field.choices.length > 0 ? `${id}-choices` : undefined}
          onChange={(event) => onText(event.target.value)}
        />
      )}
      {field.datatype !== 'BOOL' && field.choices.length > 0 && (
        <datalist id={`${id}-choices`}>
          {field.choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
      <span id={`${id}-hint`} className={shown ? 'try-problem' : 'faint'}>
        {shown ? problem : field.hint}
      </span>
    </div>
  )
}

/** A row of many values takes a line of its own. */
const isWide = ({ hint }: FormField): boolean => /^(?:\d+ values|several): /.test(hint)

function Form({
  name,
  initial,
  isFilled,
}: {
  readonly name: string
  readonly initial: readonly FormField[]
  readonly isFilled: boolean
}) {
  const [fields, setFields] = useState(initial)
  const made = inferenceBody(fields)
  const [explain, setExplain] = useState(true)
  const ask = useMutation({
    mutationFn: async (asked: { readonly body: object; readonly inputs: Asked['inputs'] }) => {
      const parameters = explain ? { parameters: { explain: 'shap' } } : {}
      const answer = explainedAnswer(await infer(name, { ...asked.body, ...parameters }))
      return { answer, inputs: asked.inputs }
    },
  })
  const problemOf = (field: string) =>
    made.ok ? undefined : made.problems.find((one) => one.name === field)?.problem
  return (
    <>
      <Section
        title="Ask for one prediction"
        aside={isFilled ? 'filled with the newest request' : 'nothing was asked yet'}
      >
        <form
          className="try"
          onSubmit={(event) => {
            event.preventDefault()
            if (made.ok) ask.mutate({ body: made.body, inputs: formValues(fields) })
          }}
        >
          {fields.map((field) => (
            <Field
              key={field.name}
              field={field}
              problem={problemOf(field.name)}
              onText={(text) =>
                setFields(fields.map((one) => (one.name === field.name ? { ...one, text } : one)))
              }
            />
          ))}
          <div className="try-actions">
            <button type="submit" className="button primary" disabled={!made.ok || ask.isPending}>
              Predict with {name}
            </button>
            <label className="check">
              <input
                type="checkbox"
                checked={explain}
                onChange={(event) => setExplain(event.target.checked)}
              />
              explain the answer
            </label>
            <span className="faint small">It is logged as any other request.</span>
          </div>
        </form>
        {ask.error && <FormFailure error={ask.error} />}
        {ask.data && <Outputs answer={ask.data.answer} />}
        {ask.data && <Verdict key={ask.data.answer.id} endpoint={name} answer={ask.data.answer} />}
      </Section>
      {ask.data?.answer.explanation && (
        <ExplanationBars explanation={ask.data.answer.explanation} />
      )}
      {ask.data && (
        <SimilarCases endpoint={name} inputs={ask.data.inputs} except={ask.data.answer.id} />
      )}
      {made.ok && (
        <Command
          text={`curl ${location.origin}${inferPath(name)} -H 'content-type: application/json' -d '${JSON.stringify(made.body).replaceAll("'", "'\\''")}'`}
        />
      )}
    </>
  )
}
