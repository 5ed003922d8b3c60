import type { Candidate } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { usePages } from '../../shared/api/use-pages.ts'
import { formatShare } from '../../shared/format/number.ts'
import { paths } from '../../shared/paths.ts'
import { Link } from '../../shared/ui/link.tsx'
import { Facts, Section } from '../../shared/ui/page.tsx'
import { Loaded, State } from '../../shared/ui/state.tsx'
import { Status, Tag } from '../../shared/ui/status.tsx'
import { Table } from '../../shared/ui/table.tsx'
import type { TableColumn } from '../../shared/ui/table-model.ts'
import { When } from '../../shared/ui/when.tsx'
import { candidatesQuery, policiesQuery } from './api.ts'

/** What the loops that listen to a monitor made of its news. */
export function Candidates({ monitor }: { readonly monitor: string }) {
  const query = useQuery(policiesQuery)
  return (
    <Loaded query={query}>
      {(page) => {
        const policies = page.items.filter((policy) => policy.declaration.monitor === monitor)
        if (policies.length === 0) {
          return (
            <State icon="loop" title="No policy listens to this monitor" command="kaizen plan">
              <p>A policy in the project's kaizen.ts turns its alerts into retraining.</p>
            </State>
          )
        }
        return policies.map((policy) => (
          <Section key={policy.name} title={policy.name} aside={<Status state={policy.state} />}>
            <Facts
              facts={[
                { label: 'Candidates', value: policy.candidates },
                { label: 'Promoted', value: policy.promotions },
                { label: 'Rejected', value: policy.rejections },
                { label: 'Rolled back', value: policy.rollbacks },
                {
                  label: 'Champion',
                  value:
                    policy.championVersion === null ? '–' : `version ${policy.championVersion}`,
                },
                { label: 'Next possible', value: <When at={policy.nextPossibleAt} full /> },
              ]}
            />
            <Of policy={policy.name} />
          </Section>
        ))
      }}
    </Loaded>
  )
}

function Of({ policy }: { readonly policy: string }) {
  const { query, rows, onEnd } = usePages(candidatesQuery(policy))
  return (
    <Loaded query={query}>
      {() => (
        <Table
          label={`Candidates of ${policy}`}
          primary
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          onEnd={onEnd}
          csvName={`${policy}-candidates`}
          empty={
            <State
              icon="loop"
              title="No candidate yet"
              command={`kaizen loop trigger ${policy} --reason "first look"`}
            />
          }
        />
      )}
    </Loaded>
  )
}

const columns: readonly TableColumn<Candidate>[] = [
  {
    id: 'number',
    header: 'Candidate',
    width: 110,
    cell: (row) => <Link href={paths.candidate(row.id)}>{row.number}</Link>,
    sort: (row) => row.number,
  },
  {
    id: 'state',
    header: 'State',
    width: 124,
    cell: (row) => <Status state={row.state} />,
    sort: (row) => row.state,
  },
  {
    id: 'improvement',
    header: 'Improvement',
    width: 116,
    align: 'end',
    cell: (row) => formatShare(row.gate?.improvement?.estimate),
    sort: (row) => row.gate?.improvement?.estimate ?? null,
  },
  {
    id: 'version',
    header: 'Version',
    width: 84,
    align: 'end',
    cell: (row) => row.modelVersion,
    sort: (row) => row.modelVersion,
  },
  {
    id: 'began',
    header: 'Began',
    width: 100,
    cell: (row) => <When at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
  {
    id: 'trigger',
    header: 'Trigger',
    minWidth: 340,
    cell: (row) => (
      <>
        {row.incident && <Tag>incident</Tag>}{' '}
        <span className="soft" title={row.trigger}>
          {row.trigger}
        </span>
      </>
    ),
    text: (row) => row.trigger,
  },
]
