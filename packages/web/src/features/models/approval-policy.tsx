import { type ApprovalPolicy, approvalPolicy, approvalsApi } from '@kaizen/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../shared/api/client.ts'
import { endpointQuery } from '../../shared/api/queries.ts'
import { useAct } from '../../shared/api/use-act.ts'
import { Form, FormFailure, TextField } from '../../shared/ui/form.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { Loaded } from '../../shared/ui/state.tsx'
import { Tag } from '../../shared/ui/status.tsx'
import { draftOf, policyOf, type RuleDraft, ruleWords } from './policy-form.ts'
import './approvals.css'

/** Who has to approve before aliases and stages may point to a version of this model. */
export function ApprovalPolicySection({ name }: { readonly name: string }) {
  const query = useQuery(endpointQuery(approvalsApi.policy, { params: { name } }))
  const [editing, setEditing] = useState(false)
  return (
    <Section
      title="Approval policy"
      aside={
        query.data &&
        !editing && (
          <button type="button" className="button small" onClick={() => setEditing(true)}>
            Change
          </button>
        )
      }
    >
      <Loaded query={query}>
        {(policy) =>
          editing ? (
            <Edit name={name} policy={policy} onDone={() => setEditing(false)} />
          ) : (
            <Shown policy={policy} />
          )
        }
      </Loaded>
    </Section>
  )
}

function Shown({ policy }: { readonly policy: ApprovalPolicy }) {
  return (
    <ul className="approvals">
      {policy.rules.map((rule) => (
        <li key={rule.target}>
          <Tag>{rule.target.replace(':', ' ')}</Tag> {ruleWords(rule)}
        </li>
      ))}
      {policy.rules.length === 0 && (
        <li className="faint">Nobody has to: aliases and stages point where their editors say.</li>
      )}
      {policy.requireSignature && <li>Endpoints serve only versions whose signature verifies.</li>}
    </ul>
  )
}

function Edit(props: {
  readonly name: string
  readonly policy: ApprovalPolicy
  readonly onDone: () => void
}) {
  const { name, policy, onDone } = props
  const [drafts, setDrafts] = useState<readonly RuleDraft[]>(() => policy.rules.map(draftOf))
  const [signed, setSigned] = useState(policy.requireSignature)
  const wanted = policyOf(drafts, signed)
  const checked = approvalPolicy.safeParse(wanted)
  const save = useAct(async () => {
    await call(approvalsApi.setPolicy, { params: { name }, body: wanted })
    onDone()
  }, [approvalsApi.policy, approvalsApi.status])
  const change = (at: number, next: Partial<RuleDraft>) =>
    setDrafts(drafts.map((draft, index) => (index === at ? { ...draft, ...next } : draft)))
  return (
    <Form label="Approval policy" onSubmit={() => save.mutate()}>
      {drafts.map((draft, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule that is being typed has no other name
        <fieldset key={at}>
          <legend>Rule {at + 1}</legend>
          <TextField
            label="For"
            placeholder="alias:champion or stage:Production"
            value={draft.target}
            onChange={(target) => change(at, { target })}
          />
          <TextField
            label="Approved by roles"
            placeholder="risk, ml-lead=2"
            value={draft.roles}
            onChange={(roles) => change(at, { roles })}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={draft.allowCreator}
              onChange={(event) => change(at, { allowCreator: event.target.checked })}
            />
            Whoever registered the version may approve it
          </label>
          <button
            type="button"
            className="button small"
            onClick={() => setDrafts(drafts.filter((_, index) => index !== at))}
          >
            Remove rule {at + 1}
          </button>
        </fieldset>
      ))}
      <label className="check wide">
        <input
          type="checkbox"
          checked={signed}
          onChange={(event) => setSigned(event.target.checked)}
        />
        Endpoints serve only versions whose signature verifies
      </label>
      <button
        type="button"
        className="button"
        onClick={() =>
          setDrafts([...drafts, { target: 'alias:champion', roles: '', allowCreator: false }])
        }
      >
        Add a rule
      </button>
      <button
        type="submit"
        className="button primary"
        disabled={!checked.success || save.isPending}
      >
        Save
      </button>
      <button type="button" className="button quiet" onClick={onDone}>
        Leave it
      </button>
      {!checked.success && <span className="form-problem">{checked.error.issues[0]?.message}</span>}
      <FormFailure error={save.error} />
    </Form>
  )
}
