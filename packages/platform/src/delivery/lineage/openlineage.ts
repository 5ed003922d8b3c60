import { createHash } from 'node:crypto'
import type { JsonValue, LineageDataset, LineageEvent } from '@kaizen/contracts'

/** Says who tells it; the standard asks for a URI. */
export const producer = 'urn:kaizen:server'
const spec = 'https://openlineage.io/spec'
export const schemaUrl = `${spec}/2-0-2/OpenLineage.json#/$defs/RunEvent`

type Facet = Readonly<Record<string, JsonValue>>
export type Facets = Readonly<Record<string, Facet>>

/** The version of each facet of the standard that is used here. */
const standardFacets = {
  parent: '1-0-1/ParentRunFacet',
  errorMessage: 'facets/1-0-0/ErrorMessageRunFacet',
  processing_engine: 'facets/1-1-0/ProcessingEngineRunFacet',
  jobType: 'facets/2-0-4/JobTypeJobFacet',
  schema: 'facets/1-0-0/SchemaDatasetFacet',
  columnLineage: 'facets/1-0-1/ColumnLineageDatasetFacet',
  version: 'facets/1-0-0/DatasetVersionDatasetFacet',
  dataSource: '1-0-1/DatasourceDatasetFacet',
  outputStatistics: '1-0-1/OutputStatisticsOutputDatasetFacet',
} as const
type StandardFacet = keyof typeof standardFacets

/** A facet of the standard. */
export const facet = (name: StandardFacet, fields: Facet): Facets => ({
  [name]: {
    _producer: producer,
    _schemaURL: `${spec}/${standardFacets[name]}.json`,
    ...fields,
  },
})

/** A facet of Kaizen's own; the standard asks for a name that tells whose it is. */
export const ownFacet = (name: `kaizen_${string}`, fields: Facet): Facets => ({
  [name]: {
    _producer: producer,
    _schemaURL: `${spec}/2-0-2/OpenLineage.json#/$defs/BaseFacet`,
    ...fields,
  },
})

/** The standard names runs by UUID: one of version 5 (RFC 9562) over what Kaizen calls it. */
export function runUuid(name: string): string {
  const bytes = createHash('sha1').update(`kaizen/run/${name}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20)].join('-')
}

export interface LineageFacts {
  /** Names the run, unique in this server. */
  readonly run: string
  readonly job: string
  readonly runFacets?: Facets
  readonly jobFacets?: Facets
  readonly inputs: readonly LineageDataset[]
  readonly outputs: readonly LineageDataset[]
}

/** One event; a run that begins has made nothing yet. */
export const eventOf = (
  namespace: string,
  eventType: LineageEvent['eventType'],
  at: number,
  facts: LineageFacts,
): LineageEvent => ({
  eventType,
  eventTime: new Date(at).toISOString(),
  producer,
  schemaURL: schemaUrl,
  run: {
    runId: runUuid(facts.run),
    facets: { ...facts.runFacets } as LineageEvent['run']['facets'],
  },
  job: {
    namespace,
    name: facts.job,
    facets: { ...facts.jobFacets } as LineageEvent['job']['facets'],
  },
  inputs: [...facts.inputs],
  outputs: eventType === 'START' ? [] : [...facts.outputs],
})

export const jobType = (kind: string): Facets =>
  facet('jobType', { processingType: 'BATCH', integration: 'KAIZEN', jobType: kind })

export const errorFacet = (message: string, language: string): Facets =>
  facet('errorMessage', { message: message.slice(0, 10_000), programmingLanguage: language })

export const parentFacet = (namespace: string, run: string, job: string): Facets =>
  facet('parent', { run: { runId: runUuid(run) }, job: { namespace, name: job } })

/** A dataset of the standard: anything that is read or made, in its version. */
export const datasetOf = (
  namespace: string,
  name: string,
  version: string | null,
  facets: Facets = {},
): LineageDataset => ({
  namespace,
  name,
  facets: {
    ...(version === null ? {} : facet('version', { datasetVersion: version })),
    ...facets,
  } as LineageDataset['facets'],
})
