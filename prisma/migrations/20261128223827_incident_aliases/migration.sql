-- AlterTable
ALTER TABLE "IncidentEntity" ADD COLUMN     "isAlias" BOOLEAN NOT NULL;

-- CreateIndex
CREATE INDEX "Incident_deleted_idx" ON "Incident"("deletedAt") WHERE "deletedAt" IS NOT NULL;

-- CreateIndex
CREATE INDEX "Incident_redirect_idx" ON "Incident"("tenantId", "redirectTo") WHERE "redirectTo" IS NOT NULL;
