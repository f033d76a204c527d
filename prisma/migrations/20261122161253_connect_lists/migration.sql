-- CreateTable
CREATE TABLE "ConnectList" (
    "id" UUID NOT NULL,
    "actorId" TEXT NOT NULL,
    "actor" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "workedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ConnectList_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ConnectLine" (
    "listId" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "name" TEXT,
    "tenant" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "outcome" TEXT NOT NULL,
    "tenantId" UUID,
    "code" TEXT,
    "message" TEXT,
    "remedy" TEXT,

    CONSTRAINT "ConnectLine_pkey" PRIMARY KEY ("listId","line")
);

-- CreateIndex
CREATE INDEX "ConnectList_actorId_createdAt_idx" ON "ConnectList"("actorId", "createdAt");

-- CreateIndex
CREATE INDEX "ConnectList_createdAt_idx" ON "ConnectList"("createdAt");

-- AddForeignKey
ALTER TABLE "ConnectLine" ADD CONSTRAINT "ConnectLine_listId_fkey" FOREIGN KEY ("listId") REFERENCES "ConnectList"("id") ON DELETE CASCADE ON UPDATE CASCADE;
