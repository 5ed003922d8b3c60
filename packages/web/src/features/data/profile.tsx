import { useQuery } from '@tanstack/react-query'
import { Histogram } from '../../shared/charts/histogram.tsx'
import { formatCount, formatShare } from '../../shared/format/number.ts'
import { Loaded, Skeleton } from '../../shared/ui/state.tsx'
import { profileQuery } from './api.ts'
import { type ProfileCard, profileCard } from './prepare.ts'
import './profile.css'

/** Every column of a version with its distribution. */
export function Profile({ name, version }: { readonly name: string; readonly version: number }) {
  const query = useQuery(profileQuery(name, version))
  return (
    <Loaded query={query} skeleton={<Skeleton height={320} />}>
      {(data) => (
        <ul className="profile">
          {data.columns.map((column) => (
            <Column key={column.name} card={profileCard(column)} rows={column.count} />
          ))}
        </ul>
      )}
    </Loaded>
  )
}

function Column({ card, rows }: { readonly card: ProfileCard; readonly rows: number }) {
  return (
    <li className="profile-column">
      <p className="profile-name">
        <strong>{card.name}</strong>
        <span className="faint small">{card.type}</span>
      </p>
      {card.histogram ? (
        <Histogram
          cells={card.histogram}
          label={`Distribution of ${card.name}, ${formatCount(rows)} rows`}
        />
      ) : (
        <ul className="profile-top">
          {card.top.map((entry) => (
            <li key={entry.value}>
              <span>{entry.value}</span>
              <span className="meter">
                <i style={{ width: `${entry.share * 100}%` }} />
              </span>
              <span className="number faint">{formatShare(entry.share)}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="profile-facts">
        {card.facts.map((fact) => (
          <span key={fact.label}>
            <span className="faint">{fact.label}</span> {fact.value}
          </span>
        ))}
      </p>
      <p className="small faint">{card.missing ?? 'none missing'}</p>
    </li>
  )
}
