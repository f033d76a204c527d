-- CreateTable
CREATE TABLE "QueuePreference" (
    "actorId" TEXT NOT NULL,
    "defaultViewId" UUID,
    "columns" TEXT[],
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "QueuePreference_pkey" PRIMARY KEY ("actorId")
);

-- CreateIndex
CREATE INDEX "QueuePreference_defaultViewId_idx" ON "QueuePreference"("defaultViewId");

-- AddForeignKey
ALTER TABLE "QueuePreference" ADD CONSTRAINT "QueuePreference_defaultViewId_fkey" FOREIGN KEY ("defaultViewId") REFERENCES "SavedView"("id") ON DELETE SET NULL ON UPDATE CASCADE;
