-- AlterTable
ALTER TABLE "StaffMember" ADD COLUMN     "enteredBy" TEXT,
ADD COLUMN     "removedAt" TIMESTAMPTZ(3),
ADD COLUMN     "roles" TEXT[] DEFAULT ARRAY[]::TEXT[],
ALTER COLUMN "lastSignInAt" DROP NOT NULL;

UPDATE "StaffMember" SET roles = ARRAY[role] WHERE role IS NOT NULL;

-- AlterTable
ALTER TABLE "StaffMember" DROP COLUMN "role";

-- Sessions of earlier versions do not say when somebody signed in: everybody signs in once more
DELETE FROM "Session";

-- AlterTable
ALTER TABLE "Session" ADD COLUMN     "id" UUID NOT NULL,
ADD COLUMN     "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "lastSeenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "address" TEXT,
ADD COLUMN     "userAgent" TEXT,
ADD COLUMN     "authenticatedAt" TIMESTAMPTZ(3),
ADD COLUMN     "acrs" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateIndex
CREATE UNIQUE INDEX "Session_id_key" ON "Session"("id");

-- CreateIndex
CREATE INDEX "Session_objectId_idx" ON "Session"("objectId");

-- AlterTable
ALTER TABLE "ApiKey" ADD COLUMN     "addresses" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "ownerId" UUID,
ADD COLUMN     "lastUsedAddress" TEXT,
ADD COLUMN     "expiresAt" TIMESTAMPTZ(3);

-- Keys that had no end get the usual time from now on
UPDATE "ApiKey" SET "expiresAt" = CURRENT_TIMESTAMP + interval '90 days';

-- AlterTable
ALTER TABLE "ApiKey" ALTER COLUMN "expiresAt" SET NOT NULL;
