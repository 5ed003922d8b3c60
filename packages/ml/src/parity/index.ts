export { columnReaderOver } from './data-file.ts'
export type { ColumnReader } from './inputs.ts'
export { type ParityCase, type ParityResult, runParityCases } from './run-parity-cases.ts'
