/** The Kaizen server. */
export { type RunningServer, type ServerOptions, startServer, version } from './app/index.ts'
