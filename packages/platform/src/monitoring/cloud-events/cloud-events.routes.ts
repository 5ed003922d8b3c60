import { cloudEventsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { eventsOf } from './events.ts'
import type { CloudEventService } from './service.ts'

/** CloudEvents over HTTP: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md */
export const cloudEventRoutes = (events: CloudEventService): readonly Route[] => [
  route(cloudEventsApi.receive, ({ actor, body, request }) =>
    events.receive(actor, eventsOf(request.headers, body)),
  ),
]
