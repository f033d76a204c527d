import { expect, test } from 'vitest'
import { answerOf, type Case, run } from './engine.ts'

const numbers = 'datatable(k:string, n:long)["a",1,"b",2,"a",3]'

// Worked out by hand from the language's documentation.
const cases: Case[] = [
  // choosing rows
  ['Devices | where Score > 10 | project Name', 'Name:string', [['Till-2'], ['till-1']]],
  ['Devices | where Name =~ "TILL-1" | count', 'Count:long', [[2]]],
  ['Devices | where Active | project Score', 'Score:long', [[10], [30]]],
  ['Devices | where Tags has "front" | project DeviceId', 'DeviceId:string', [['d1']]],
  ['Devices | where * has "server" | project DeviceId', 'DeviceId:string', [['d3']]],
  ['Devices | where DeviceId in ((Logons | project DeviceId)) | count', 'Count:long', [[3]]],
  ['Devices | where Timestamp > ago(1d) | count', 'Count:long', [[2]]],
  ['range x from 1 to 5 step 2', 'x:long', [[1], [3], [5]]],
  ['range x from 1 to 10 step 1 | take 2', 'x:long', [[1], [2]]],
  ['range x from 1 to 3 step 1 | limit 0', 'x:long', []],
  // columns
  ['print 1, x=2, strlen("ab")', 'print_0:long,x:long,print_2:long', [[1, 2, 2]]],
  [`${numbers} | extend m=n*2 | project m`, 'm:long', [[2], [4], [6]]],
  [
    `${numbers} | extend n=n+1`,
    'k:string,n:long',
    [
      ['a', 2],
      ['b', 3],
      ['a', 4],
    ],
  ],
  [
    `${numbers} | extend n+1, strlen(k) | take 1`,
    'k:string,n:long,Column1:long,strlen_k:long',
    [['a', 1, 2, 1]],
  ],
  [`${numbers} | project-away k | take 1`, 'n:long', [[1]]],
  [`${numbers} | project-keep n | take 1`, 'n:long', [[1]]],
  [`${numbers} | project-rename key=k | take 1`, 'key:string,n:long', [['a', 1]]],
  [`${numbers} | project-reorder n | take 1`, 'n:long,k:string', [[1, 'a']]],
  ['Devices | project-keep D* | take 1', 'DeviceId:string', [['d1']]],
  [
    'Logons | project Detail.ip, Detail["tries"] | take 1',
    'Detail_ip:dynamic,Detail_tries:dynamic',
    [['10.0.0.5', 2]],
  ],
  // order
  ['Devices | sort by Score | project Score', 'Score:long', [[30], [20], [10], [null]]],
  ['Devices | sort by Score asc | project Score', 'Score:long', [[null], [10], [20], [30]]],
  ['Devices | order by Score asc nulls last | project Score', 'Score:long', [[10], [20], [30], [null]]],
  ['Devices | sort by DeviceId asc, Score desc | project Score', 'Score:long', [[30], [10], [20], [null]]],
  ['Devices | top 2 by Score | project Score', 'Score:long', [[30], [20]]],
  ['Devices | top 1 by Score asc nulls last | project Score', 'Score:long', [[10]]],
  // names
  ['let x = 5; let y = x * 2; print y', 'print_0:long', [[10]]],
  ['let f = (a:long, b:long=3) { a * b }; print f(2), f(2, b=5)', 'print_0:long,print_1:long', [[6, 10]]],
  ['let recent = Devices | where Score >= 20; recent | count', 'Count:long', [[2]]],
  [
    'let named = (n:string) { Devices | where Name == n }; named("server") | project DeviceId',
    'DeviceId:string',
    [['d3']],
  ],
  [
    'let clean = (s:string) { let t = tolower(s); strcat("<", t, ">") }; Devices | where Score == 20 | project x=clean(Name)',
    'x:string',
    [['<till-2>']],
  ],
  [
    'let high = toscalar(Devices | summarize max(Score)); Devices | where Score == high | project Score',
    'Score:long',
    [[30]],
  ],
  [
    'let few = (T:(Score:long), n:long) { T | top n by Score }; Devices | invoke few(1) | project Score',
    'Score:long',
    [[30]],
  ],
  [
    'let T = materialize(Devices | where Active); T | join kind=inner (T) on DeviceId | count',
    'Count:long',
    [[4]],
  ],
  [
    'Devices | as D | join kind=leftsemi (D | where Score == 20) on DeviceId | project DeviceId',
    'DeviceId:string',
    [['d2']],
  ],
  // arrays
  ['print a=dynamic([1,2]) | mv-expand a', 'a:dynamic', [[1], [2]]],
  ['print a=dynamic([1,"x"]) | mv-expand a to typeof(long)', 'a:long', [[1], [null]]],
  ['print a=dynamic({"x":1,"y":2}) | mv-expand a', 'a:dynamic', [[{ x: 1 }], [{ y: 2 }]]],
  ['print a=dynamic({"x":1}) | mv-expand bagexpansion=array a', 'a:dynamic', [[['x', 1]]]],
  [
    'print a=dynamic([1,2]), b=dynamic([3]) | mv-expand with_itemindex=i a, b',
    'a:dynamic,b:dynamic,i:long',
    [
      [1, 3, 0],
      [2, null, 1],
    ],
  ],
  [
    'Devices | mv-expand Tag=Tags | project DeviceId, Tag',
    'DeviceId:string,Tag:dynamic',
    [
      ['d1', 'shop'],
      ['d1', 'front'],
      ['d2', 'shop'],
      ['d3', null],
    ],
  ],
  [
    'datatable(a:dynamic)[dynamic([]), dynamic(null), dynamic([1, null]), dynamic("s")] | mv-expand a',
    'a:dynamic',
    [[null], [1], [null], ['s']],
  ],
  [
    'print a=dynamic({"x":[1,2]}) | mv-expand a.x',
    'a:dynamic,a_x:dynamic',
    [
      [{ x: [1, 2] }, 1],
      [{ x: [1, 2] }, 2],
    ],
  ],
  ['print a=dynamic([1,2,3]) | mv-expand a limit 2', 'a:dynamic', [[1], [2]]],
  ['print a=dynamic([3,1,2]) | mv-apply a to typeof(long) on (top 1 by a)', 'a:long', [[3]]],
  [
    'print k="x", a=dynamic([3,1,2]) | mv-apply v=a to typeof(long) on (summarize total=sum(v))',
    'k:string,a:dynamic,total:long',
    [['x', [3, 1, 2], 6]],
  ],
  // text to columns
  [
    'print s="id=7 name=till" | parse s with "id=" id:long " name=" name',
    's:string,id:long,name:string',
    [['id=7 name=till', 7, 'till']],
  ],
  ['print s="x id=7;" | parse s with * "id=" id:int ";" * | project id', 'id:int', [[7]]],
  [
    'print s="a=1 b=x" | parse s with "a=" a:long " b=" b:long | project a, b',
    'a:long,b:long',
    [[null, null]],
  ],
  [
    'print s="a=1 b=x" | parse kind=relaxed s with "a=" a:long " b=" b:long | project a, b',
    'a:long,b:long',
    [[1, null]],
  ],
  ['print s="nothing" | parse s with "id=" id:long | project id', 'id:long', [[null]]],
  ['print s="nothing" | parse-where s with "id=" id:long', 's:string,id:long', []],
  ['print s="ID: 12" | parse kind=regex flags=i s with "id:\\\\s*" id:long | project id', 'id:long', [[12]]],
  // series
  [
    'Devices | make-series n=count() default=0 on Timestamp from datetime(2026-03-08) to datetime(2026-03-11) step 1d',
    'n:dynamic,Timestamp:dynamic',
    [
      [
        [1, 1, 2],
        ['2026-03-08T00:00:00.0000000Z', '2026-03-09T00:00:00.0000000Z', '2026-03-10T00:00:00.0000000Z'],
      ],
    ],
  ],
  [
    'Devices | make-series count() on Timestamp from datetime(2026-03-09) to datetime(2026-03-11) step 1d by DeviceId | project DeviceId, count_',
    'DeviceId:string,count_:dynamic',
    [
      ['d1', [1, 1]],
      ['d2', [0, 1]],
    ],
  ],
  [
    'datatable(t:datetime, v:long)[datetime(2026-01-01 01:00), 1, datetime(2026-01-03), 5] | make-series s=sum(v), a=avg(v) default=real(null) on t from datetime(2026-01-01) to datetime(2026-01-04) step 1d | project s, a',
    's:dynamic,a:dynamic',
    [
      [
        [1, 0, 5],
        [1, null, 5],
      ],
    ],
  ],
  // the axis without bounds begins at the bin of the first value and ends with the last value's
  [
    'datatable(x:long, v:long)[1, 1, 5, 5] | make-series s=sum(v) on x step 2',
    's:dynamic,x:dynamic',
    [
      [
        [1, 0, 5],
        [0, 2, 4],
      ],
    ],
  ],
  // neighbouring rows
  [
    'range x from 1 to 3 step 1 | serialize | extend r=row_number(), p=prev(x), n=next(x, 1, 0)',
    'x:long,r:long,p:long,n:long',
    [
      [1, 1, null, 2],
      [2, 2, 1, 3],
      [3, 3, 2, 0],
    ],
  ],
  [
    'range x from 1 to 4 step 1 | serialize s=row_cumsum(x)',
    'x:long,s:long',
    [
      [1, 1],
      [2, 3],
      [3, 6],
      [4, 10],
    ],
  ],
  ['range x from 1 to 4 step 1 | serialize | where prev(x) == 2', 'x:long', [[3]]],
  [
    'Devices | partition by DeviceId (top 1 by Score) | project DeviceId, Score',
    'DeviceId:string,Score:long',
    [
      ['d1', 30],
      ['d2', 20],
      ['d3', null],
    ],
  ],
  // plugins
  [`${numbers} | evaluate pivot(k, sum(n))`, 'a:long,b:long', [[4, 2]]],
  ['print i=1, d=dynamic({"x":"y","n":2}) | evaluate bag_unpack(d)', 'i:long,n:long,x:string', [[1, 2, 'y']]],
  ['print d=dynamic({"x":"y"}) | evaluate bag_unpack(d) | where x == "y" | project x', 'x:string', [['y']]],
  // others
  [
    'print a=1, b="x" | getschema',
    'ColumnName:string,ColumnOrdinal:long,DataType:string,ColumnType:string',
    [
      ['a', 0, 'System.Int64', 'long'],
      ['b', 1, 'System.String', 'string'],
    ],
  ],
  ['print x=1 | render timechart', 'x:long', [[1]]],
  ['set notruncation; print x=1', 'x:long', [[1]]],
  [
    'Devices | sample 0',
    'Timestamp:datetime,DeviceId:string,Name:string,Score:long,Load:real,Active:bool,Tags:dynamic',
    [],
  ],
  [
    'print SHA1="" | invoke FileProfile(SHA1, 100) | project ProfileAvailability',
    'ProfileAvailability:string',
    [['Missing']],
  ],
]

test.each(cases)('%s', (query, columns, rows) => {
  expect(answerOf(query)).toEqual({ columns, rows })
})

test("the request's span of time limits tables that have a Timestamp", () => {
  const timespan = { start: new Date('2026-03-10T00:00:00Z'), end: new Date('2026-03-10T08:30:00Z') }

  const result = run('union withsource=T Devices, Logons | project T, DeviceId', { timespan })

  expect(result.rows).toEqual([
    ['Devices', 'd1'],
    ['Logons', 'd1'],
    ['Logons', 'd1'],
  ])
})

test('more rows than asked for are cut, and it is said', () => {
  expect(run('range x from 1 to 5 step 1', { maxRows: 2 })).toMatchObject({
    rows: [[1], [2]],
    truncated: true,
  })
  expect(run('range x from 1 to 2 step 1', { maxRows: 2 })).toMatchObject({
    rows: [[1], [2]],
    truncated: false,
  })
})

test('a file profile says the same of the same hash and keeps the columns before it', () => {
  const query = 'print SHA1="da39a3ee5e6b4b0d3255bfef95601890afd80709", n=1 | invoke FileProfile("SHA1", 500)'

  const [first, second] = [run(query), run(query)]

  expect(first.rows).toEqual(second.rows)
  expect(first.columns.map(column => column.name).slice(0, 3)).toEqual(['SHA1', 'n', 'GlobalPrevalence'])
})
