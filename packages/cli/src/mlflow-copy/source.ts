import type { MlflowEndpoint } from './endpoint.ts'

/** What is copied from: a server by its protocol, or a database that answers the same questions. */
export type MlflowSource = Pick<MlflowEndpoint, 'get' | 'send' | 'pages' | 'download'>
