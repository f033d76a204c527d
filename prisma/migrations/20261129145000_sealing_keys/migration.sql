-- CreateTable
CREATE TABLE "SealingKey" (
    "id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "wrapped" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SealingKey_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "SealingKey_number_key" ON "SealingKey"("number");
