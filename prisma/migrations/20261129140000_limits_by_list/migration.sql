-- AlterTable
ALTER TABLE "StaffMember" ADD COLUMN     "limitedToIds" UUID[] DEFAULT ARRAY[]::UUID[],
ADD COLUMN     "seesAll" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "ApiKey" ADD COLUMN     "limitedToIds" UUID[] DEFAULT ARRAY[]::UUID[],
ADD COLUMN     "seesAll" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Webhook" ADD COLUMN     "limitedToIds" UUID[] DEFAULT ARRAY[]::UUID[];

-- AlterTable
ALTER TABLE "Hunt" DROP COLUMN "visibleTags";

-- No tags meant every tenant
UPDATE "StaffMember" SET "seesAll" = true WHERE cardinality("limitedToTags") = 0;
UPDATE "ApiKey" SET "seesAll" = true WHERE cardinality("limitedToTags") = 0;

UPDATE "ConnectList" SET actor = actor - 'limitedToTags' || jsonb_build_object('tenants',
  CASE WHEN actor->'limitedToTags' = '[]'::jsonb THEN '"all"'::jsonb
    ELSE jsonb_build_object('tags', actor->'limitedToTags', 'ids', '[]'::jsonb) END)
WHERE actor ? 'limitedToTags';
