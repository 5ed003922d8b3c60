export {
  type CategoricalColumn,
  type Cell,
  type Column,
  type ColumnKind,
  type ColumnSchema,
  categoricalColumn,
  type NumericColumn,
  numericColumn,
} from './column.ts'
export type { Feature } from './features.ts'
export {
  columnFromCells,
  columnOf,
  schemaOf,
  selectColumns,
  type Table,
  tableFromRows,
  tableOf,
  takeRows,
} from './table.ts'
export type { Classes } from './target.ts'
