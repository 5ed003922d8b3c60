import { lineageApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import type { LineageService } from './lineage.service.ts'

export const lineageRoutes = (lineage: LineageService): readonly Route[] => [
  route(lineageApi.version, async ({ params }) => ({
    events: [...(await lineage.version(params.name, params.version))],
  })),
]
