/** Ids as DashScope writes them: `message_…` where the domain has `msg_…`, all others alike (§A.3, §D). */

export const messageIdOut = (id: string): string => id.replace(/^msg_/, 'message_');
export const messageIdIn = (id: string): string => id.replace(/^message_/, 'msg_');

/** The same for ids inside a sentence. */
export const idsOut = (text: string): string => text.replace(/\bmsg_(?=[0-9A-Za-z])/g, 'message_');
