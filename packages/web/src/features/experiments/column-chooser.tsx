import { DropdownMenu } from 'radix-ui'
import { Icon } from '../../shared/ui/icon.tsx'
import { fieldName, type RunField } from './prepare.ts'

/** Which metrics and parameters stand in the table. */
export function ColumnChooser(props: {
  readonly label?: string
  readonly all: readonly RunField[]
  readonly chosen: readonly RunField[]
  readonly onToggle: (field: RunField) => void
}) {
  const groups = [
    ['Metrics', props.all.filter((field) => field.startsWith('metrics.'))],
    ['Parameters', props.all.filter((field) => field.startsWith('params.'))],
  ] as const
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button">
        {props.label ?? 'Columns'}
        <span className="faint">{props.chosen.length}</span>
        <Icon name="chevron" size={12} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu-panel menu-scroll" align="end" sideOffset={6}>
          {groups.map(([label, fields]) => (
            <DropdownMenu.Group key={label}>
              <DropdownMenu.Label className="menu-label">{label}</DropdownMenu.Label>
              {fields.map((field) => (
                <DropdownMenu.CheckboxItem
                  key={field}
                  className="menu-item"
                  checked={props.chosen.includes(field)}
                  onCheckedChange={() => props.onToggle(field)}
                  onSelect={(event) => event.preventDefault()}
                >
                  {fieldName(field)}
                  <DropdownMenu.ItemIndicator className="menu-check">
                    <Icon name="ok" size={13} />
                  </DropdownMenu.ItemIndicator>
                </DropdownMenu.CheckboxItem>
              ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
