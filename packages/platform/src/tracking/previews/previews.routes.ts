import { artifactPreviewsApi } from '@kaizen/contracts'
import { type Route, route } from '../../http/index.ts'
import { ArtifactPreviews, type PreviewDeps } from './previews.service.ts'

export function previewRoutes(deps: PreviewDeps): readonly Route[] {
  const previews = new ArtifactPreviews(deps)
  return [
    route(artifactPreviewsApi.ofRun, ({ params, query }) => previews.ofRun(params.run_id, query)),
  ]
}
