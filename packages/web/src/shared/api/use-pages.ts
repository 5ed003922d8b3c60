import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import type { PagedOptions } from './queries.ts'

/** All loaded rows of a paged list, and what to call when the reader comes near their end. */
export function usePages<Item>(options: PagedOptions<Item>) {
  const query = useInfiniteQuery(options)
  const { data, hasNextPage, isFetching, fetchNextPage } = query
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage()
  }, [hasNextPage, isFetching, fetchNextPage])
  return { query, rows, onEnd }
}
