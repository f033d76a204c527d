import type { OpenAPI, OpenAPIV3_1 } from 'openapi-types'

type Member = { name: string; type: string; required: boolean; description: string | null }

/** One call of the API in the words of its page. */
export type Operation = {
  group: string
  id: string
  method: string
  path: string
  summary: string
  description: string | null
  parameters: (Member & { where: string })[]
  body: Member[]
  answers: { status: string; description: string; members: Member[] }[]
}

type Schema = OpenAPIV3_1.SchemaObject
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

/** Reads our own OpenAPI document into what a page can list. */
export function readOperations(document: OpenAPI.Document): Operation[] {
  const { paths = {} } = document as OpenAPIV3_1.Document
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap(method => {
      const operation = item?.[method]
      if (!operation) return []
      return [
        {
          group: operation.tags?.[0] ?? 'Other',
          id: `${method}-${path.replace(/\W+/g, '-')}`,
          method: method.toUpperCase(),
          path,
          summary: operation.summary ?? '',
          description: operation.description ?? null,
          parameters: (operation.parameters ?? []).flatMap(parameter =>
            'name' in parameter
              ? [
                  {
                    where: parameter.in,
                    name: parameter.name,
                    type: typeOf(parameter.schema as Schema),
                    required: parameter.required ?? false,
                    description: parameter.description ?? (parameter.schema as Schema)?.description ?? null,
                  },
                ]
              : [],
          ),
          body: membersOf(contentOf(operation.requestBody)),
          answers: Object.entries(operation.responses ?? {})
            // Refusals have one shape; the page says so once.
            .filter(([status]) => status.startsWith('2'))
            .map(([status, answer]) => ({
              status,
              description: 'description' in answer ? (answer.description ?? '') : '',
              members: membersOf(contentOf(answer)),
            })),
        },
      ]
    }),
  )
}

function contentOf(part: unknown): Schema | undefined {
  const content = (part as { content?: Record<string, { schema?: Schema }> } | undefined)?.content
  return content?.['application/json']?.schema
}

/** Members of an object; for a list, those of its items. */
function membersOf(schema: Schema | undefined): Member[] {
  const items = (schema?.properties?.items as { items?: Schema } | undefined)?.items
  const target = items ?? schema
  return Object.entries(target?.properties ?? {}).map(([name, member]) => ({
    name: items ? `items[].${name}` : name,
    type: typeOf(member as Schema),
    required: target?.required?.includes(name) ?? false,
    description: (member as Schema).description ?? null,
  }))
}

function typeOf(schema: Schema | undefined): string {
  if (!schema) return 'any'
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
  const variants = schema.anyOf ?? schema.oneOf
  if (variants) return variants.map(variant => typeOf(variant as Schema)).join(' | ')
  if (schema.type === 'array') return `${typeOf((schema as { items?: Schema }).items)}[]`
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'any')
  return schema.format ? `${type} (${schema.format})` : type
}
