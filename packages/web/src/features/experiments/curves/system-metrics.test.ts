import { describe, expect, it } from 'vitest'
import { systemPanels } from './system-metrics.ts'

const line = (metric: string, label: string) => ({ metric: `system/${metric}`, label })

describe('metrics of the machine', () => {
  it('stand on one chart where they are of one kind and unit', () => {
    expect(
      systemPanels([
        'mae',
        'system/network_transmit_megabytes',
        'system/network_receive_megabytes',
        'system/disk_usage_percentage',
        'system/disk_usage_megabytes',
        'system/disk_available_megabytes',
        'system/system_memory_usage_percentage',
        'system/cpu_utilization_percentage',
      ]),
    ).toEqual([
      {
        title: 'CPU utilization',
        unit: '%',
        lines: [line('cpu_utilization_percentage', 'utilization')],
      },
      {
        title: 'Memory usage',
        unit: '%',
        lines: [line('system_memory_usage_percentage', 'usage')],
      },
      {
        title: 'Disk',
        unit: 'MB',
        lines: [
          line('disk_available_megabytes', 'available'),
          line('disk_usage_megabytes', 'usage'),
        ],
      },
      { title: 'Disk', unit: '%', lines: [line('disk_usage_percentage', 'usage')] },
      {
        title: 'Network',
        unit: 'MB',
        lines: [
          line('network_receive_megabytes', 'receive'),
          line('network_transmit_megabytes', 'transmit'),
        ],
      },
    ])
  })
  it('put all devices beside each other, in the order of their numbers', () => {
    const [panel, ...others] = systemPanels([
      'system/gpu_10_power_usage_watts',
      'system/gpu_2_power_usage_watts',
    ])
    expect(others).toEqual([])
    expect(panel).toEqual({
      title: 'GPU power usage',
      unit: 'W',
      lines: [line('gpu_2_power_usage_watts', 'GPU 2'), line('gpu_10_power_usage_watts', 'GPU 10')],
    })
  })
  it('show what nobody knows by its own words, without a unit', () => {
    expect(systemPanels(['system/fan_speed', 'system/'])).toEqual([
      { title: 'Machine', unit: '', lines: [{ metric: 'system/', label: '' }] },
      { title: 'Machine fan speed', unit: '', lines: [line('fan_speed', 'fan speed')] },
    ])
  })
})
