import { alertInboxApi, alertingApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { MonitoringService } from '../service.ts'
import type { AlertInbox } from './inbox.service.ts'
import type { AlertingService } from './service.ts'

const none = { info: 0, warning: 0, critical: 0 }

/** HTTP surface of the inbox: what people do with alerts. */
export const inboxRoutes = (
  { alerts }: Pick<MonitoringService, 'alerts'>,
  inbox: AlertInbox,
): readonly Route[] => [
  route(alertInboxApi.counts, async () => {
    const counts = { open: { ...none }, acknowledged: { ...none }, resolved: { ...none } }
    for (const { state, severity, count } of await alerts.counts()) counts[state][severity] = count
    return counts
  }),
  route(alertInboxApi.change, ({ body, actor }) => inbox.change(actor, body.ids, body.change)),
  route(alertInboxApi.comments, async ({ params, query }) => {
    const { items, ...rest } = await inbox.comments(params.id, query.limit, query.pageToken)
    return { items: [...items], ...rest }
  }),
  route(alertInboxApi.comment, ({ params, body, actor }) =>
    inbox.comment(actor, params.id, body.text),
  ),
]

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
