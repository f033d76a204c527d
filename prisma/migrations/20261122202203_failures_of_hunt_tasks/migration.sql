-- AlterTable
ALTER TABLE "HuntTask" ADD COLUMN     "failures" INTEGER NOT NULL DEFAULT 0;
