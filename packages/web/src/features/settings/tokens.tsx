import { systemApi } from '@kaizen/contracts'
import { call } from '../../shared/api/client.ts'
import { pagedQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { usePages } from '../../shared/api/use-pages.ts'
import { FormFailure } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { NewToken } from './new-token.tsx'
import { TokenTable } from './token-table.tsx'

const tokensQuery = pagedQuery(systemApi.tokens)

/** Service accounts and everybody's tokens, for administrators. */
export function Tokens() {
  const { query, rows, onEnd } = usePages(tokensQuery)
  const revoke = useAct(
    (id: string) => call(systemApi.revokeToken, { params: { id } }),
    [systemApi.tokens],
  )
  return (
    <>
      <Section
        title="New service account"
        aside="a token with a role, for a program; people make tokens in their own account"
      >
        <NewToken
          withRole
          create={(body) => call(systemApi.createToken, { body })}
          stale={[systemApi.tokens]}
        />
      </Section>
      <Section title="Tokens" aside="secrets are with their holders only">
        <FormFailure error={revoke.error} />
        <Loaded query={query}>
          {() => (
            <TokenTable
              label="Tokens"
              rows={rows}
              onRevoke={revoke.mutate}
              onEnd={onEnd}
              empty={
                <State
                  icon="governance"
                  title="No token yet"
                  command="kaizen tokens create ci --role editor"
                >
                  <p>On loopback none is needed.</p>
                </State>
              }
            />
          )}
        </Loaded>
      </Section>
    </>
  )
}
