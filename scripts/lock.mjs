/**
 * One process at a time, across processes that know nothing of each other.
 * A folder is made (which only one can) and touched while the work goes on, so
 * that the others see whether its owner still lives, on whichever machine or
 * in whichever container that is.
 */
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const touchMs = 1000
const lookMs = 200
/** An owner that has not touched its folder for so long is taken for dead. */
const deadMs = 10_000

/**
 * Runs `work` while no other process does.
 *
 * @param {string} folder path that only this lock uses
 * @param {() => Promise<void>} work
 * @param {() => void} onWait called once when another process is at it
 */
export async function withLock(folder, work, onWait = () => {}) {
  mkdirSync(dirname(folder), { recursive: true })
  const owner = JSON.stringify({ host: hostname(), pid: process.pid, at: Date.now() })
  let waited = false
  /** The owner seen last, when it was last seen at work (by our clock), and its time stamp then. */
  let seen = { owner: '', touched: 0, at: Date.now() }
  while (!claim(folder, owner)) {
    if (!waited) onWait()
    waited = true
    const now = look(folder)
    if (now && (now.owner !== seen.owner || now.touched !== seen.touched)) seen = { ...now, at: Date.now() }
    if (now && (isEnded(now.owner) || Date.now() - seen.at > deadMs)) free(folder, now.owner)
    else await sleep(lookMs)
  }
  const touching = setInterval(() => touch(folder), touchMs)
  const giveBack = () => free(folder, owner)
  process.once('exit', giveBack)
  try {
    await work()
  } finally {
    clearInterval(touching)
    process.off('exit', giveBack)
    giveBack()
  }
}

function claim(folder, owner) {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  writeFileSync(join(folder, 'owner.json'), owner)
  return true
}

function look(folder) {
  try {
    return { touched: statSync(folder).mtimeMs, owner: readFileSync(join(folder, 'owner.json'), 'utf8') }
  } catch {
    // Given back just now, or its owner is about to write its name.
    return statSync(folder, { throwIfNoEntry: false }) ? { touched: 0, owner: '' } : null
  }
}

/** Whether the owner is a process of this machine that has ended. Its number may have gone to another since. */
function isEnded(owner) {
  try {
    const { host, pid } = JSON.parse(owner)
    if (host !== hostname()) return false
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function touch(folder) {
  try {
    const now = new Date()
    utimesSync(folder, now, now)
  } catch {
    // Taken over, as this process stood still for too long.
  }
}

/** Removes the folder if it is still that owner's. */
function free(folder, owner) {
  if (look(folder)?.owner === owner) rmSync(folder, { recursive: true, force: true })
}
