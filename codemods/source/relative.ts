/** How a path is shown: relative to the root of the run, where it is below it. */
export function relativeTo(root: string, file: string): string {
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}
