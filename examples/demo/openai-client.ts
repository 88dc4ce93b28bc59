// All that changed: the client is wrapped where it is made. (In your code the packages are 'openai' and 'rethread'.)
import OpenAI from 'openai4';
import { withAssistants } from '../../src/index.ts';

export const openai = withAssistants(new OpenAI());
