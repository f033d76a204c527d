-- AlterTable
ALTER TABLE "AuditEvent" ADD COLUMN     "actorRole" TEXT,
ADD COLUMN     "address" TEXT,
ADD COLUMN     "requestId" TEXT,
ADD COLUMN     "shape" INTEGER NOT NULL DEFAULT 1;

-- CreateTable
CREATE TABLE "AuditHead" (
    "single" BOOLEAN NOT NULL DEFAULT true,
    "eventId" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    "seal" TEXT NOT NULL,

    CONSTRAINT "AuditHead_pkey" PRIMARY KEY ("single")
);

-- One row, never a second.
ALTER TABLE "AuditHead" ADD CONSTRAINT "AuditHead_single_check" CHECK ("single");

-- CreateTable
CREATE TABLE "AuditSegment" (
    "firstId" BIGINT NOT NULL,
    "lastId" BIGINT NOT NULL,
    "previousHash" TEXT NOT NULL,
    "lastHash" TEXT NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,
    "file" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "seal" TEXT NOT NULL,
    "archivedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "AuditSegment_pkey" PRIMARY KEY ("firstId")
);

-- CreateIndex
CREATE INDEX "AuditEvent_actorId_id_idx" ON "AuditEvent"("actorId", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_actorLabel_id_idx" ON "AuditEvent"("actorLabel", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_result_id_idx" ON "AuditEvent"("result", "id");

-- The head as it was kept until now, its seal unchanged.
INSERT INTO "AuditHead" ("eventId", "hash", "seal")
SELECT ("value"->>'id')::bigint, "value"->>'hash', "value"->>'seal' FROM "Setting" WHERE "key" = 'audit.head';
DELETE FROM "Setting" WHERE "key" = 'audit.head';

-- Words of what is searched, written as in the search, so that it reads what it finds and not the whole table.
CREATE INDEX "AuditEvent_words_idx" ON "AuditEvent" USING GIN (
  to_tsvector('simple', regexp_replace(
    "actorLabel" || ' ' || "action" || ' ' || coalesce("tenantName", '') || ' ' || coalesce("target", '') || ' ' || coalesce("address", ''),
    '[^[:alnum:]]+', ' ', 'g')));
