import { stepEnvironment } from '../pipelines/index.ts'
import { PythonRuntime } from '../runtime/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

/** The runtime of Python models; it starts nothing before the first is deployed. */
export async function openPythonRuntime(
  { blobs, directory, logger }: Foundation,
  config: ServerConfig,
): Promise<PythonRuntime> {
  return new PythonRuntime({
    mode: config.pythonEnvironments,
    interpreter: config.pythonInterpreter,
    processes: config.pythonWorkers,
    // As the steps of pipelines: what runs other people's code sees nothing of the server's secrets.
    environment: stepEnvironment(process.env, {}),
    folder: await directory.folder('python'),
    fileOf: (digest) => blobs.localPath(digest),
    log: (line) => logger.warn({ part: 'python-model' }, line),
  })
}
