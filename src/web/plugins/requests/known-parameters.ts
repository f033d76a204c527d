import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Beginning of parameters whose names only the route can judge, such as filters by column. */
    openParameters?: string
  }
}

/** What a message quotes of a name that somebody sent. */
const longestName = 100

/**
 * Refuses query parameters that a route does not know: a misspelt filter would
 * otherwise answer with everything. Known are those of the route's schema.
 */
export const knownParameters = plugin(
  async (app: FastifyInstance) => {
    app.addHook('onRoute', route => {
      const names = parameterNames(route.schema?.querystring)
      const open = route.config?.openParameters
      route.preValidation = [
        async request => {
          const unknown = Object.keys(request.query ?? {}).filter(
            name => !names.includes(name) && !(open && name.startsWith(open)),
          )
          if (unknown.length > 0) throw refuse(unknown, names)
        },
        ...[route.preValidation ?? []].flat(),
      ]
    })
  },
  { name: 'known-parameters' },
)

function parameterNames(schema: unknown): string[] {
  if (schema === undefined) return []
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape)
  throw new Error('the schema of a query is an object')
}

function refuse(unknown: string[], known: string[]): AppError {
  const quoted = unknown.map(name => `"${name.slice(0, longestName)}"`).slice(0, 10)
  const message =
    unknown.length === 1
      ? `${quoted[0]} is not a parameter of this call`
      : `${quoted.join(', ')} are not parameters of this call`
  return new AppError('invalid', message, {
    remedy: known.length > 0 ? `Parameters are: ${known.join(', ')}.` : 'It takes no parameters.',
    details: {
      errors: unknown
        .slice(0, 10)
        .map(name => ({ field: name.slice(0, longestName), message: 'is not known' })),
    },
  })
}
