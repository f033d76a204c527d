-- CreateTable
CREATE TABLE "AuditForward" (
    "target" TEXT NOT NULL,
    "lastId" BIGINT NOT NULL,
    "claimedUntil" TIMESTAMPTZ(3),

    CONSTRAINT "AuditForward_pkey" PRIMARY KEY ("target")
);
