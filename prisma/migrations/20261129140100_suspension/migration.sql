-- CreateTable
CREATE TABLE "Suspension" (
    "scope" TEXT NOT NULL,
    "tenantId" UUID,
    "reason" TEXT NOT NULL,
    "byId" TEXT NOT NULL,
    "byLabel" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Suspension_pkey" PRIMARY KEY ("scope")
);

-- CreateIndex
CREATE UNIQUE INDEX "Suspension_tenantId_key" ON "Suspension"("tenantId");

-- AddForeignKey
ALTER TABLE "Suspension" ADD CONSTRAINT "Suspension_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
