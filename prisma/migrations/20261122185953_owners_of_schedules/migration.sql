-- AlterTable
ALTER TABLE "Schedule" DROP COLUMN "visibleTags";
