import { expect, onTestFinished, test } from 'vitest'
import { createPacker, type Packer } from '../../../src/hunting/engine/packing/packer.ts'
import { BadAnswer } from '../../../src/hunting/results/answer/bad-answer.ts'
import { decodeChunk } from '../../../src/hunting/results/chunks/chunk.ts'
import { graphAnswer } from './graph-answer.ts'

function givenPacker(): Packer {
  const packer = createPacker()
  onTestFinished(() => packer.close())
  return packer
}

test('a large answer is the same whether read here or in its own thread', async () => {
  const packer = givenPacker()
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ DeviceName: `device ${index} ü` }))

  const large = await packer.pack(graphAnswer(rows), 'graph')
  const small = await packer.pack(graphAnswer(rows.slice(0, 10)), 'graph')

  expect(large).toMatchObject({ rowCount: 20_000, columns: [{ name: 'DeviceName', type: 'string' }] })
  expect(large.chunks.flatMap(({ data }) => decodeChunk(data).rows.flat())).toEqual(
    rows.map(({ DeviceName }) => DeviceName),
  )
  expect(small.rowCount).toBe(10)
})

test('a large answer that is none says so, and the next one is read', async () => {
  const packer = givenPacker()
  const filler = 'x'.repeat(600_000)

  const bad = packer.pack(JSON.stringify({ value: filler }), 'graph')
  const good = packer.pack(graphAnswer([{ DeviceName: filler }]), 'graph')

  await expect(bad).rejects.toBeInstanceOf(BadAnswer)
  expect((await good).rowCount).toBe(1)
})
