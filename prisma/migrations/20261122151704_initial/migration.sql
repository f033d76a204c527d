-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "Setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Setting_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "Customer" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "nameKey" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Customer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Tenant" (
    "id" UUID NOT NULL,
    "customerId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "domain" TEXT,
    "cloud" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "rolesGranted" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "rolesMissing" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "rolesPrevious" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "rolesChangedAt" TIMESTAMPTZ(3),
    "consentedAt" TIMESTAMPTZ(3),
    "consentedByObjectId" TEXT,
    "consentedByUsername" TEXT,
    "verifiedAt" TIMESTAMPTZ(3),
    "lastSuccessAt" TIMESTAMPTZ(3),
    "lastError" JSONB,
    "lastErrorAt" TIMESTAMPTZ(3),
    "verificationStartedAt" TIMESTAMPTZ(3),
    "verificationAttempts" INTEGER NOT NULL DEFAULT 0,
    "verificationNextAt" TIMESTAMPTZ(3),
    "verificationRun" INTEGER NOT NULL DEFAULT 0,
    "nextCheckAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TenantSurface" (
    "tenantId" UUID NOT NULL,
    "surface" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "lastSuccessAt" TIMESTAMPTZ(3),
    "lastError" JSONB,
    "lastErrorAt" TIMESTAMPTZ(3),

    CONSTRAINT "TenantSurface_pkey" PRIMARY KEY ("tenantId","surface")
);

-- CreateTable
CREATE TABLE "TenantEvent" (
    "id" BIGSERIAL NOT NULL,
    "tenantId" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "type" TEXT NOT NULL,
    "detail" TEXT,
    "data" JSONB,

    CONSTRAINT "TenantEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Invitation" (
    "id" UUID NOT NULL,
    "customerId" UUID NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "pinnedTenantId" UUID,
    "pinnedDomain" TEXT,
    "cloud" TEXT,
    "tenantId" UUID,
    "status" TEXT NOT NULL,
    "lastError" JSONB,
    "purpose" TEXT NOT NULL DEFAULT 'consent',
    "createdById" TEXT NOT NULL,
    "createdByLabel" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "openedAt" TIMESTAMPTZ(3),
    "endedAt" TIMESTAMPTZ(3),
    "replacesId" UUID,

    CONSTRAINT "Invitation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "InvitationEvent" (
    "id" BIGSERIAL NOT NULL,
    "invitationId" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "type" TEXT NOT NULL,
    "detail" TEXT,

    CONSTRAINT "InvitationEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ConsentAttempt" (
    "id" UUID NOT NULL,
    "invitationId" UUID NOT NULL,
    "consentStateHash" TEXT NOT NULL,
    "browserHash" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "consentUsedAt" TIMESTAMPTZ(3),
    "claimedTenantId" UUID,
    "proofStateHash" TEXT,
    "proofExpiresAt" TIMESTAMPTZ(3),
    "proofUsedAt" TIMESTAMPTZ(3),
    "provenAt" TIMESTAMPTZ(3),
    "provenByObjectId" TEXT,
    "provenByUsername" TEXT,
    "outcome" TEXT,
    "error" JSONB,

    CONSTRAINT "ConsentAttempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "StaffMember" (
    "objectId" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT,
    "limitedToTags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "firstSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastSignInAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "StaffMember_pkey" PRIMARY KEY ("objectId")
);

-- CreateTable
CREATE TABLE "Session" (
    "idHash" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "objectId" UUID,
    "entraSid" TEXT,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("idHash")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "limitedToTags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "id" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actorKind" TEXT NOT NULL,
    "actorId" TEXT NOT NULL,
    "actorLabel" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "tenantId" UUID,
    "tenantName" TEXT,
    "target" TEXT,
    "result" TEXT NOT NULL,
    "detail" JSONB,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "QuotaBucket" (
    "key" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "updatedAt" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "QuotaBucket_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "DeviceAction" (
    "id" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "deviceId" TEXT NOT NULL,
    "deviceName" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "comment" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "remoteId" TEXT,
    "error" JSONB,
    "requestedById" TEXT NOT NULL,
    "requestedBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "DeviceAction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Hunt" (
    "id" UUID NOT NULL,
    "name" TEXT,
    "query" TEXT NOT NULL,
    "timespan" TEXT,
    "status" TEXT NOT NULL,
    "selection" JSONB NOT NULL,
    "tables" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "createdById" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "visibleTags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "deadlineAt" TIMESTAMPTZ(3) NOT NULL,
    "canceledAt" TIMESTAMPTZ(3),
    "keepUntil" TIMESTAMPTZ(3) NOT NULL,
    "savedQueryId" UUID,
    "scheduleId" UUID,

    CONSTRAINT "Hunt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "HuntTask" (
    "huntId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "tenantName" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "notBefore" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "claimedBy" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "durationMs" INTEGER,
    "rowCount" INTEGER NOT NULL DEFAULT 0,
    "truncated" BOOLEAN NOT NULL DEFAULT false,
    "slices" JSONB,
    "columns" JSONB,
    "error" JSONB,

    CONSTRAINT "HuntTask_pkey" PRIMARY KEY ("huntId","tenantId")
);

-- CreateTable
CREATE TABLE "HuntChunk" (
    "huntId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "rowCount" INTEGER NOT NULL,
    "data" BYTEA NOT NULL,

    CONSTRAINT "HuntChunk_pkey" PRIMARY KEY ("huntId","tenantId","seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "Customer_nameKey_key" ON "Customer"("nameKey");

-- CreateIndex
CREATE INDEX "Tenant_status_idx" ON "Tenant"("status");

-- CreateIndex
CREATE INDEX "Tenant_nextCheckAt_idx" ON "Tenant"("nextCheckAt");

-- CreateIndex
CREATE INDEX "Tenant_customerId_idx" ON "Tenant"("customerId");

-- CreateIndex
CREATE INDEX "Tenant_tags_idx" ON "Tenant" USING GIN ("tags");

-- CreateIndex
CREATE INDEX "TenantEvent_tenantId_id_idx" ON "TenantEvent"("tenantId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Invitation_tokenHash_key" ON "Invitation"("tokenHash");

-- CreateIndex
CREATE INDEX "Invitation_status_expiresAt_idx" ON "Invitation"("status", "expiresAt");

-- CreateIndex
CREATE INDEX "Invitation_createdAt_idx" ON "Invitation"("createdAt");

-- CreateIndex
CREATE INDEX "Invitation_tenantId_idx" ON "Invitation"("tenantId");

-- CreateIndex
CREATE INDEX "InvitationEvent_invitationId_id_idx" ON "InvitationEvent"("invitationId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "ConsentAttempt_consentStateHash_key" ON "ConsentAttempt"("consentStateHash");

-- CreateIndex
CREATE UNIQUE INDEX "ConsentAttempt_proofStateHash_key" ON "ConsentAttempt"("proofStateHash");

-- CreateIndex
CREATE INDEX "ConsentAttempt_invitationId_idx" ON "ConsentAttempt"("invitationId");

-- CreateIndex
CREATE INDEX "Session_expiresAt_idx" ON "Session"("expiresAt");

-- CreateIndex
CREATE INDEX "Session_entraSid_idx" ON "Session"("entraSid");

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey"("hash");

-- CreateIndex
CREATE INDEX "AuditEvent_at_idx" ON "AuditEvent"("at");

-- CreateIndex
CREATE INDEX "AuditEvent_tenantId_id_idx" ON "AuditEvent"("tenantId", "id");

-- CreateIndex
CREATE INDEX "AuditEvent_action_id_idx" ON "AuditEvent"("action", "id");

-- CreateIndex
CREATE INDEX "DeviceAction_tenantId_deviceId_createdAt_idx" ON "DeviceAction"("tenantId", "deviceId", "createdAt");

-- CreateIndex
CREATE INDEX "DeviceAction_status_idx" ON "DeviceAction"("status");

-- CreateIndex
CREATE INDEX "Hunt_createdAt_idx" ON "Hunt"("createdAt");

-- CreateIndex
CREATE INDEX "Hunt_status_idx" ON "Hunt"("status");

-- CreateIndex
CREATE INDEX "Hunt_keepUntil_idx" ON "Hunt"("keepUntil");

-- CreateIndex
CREATE INDEX "Hunt_scheduleId_createdAt_idx" ON "Hunt"("scheduleId", "createdAt");

-- CreateIndex
CREATE INDEX "HuntTask_status_notBefore_idx" ON "HuntTask"("status", "notBefore");

-- CreateIndex
CREATE INDEX "HuntTask_huntId_status_idx" ON "HuntTask"("huntId", "status");

-- CreateIndex
CREATE INDEX "HuntTask_tenantId_idx" ON "HuntTask"("tenantId");

-- AddForeignKey
ALTER TABLE "Tenant" ADD CONSTRAINT "Tenant_customerId_fkey" FOREIGN KEY ("customerId") REFERENCES "Customer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TenantSurface" ADD CONSTRAINT "TenantSurface_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TenantEvent" ADD CONSTRAINT "TenantEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Invitation" ADD CONSTRAINT "Invitation_customerId_fkey" FOREIGN KEY ("customerId") REFERENCES "Customer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Invitation" ADD CONSTRAINT "Invitation_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "InvitationEvent" ADD CONSTRAINT "InvitationEvent_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ConsentAttempt" ADD CONSTRAINT "ConsentAttempt_invitationId_fkey" FOREIGN KEY ("invitationId") REFERENCES "Invitation"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DeviceAction" ADD CONSTRAINT "DeviceAction_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HuntTask" ADD CONSTRAINT "HuntTask_huntId_fkey" FOREIGN KEY ("huntId") REFERENCES "Hunt"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HuntTask" ADD CONSTRAINT "HuntTask_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "HuntChunk" ADD CONSTRAINT "HuntChunk_huntId_tenantId_fkey" FOREIGN KEY ("huntId", "tenantId") REFERENCES "HuntTask"("huntId", "tenantId") ON DELETE CASCADE ON UPDATE CASCADE;
