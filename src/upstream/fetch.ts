/** The part of fetch that every SDK major and every platform shares. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
