import type { Endpoint } from '@kaizen/contracts'
import { useMutation, useQueryClient } from '@tanstack/react-query'

/** Something that is done on the server, after which the answers of these endpoints are asked for again. */
export function useAct<Result, Input = void>(
  act: (input: Input) => Promise<Result>,
  stale: readonly Endpoint[],
) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: () =>
      Promise.all(stale.map(({ path }) => queries.invalidateQueries({ queryKey: [path] }))),
  })
}
