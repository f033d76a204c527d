import words from '../../data/company-names.json' with { type: 'json' }

/** The words that company names are made of; none is meant to be a company that exists. */
export type Industry = {
  name: string
  /** what ends the company's name */
  trades: readonly string[]
  /** departments that accounts and devices are named after */
  departments: readonly string[]
  /** stems of host names beside the usual desktops and laptops */
  hosts: readonly string[]
}

export const industries: readonly Industry[] = words.industries
export const placeNames: readonly string[] = words.placeNames
