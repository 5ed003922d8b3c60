import { bundleSignaturesApi } from '@kaizen/contracts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../../shared/api/client.ts'
import { endpointQuery, keyOf } from '../../shared/api/queries.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Status } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { signatureWords } from './prepare-exports.ts'
import './exports.css'

interface VersionName {
  readonly name: string
  readonly version: number
}

/** Whether a version is what somebody signed, its files read again, and a button that signs it. */
export function Signing({ name, version }: VersionName) {
  const queries = useQueryClient()
  const query = useQuery(endpointQuery(bundleSignaturesApi.verify, { params: { name, version } }))
  const sign = useMutation({
    mutationFn: () => call(bundleSignaturesApi.sign, { params: { name, version } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(bundleSignaturesApi.verify) }),
  })
  return (
    <Section title="Proof of origin">
      <Loaded query={query}>
        {(verdict) => {
          const { tone, label } = signatureWords(verdict.state)
          return (
            <div className="signing">
              <p>
                <Status state={tone} label={label} /> <span className="soft">{verdict.reason}</span>
              </p>
              {verdict.signature && (
                <dl className="signing-facts">
                  <dt>Signed</dt>
                  <dd>
                    {verdict.signature.by}, <When at={verdict.signature.at} full />
                  </dd>
                  <dt>Bundle</dt>
                  <dd>
                    <code>{verdict.signature.bundleDigest}</code>
                  </dd>
                  <dt>Public key</dt>
                  <dd>
                    <code>{verdict.signature.publicKey}</code>
                  </dd>
                </dl>
              )}
              <div className="signing-actions">
                <button
                  type="button"
                  className="button"
                  disabled={query.isFetching}
                  onClick={() => void query.refetch()}
                >
                  {query.isFetching ? 'Reading its files' : 'Verify again'}
                </button>
                {!verdict.verified && (
                  <button
                    type="button"
                    className="button primary"
                    disabled={sign.isPending}
                    onClick={() => sign.mutate()}
                  >
                    Sign this version
                  </button>
                )}
              </div>
              {sign.error && <FormFailure error={sign.error} />}
            </div>
          )
        }}
      </Loaded>
    </Section>
  )
}
