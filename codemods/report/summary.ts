/** What a run comes to in a sentence and a few figures. */
import type { Report } from '../types.ts';

export function headline(report: Report): string {
  const { summary } = report;
  if (
    summary.callSites === 0 &&
    summary.rawHttpCalls === 0 &&
    summary.needsHand === 0 &&
    summary.foreignSites === 0
  ) {
    return summary.filesChanged === 0
      ? `No Assistants code in ${count(summary.filesScanned, 'file')}.`
      : `${count(summary.filesChanged, 'file')} brought up to date.`;
  }
  const would = report.dryRun ? 'would be ' : '';
  const moved = report.sites.filter((site) => site.status === 'moved').length;
  const parts = [
    summary.callSites > 0 ? `${count(summary.callSites, 'Assistants call')} found` : '',
    moved > 0 ? `${count(moved, 'call')} ${would}moved to Responses` : '',
    summary.clientsWrapped > 0 ? `${count(summary.clientsWrapped, 'client')} ${would}wrapped` : '',
    summary.callsRepaired > 0 ? `${count(summary.callsRepaired, 'call')} ${would}repaired` : '',
    summary.rawHttpCalls > 0 ? `${count(summary.rawHttpCalls, 'HTTP call')} ${would}rerouted` : '',
    summary.foreignSites > 0 ? `${count(summary.foreignSites, 'call')} in other languages` : '',
    summary.needsHand > 0 ? `${count(summary.needsHand, 'thing')} left for you` : '',
    summary.filesChanged === 0 ? 'nothing to change' : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}.`;
}

/** Rows of a table: what, and how many. */
export function summaryRows(report: Report): [string, number][] {
  const status = (name: string): number => report.sites.filter((site) => site.status === name).length;
  const rows: [string, number][] = [
    ['Files looked at', report.summary.filesScanned],
    ['Assistants calls', report.summary.callSites],
    ['moved to Conversations and Responses', status('moved')],
    ['answered by rethread from now on', status('wrapped')],
    ['answered by rethread before', status('already')],
    ['still served by OpenAI (vector stores)', status('live')],
    ['left alone (browser, tests)', status('withheld')],
    ['client not found', status('unresolved')],
    ['Clients wrapped', report.summary.clientsWrapped],
    ['Calls repaired', report.summary.callsRepaired],
    ['HTTP calls rerouted', report.summary.rawHttpCalls],
    ['Calls in other languages', report.summary.foreignSites],
    ['Files changed', report.summary.filesChanged],
    ['Things left for you', report.summary.needsHand],
  ];
  return rows.filter(([name, value]) => value > 0 || name === 'Assistants calls');
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
