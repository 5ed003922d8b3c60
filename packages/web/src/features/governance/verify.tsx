import { useQuery } from '@tanstack/react-query'
import { formatCount } from '../../shared/format/number.ts'
import { Status } from '../../shared/ui/status.tsx'
import { verifyQuery } from './api.ts'
import './governance.css'

/** Proves the hash chain on demand, and says where it breaks. */
export function Verify() {
  const query = useQuery({ ...verifyQuery, enabled: false })
  const { data, error, isFetching, refetch } = query
  return (
    <div className="verify" role="status">
      {data && !isFetching && (
        <Status
          state={data.ok ? 'ok' : 'failed'}
          label={
            data.ok
              ? `${formatCount(data.events)} events, chain intact`
              : `broken at event ${data.problem?.seq}: ${data.problem?.message ?? data.problem?.kind}`
          }
        />
      )}
      {error && <Status state="failed" label={error.message} />}
      <button type="button" className="button" disabled={isFetching} onClick={() => void refetch()}>
        {isFetching ? 'Verifying' : 'Verify the chain'}
      </button>
    </div>
  )
}
