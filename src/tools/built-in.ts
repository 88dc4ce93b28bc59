/** The tools that come with rethread (dashscope §A.10). */
import { calculator } from './calculator.ts';
import type { Tool } from './define.ts';
import { generateQrcode } from './generate-qrcode.ts';

export function builtInTools(): Tool[] {
  return [calculator, generateQrcode];
}
