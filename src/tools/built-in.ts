/** The tools that come with rethread (dashscope §A.10). */
import { calculator } from './calculator.ts';
import type { Tool } from './define.ts';
import { generateQrcode } from './generate-qrcode.ts';
import { githubSearch } from './github-search.ts';
import type { ToolSettings } from './settings.ts';
import { textToImage } from './text-to-image.ts';

export function builtInTools({ github_search, text_to_image, rag }: ToolSettings = {}): Tool[] {
  return [
    calculator,
    generateQrcode,
    githubSearch(github_search),
    textToImage('text_to_image', text_to_image),
    textToImage('wanx', text_to_image),
    // What it finds stands in the instructions: the model has nothing to call.
    ...(rag?.retrieve ? [{ type: 'rag', functions: async () => [] }] : []),
  ];
}
