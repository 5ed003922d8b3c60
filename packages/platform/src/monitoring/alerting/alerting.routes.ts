import { alertingApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { MonitoringService } from '../service.ts'
import type { AlertingService } from './service.ts'

/** HTTP surface of channels, silences and what was told. */
export const alertingRoutes = (
  monitoring: MonitoringService,
  alerting: AlertingService,
): readonly Route[] => [
  route(alertingApi.alert, async ({ params }) => ({
    ...(await monitoring.alerts.get(params.id)),
    deliveries: await alerting.deliveries(params.id),
  })),
  route(alertingApi.resolve, ({ params, body, actor }) =>
    monitoring.alerts.resolve(actor, params.id, body.note),
  ),
  route(alertingApi.channels, ({ query }) => alerting.channels(query.limit, query.pageToken)),
  route(alertingApi.putChannel, ({ params, body, actor }) =>
    alerting.putChannel(actor, params.name, body),
  ),
  route(alertingApi.deleteChannel, async ({ params, actor }) => {
    await alerting.deleteChannel(actor, params.name)
    return {}
  }),
  route(alertingApi.testChannel, ({ params }) => alerting.testChannel(params.name)),
  route(alertingApi.silences, ({ query }) => alerting.silences(query.limit, query.pageToken)),
  route(alertingApi.silence, ({ body, actor }) => alerting.silence(actor, body)),
  route(alertingApi.endSilence, async ({ params, actor }) => {
    await alerting.endSilence(actor, params.id)
    return {}
  }),
]
