import type { Dataset, DatasetVersion } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatBytes, formatCount } from '../../shared/format/number.ts'
import { formatSpan } from '../../shared/format/time.ts'
import { paths } from '../../shared/paths.ts'
import { Facts, Page, Section, Tabs } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { When } from '../../shared/ui/when.tsx'
import { ObjectHistory } from '../governance/object-history.tsx'
import { datasetQuery, versionQuery, versionsQuery } from './api.ts'
import { Compare } from './compare.tsx'
import { originWords, ruleWords } from './prepare.ts'
import { Profile } from './profile.tsx'
import { Quality } from './quality.tsx'
import { Report } from './report.tsx'
import { Rows } from './rows.tsx'
import { Versions } from './versions.tsx'

const route = getRouteApi('/data/$name')

/** A dataset: one version at a time, its columns, rows and what was kept out. */
export function DatasetPage() {
  const { name } = route.useParams()
  const query = useQuery(datasetQuery(name))
  return <Loaded query={query}>{(dataset) => <Found dataset={dataset} />}</Loaded>
}

function Found({ dataset }: { readonly dataset: Dataset }) {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const number = search.version ?? dataset.latestVersion
  const tab = search.tab ?? 'profile'
  const change = (
    part: { readonly [Key in keyof typeof search]: (typeof search)[Key] | undefined },
  ): void => {
    const next = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined)
    void navigate({ search: Object.fromEntries(next), replace: true })
  }
  return (
    <Page
      title={dataset.name}
      crumbs={[{ label: 'Data', href: paths.data }]}
      badges={number !== null && <Tag>version {number}</Tag>}
      subtitle={dataset.description}
    >
      {number === null ? (
        <State
          icon="data"
          title="No version yet"
          command={`kaizen data add ${dataset.name} rows.csv`}
        >
          <p>The first file makes version 1.</p>
        </State>
      ) : (
        <>
          <VersionHead dataset={dataset} number={number} />
          <Tabs
            items={[
              { id: 'profile', label: 'Profile' },
              { id: 'report', label: 'Report' },
              { id: 'quality', label: 'Quality' },
              { id: 'rows', label: 'Rows' },
              { id: 'quarantine', label: 'Quarantine' },
              { id: 'compare', label: 'Compare' },
              { id: 'versions', label: 'Versions', count: dataset.versions },
            ]}
            active={tab}
            onSelect={(next) => change({ tab: next })}
          />
          {tab === 'profile' && <Profile name={dataset.name} version={number} />}
          {tab === 'report' && (
            <Report
              name={dataset.name}
              version={number}
              target={search.target}
              onTarget={(target) => change({ target })}
            />
          )}
          {tab === 'quality' && <Quality name={dataset.name} validation={search.validation} />}
          {tab === 'compare' && (
            <Compare
              dataset={dataset}
              version={number}
              other={search.other}
              onOther={(other) => change({ other })}
            />
          )}
          {tab === 'rows' && <Rows name={dataset.name} version={number} quarantined={false} />}
          {tab === 'quarantine' && <Quarantine dataset={dataset} number={number} />}
          {tab === 'versions' && <VersionList name={dataset.name} />}
        </>
      )}
      <ObjectHistory subject={`dataset:${dataset.name}`} />
    </Page>
  )
}

function VersionHead({ dataset, number }: { readonly dataset: Dataset; readonly number: number }) {
  const query = useQuery(versionQuery(dataset.name, number))
  return (
    <Section title={`Version ${number}`}>
      <Loaded query={query}>{(version) => <Facts facts={factsOf(version)} />}</Loaded>
    </Section>
  )
}

const factsOf = (version: DatasetVersion) => [
  { label: 'Rows', value: formatCount(version.rowCount) },
  { label: 'Columns', value: formatCount(version.schema.length) },
  { label: 'Size', value: formatBytes(version.sizeBytes) },
  { label: 'Event time', value: formatSpan(version.minEventTime, version.maxEventTime) },
  { label: 'Quarantined', value: `${formatCount(version.quarantined)} rows` },
  {
    label: 'Pieces',
    value: `${version.pieces.length}, ${version.sharedPieces} shared with the version before`,
  },
  { label: 'Origin', value: originWords(version.origin) },
  { label: 'Created', value: <When at={version.createdAt} full /> },
  { label: 'By', value: version.createdBy },
  { label: 'Digest', value: <code title={version.digest}>{version.digest.slice(0, 12)}</code> },
]

function Quarantine({ dataset, number }: { readonly dataset: Dataset; readonly number: number }) {
  const query = useQuery(versionQuery(dataset.name, number))
  return (
    <Loaded query={query}>
      {(version) => (
        <>
          <Section title="Rules that each row must keep">
            {dataset.rules.length === 0 ? (
              <p className="section-body soft">No rule is declared; every row is kept.</p>
            ) : (
              <ul className="section-body">
                {dataset.rules.map((rule) => (
                  <li key={ruleWords(rule)}>{ruleWords(rule)}</li>
                ))}
              </ul>
            )}
          </Section>
          {version.quarantined === 0 ? (
            <State icon="ok" title="No row was kept out of this version">
              <p>Every row kept every rule.</p>
            </State>
          ) : (
            <>
              <Section title="Why rows were kept out">
                <Facts
                  facts={version.quarantineReasons.map((reason) => ({
                    label: reason.rule,
                    value: `${formatCount(reason.rows)} rows`,
                  }))}
                />
              </Section>
              <Rows name={dataset.name} version={number} quarantined />
            </>
          )}
        </>
      )}
    </Loaded>
  )
}

function VersionList({ name }: { readonly name: string }) {
  const { query, rows, onEnd } = usePages(versionsQuery(name))
  return <Loaded query={query}>{() => <Versions versions={rows} onEnd={onEnd} />}</Loaded>
}
