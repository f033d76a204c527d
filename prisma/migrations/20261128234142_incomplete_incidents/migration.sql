-- AlterTable
ALTER TABLE "Incident" ADD COLUMN     "isIncomplete" BOOLEAN NOT NULL DEFAULT false;
