import { type CallerView, sessionApi } from '@kaizen/contracts'
import { useMutation, useQuery } from '@tanstack/react-query'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { keepToken } from '../../shared/api/token.ts'
import { Facts } from '../../shared/ui/page.tsx'
import { FailureState, Loaded } from '../../shared/ui/state.tsx'

/** Who is logged in, with which roles, and the way out. */
export function OwnAccount() {
  const me = useQuery(endpointQuery(sessionApi.me))
  return <Loaded query={me}>{(caller) => <Account caller={caller} />}</Loaded>
}

function Account({ caller }: { readonly caller: CallerView }) {
  const logout = useMutation({
    mutationFn: () => call(sessionApi.logout),
    onSuccess: ({ redirect }) => {
      keepToken(null)
      location.assign(redirect ?? '/')
    },
  })
  return (
    <>
      <Facts
        facts={[
          { label: 'You are', value: caller.username ?? caller.name },
          { label: 'Role', value: caller.role },
          { label: 'Named roles', value: caller.roles.join(', ') || '–' },
        ]}
      />
      {caller.username !== null && (
        <p className="section-body">
          <button
            type="button"
            className="button"
            disabled={logout.isPending}
            onClick={() => logout.mutate()}
          >
            Log out
          </button>
        </p>
      )}
      {logout.error && <FailureState error={logout.error} />}
    </>
  )
}
