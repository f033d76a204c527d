-- AlterTable
ALTER TABLE "Webhook" ADD COLUMN     "rulesOnly" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Notification" ADD COLUMN     "recipientId" TEXT,
ADD COLUMN     "ruleId" UUID,
ADD COLUMN     "topic" TEXT;

-- AlterTable
ALTER TABLE "IncidentSync" ADD COLUMN     "startedAt" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "NotificationRule" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "severities" TEXT[],
    "product" TEXT,
    "words" TEXT,
    "scope" TEXT NOT NULL,
    "tag" TEXT,
    "quietFrom" INTEGER,
    "quietUntil" INTEGER,
    "timeZone" TEXT NOT NULL,
    "quietExceptHigh" BOOLEAN NOT NULL DEFAULT true,
    "activeSince" TIMESTAMPTZ(3) NOT NULL,
    "ownerKind" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "NotificationRule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NotificationRuleTenant" (
    "ruleId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,

    CONSTRAINT "NotificationRuleTenant_pkey" PRIMARY KEY ("ruleId","tenantId")
);

-- CreateTable
CREATE TABLE "NotificationTarget" (
    "id" UUID NOT NULL,
    "ruleId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "webhookId" UUID,

    CONSTRAINT "NotificationTarget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NotificationMatch" (
    "ruleId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "NotificationMatch_pkey" PRIMARY KEY ("ruleId","tenantId","incidentId")
);

-- CreateTable
CREATE TABLE "NotificationDelivery" (
    "id" UUID NOT NULL,
    "ruleId" UUID NOT NULL,
    "targetId" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "gathersFor" UUID,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttemptAt" TIMESTAMPTZ(3),
    "answer" TEXT,
    "failure" JSONB,
    "durationMs" INTEGER,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deliveredAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "NotificationDelivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "NotificationItem" (
    "deliveryId" UUID NOT NULL,
    "ruleId" UUID NOT NULL,
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "toldState" TEXT,
    "subject" TEXT,

    CONSTRAINT "NotificationItem_pkey" PRIMARY KEY ("deliveryId","tenantId","incidentId")
);

-- CreateTable
CREATE TABLE "IncidentNews" (
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "version" UUID NOT NULL DEFAULT gen_random_uuid(),
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "IncidentNews_pkey" PRIMARY KEY ("tenantId","incidentId")
);

-- CreateIndex
CREATE INDEX "NotificationRule_enabled_activeSince_idx" ON "NotificationRule"("enabled", "activeSince");

-- CreateIndex
CREATE INDEX "NotificationRule_ownerId_idx" ON "NotificationRule"("ownerId");

-- CreateIndex
CREATE INDEX "NotificationRuleTenant_tenantId_idx" ON "NotificationRuleTenant"("tenantId");

-- CreateIndex
CREATE INDEX "NotificationTarget_webhookId_idx" ON "NotificationTarget"("webhookId");

-- CreateIndex
CREATE UNIQUE INDEX "NotificationTarget_ruleId_kind_address_key" ON "NotificationTarget"("ruleId", "kind", "address");

-- CreateIndex
CREATE INDEX "NotificationMatch_tenantId_incidentId_idx" ON "NotificationMatch"("tenantId", "incidentId");

-- CreateIndex
CREATE INDEX "NotificationMatch_at_idx" ON "NotificationMatch"("at");

-- CreateIndex
CREATE UNIQUE INDEX "NotificationDelivery_gathersFor_key" ON "NotificationDelivery"("gathersFor");

-- CreateIndex
CREATE INDEX "NotificationDelivery_ruleId_id_idx" ON "NotificationDelivery"("ruleId", "id");

-- CreateIndex
CREATE INDEX "NotificationDelivery_targetId_createdAt_idx" ON "NotificationDelivery"("targetId", "createdAt");

-- CreateIndex
CREATE INDEX "NotificationDelivery_status_nextAttemptAt_idx" ON "NotificationDelivery"("status", "nextAttemptAt");

-- CreateIndex
CREATE INDEX "NotificationItem_ruleId_tenantId_incidentId_idx" ON "NotificationItem"("ruleId", "tenantId", "incidentId");

-- CreateIndex
CREATE INDEX "IncidentNews_at_idx" ON "IncidentNews"("at");

-- CreateIndex
CREATE UNIQUE INDEX "Notification_topic_key" ON "Notification"("topic");

-- CreateIndex
CREATE INDEX "Notification_ruleId_idx" ON "Notification"("ruleId");

-- AddForeignKey
ALTER TABLE "Notification" ADD CONSTRAINT "Notification_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "NotificationRule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationRuleTenant" ADD CONSTRAINT "NotificationRuleTenant_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "NotificationRule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationRuleTenant" ADD CONSTRAINT "NotificationRuleTenant_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationTarget" ADD CONSTRAINT "NotificationTarget_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "NotificationRule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationTarget" ADD CONSTRAINT "NotificationTarget_webhookId_fkey" FOREIGN KEY ("webhookId") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationMatch" ADD CONSTRAINT "NotificationMatch_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "NotificationRule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationMatch" ADD CONSTRAINT "NotificationMatch_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationDelivery" ADD CONSTRAINT "NotificationDelivery_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "NotificationRule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationDelivery" ADD CONSTRAINT "NotificationDelivery_targetId_fkey" FOREIGN KEY ("targetId") REFERENCES "NotificationTarget"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationItem" ADD CONSTRAINT "NotificationItem_deliveryId_fkey" FOREIGN KEY ("deliveryId") REFERENCES "NotificationDelivery"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "NotificationItem" ADD CONSTRAINT "NotificationItem_ruleId_tenantId_incidentId_fkey" FOREIGN KEY ("ruleId", "tenantId", "incidentId") REFERENCES "NotificationMatch"("ruleId", "tenantId", "incidentId") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "IncidentNews" ADD CONSTRAINT "IncidentNews_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is stored already is history to notification rules.
UPDATE "IncidentSync" SET "startedAt" = now() WHERE "backfillUntil" IS NOT NULL;
