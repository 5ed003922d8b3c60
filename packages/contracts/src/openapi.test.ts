import { describe, expect, it } from 'vitest'
import * as contracts from './index.ts'
import { openApiDocument, ownApis } from './openapi.ts'

describe('OpenAPI document', () => {
  const document = openApiDocument('1.2.3') as unknown as {
    paths: Record<string, Record<string, { parameters: { name: string; in: string }[] }>>
  }

  it('holds every endpoint once', () => {
    const endpoints = Object.values(ownApis).flatMap((api) => Object.values(api))
    const operations = Object.values(document.paths).flatMap((path) => Object.keys(path))
    expect(operations).toHaveLength(endpoints.length)
  })

  it('leaves out none of the own routes', () => {
    const described = new Set<unknown>(Object.values(ownApis).flatMap((api) => Object.values(api)))
    const forgotten = Object.entries(contracts)
      .filter(([name]) => name.endsWith('Api'))
      .flatMap(([, api]) => Object.values(api))
      .filter(({ path }) => typeof path === 'string' && path.startsWith('/api/v1/'))
      .filter((endpoint) => !described.has(endpoint))
    expect(forgotten.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  })

  it('names every parameter of a path', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      for (const operation of Object.values(operations)) {
        const named = operation.parameters
          .filter((parameter) => parameter.in === 'path')
          .map((parameter) => parameter.name)
        expect(named, path).toEqual(wanted)
      }
    }
  })
})
