-- AlterTable
ALTER TABLE "Tenant" ADD COLUMN     "contact" JSONB;

-- AlterTable
ALTER TABLE "ConnectLine" ADD COLUMN     "contact" JSONB;

-- AlterTable
ALTER TABLE "Invitation" ADD COLUMN     "contact" JSONB,
ADD COLUMN     "remindAt" TIMESTAMPTZ(3),
ADD COLUMN     "remindedAt" TIMESTAMPTZ(3),
ADD COLUMN     "tags" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- Links that are open are looked after like new ones: three days after they were made
UPDATE "Invitation" SET "remindAt" = "createdAt" + interval '3 days'
WHERE status IN ('created', 'opened', 'started', 'failed', 'consented') AND "tenantId" IS NULL;
