import type { Prisma } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/index.ts'
import type { LineOutcome } from './connect-line.ts'

export type ConnectListRecord = Prisma.ConnectListGetPayload<object>
export type ConnectLineRecord = Prisma.ConnectLineGetPayload<object>
export type NewConnectLine = Omit<Prisma.ConnectLineCreateManyInput, 'listId'>

export async function createList(
  db: Database,
  list: { id: string; actorId: string; actor: Prisma.InputJsonObject; createdAt: Date },
  lines: NewConnectLine[],
): Promise<void> {
  await db.connectList.create({
    data: { ...list, workedAt: list.createdAt, lines: { createMany: { data: lines } } },
  })
}

export function findList(db: Database, id: string): Promise<ConnectListRecord | null> {
  return db.connectList.findUnique({ where: { id } })
}

export function findListsOf(db: Database, actorId: string, limit: number): Promise<ConnectListRecord[]> {
  return db.connectList.findMany({ where: { actorId }, orderBy: { createdAt: 'desc' }, take: limit })
}

/** @param where `after`: lines behind this one; `outcome`: only those */
export function findLines(
  db: Database,
  listId: string,
  where: { after?: number; outcomes?: string[] },
  limit: number,
): Promise<ConnectLineRecord[]> {
  return db.connectLine.findMany({
    where: {
      listId,
      ...(where.after === undefined ? {} : { line: { gt: where.after } }),
      ...(where.outcomes ? { outcome: { in: where.outcomes } } : {}),
    },
    orderBy: { line: 'asc' },
    take: limit,
  })
}

export async function countLines(db: Database, listId: string): Promise<Record<string, number>> {
  const groups = await db.connectLine.groupBy({ by: ['outcome'], where: { listId }, _count: true })
  return Object.fromEntries(groups.map(({ outcome, _count }) => [outcome, _count]))
}

/** Writes what became of a line that waited; one that has its outcome keeps it. */
export async function writeLine(
  db: Database,
  listId: string,
  line: number,
  { error, ...change }: LineOutcome,
  at: Date,
): Promise<void> {
  await db.$transaction([
    db.connectLine.updateMany({
      where: { listId, line, outcome: 'waiting' },
      data: error ? { ...change, error } : change,
    }),
    db.connectList.updateMany({ where: { id: listId }, data: { workedAt: at } }),
  ])
}

export async function finishList(db: Database, id: string, at: Date): Promise<void> {
  await db.connectList.updateMany({ where: { id, finishedAt: null }, data: { finishedAt: at } })
}

/** Open lists on which nobody has worked since a time. */
export async function findStrandedLists(db: Database, before: Date): Promise<string[]> {
  const lists = await db.connectList.findMany({
    where: { finishedAt: null, workedAt: { lt: before } },
    select: { id: true },
    take: 100,
  })
  return lists.map(({ id }) => id)
}

export async function removeLists(db: Database, before: Date): Promise<void> {
  await db.connectList.deleteMany({ where: { createdAt: { lt: before } } })
}
