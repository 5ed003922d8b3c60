import { usePages } from '../../shared/api/use-pages.ts'
import { formatShare } from '../../shared/format/number.ts'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { routeHistoryQuery } from './api.ts'
import { routeChange } from './prepare.ts'
import './endpoint.css'

/** Every change of the route from the audit log, with who made it and why. */
export function RouteHistory({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(routeHistoryQuery(name))
  return (
    <Section title="Route history">
      <Loaded query={query}>
        {() =>
          rows.length === 0 ? (
            <State icon="endpoints" title="The route was never set" />
          ) : (
            <ol className="history">
              {rows.map((event) => {
                const change = routeChange(event.data)
                return (
                  <li key={event.seq}>
                    <span>
                      <When at={event.at} />
                      <span className="faint small"> · {event.actor}</span>
                    </span>
                    <span className="history-arms">
                      {change.arms.map((arm) => (
                        <Tag key={arm.name}>
                          {arm.name} {arm.mode === 'shadow' ? 'shadow' : formatShare(arm.weight, 0)}
                        </Tag>
                      ))}
                    </span>
                    <span className="soft">{change.reason}</span>
                  </li>
                )
              })}
            </ol>
          )
        }
      </Loaded>
      {query.hasNextPage && (
        <button type="button" className="button quiet" onClick={onEnd}>
          Show older
        </button>
      )}
    </Section>
  )
}
