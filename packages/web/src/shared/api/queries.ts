import type { Endpoint, EndpointInput, Page, ResponseOf } from '@kaizen/contracts'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from './client.ts'

/** The cache key of an endpoint's answers starts with its path, so that live events can name what to fetch again. */
export const keyOf = (endpoint: Endpoint, input?: unknown): readonly unknown[] =>
  input === undefined ? [endpoint.path] : [endpoint.path, input]

export const endpointQuery = <E extends Endpoint>(endpoint: E, input: EndpointInput<E> = {}) =>
  queryOptions<ResponseOf<E>>({
    queryKey: keyOf(endpoint, input),
    queryFn: ({ signal }) => call(endpoint, input, signal),
  })

type PagedEndpoint<Item> = Endpoint & {
  readonly response: { readonly _zod: { readonly output: { items: Item[] } } }
}

/** A list that is fetched page by page as the reader scrolls. */
export const pagedQuery = <Item>(
  endpoint: PagedEndpoint<Item>,
  input: {
    readonly params?: Record<string, unknown>
    readonly query?: Record<string, unknown>
  } = {},
) =>
  infiniteQueryOptions({
    queryKey: [endpoint.path, input, 'pages'] as readonly unknown[],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: 200, ...input.query, ...(pageParam && { pageToken: pageParam }) }
      const page: unknown = await call(
        endpoint,
        { ...input, query } as EndpointInput<Endpoint>,
        signal,
      )
      return page as Page<Item>
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
  })

/** A list of another protocol's surface, fetched page by page too; its key begins with what makes it old. */
export const protocolPages = <Item>(
  queryKey: readonly unknown[],
  fetchPage: (token: string, signal: AbortSignal) => Promise<Page<Item>>,
): PagedOptions<Item> =>
  infiniteQueryOptions({
    queryKey: [...queryKey, 'pages'] as readonly unknown[],
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
  })

export type PagedOptions<Item> = ReturnType<typeof pagedQuery<Item>>
