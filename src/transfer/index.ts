/** Assistants and threads out of a store and into one: exports, dumps of API objects, endpoints that still answer. */
export { assistantLines, countThreads, headerLine, threadIds, threadLines } from './export.ts';
export { type Counted, type ImportReport, importEntries } from './import.ts';
export { type Located, type ReadProblem, readEntries } from './read.ts';
export { readRemote, type Wanted } from './remote.ts';
