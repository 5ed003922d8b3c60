import type { FeatureView } from '@kaizen/contracts'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Form, FormFailure, TextField } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { lookUp } from './api.ts'
import { type LookedUp, lookedUp, statusLooks, typedValue } from './prepare.ts'

const columns: readonly TableColumn<LookedUp>[] = [
  {
    id: 'name',
    header: 'Feature',
    minWidth: 160,
    cell: (row) => row.name,
    sort: (row) => row.name,
  },
  { id: 'value', header: 'Value', minWidth: 160, align: 'end', cell: (row) => row.value },
  {
    id: 'status',
    header: 'Status',
    width: 150,
    cell: ({ status }) => <Status state="unknown" {...statusLooks[status]} />,
  },
  { id: 'at', header: 'Event time', width: 130, cell: (row) => <When at={row.at} /> },
]

interface LookUpProps {
  readonly definition: Pick<FeatureView['definition'], 'name'> & {
    readonly features: readonly { readonly name: string }[]
  }
  /** What is asked for: join keys, and values that functions are given. */
  readonly request: readonly { readonly name: string; readonly type: string }[]
  /** How many of them come back in the answer, before its features. */
  readonly keys: number
}

/** The newest values of one entity, by its join keys and what else a request gives. */
export function LookUp({ definition, request, keys: joinKeys }: LookUpProps) {
  const [keys, setKeys] = useState<Readonly<Record<string, string>>>({})
  const ask = useMutation({
    mutationFn: async () => {
      const features = definition.features.map(({ name }) => `${definition.name}:${name}`)
      // Digits travel as text: the server reads them exactly, as the type of the key.
      const given = Object.fromEntries(
        request.map(({ name, type }) => [name, typedValue(keys[name] ?? '', type)]),
      )
      return lookedUp(await lookUp(features, given), joinKeys)
    },
  })
  const complete = request.every(({ name }) => (keys[name] ?? '') !== '')
  return (
    <Section title="Look up">
      <Form label="Look up" onSubmit={() => complete && ask.mutate()}>
        {request.map(({ name }) => (
          <TextField
            key={name}
            label={name}
            value={keys[name] ?? ''}
            onChange={(value) => setKeys({ ...keys, [name]: value })}
          />
        ))}
        <button type="submit" className="button" disabled={!complete || ask.isPending}>
          Show values
        </button>
      </Form>
      <FormFailure error={ask.error} />
      {ask.data && (
        <Table
          label="Values"
          columns={columns}
          rows={ask.data}
          rowKey={(row) => row.name}
          csvName={`${definition.name}-values`}
        />
      )}
    </Section>
  )
}
