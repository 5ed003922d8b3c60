import { stepEnvironment } from '../pipelines/index.ts'
import { PythonRuntime } from '../runtime/index.ts'
import type { ServerConfig } from './config.ts'
import type { Foundation } from './foundation.ts'

/** Where the files of models lie by digest, and a folder of the data directory for what is made of them. */
export interface PythonFiles {
  readonly fileOf: (digest: string) => Promise<string>
  readonly folder: string
}

/** The runtime of Python models; it starts nothing before the first is deployed. */
export async function openPythonRuntime(
  { directory, logger }: Foundation,
  config: ServerConfig,
  { fileOf, folder }: PythonFiles,
): Promise<PythonRuntime> {
  return new PythonRuntime({
    mode: config.pythonEnvironments,
    interpreter: config.pythonInterpreter,
    processes: config.pythonWorkers,
    // As the steps of pipelines: what runs other people's code sees nothing of the server's secrets.
    environment: stepEnvironment(process.env, {}),
    folder: await directory.folder(folder),
    fileOf,
    log: (line) => logger.warn({ part: 'python-model' }, line),
  })
}
