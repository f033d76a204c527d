-- AlterTable
ALTER TABLE "IncidentSync" ADD COLUMN     "digest" TEXT,
ADD COLUMN     "lookedBackAt" TIMESTAMPTZ(3);
