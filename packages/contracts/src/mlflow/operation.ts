import type { z } from 'zod'
import { type Action, endpoint, type HttpMethod } from '../endpoint.ts'
import { message } from './fields.ts'

/** The prefix that operations are declared under; a server answers them under the protocol's other prefixes too. */
export const mlflowPrefix = '/api/2.0/mlflow'
export const mlflowV3Prefix = '/api/3.0/mlflow'
export const mlflowArtifactsPrefix = '/api/2.0/mlflow-artifacts'

/** The same operation under version 3 of the interface, where the protocol put what came later. */
export const atV3 = <E extends { readonly path: string }>(operation: E): E => ({
  ...operation,
  path: operation.path.replace(`${mlflowPrefix}/`, `${mlflowV3Prefix}/`),
})

/** An operation that reads its fields from the query string. */
export const get = <Fields extends z.ZodRawShape, Response extends z.ZodType>(
  path: string,
  summary: string,
  fields: Fields,
  response: Response,
) =>
  endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/${path}`,
    summary,
    action: 'view',
    query: message(fields),
    response,
  })

/** An operation that reads its fields from a JSON body. */
export const send = <Fields extends z.ZodRawShape, Response extends z.ZodType>(
  method: HttpMethod,
  path: string,
  summary: string,
  fields: Fields,
  response: Response,
  action: Action = 'edit',
) =>
  endpoint({
    method,
    path: `${mlflowPrefix}/${path}`,
    summary,
    action,
    body: message(fields),
    response,
  })

/** An operation that reads an object which its path names. */
export const getOf = <
  Params extends z.ZodRawShape,
  Fields extends z.ZodRawShape,
  Response extends z.ZodType,
>(
  path: string,
  summary: string,
  params: Params,
  fields: Fields,
  response: Response,
) =>
  endpoint({
    method: 'GET',
    path: `${mlflowPrefix}/${path}`,
    summary,
    action: 'view',
    params: message(params),
    query: message(fields),
    response,
  })

/** The same for an operation whose path names its object. */
export const sendTo = <
  Params extends z.ZodRawShape,
  Fields extends z.ZodRawShape,
  Response extends z.ZodType,
>(
  method: HttpMethod,
  path: string,
  summary: string,
  params: Params,
  fields: Fields,
  response: Response,
) =>
  endpoint({
    method,
    path: `${mlflowPrefix}/${path}`,
    summary,
    action: 'edit',
    params: message(params),
    body: message(fields),
    response,
  })
