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
  list<N extends ListName, const Q extends ListQuery<N> = {}>(
    name: N,
    query?: Q & NothingBeside<ListQuery<N>, Q>,
    options?: RequestOptions,
  ): Promise<Page<N, Q>>;

  /** One record. */
  get<N extends ListName, const Q extends RecordQuery<N> = {}>(
    name: N,
    id: string,
    query?: Q & NothingBeside<RecordQuery<N>, Q>,
    options?: RequestOptions,
  ): Promise<Detail<N, Q>>;

  /** The pages of a list, one after the other: `for await (const page of api.pages("incidents"))`. */
  pages<N extends ListName, const Q extends ListQuery<N> = {}>(
    name: N,
    query?: Q & NothingBeside<ListQuery<N>, Q>,
    options?: RequestOptions,
  ): AsyncGenerator<Page<N, Q>, void, void>;

  /** Any other JSON answer by its path as in the OpenAPI document. The query has what stands in braces there, too. */
  read<P extends keyof Operations>(path: P, ...given: ReadArguments<Operations[P]["query"]>): Promise<Operations[P]["answer"]>;
}

/** The lists of records. */
export type ListName = keyof Lists;

/** A record of a list with all its keys. */
export type RecordOf<N extends ListName> = Lists[N]["document"];

/**
 * A record with `id`, `type`, `url` and the keys that `fields` is known to name; with what it may name as optional. A
 * dotted key (`date.earliest`) is a key of the object, or of each object in a list, that it lies in.
 */
export type Picked<D, F extends readonly string[]> = F extends unknown
  ? PickedPaths<D, "id" | "type" | "url" | Certain<F>, "id" | "type" | "url" | F[number]>
  : never;

/** A record with its passages left out (`none`), counted (`count`) or as they are (`full`), here and in what lies in it. */
export type WithEvidence<D, E extends "full" | "none" | "count"> = E extends "full"
  ? D
  : D extends readonly (infer Item)[]
    ? WithEvidence<Item, E>[]
    : D extends object
      ? Flat<
          { [K in keyof D as Exclude<K, "evidence">]: WithEvidence<D[K], E> } & ("evidence" extends keyof D
            ? E extends "count"
              ? { evidence_count: number }
              : unknown
            : unknown)
        >
      : D;

/** A page of a list that was asked for with this query. */
export type Page<N extends ListName, Q = {}> = Flat<
  Omit<Lists[N]["page"], "data" | "included"> & { data: Shown<N, Q, "fields">[] } & WithFields<Q> & WithIncluded<Q>
>;

/** A record that was asked for with this query. */
export type Detail<N extends ListName, Q = {}> = Flat<
  Omit<Lists[N]["detail"], "data" | "included"> & { data: Shown<N, Q, "fields"> } & WithFields<Q> & WithIncluded<Q>
>;

export type Fields<N extends ListName> = readonly Values<Lists[N]["query"], "fields">[];
export type Includes<N extends ListName> = readonly Values<Lists[N]["query"], "include">[];

export type ListQuery<N extends ListName> = Lists[N]["query"];
export type RecordQuery<N extends ListName> = Lists[N]["recordQuery"];

type Flat<T> = T extends unknown ? { [K in keyof T]: T[K] } : never;
type NothingBeside<A, Q> = { [K in Exclude<keyof Q, keyof A>]: never };
type Values<Q, K extends string> = Q extends { [key in K]?: infer V } ? Extract<V, string> : never;
type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never;
type Certain<F extends readonly string[]> = { [K in keyof F]: IsUnion<F[K]> extends false ? F[K] : never }[number];

// Paths: those that certainly were asked for (C), and all that may have been (P).
type Head<P> = P extends `${infer K}.${string}` ? K : P;
type Tail<K, P> = K extends string ? (P extends `${K}.${infer Rest}` ? Rest : never) : never;
type KeysIn<V> = V extends readonly (infer Item)[] ? KeysIn<Item> : V extends object ? Extract<keyof V, string> : never;
type PickedPaths<D, C, P> = D extends readonly (infer Item)[]
  ? PickedPaths<Item, C, P>[]
  : D extends object
    ? Flat<
        { [K in Extract<keyof D, Head<C>>]: PickedValue<D[K], K, C, P> } & {
          [K in Extract<keyof D, Exclude<Head<P>, Head<C>>>]?: PickedValue<D[K], K, C, P>;
        }
      >
    : D;
type PickedValue<V, K, C, P> = K extends C
  ? V
  : K extends P
    ? [Tail<K, P>] extends [never]
      ? V
      : PickedPaths<V, Tail<K, C>, Tail<K, P> | KeysIn<V>>
    : PickedPaths<V, Tail<K, C>, Tail<K, P>>;

// What a query says of one parameter: a list, empty where it says nothing. `undefined` may be anything.
type Listed<V> = [V] extends [string] ? readonly [V] : V extends readonly string[] ? V : never;
type Given<Q, K extends string> = K extends keyof Q ? Listed<Exclude<Q[K], undefined>> : readonly [];
type MayLack<Q, K extends string> = K extends keyof Q ? (undefined extends Q[K] ? true : false) : false;
type EvidenceOf<Q> = Q extends { evidence: infer E extends "full" | "none" | "count" }
  ? E
  : "evidence" extends keyof Q
    ? "full" | Extract<Q["evidence"], "none" | "count">
    : "full";
type Shown<N extends ListName, Q, K extends string> = WithEvidence<
  MayLack<Q, K> extends true
    ? Lists[N]["partial"]
    : Given<Q, K> extends readonly []
      ? RecordOf<N>
      : Picked<RecordOf<N>, Given<Q, K>>,
  EvidenceOf<Q>
>;
type IsWhole<Q> = [EvidenceOf<Q>] extends ["full"] ? ([Extract<keyof Q, `fields[${string}]`>] extends [never] ? true : false) : false;
type WithFields<Q> =
  MayLack<Q, "fields"> extends true
    ? { fields?: string[] }
    : Given<Q, "fields"> extends readonly []
      ? IsWhole<Q> extends true
        ? unknown
        : { fields?: string[] }
      : { fields: Given<Q, "fields">[number][] };
type WithIncluded<Q> =
  MayLack<Q, "include"> extends true
    ? { included?: { [K in Extract<Given<Q, "include">[number], ListName>]?: Shown<K, Q, `fields[${K}]`>[] } }
    : Given<Q, "include"> extends readonly []
      ? unknown
      : {
          included: Flat<
            { [K in Extract<Certain<Given<Q, "include">>, ListName>]: Shown<K, Q, `fields[${K}]`>[] } & {
              [K in Extract<
                Exclude<Given<Q, "include">[number], Certain<Given<Q, "include">>>,
                ListName
              >]?: Shown<K, Q, `fields[${K}]`>[];
            }
          >;
        };
type ReadArguments<Q> = {} extends Q ? [query?: Q, options?: RequestOptions] : [query: Q, options?: RequestOptions];
