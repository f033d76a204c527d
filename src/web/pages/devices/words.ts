import type { DeviceActionType } from '../../../microsoft/defender/index.ts'

/** How an action is offered, and what it does to the device, for the question before it. */
export const actionWords: Record<DeviceActionType, { label: string; effect: string; icon: string }> = {
  isolate: {
    label: 'Isolate',
    icon: 'isolate',
    effect:
      'Cuts the device off from the network at once; only Defender can still reach it. Whoever works on it is interrupted. It can be released again.',
  },
  release: {
    label: 'Release from isolation',
    icon: 'link',
    effect: 'Lets the device back into the network.',
  },
  scan: {
    label: 'Run antivirus scan',
    icon: 'search',
    effect: 'Starts a Microsoft Defender Antivirus scan on the device; it may slow the device down.',
  },
  collect: {
    label: 'Collect investigation package',
    icon: 'download',
    effect:
      'Gathers logs, processes, connections and settings of the device into an archive that can be downloaded.',
  },
}

type Field = {
  name: string
  label: string
  type: string
  value: string
  options: { value: string; label: string }[]
}

/** What is asked beside the reason. */
export const actionFields: Partial<Record<DeviceActionType, Field>> = {
  isolate: {
    name: 'isolation',
    label: 'Isolation',
    type: 'radios',
    value: 'full',
    options: [
      { value: 'full', label: 'Full isolation' },
      { value: 'selective', label: 'Selective: Outlook and Teams keep working' },
    ],
  },
  scan: {
    name: 'scan',
    label: 'Scan',
    type: 'radios',
    value: 'quick',
    options: [
      { value: 'quick', label: 'Quick scan' },
      { value: 'full', label: 'Full scan, which can take hours' },
    ],
  },
}
