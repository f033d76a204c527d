-- AlterTable
ALTER TABLE "Tenant" ADD COLUMN     "consentedByAdmin" BOOLEAN;

-- AlterTable
ALTER TABLE "Invitation" ADD COLUMN     "proof" JSONB;
