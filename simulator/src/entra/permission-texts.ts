import known from '../../data/permission-texts.json' with { type: 'json' }
import type { Surface } from '../world.ts'

type PermissionText = { title: string; description: string }

const texts: Readonly<Record<string, PermissionText>> = known

/** What the consent page says about a permission; one it does not know is shown by its name. */
export function permissionText({ surface, role }: { surface: Surface; role: string }): PermissionText {
  return texts[`${surface}:${role}`] ?? { title: role, description: 'An application permission.' }
}
