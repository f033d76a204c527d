import { expect, test } from 'vitest'
import { analyzeQuery } from '../../../../src/hunting/query/analysis/analyze-query.ts'

test.each([
  'DeviceProcessEvents',
  'DeviceProcessEvents | where Timestamp > ago(7d) and FileName in~ ("cmd.exe", "powershell.exe")',
  'let names = dynamic(["cmd.exe"]); DeviceProcessEvents | where FileName has_any (names) | project Timestamp, FileName',
  'DeviceProcessEvents | extend Length = strlen(ProcessCommandLine) | project-away SHA1 | sort by Timestamp desc',
  'union DeviceProcessEvents, DeviceFileEvents | where FileName == "a.exe"',
  'search in (DeviceProcessEvents, DeviceFileEvents) "mimikatz"',
  'CloudAppEvents | mv-expand Item = RawEventData.Items | parse ActionType with Kind "-" Rest',
])('the parts of a span add up for: %s', query => {
  expect(analyzeQuery(query).slicingObstacle).toBeNull()
})

test.each([
  ['DeviceProcessEvents | summarize count() by FileName', /summarize/],
  ['DeviceProcessEvents | take 10', /take/],
  ['DeviceProcessEvents | top 5 by Timestamp', /top/],
  ['DeviceProcessEvents | count', /count/],
  ['DeviceProcessEvents | distinct FileName', /distinct/],
  ['DeviceProcessEvents | join kind=inner DeviceInfo on DeviceId', /join/],
  ['DeviceProcessEvents | lookup DeviceInfo on DeviceId', /lookup/],
  ['DeviceProcessEvents | sample 3', /sample/],
  ['DeviceProcessEvents | serialize | extend N = row_number()', /serialize|row_number/],
  ['DeviceProcessEvents | make-series count() on Timestamp step 1h', /make-series/],
  ['DeviceProcessEvents | where DeviceId in (DeviceInfo | project DeviceId)', /within the query/],
  ['let d = DeviceInfo | project DeviceId; DeviceProcessEvents | where DeviceId in (d)', /within the query/],
  ['let n = toscalar(DeviceInfo | count); DeviceProcessEvents | where ProcessId > n', /toscalar|count/],
  ['DeviceTvmSoftwareVulnerabilities | project CveId', /no time/],
  ['print Now = now()', /no table/],
  ['datatable(A: string) ["x"] | union (DeviceInfo | project A = DeviceName)', /datatable/],
  ['SomethingNew | project A', /not known/],
  ['DeviceFileEvents | invoke FileProfile(SHA1, 500)', /invoke/],
])('the parts of a span do not add up for: %s', (query, why) => {
  expect(analyzeQuery(query).slicingObstacle).toMatch(why)
})
