import { readFileSync } from 'node:fs'
import { mlflowRoutes } from '@kaizen/contracts'
import { describe, expect, it } from 'vitest'
import { renderTable, tablePath } from './generate-mlflow-table.ts'

describe('the MLflow compatibility page', () => {
  it('is what the table of routes has now', () => {
    expect(readFileSync(tablePath, 'utf8')).toBe(renderTable(mlflowRoutes))
  })

  it('says why a route is not supported, and names each route once', () => {
    const names = mlflowRoutes.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
    const unexplained = mlflowRoutes.filter(
      ({ state, reason }) => state === 'not supported' && reason === '',
    )
    expect(unexplained).toEqual([])
  })
})
