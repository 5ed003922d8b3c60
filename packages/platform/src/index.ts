/** The Kaizen server. */
export {
  examineMachine,
  type Finding,
  type ParityFileResult,
  type RunningServer,
  runParityFolder,
  type ServerOptions,
  startServer,
  version,
} from './app/index.ts'
