import { expect, test } from 'vitest'
import { answerOf, type Case, ticks } from './engine.ts'

const numbers = 'datatable(k:string, n:long)["a",1,"b",2,"a",3]'

// Worked out by hand from the language's documentation.
const cases: Case[] = [
  // groups
  [
    `${numbers} | summarize count(), sum(n), avg(n) by k`,
    'k:string,count_:long,sum_n:long,avg_n:real',
    [
      ['a', 2, 4, 2],
      ['b', 1, 2, 2],
    ],
  ],
  [
    `${numbers} | summarize min(n), max(n), dcount(k), countif(n > 1)`,
    'min_n:long,max_n:long,dcount_k:long,countif_:long',
    [[1, 3, 2, 2]],
  ],
  [
    `${numbers} | summarize make_list(n), make_set(k)`,
    'list_n:dynamic,set_k:dynamic',
    [
      [
        [1, 2, 3],
        ['a', 'b'],
      ],
    ],
  ],
  [
    `${numbers} | summarize arg_max(n, *) by k`,
    'k:string,n:long',
    [
      ['a', 3],
      ['b', 2],
    ],
  ],
  [`${numbers} | summarize arg_min(n, k)`, 'n:long,k:string', [[1, 'a']]],
  [`${numbers} | summarize x=max(n)-min(n), round(avg(n), 1)`, 'x:long,avg_n:real', [[2, 2]]],
  [`${numbers} | summarize by k`, 'k:string', [['a'], ['b']]],
  [
    `${numbers} | summarize sumif(n, k == "a"), make_list_if(n, n > 1)`,
    'sumif_n:long,list_n:dynamic',
    [[4, [2, 3]]],
  ],
  [
    `${numbers} | summarize percentile(n, 50), percentiles(n, 5, 95)`,
    'percentile_n_50:long,percentile_n_5:long,percentile_n_95:long',
    [[2, 1, 3]],
  ],
  [`${numbers} | summarize stdev(n), variance(n)`, 'stdev_n:real,variance_n:real', [[1, 1]]],
  [
    `${numbers} | where n > 9 | summarize count(), sum(n), max(n), make_list(n)`,
    'count_:long,sum_n:long,max_n:long,list_n:dynamic',
    [[0, 0, null, []]],
  ],
  [`${numbers} | where n > 9 | summarize count() by k`, 'k:string,count_:long', []],
  [
    'Devices | summarize arg_max(Timestamp, Name, Score) by DeviceId | project DeviceId, Score',
    'DeviceId:string,Score:long',
    [
      ['d1', 10],
      ['d2', 20],
      ['d3', null],
    ],
  ],
  [
    'Devices | summarize count() by bin(Timestamp, 1d) | sort by Timestamp asc',
    'Timestamp:datetime,count_:long',
    [
      [ticks('2026-03-08T00:00:00Z'), 1],
      [ticks('2026-03-09T00:00:00Z'), 1],
      [ticks('2026-03-10T00:00:00Z'), 2],
    ],
  ],
  [
    'Devices | summarize take_any(Name) by DeviceId',
    'DeviceId:string,Name:string',
    [
      ['d1', 'till-1'],
      ['d2', 'Till-2'],
      ['d3', 'server'],
    ],
  ],
  ['datatable(x:long)[long(null), 5] | summarize take_any(x)', 'x:long', [[5]]],
  ['datatable(s:string, n:long)["", 1, "v", 2] | summarize take_any(s, n)', 's:string,n:long', [['', 1]]],
  [
    'datatable(s:string, n:long)["a", 1] | where n > 9 | summarize take_any(s), arg_max(n, s), stdev(n), make_bag(dynamic({}))',
    's:string,n:long,s1:string,stdev_n:real,bag_:dynamic',
    [['', null, '', 0, {}]],
  ],
  [
    'datatable(x:long)[1, long(null), 1, long(null)] | summarize n=count(), d=dcount(x), a=avg(x) by x',
    'x:long,n:long,d:long,a:real',
    [
      [1, 2, 1, 1],
      [null, 2, 0, null],
    ],
  ],
  [
    'datatable(x:long)[1, 2, 3, 4] | summarize percentiles(x, 25, 50, 75, 100), percentile(x, 0)',
    'percentile_x_25:long,percentile_x_50:long,percentile_x_75:long,percentile_x_100:long,percentile_x_0:long',
    [[1, 2, 3, 4, 1]],
  ],
  ['Logons | summarize make_bag(Detail)', 'bag_Detail:dynamic', [[{ ip: '10.0.0.5', tries: 2 }]]],
  [`${numbers} | distinct k`, 'k:string', [['a'], ['b']]],
  [
    `${numbers} | distinct *`,
    'k:string,n:long',
    [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ],
  ],
  [`${numbers} | sample-distinct 2 of k`, 'k:string', [['a'], ['b']]],
  [
    `${numbers} | top-nested 1 of k by sum(n), top-nested 1 of n by max(n)`,
    'k:string,aggregated_k:long,n:long,aggregated_n:long',
    [['a', 4, 3, 3]],
  ],
  // joins
  [
    'Devices | join kind=inner Logons on DeviceId | project Name, Account | take 2',
    'Name:string,Account:string',
    [
      ['till-1', 'baker'],
      ['till-1', 'owner'],
    ],
  ],
  ['Devices | join Logons on DeviceId | count', 'Count:long', [[3]]],
  ['Devices | join kind=inner Logons on DeviceId | count', 'Count:long', [[5]]],
  [
    'Devices | join kind=leftouter (Logons | project DeviceId, Account) on DeviceId | where DeviceId == "d3" | project DeviceId, DeviceId1, Account',
    'DeviceId:string,DeviceId1:string,Account:string',
    [['d3', '', '']],
  ],
  [
    'Devices | join kind=rightouter (Logons | project DeviceId, Account) on DeviceId | where isempty(DeviceId) | project DeviceId1, Account',
    'DeviceId1:string,Account:string',
    [['d9', 'guest']],
  ],
  ['Devices | join kind=fullouter Logons on DeviceId | count', 'Count:long', [[7]]],
  ['Devices | join kind=leftsemi Logons on DeviceId | count', 'Count:long', [[3]]],
  ['Devices | join kind=leftanti Logons on DeviceId | project Name', 'Name:string', [['server']]],
  ['Devices | join kind=rightanti Logons on DeviceId | project Account', 'Account:string', [['guest']]],
  ['Devices | join kind=rightsemi Logons on DeviceId | count', 'Count:long', [[3]]],
  [
    'Devices | join kind=inner (Logons | project Id=DeviceId, Account) on $left.DeviceId == $right.Id | where Score == 20 | project Id, Account',
    'Id:string,Account:string',
    [['d2', 'baker']],
  ],
  [
    'Devices | lookup (Logons | project DeviceId, Account) on DeviceId | project Name, Account | sort by Name asc, Account asc | take 1',
    'Name:string,Account:string',
    [['Till-2', 'baker']],
  ],
  [
    'datatable(a:long, b:long)[long(null), 1] | join kind=inner (datatable(a:long, b:long)[long(null), 1]) on a, b | count',
    'Count:long',
    [[0]],
  ],
  [
    'datatable(a:long, b:long)[long(null), 1] | join kind=leftanti (datatable(a:long, b:long)[long(null), 1]) on a, b',
    'a:long,b:long',
    [[null, 1]],
  ],
  ['datatable(k:string)["A"] | join kind=inner (datatable(k:string)["a"]) on k | count', 'Count:long', [[0]]],
  [
    'datatable(k:string, i:long)["a",1,"a",2] | join (datatable(k:string, v:long)["a",7,"a",8]) on k | project i, v',
    'i:long,v:long',
    [
      [1, 7],
      [1, 8],
    ],
  ],
  [
    'datatable(a:long)[long(null)] | join kind=inner (datatable(a:long)[long(null)]) on a',
    'a:long,a1:long',
    [],
  ],
  // unions and searches
  [
    'union (print a=1), (print b="x")',
    'a:long,b:string',
    [
      [1, ''],
      [null, 'x'],
    ],
  ],
  [
    'union withsource=T (print a=1), (print a="x")',
    'T:string,a_long:long,a_string:string',
    [
      ['union_arg0', 1, ''],
      ['union_arg1', null, 'x'],
    ],
  ],
  [
    'union withsource=T Devices, Logons | summarize count() by T',
    'T:string,count_:long',
    [
      ['Devices', 4],
      ['Logons', 4],
    ],
  ],
  ['union isfuzzy=true Devices, Missing | count', 'Count:long', [[4]]],
  [
    'union isfuzzy=true (Devices | getschema | extend T="Devices"), (Missing | getschema | extend T="Missing") | summarize count() by T',
    'T:string,count_:long',
    [['Devices', 7]],
  ],
  ['Devices | union isfuzzy=true (Missing | where x == 1) | count', 'Count:long', [[4]]],
  ['union Dev* | count', 'Count:long', [[4]]],
  ['Devices | union Logons | count', 'Count:long', [[8]]],
  [
    'search in (Devices, Logons) "till" | summarize count() by $table',
    '$table:string,count_:long',
    [['Devices', 3]],
  ],
  ['search in (Logons) "baker" and DeviceId == "d2" | project Account', 'Account:string', [['baker']]],
]

test.each(cases)('%s', (query, columns, rows) => {
  expect(answerOf(query)).toEqual({ columns, rows })
})
