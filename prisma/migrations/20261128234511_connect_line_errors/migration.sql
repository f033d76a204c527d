-- A line's error becomes one value, as every other failure is kept.
ALTER TABLE "ConnectLine" ADD COLUMN "error" JSONB;

UPDATE "ConnectLine" l SET "error" = jsonb_build_object(
    'service', NULL, 'code', l."code", 'message', coalesce(l."message", ''), 'remedy', coalesce(l."remedy", ''),
    'permanent', true, 'whoseMove', 'staff', 'status', NULL, 'serviceCode', NULL, 'requestId', NULL,
    'retryAfterSeconds', NULL,
    'at', to_char(c."workedAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  )
  FROM "ConnectList" c WHERE c.id = l."listId" AND l."code" IS NOT NULL;

ALTER TABLE "ConnectLine" DROP COLUMN "code", DROP COLUMN "message", DROP COLUMN "remedy";
