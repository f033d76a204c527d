-- CreateTable
CREATE TABLE "Incident" (
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "titleWords" tsvector NOT NULL,
    "severity" TEXT NOT NULL,
    "severityRank" SMALLINT NOT NULL,
    "status" TEXT NOT NULL,
    "isListed" BOOLEAN NOT NULL,
    "assignedTo" TEXT,
    "assigneeKey" TEXT NOT NULL,
    "classification" TEXT NOT NULL,
    "determination" TEXT NOT NULL,
    "tags" TEXT[],
    "systemTags" TEXT[],
    "products" TEXT[],
    "categories" TEXT[],
    "techniques" TEXT[],
    "alertCount" INTEGER,
    "comments" JSONB NOT NULL,
    "redirectTo" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedExact" TEXT NOT NULL,
    "acknowledgedAt" TIMESTAMPTZ(3),
    "resolvedAt" TIMESTAMPTZ(3),
    "deletedAt" TIMESTAMPTZ(3),
    "webUrl" TEXT,
    "surface" TEXT NOT NULL,
    "raw" JSONB NOT NULL,
    "alertsOf" TEXT,
    "alertsDueAt" TIMESTAMPTZ(3),
    "alertsFailures" INTEGER NOT NULL DEFAULT 0,
    "storedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Incident_pkey" PRIMARY KEY ("tenantId","incidentId")
);

-- CreateTable
CREATE TABLE "IncidentAlert" (
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "alertId" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "product" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "surface" TEXT NOT NULL,
    "raw" JSONB NOT NULL,

    CONSTRAINT "IncidentAlert_pkey" PRIMARY KEY ("tenantId","incidentId","alertId")
);

-- CreateTable
CREATE TABLE "IncidentEntity" (
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "firstSeenAt" TIMESTAMPTZ(3) NOT NULL,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "IncidentEntity_pkey" PRIMARY KEY ("tenantId","incidentId","kind","value")
);

-- CreateTable
CREATE TABLE "IncidentActivity" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "actor" TEXT,
    "changes" JSONB NOT NULL,
    "comment" TEXT,

    CONSTRAINT "IncidentActivity_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "IncidentSync" (
    "tenantId" UUID NOT NULL,
    "surface" TEXT,
    "cursor" TEXT,
    "backfillCursor" TEXT,
    "backfillUntil" TIMESTAMPTZ(3),
    "backfillCount" INTEGER NOT NULL DEFAULT 0,
    "backfillDoneAt" TIMESTAMPTZ(3),
    "syncedAt" TIMESTAMPTZ(3),
    "changedAt" TIMESTAMPTZ(3),
    "reconciledAt" TIMESTAMPTZ(3),
    "nextAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "claimedBy" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "failingSince" TIMESTAMPTZ(3),

    CONSTRAINT "IncidentSync_pkey" PRIMARY KEY ("tenantId")
);

-- CreateTable
CREATE TABLE "SavedView" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "nameKey" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "isShared" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SavedView_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Incident_queue_idx" ON "Incident"("updatedAt") WHERE "isListed";

-- CreateIndex
CREATE INDEX "Incident_created_idx" ON "Incident"("createdAt") WHERE "isListed";

-- CreateIndex
CREATE INDEX "Incident_severity_idx" ON "Incident"("severityRank", "updatedAt") WHERE "isListed";

-- CreateIndex
CREATE INDEX "Incident_status_idx" ON "Incident"("status", "updatedAt");

-- CreateIndex
CREATE INDEX "Incident_assignee_idx" ON "Incident"("assigneeKey", "updatedAt") WHERE "isListed";

-- CreateIndex
CREATE INDEX "Incident_tenant_idx" ON "Incident"("tenantId", "updatedAt") WHERE "isListed";

-- CreateIndex
CREATE INDEX "Incident_alerts_due_idx" ON "Incident"("tenantId", "alertsDueAt") WHERE "alertsDueAt" IS NOT NULL;

-- CreateIndex
CREATE INDEX "Incident_facets_idx" ON "Incident" USING GIN ("products", "categories", "techniques", "tags", "titleWords");

-- CreateIndex
CREATE INDEX "IncidentAlert_tenantId_alertId_idx" ON "IncidentAlert"("tenantId", "alertId");

-- CreateIndex
CREATE INDEX "IncidentEntity_value_kind_lastSeenAt_idx" ON "IncidentEntity"("value", "kind", "lastSeenAt");

-- CreateIndex
CREATE INDEX "IncidentActivity_tenantId_incidentId_at_idx" ON "IncidentActivity"("tenantId", "incidentId", "at");

-- CreateIndex
CREATE INDEX "IncidentSync_nextAt_idx" ON "IncidentSync"("nextAt");

-- CreateIndex
CREATE INDEX "IncidentSync_claimedBy_idx" ON "IncidentSync"("claimedBy");

-- CreateIndex
CREATE INDEX "SavedView_isShared_idx" ON "SavedView"("isShared");

-- CreateIndex
CREATE UNIQUE INDEX "SavedView_ownerId_nameKey_key" ON "SavedView"("ownerId", "nameKey");

-- AddForeignKey
ALTER TABLE "Incident" ADD CONSTRAINT "Incident_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IncidentAlert" ADD CONSTRAINT "IncidentAlert_tenantId_incidentId_fkey" FOREIGN KEY ("tenantId", "incidentId") REFERENCES "Incident"("tenantId", "incidentId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IncidentEntity" ADD CONSTRAINT "IncidentEntity_tenantId_incidentId_fkey" FOREIGN KEY ("tenantId", "incidentId") REFERENCES "Incident"("tenantId", "incidentId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IncidentActivity" ADD CONSTRAINT "IncidentActivity_tenantId_incidentId_fkey" FOREIGN KEY ("tenantId", "incidentId") REFERENCES "Incident"("tenantId", "incidentId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IncidentSync" ADD CONSTRAINT "IncidentSync_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
