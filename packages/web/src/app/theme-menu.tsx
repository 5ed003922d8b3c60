import { DropdownMenu } from 'radix-ui'
import { Icon } from '../shared/ui/icon.tsx'
import { themes, useTheme } from './theme.ts'
import { look } from './theme-look.ts'

/** The button and its menu, opened. */
export function ThemeMenu() {
  const [theme, choose] = useTheme()
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger className="icon-button" aria-label={`Theme: ${look[theme].label}`}>
        <Icon name={look[theme].icon} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu-panel" align="end" sideOffset={6}>
          <DropdownMenu.RadioGroup
            value={theme}
            onValueChange={(value) => choose(themes.find((one) => one === value) ?? 'system')}
          >
            {themes.map((one) => (
              <DropdownMenu.RadioItem key={one} value={one} className="menu-item">
                <Icon name={look[one].icon} size={14} />
                {look[one].label}
                <DropdownMenu.ItemIndicator className="menu-check">
                  <Icon name="ok" size={13} />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
