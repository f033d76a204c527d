-- CreateTable
CREATE TABLE "Sighting" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Sighting_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SightingDue" (
    "tenantId" UUID NOT NULL,
    "incidentId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SightingDue_pkey" PRIMARY KEY ("tenantId","incidentId")
);

-- CreateTable
CREATE TABLE "IgnoredIndicator" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "pattern" TEXT NOT NULL,
    "note" TEXT,
    "addedBy" TEXT NOT NULL,
    "addedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "IgnoredIndicator_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Sighting_lastSeenAt_id_idx" ON "Sighting"("lastSeenAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Sighting_kind_value_key" ON "Sighting"("kind", "value");

-- CreateIndex
CREATE INDEX "SightingDue_at_idx" ON "SightingDue"("at");

-- CreateIndex
CREATE UNIQUE INDEX "IgnoredIndicator_kind_pattern_key" ON "IgnoredIndicator"("kind", "pattern");

-- AddForeignKey
ALTER TABLE "SightingDue" ADD CONSTRAINT "SightingDue_tenantId_incidentId_fkey" FOREIGN KEY ("tenantId", "incidentId") REFERENCES "Incident"("tenantId", "incidentId") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is stored already is compared once.
INSERT INTO "SightingDue" ("tenantId", "incidentId")
SELECT DISTINCT "tenantId", "incidentId" FROM "IncidentEntity"
WHERE NOT "isAlias" AND kind IN ('hash', 'ip', 'domain', 'sender', 'process');

-- Common values to begin with. Staff add to them and remove them.
INSERT INTO "IgnoredIndicator" (id, kind, pattern, note, "addedBy")
SELECT gen_random_uuid(), kind, pattern, note, 'Tenantry' FROM (VALUES
  ('ip', '10.0.0.0/8', 'Private network'),
  ('ip', '172.16.0.0/12', 'Private network'),
  ('ip', '192.168.0.0/16', 'Private network'),
  ('ip', '100.64.0.0/10', 'Shared address space of providers'),
  ('ip', '127.0.0.0/8', 'Loopback'),
  ('ip', '169.254.0.0/16', 'Link-local'),
  ('ip', '::1/128', 'Loopback'),
  ('ip', 'fc00::/7', 'Private network'),
  ('ip', 'fe80::/10', 'Link-local'),
  ('ip', '168.63.129.16', 'Azure platform'),
  ('ip', '20.190.128.0/18', 'Microsoft Entra sign-in'),
  ('ip', '40.126.0.0/18', 'Microsoft Entra sign-in'),
  ('ip', '13.107.6.152/31', 'Exchange Online'),
  ('ip', '13.107.18.10/31', 'Exchange Online'),
  ('ip', '13.107.128.0/22', 'Exchange Online'),
  ('ip', '40.96.0.0/13', 'Exchange Online'),
  ('ip', '40.104.0.0/15', 'Exchange Online'),
  ('ip', '52.96.0.0/14', 'Exchange Online'),
  ('ip', '132.245.0.0/16', 'Exchange Online'),
  ('ip', '8.8.8.8', 'Public DNS resolver'),
  ('ip', '8.8.4.4', 'Public DNS resolver'),
  ('ip', '1.1.1.1', 'Public DNS resolver'),
  ('ip', '1.0.0.1', 'Public DNS resolver'),
  ('ip', '9.9.9.9', 'Public DNS resolver'),
  ('domain', 'microsoft.com', 'Microsoft'),
  ('domain', 'microsoftonline.com', 'Microsoft'),
  ('domain', 'windows.com', 'Microsoft'),
  ('domain', 'windowsupdate.com', 'Microsoft'),
  ('domain', 'office.com', 'Microsoft'),
  ('domain', 'office.net', 'Microsoft'),
  ('domain', 'office365.com', 'Microsoft'),
  ('domain', 'msftconnecttest.com', 'Microsoft'),
  ('sender', '@microsoft.com', 'Microsoft'),
  ('sender', '@sharepointonline.com', 'Microsoft'),
  ('hash', 'd41d8cd98f00b204e9800998ecf8427e', 'Empty file, MD5'),
  ('hash', 'da39a3ee5e6b4b0d3255bfef95601890afd80709', 'Empty file, SHA-1'),
  ('hash', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'Empty file, SHA-256'),
  ('process', '*svchost.exe -k *', 'Windows services'),
  ('process', '*svchost.exe', 'Windows services'),
  ('process', '*explorer.exe', 'Windows shell'),
  ('process', '*lsass.exe', 'Windows'),
  ('process', '*services.exe', 'Windows'),
  ('process', '*wininit.exe', 'Windows'),
  ('process', '*winlogon.exe', 'Windows'),
  ('process', '*msmpeng.exe*', 'Microsoft Defender Antivirus'),
  ('process', '*mssense.exe*', 'Microsoft Defender for Endpoint'),
  ('process', 'cmd.exe', 'Command line without arguments'),
  ('process', '*\cmd.exe', 'Command line without arguments'),
  ('process', '"cmd.exe"', 'Command line without arguments'),
  ('process', 'powershell.exe', 'Command line without arguments'),
  ('process', '*\powershell.exe', 'Command line without arguments'),
  ('process', '"powershell.exe"', 'Command line without arguments'),
  ('process', '*\powershell.exe"', 'Command line without arguments'),
  ('process', '*\cmd.exe"', 'Command line without arguments')
) AS common(kind, pattern, note);
