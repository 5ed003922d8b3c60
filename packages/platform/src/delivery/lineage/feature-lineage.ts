import type { JsonValue, LineageDataset } from '@kaizen/contracts'
import type { FeatureService } from '../../features/index.ts'
import {
  datasetOf,
  errorFacet,
  facet,
  jobType,
  type LineageFacts,
  ownFacet,
} from './openlineage.ts'

type Materialization = Awaited<ReturnType<FeatureService['materializer']['get']>>
type View = Awaited<ReturnType<FeatureService['definitions']['resolve']>>

/** Which columns of which dataset each key and feature of a view is made of. */
function columnLineage(namespace: string, { definition, joinKeys }: View) {
  const { source, features } = definition
  const from = (field: string): JsonValue => ({ namespace, name: source.dataset, field })
  return facet('columnLineage', {
    fields: Object.fromEntries([
      ...joinKeys.map(({ name }) => [name, { inputFields: [from(name)] }]),
      ...features.map(({ name, column }) => [name, { inputFields: [from(column ?? name)] }]),
    ]),
  })
}

/** Rows of a dataset that were brought into the online store of a view. */
export function materializationFacts(
  namespace: string,
  {
    asked,
    view,
    read,
  }: {
    readonly asked: Materialization
    readonly view: View
    /** What it read, with its columns. */
    readonly read: readonly LineageDataset[]
  },
): LineageFacts {
  const { definition, joinKeys } = view
  return {
    run: asked.id,
    job: `materialize.${asked.view}`,
    jobFacets: jobType('MATERIALIZATION'),
    runFacets: {
      ...ownFacet('kaizen_materialization', { kind: asked.kind, from: asked.from, to: asked.to }),
      ...(asked.error ? errorFacet(asked.error, 'TypeScript') : {}),
    },
    inputs: read,
    outputs: [
      {
        ...datasetOf(namespace, `features/${asked.view}`, String(asked.viewVersion), {
          ...facet('schema', {
            fields: [...joinKeys, ...definition.features].map(({ name, type }) => ({ name, type })),
          }),
          ...columnLineage(namespace, view),
        }),
        outputFacets: facet('outputStatistics', {
          rowCount: asked.written,
        }) as LineageDataset['outputFacets'],
      },
    ],
  }
}
