/** This package's numbers against golden values of the reference libraries; no part of the main door. */
export { columnReaderOver } from './data-file.ts'
export type { ColumnReader } from './inputs.ts'
export { type ParityCase, type ParityResult, runParityCases } from './run-parity-cases.ts'
