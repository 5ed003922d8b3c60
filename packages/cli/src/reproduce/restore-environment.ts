import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { RunRecipe } from '@kaizen/contracts'
import { filesOf, runFiles } from '../mlflow-copy/copy-artifacts.ts'
import type { MlflowEndpoint } from '../mlflow-copy/endpoint.ts'

const wanted = new Set(['requirements.txt', 'python_env.yaml', 'conda.yaml'])
const mostBytes = 1_000_000
/** Files of a run that are looked through. */
const mostFiles = 5000

/** Files of a run that say what was installed, put beside the code; what the recipe says of the machine is compared. */
export async function restoreEnvironment(
  endpoint: MlflowEndpoint,
  recipe: RunRecipe,
  folder: string | null,
): Promise<readonly string[]> {
  const said = [...comparedWithMachine(recipe)]
  if (folder === null || recipe.pipelineRun !== null) return said
  const source = runFiles(endpoint, recipe.runId)
  let seen = 0
  for await (const { path, sizeBytes } of filesOf(endpoint, source)) {
    if (++seen > mostFiles) break
    if (!wanted.has(basename(path)) || sizeBytes > mostBytes) continue
    const place = join(folder, '.kaizen-environment')
    await mkdir(place, { recursive: true })
    await endpoint.download(source.fileAt(path), join(place, basename(path)))
    said.push(`Environment: ${path} of the run is in ${join(place, basename(path))}.`)
  }
  return said
}

function comparedWithMachine({ environment, pipelineRun }: RunRecipe): readonly string[] {
  const recorded = Object.entries(environment)
  if (recorded.length === 0) {
    return pipelineRun === null ? [] : ['Environment: nothing was recorded of it.']
  }
  const words = recorded.map(([name, value]) => `${name} ${String(value)}`).join(', ')
  return [
    `Environment: the steps ran with ${words}; the server says below where it is another now.`,
  ]
}
