import { chmod, chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { accessOfOthers, makePrivateFolder } from '../../src/platform/private-folder.ts'
import { temporaryFolder } from '../helpers/folder.ts'

const isRoot = process.getuid?.() === 0

async function modeOf(folder: string): Promise<string> {
  return ((await stat(folder)).mode & 0o7777).toString(8)
}

test('a folder that is made opens for its owner alone, and those above it as usual', async () => {
  const above = join(await temporaryFolder(), 'above')
  const folder = join(above, 'data')

  await makePrivateFolder(folder)

  expect(await modeOf(folder)).toBe('700')
  expect(await modeOf(above)).not.toBe('700')
})

test('a folder below which another user works lets them pass, and neither list nor write', async () => {
  const folder = join(await temporaryFolder(), 'data')

  await makePrivateFolder(folder, { isEntered: true })

  expect(await modeOf(folder)).toBe('711')
  expect(await accessOfOthers(folder)).toEqual([])
})

test('what others may do in a folder that is there is taken away', async () => {
  const folder = join(await temporaryFolder(), 'data')
  await mkdir(folder)
  await chmod(folder, 0o777)
  expect(await accessOfOthers(folder)).toEqual(['list', 'write'])

  await makePrivateFolder(folder)

  expect(await modeOf(folder)).toBe(isRoot ? '711' : '700')
})

test('a folder for everybody, such as /tmp, stays as it is', async () => {
  const folder = join(await temporaryFolder(), 'data')
  await mkdir(folder)
  await chmod(folder, 0o1777)

  await makePrivateFolder(folder)

  expect(await modeOf(folder)).toBe('1777')
})

test.runIf(isRoot)('a folder of somebody else stays as it is', async () => {
  const folder = join(await temporaryFolder(), 'data')
  await mkdir(folder, { mode: 0o755 })
  await chown(folder, 65_534, 65_534)

  await makePrivateFolder(folder)

  expect(await modeOf(folder)).toBe('755')
})
