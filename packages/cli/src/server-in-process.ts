import { KaizenError } from '@kaizen/contracts'

/** A server of this process, for one command. */
export interface OwnServer extends AsyncDisposable {
  readonly address: string
}

/**
 * Starts a server in this process on a free port of the loopback address. It does what it is asked and nothing by
 * itself: no window closes and no policy trains while a command runs.
 * @throws DATA_DIRECTORY_LOCKED where a running server has the data open.
 */
export async function startOwnServer(dataDir: string): Promise<OwnServer> {
  const { startServer } = await import('@kaizen/platform')
  return startServer({ port: 0, dataDir, scheduler: false, logLevel: 'silent' }).catch(
    (failure: unknown) => {
      if (!(failure instanceof KaizenError) || failure.code !== 'DATA_DIRECTORY_LOCKED')
        throw failure
      throw new KaizenError('DATA_DIRECTORY_LOCKED', `a running server has ${dataDir} open`, {
        hint: 'Run the pipeline there with `kaizen apply` and `kaizen pipelines start NAME`, stop that server, or name another --data-dir.',
        cause: failure,
      })
    },
  )
}
