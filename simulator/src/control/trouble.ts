import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Directory } from '../entra/directory.ts'
import type { Hosts } from '../hosts.ts'
import { spoilToken } from './bad-token.ts'
import { serviceOf, tenantOf } from './classify.ts'
import { emptyPage } from './empty-page.ts'
import type { Fault, Service } from './fault.ts'
import { faultAnswer } from './fault-bodies.ts'
import type { FaultList } from './fault-list.ts'
import type { Latencies } from './latency.ts'
import { withOddCells } from './odd-cell.ts'
import type { RequestLog } from './request-log.ts'
import type { Retirement, Retirements } from './retirements.ts'

type Options = {
  faults: FaultList
  latencies: Latencies
  requests: RequestLog
  retirements: Retirements
  directory: Directory
  hosts: Hosts
}

const hugeBytes = 50 * 1024 * 1024
const hugePiece = Buffer.alloc(256 * 1024, 'a')

/** A valid JSON document of 50 MB, made while it is read. */
function* hugeAnswer(): Generator<Buffer> {
  yield Buffer.from('{"value":"')
  for (let sent = 0; sent < hugeBytes; sent += hugePiece.length) yield hugePiece
  yield Buffer.from('"}')
}

async function* drip(payload: string | Buffer, delayMs: number): AsyncGenerator<Buffer> {
  for (const byte of Buffer.from(payload)) {
    await wait(delayMs)
    yield Buffer.from([byte])
  }
}

const gatewayPage = '<!DOCTYPE html><title>404 - Not Found</title><h2>404 - File or directory not found.</h2>'
const goneBody = { error: { code: 'Gone', message: 'This API has been retired.', target: '' } }

/** Faults that change an answer only once it is there. */
const late = [
  'lost-answer',
  'slow-drip',
  'truncated-json',
  'wrong-content-type',
  'empty-page',
  'odd-cell',
  'bad-token',
]

type Scene = { now: Date; origin: string }

function spoil(fault: Fault, reply: FastifyReply, payload: unknown, { now, origin }: Scene): unknown {
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
  switch (fault.kind) {
    case 'empty-page': {
      const page = emptyPage(String(payload), origin, reply.request.url)
      reply.header('content-length', Buffer.byteLength(page))
      return page
    }
    case 'odd-cell': {
      const answer = withOddCells(String(payload), fault.cells)
      reply.header('content-length', Buffer.byteLength(answer))
      return answer
    }
    case 'bad-token': {
      const answer = spoilToken(String(payload), fault.wrong ?? 'not-a-jwt', now)
      reply.header('content-length', Buffer.byteLength(answer))
      return answer
    }
    case 'lost-answer':
      // The request was done; nobody learns of it.
      reply.raw.socket?.resetAndDestroy()
      return payload
    case 'slow-drip':
      reply.removeHeader('content-length')
      return Readable.from(drip(payload, fault.delayMs ?? 1000))
    case 'truncated-json': {
      const whole = Buffer.from(payload)
      const half = whole.subarray(0, Math.ceil(whole.length / 2))
      reply.header('content-length', half.length)
      return half
    }
    case 'wrong-content-type': {
      const body =
        typeof fault.body === 'string'
          ? fault.body
          : '<!DOCTYPE html><title>Proxy</title><p>Sign in to the network.'
      reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('content-length', Buffer.byteLength(body))
      return body
    }
    default:
      return payload
  }
}

/**
 * Stands before every route: counts the request, waits out its latency and lets
 * faults strike it.
 */
export const trouble = fastifyPlugin(
  async (app: FastifyInstance, options: Options) => {
    const { faults, latencies, requests, retirements, directory, hosts } = options
    const lateFaults = new WeakMap<FastifyRequest, Fault>()

    function strike(fault: Fault, reply: FastifyReply, tenantId: string | undefined) {
      switch (fault.kind) {
        case 'reset':
          reply.hijack()
          reply.raw.socket?.resetAndDestroy()
          return
        case 'hang':
          // Nothing is ever sent; the client gives up, or the server closes.
          reply.hijack()
          return
        case 'huge-answer':
          // Around the framework, which would go on to the route when the caller hangs up in the middle.
          reply.hijack()
          reply.raw.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
          pipeline(Readable.from(hugeAnswer()), reply.raw).catch(() => undefined)
          return
        default: {
          const answer = faultAnswer(fault, { now: directory.world.now(), hosts, tenantId })
          return reply.code(answer.status).headers(answer.headers).send(answer.body)
        }
      }
    }

    function refuseRetired({ answer, surface }: Retirement, reply: FastifyReply) {
      if (answer === 'none') {
        reply.hijack()
        reply.raw.socket?.resetAndDestroy()
        return
      }
      const fault = answer === '404' ? { status: 404, body: gatewayPage } : { status: 410, body: goneBody }
      const told = { kind: 'status', service: surface, id: surface, struck: 0, ...fault } as const
      const { status, headers, body } = faultAnswer(told, {
        now: directory.world.now(),
        hosts,
        tenantId: undefined,
      })
      return reply.code(status).headers(headers).send(body)
    }

    async function meet(service: Service, request: FastifyRequest, reply: FastifyReply) {
      const tenantId = tenantOf(request, service, directory)
      const route = request.routeOptions.url ?? '(no route)'
      reply.raw.once('close', requests.begin(service, tenantId, `${request.method} ${route}`))

      const retired = retirements.find(service, request.host, tenantId)
      if (retired) return refuseRetired(retired, reply)

      const struck = faults.take({ service, tenantId, path: request.url, method: request.method })
      const delays = struck.filter(fault => fault.kind === 'delay')
      const latencyMs = latencies.of(service, tenantId)
      const waitMs = delays.reduce((sum, fault) => sum + (fault.delayMs ?? 0), latencyMs)
      if (waitMs > 0) await wait(waitMs)

      const fault = struck.find(({ kind }) => kind !== 'delay')
      if (!fault) return
      if (late.includes(fault.kind)) lateFaults.set(request, fault)
      else return strike(fault, reply, tenantId)
    }

    app.addHook('onRequest', async (request, reply) => {
      const [path = ''] = request.url.split('?')
      const service = serviceOf(path)
      if (service) return meet(service, request, reply)
    })

    app.addHook('onSend', async (request, reply, payload) => {
      const fault = lateFaults.get(request)
      if (!fault) return payload
      const origin = fault.service === 'login' ? hosts.login : hosts.surfaces[fault.service]
      return spoil(fault, reply, payload, { now: directory.world.now(), origin })
    })
  },
  { name: 'trouble' },
)
