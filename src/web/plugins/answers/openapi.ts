import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import { createJsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { wordIssue } from '../../../platform/issue-words.ts'

/** The schemas that check requests and answers also describe them, as OpenAPI 3.1. */
export const openapi = plugin(
  async (app: FastifyInstance, { publicUrl, version }: { publicUrl: string; version: string }) => {
    app.setValidatorCompiler<z.ZodType>(({ schema }) => value => {
      const read = schema.safeParse(value, { error: wordIssue })
      if (read.success) return { value: read.data }
      return {
        error: read.error.issues.map(({ code, path, message }) => ({
          keyword: code,
          instancePath: `/${path.join('/')}`,
          schemaPath: `#/${path.join('/')}`,
          params: {},
          message,
        })),
      }
    })
    app.setSerializerCompiler(serializerCompiler)
    const transform = createJsonSchemaTransform({})
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Tenantry',
          version,
          description:
            'Customers of a security partner, their consent, and their Microsoft Defender data. Errors are RFC 9457 problem documents with a stable `code`; lists take `limit` (1–200) and `cursor`; a query parameter that a call does not know is refused with 422; times are ISO 8601 UTC.',
        },
        servers: [{ url: publicUrl }],
        components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } } },
        security: [{ apiKey: [] }],
      },
      // Only the JSON API is described; pages are for people.
      transform: input =>
        input.url.startsWith('/api/v1/')
          ? transform(input)
          : { schema: { ...input.schema, hide: true }, url: input.url },
    })
  },
  { name: 'openapi' },
)
