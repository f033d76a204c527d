-- Failures of runs and findings get the members that every other failure has.
UPDATE "ScheduleRun" SET error = jsonb_build_object(
    'service', NULL, 'permanent', true, 'whoseMove', 'staff', 'status', NULL, 'serviceCode', NULL,
    'requestId', NULL, 'retryAfterSeconds', NULL,
    'at', to_char(coalesce("finishedAt", "createdAt") AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  ) || error || jsonb_build_object('remedy', coalesce(error->>'remedy', ''))
  WHERE jsonb_typeof(error) = 'object' AND NOT error ? 'whoseMove';

UPDATE "ScheduleFinding" f SET error = jsonb_build_object(
    'service', NULL, 'permanent', true, 'whoseMove', 'nobody', 'status', NULL, 'serviceCode', NULL,
    'requestId', NULL, 'retryAfterSeconds', NULL,
    'at', to_char(coalesce(r."finishedAt", r."createdAt") AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  ) || f.error
  FROM "ScheduleRun" r
  WHERE r.id = f."runId" AND jsonb_typeof(f.error) = 'object' AND NOT f.error ? 'whoseMove';
