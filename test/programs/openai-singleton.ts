import OpenAI from 'openai4';

export const openai = new OpenAI();
