import type { JsonValue } from '@kaizen/contracts'
import { flattenFields } from './fields-model.ts'
import './fields.css'

/** All the numbers and words of a JSON value as a two-column list. */
export function Fields({ value }: { readonly value: JsonValue | undefined }) {
  const fields = flattenFields(value)
  if (fields.length === 0) return <p className="faint section-body">Nothing recorded.</p>
  return (
    <dl className="fields">
      {fields.map((field) => (
        <div key={field.path}>
          <dt>{field.path}</dt>
          <dd
            className={field.value.length > 40 && !field.value.includes(' ') ? 'mono' : undefined}
          >
            {field.value}
          </dd>
        </div>
      ))}
    </dl>
  )
}
