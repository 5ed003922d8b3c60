import { isKaizenError } from '@kaizen/contracts'

export interface Failure {
  readonly kind: 'offline' | 'forbidden' | 'missing' | 'failed'
  readonly title: string
  readonly message: string
  readonly hint: string | null
  /** The command that leads on. */
  readonly command: string
  readonly requestId: string | null
}

/** What a failed request means for the reader, and what to do next. */
export function describeFailure(error: unknown): Failure {
  if (!isKaizenError(error)) {
    return {
      kind: 'failed',
      title: 'This part of the page broke',
      message: error instanceof Error ? error.message : String(error),
      hint: 'Load the page again. If it stays, report it with what you did.',
      command: 'kaizen server --log-level info',
      requestId: null,
    }
  }
  const requestId = error.details?.['requestId']
  const common = {
    message: error.message,
    hint: error.hint ?? null,
    requestId: typeof requestId === 'string' ? requestId : null,
  }
  // Only a request that never reached the server has a cause; the server's own errors come without one.
  if (error.code === 'UNAVAILABLE' && error.cause !== undefined) {
    return {
      ...common,
      kind: 'offline',
      title: 'The server does not answer',
      hint: 'It may be stopped or restarting. This page tries again by itself.',
      command: 'kaizen server',
    }
  }
  if (error.kind === 'denied') {
    return {
      ...common,
      kind: 'forbidden',
      title:
        error.code === 'UNAUTHENTICATED' ? 'Sign in to see this' : 'Your role may not see this',
      command: 'kaizen tokens create dashboard --role viewer',
    }
  }
  if (error.kind === 'not_found') {
    return {
      ...common,
      kind: 'missing',
      title: 'Nothing here by this name',
      command: 'kaizen loop status',
    }
  }
  return {
    ...common,
    kind: 'failed',
    title: 'This could not be loaded',
    command: 'kaizen server --log-level info',
  }
}
