import type { ModelVersionView } from '@kaizen/contracts'
import { useId, useState } from 'react'
import { Command } from '../../shared/ui/command.tsx'
import { Section } from '../../shared/ui/page.tsx'
import { State } from '../../shared/ui/state.tsx'
import { exportChoices } from './prepare-exports.ts'
import './exports.css'

/** What a version can be written for: the command, what checks the bundle, and the bundle itself. */
export function Exports({ version }: { readonly version: ModelVersionView }) {
  const choices = exportChoices(version)
  const [wanted, setWanted] = useState(choices[0]?.target)
  const selectId = useId()
  const choice = choices.find(({ target }) => target === wanted)
  if (!choice) {
    return (
      <Section title="Export">
        <State icon="deployment" title="Nothing can be written from this version">
          <p>Only versions that hold an ONNX file are exported.</p>
        </State>
      </Section>
    )
  }
  return (
    <Section title="Export" aside={`${choices.length} targets`}>
      <div className="exports">
        <p className="exports-choice">
          <label htmlFor={selectId}>Target</label>
          <select
            id={selectId}
            className="field"
            value={choice.target}
            onChange={(event) =>
              setWanted(choices.find(({ target }) => target === event.target.value)?.target)
            }
          >
            {choices.map(({ target }) => (
              <option key={target}>{target}</option>
            ))}
          </select>
          <a
            className="button"
            href={choice.href}
            download={`${version.name}-${choice.target}.tar`}
          >
            Download bundle
          </a>
        </p>
        <p>
          {choice.about}
          {choice.needs !== '' && <span className="soft"> (only {choice.needs})</span>}
        </p>
        <dl className="signing-facts">
          <dt>Write it</dt>
          <dd>
            <Command text={choice.command} />
          </dd>
          <dt>Check it</dt>
          <dd>
            <code>{choice.check}</code>
          </dd>
        </dl>
      </div>
    </Section>
  )
}
