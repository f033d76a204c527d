-- DropIndex
DROP INDEX "HuntTask_status_notBefore_idx";

-- DropIndex
DROP INDEX "HuntTask_huntId_status_idx";

-- DropIndex
DROP INDEX "HuntTask_tenantId_idx";

-- AlterTable
ALTER TABLE "HuntTask" ADD COLUMN     "surface" TEXT;

-- CreateIndex
CREATE INDEX "HuntTask_status_leaseUntil_idx" ON "HuntTask"("status", "leaseUntil");

-- CreateIndex
CREATE INDEX "HuntTask_huntId_status_notBefore_idx" ON "HuntTask"("huntId", "status", "notBefore");

-- CreateIndex
CREATE INDEX "HuntTask_tenantId_status_idx" ON "HuntTask"("tenantId", "status");

-- Chunks are compressed already: PostgreSQL need not try again.
ALTER TABLE "HuntChunk" ALTER COLUMN "data" SET STORAGE EXTERNAL;
