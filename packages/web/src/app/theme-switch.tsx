import { DropdownMenu } from 'radix-ui'
import { Icon, type IconName } from '../shared/ui/icon.tsx'
import { type Theme, themes, useTheme } from './theme.ts'

const look: Readonly<Record<Theme, { readonly label: string; readonly icon: IconName }>> = {
  system: { label: 'As the system', icon: 'system' },
  light: { label: 'Light', icon: 'sun' },
  dark: { label: 'Dark', icon: 'moon' },
}

export function ThemeSwitch() {
  const [theme, choose] = useTheme()
  return (
    <DropdownMenu.Root modal={false}>
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
