import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Directory } from '../entra/directory.ts'
import type { Hosts } from '../hosts.ts'
import { serviceOf, tenantOf } from './classify.ts'
import type { Fault, Service } from './fault.ts'
import { faultAnswer } from './fault-bodies.ts'
import type { FaultList } from './fault-list.ts'
import type { Latencies } from './latency.ts'
import type { RequestLog } from './request-log.ts'

type Options = {
  faults: FaultList
  latencies: Latencies
  requests: RequestLog
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

/** Faults that change an answer only once it is there. */
const late = ['slow-drip', 'truncated-json', 'wrong-content-type']

function spoil(fault: Fault, reply: FastifyReply, payload: unknown): unknown {
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
  switch (fault.kind) {
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
  async (app: FastifyInstance, { faults, latencies, requests, directory, hosts }: Options) => {
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

    async function meet(service: Service, request: FastifyRequest, reply: FastifyReply) {
      const tenantId = tenantOf(request, service, directory)
      const route = request.routeOptions.url ?? '(no route)'
      reply.raw.once('close', requests.begin(service, tenantId, `${request.method} ${route}`))

      const struck = faults.take({ service, tenantId, path: request.url })
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
      return fault ? spoil(fault, reply, payload) : payload
    })
  },
  { name: 'trouble' },
)
