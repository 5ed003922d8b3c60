import { Dialog } from './dialog.tsx'
import { places } from './places.ts'

const keys: readonly (readonly [string, readonly string[]])[] = [
  ['Search', ['/']],
  ['Search', ['⌘', 'K']],
  ['Next row', ['j']],
  ['Previous row', ['k']],
  ['Open row', ['↵']],
  ['Choose row', ['x']],
  ['Table behind a chart', ['t']],
  ['Alerts: acknowledge', ['e']],
  ['Alerts: resolve', ['r']],
  ['Alerts: assign to me', ['a']],
  ['Alerts: silence', ['s']],
  ['Alerts: close details', ['Esc']],
  ['This list', ['?']],
  ...places.map((place) => [place.label, ['g', place.key]] as const),
]

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog label="Keyboard shortcuts" className="help" onClose={onClose}>
      <h2>Keyboard</h2>
      <dl>
        {keys.map(([label, sequence]) => (
          <div key={sequence.join(' ')}>
            <dt>{label}</dt>
            <dd>
              {sequence.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
