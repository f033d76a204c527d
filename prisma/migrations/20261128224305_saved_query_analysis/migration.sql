-- AlterTable
ALTER TABLE "SavedQuery" ADD COLUMN     "allowUnknownNames" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "columns" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "declarations" JSONB,
ADD COLUMN     "fileFields" TEXT,
ADD COLUMN     "fileHash" TEXT;

-- AlterTable
ALTER TABLE "SavedQueryVersion" ADD COLUMN     "allowUnknownNames" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "declarations" JSONB;
