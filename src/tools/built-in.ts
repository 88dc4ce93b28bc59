/** The tools that come with rethread (dashscope §A.10). */
import { calculator } from './calculator.ts';
import type { Tool } from './define.ts';
import { generateQrcode } from './generate-qrcode.ts';
import { githubSearch } from './github-search.ts';
import type { ToolSettings } from './settings.ts';
import { textToImage } from './text-to-image.ts';

export function builtInTools({ github_search, text_to_image }: ToolSettings = {}): Tool[] {
  return [
    calculator,
    generateQrcode,
    githubSearch(github_search),
    textToImage('text_to_image', text_to_image),
    textToImage('wanx', text_to_image),
  ];
}
