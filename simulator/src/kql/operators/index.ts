import { evaluate } from './evaluate.ts'
import { where } from './filter.ts'
import { invoke } from './invoke.ts'
import { join, lookup } from './join.ts'
import { makeSeries } from './make-series.ts'
import { mvApply, mvExpand } from './mv-expand.ts'
import type { Operator } from './operator.ts'
import { sample, sampleDistinct, sort, take, top } from './ordering.ts'
import { parse } from './parse.ts'
import { partition } from './partition.ts'
import { extend, project, projectAway, projectKeep, projectRename, projectReorder } from './projections.ts'
import { search } from './search.ts'
import { getschema, nameGiven } from './sources.ts'
import { countRows, distinct, summarize } from './summarize.ts'
import { topNested } from './top-nested.ts'
import { union } from './union.ts'

const asName: Operator = (node, input, place) => {
  place.query.tagged.set(nameGiven(node), input)
  return input
}

/** Charts are drawn by whoever shows the result. */
const render: Operator = (_node, input) => input

/** The operators of a pipe, by the kind of their node. */
export const operators: Record<string, Operator> = {
  AsOperator: asName,
  CountOperator: countRows,
  DistinctOperator: distinct,
  EvaluateOperator: evaluate,
  ExtendOperator: extend,
  FilterOperator: where,
  GetSchemaOperator: getschema,
  InvokeOperator: invoke,
  JoinOperator: join,
  LookupOperator: lookup,
  MakeSeriesOperator: makeSeries,
  MvApplyOperator: mvApply,
  MvExpandOperator: mvExpand,
  ParseOperator: parse,
  ParseWhereOperator: parse,
  PartitionOperator: partition,
  ProjectAwayOperator: projectAway,
  ProjectKeepOperator: projectKeep,
  ProjectOperator: project,
  ProjectRenameOperator: projectRename,
  ProjectReorderOperator: projectReorder,
  RenderOperator: render,
  SampleDistinctOperator: sampleDistinct,
  SampleOperator: sample,
  SearchOperator: search,
  SerializeOperator: extend,
  SortOperator: sort,
  SummarizeOperator: summarize,
  TakeOperator: take,
  TopNestedOperator: topNested,
  TopOperator: top,
  UnionOperator: union,
}
