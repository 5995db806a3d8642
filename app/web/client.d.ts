// The types of client.js: the client's own, and behind them those of the API. To use them, save both files side by side:
//
//   curl -O <this server>/client.js -O <this server>/client.d.ts
//
//   import { Dateline } from "./client.js";
//
//   const api = new Dateline("https://dateline.example");
//   const page = await api.list("incidents", { kind: ["joint_raid"], fields: ["title", "date"] });
//   page.data[0]?.title;     // string | undefined
//   page.data[0]?.evidence;  // does not compile: it was not asked for

/** An answer that is not 2xx. Failures of the network are those of `fetch`, and so is what an `AbortSignal` ends. */
export class ProblemError extends Error {
  readonly name: "ProblemError";
  readonly status: number;
  readonly url: string;
  /** The problem document (RFC 9457); null where something between client and service answered without one. */
  readonly problem: Problem | null;
}

export interface Settings {
  /** What to send requests with, instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** How often to ask again where a 429 or 503 says with `Retry-After` when to; 3 unless given. */
  retries?: number;
  /** The longest wait, in seconds, that `Retry-After` may ask for; 60 unless given. Beyond it the problem is thrown. */
  longestWait?: number;
  /** How many answers to keep with their `ETag`, so that what has not changed is not sent again: 100 unless given; none
   * in browsers, whose own cache does it. */
  answers?: number;
}

export interface RequestOptions {
  /** Ends the request, and the wait before the next one. */
  signal?: AbortSignal | undefined;
}

/** Reads the API. Whatever it returns is the JSON of the answer as it stands. */
export class Dateline {
  /** `base` is where the service is; where it is left out, that is where client.js was loaded from. */
  constructor(base?: string | URL, settings?: Settings);

  /** One page of a list. Records have the keys that `fields` names, and `included` what `include` names. */
  list<N extends ListName, const F extends Fields<N> = [], const I extends Includes<N> = []>(
    name: N,
    query?: ListQuery<N, F, I>,
    options?: RequestOptions,
  ): Promise<Page<N, F, I>>;

  /** One record. */
  get<N extends ListName, const F extends Fields<N> = [], const I extends Includes<N> = []>(
    name: N,
    id: string,
    query?: RecordQuery<N, F, I>,
    options?: RequestOptions,
  ): Promise<Detail<N, F, I>>;

  /** The pages of a list, one after the other: `for await (const page of api.pages("incidents"))`. */
  pages<N extends ListName, const F extends Fields<N> = [], const I extends Includes<N> = []>(
    name: N,
    query?: ListQuery<N, F, I>,
    options?: RequestOptions,
  ): AsyncGenerator<Page<N, F, I>, void, void>;

  /** Any other JSON answer by its path as in the OpenAPI document. The query has what stands in braces there, too. */
  read<P extends keyof Operations>(path: P, ...given: ReadArguments<Operations[P]["query"]>): Promise<Operations[P]["answer"]>;
}

/** The lists of records. */
export type ListName = keyof Lists;

/** A record of a list with all its keys. */
export type RecordOf<N extends ListName> = Lists[N]["document"];

/** A record with `id`, `type`, `url` and the keys that `fields` is known to name; with what it may name as optional. */
export type Picked<D, F extends readonly string[]> = Flat<
  Pick<D, Extract<keyof D, "id" | "type" | "url" | Certain<F>>> & Partial<Pick<D, Extract<keyof D, F[number]>>>
>;

/** A page of a list that was asked for with these `fields` and this `include`. */
export type Page<N extends ListName, F extends readonly string[] = [], I extends readonly string[] = []> = Flat<
  Omit<Lists[N]["page"], "data" | "included"> & { data: Chosen<RecordOf<N>, F>[] } & WithFields<F> & WithIncluded<I>
>;

/** A record that was asked for with these `fields` and this `include`. */
export type Detail<N extends ListName, F extends readonly string[] = [], I extends readonly string[] = []> = Flat<
  Omit<Lists[N]["detail"], "data" | "included"> & { data: Chosen<RecordOf<N>, F> } & WithFields<F> & WithIncluded<I>
>;

export type Fields<N extends ListName> = readonly Values<Lists[N]["query"], "fields">[];
export type Includes<N extends ListName> = readonly Values<Lists[N]["query"], "include">[];

export type ListQuery<N extends ListName, F = Fields<N>, I = Includes<N>> = Omit<Lists[N]["query"], "fields" | "include"> & {
  fields?: F | undefined;
  include?: I | undefined;
};

export type RecordQuery<N extends ListName, F = Fields<N>, I = Includes<N>> = Omit<
  Lists[N]["detailQuery"],
  "id" | "fields" | "include"
> & { fields?: F | undefined; include?: I | undefined };

type Flat<T> = T extends unknown ? { [K in keyof T]: T[K] } : never;
type Values<Q, K extends string> = Q extends { [key in K]?: infer V } ? Extract<V, string> : never;
type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;
type Certain<F extends readonly string[]> = { [K in keyof F]: IsUnion<F[K]> extends false ? F[K] : never }[number];
type Chosen<D, F extends readonly string[]> = F extends readonly [] ? D : Picked<D, F>;
type WithFields<F extends readonly string[]> = F extends readonly [] ? unknown : { fields: F[number][] };
type WithIncluded<I extends readonly string[]> = I extends readonly []
  ? unknown
  : { included: Flat<Required<Pick<Included, Extract<keyof Included, Certain<I>>>> & Partial<Pick<Included, Extract<keyof Included, I[number]>>>> };
type ReadArguments<Q> = {} extends Q ? [query?: Q, options?: RequestOptions] : [query: Q, options?: RequestOptions];
