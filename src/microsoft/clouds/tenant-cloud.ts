import type { CloudName } from './clouds.ts'

/** What discovery says about where a tenant lives. */
export type Region = {
  /** `tenant_region_scope`, for instance `EU`, `NA`, `USGov`. */
  scope: string | null
  /** `tenant_region_sub_scope`: `GCC`, `DODCON`, `DOD`. */
  subScope: string | null
  /** `cloud_instance_name`, for instance `microsoftonline.us`. */
  instance: string | null
}

/**
 * The clouds a tenant may live in, by its discovery document. More than one
 * when the document leaves it open: a US Government tenant without a sub-scope
 * is of GCC High or of DoD.
 */
export function cloudsOfRegion({ scope, subScope, instance }: Region): CloudName[] {
  switch (subScope?.toUpperCase()) {
    case 'GCC':
      return ['gcc']
    case 'DODCON':
      return ['gcc-high']
    case 'DOD':
      return ['dod']
  }
  if (/^USG(ov)?$/i.test(scope ?? '') || /(^|\.)microsoftonline\.us$/i.test(instance ?? ''))
    return ['gcc-high', 'dod']
  if (/(^|\.)(microsoftonline|chinacloudapi)\.cn$/i.test(instance ?? '')) return ['china']
  return ['global']
}
