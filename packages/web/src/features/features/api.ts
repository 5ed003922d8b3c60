import { feastApi, featuresApi, type JsonValue, onDemandApi } from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, pagedQuery } from '../../shared/api/queries.ts'

export const viewsQuery = pagedQuery(featuresApi.views)
export const viewQuery = (name: string) => endpointQuery(featuresApi.view, { params: { name } })
export const onDemandViewsQuery = pagedQuery(onDemandApi.views)
export const onDemandViewQuery = (name: string) =>
  endpointQuery(onDemandApi.view, { params: { name } })
export const servicesQuery = pagedQuery(featuresApi.services)
export const entitiesQuery = pagedQuery(featuresApi.entities)
export const materializationsQuery = (name: string) =>
  pagedQuery(featuresApi.materializations, { params: { name } })

export const materialize = (name: string) =>
  call(featuresApi.materialize, { params: { name }, body: {} })

/** The newest values of one entity. */
export const lookUp = (features: readonly string[], keys: Readonly<Record<string, JsonValue>>) =>
  call(feastApi.getOnlineFeatures, {
    body: {
      entities: Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, [value]])),
      features: [...features],
    },
  })
