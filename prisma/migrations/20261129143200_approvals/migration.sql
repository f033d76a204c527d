-- CreateTable
CREATE TABLE "Approval" (
    "id" UUID NOT NULL,
    "act" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "seal" TEXT NOT NULL,
    "tenantIds" UUID[] DEFAULT ARRAY[]::UUID[],
    "status" TEXT NOT NULL,
    "askerKind" TEXT NOT NULL,
    "askerId" TEXT NOT NULL,
    "askerLabel" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "deciderKind" TEXT,
    "deciderId" TEXT,
    "deciderLabel" TEXT,
    "comment" TEXT,
    "decidedAt" TIMESTAMPTZ(3),
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),
    "error" JSONB,

    CONSTRAINT "Approval_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Approval_status_expiresAt_idx" ON "Approval"("status", "expiresAt");

-- CreateIndex
CREATE INDEX "Approval_createdAt_idx" ON "Approval"("createdAt");
