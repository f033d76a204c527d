/** What a process of the query analyzer is asked to do. */
export type AnalysisTask = { kind: 'analyze'; query: string } | { kind: 'read-yaml'; text: string }

/** One document of a YAML text: its value, or why it has none. */
export type YamlDocument = { value: unknown } | { problem: string }

/** A text with more documents is refused. */
export const maxYamlDocuments = 500
