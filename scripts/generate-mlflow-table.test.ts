import { readFileSync } from 'node:fs'
import { mlflowRFunctions, mlflowRoutes } from '@kaizen/contracts'
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

  it('serves all that the functions of the client of R ask', () => {
    const served = new Set(
      mlflowRoutes
        .filter(({ state }) => state === 'served')
        .map(({ method, path }) => `${method} ${path}`),
    )
    const asked = mlflowRFunctions.flatMap(({ routes }) => routes)
    expect(asked.filter((route) => !served.has(route))).toEqual([])
    expect(asked.length).toBeGreaterThan(40)
  })
})
