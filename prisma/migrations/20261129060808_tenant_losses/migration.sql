-- AlterTable
ALTER TABLE "Tenant" ADD COLUMN     "lossCauses" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "lossTold" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Notification" ADD COLUMN     "tenantId" UUID;

-- CreateIndex
CREATE INDEX "Notification_tenantId_idx" ON "Notification"("tenantId");

-- AddForeignKey
ALTER TABLE "Notification" ADD CONSTRAINT "Notification_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
