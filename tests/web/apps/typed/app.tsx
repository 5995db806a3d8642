import { useEffect, useState, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { claims, everywhere, incident, overview, said, type Answer, type Filters } from "./api.js";
import { ProblemError, type IncidentKind, type Sum } from "./client.js";

type Place = { hash: string; name: string; filters: URLSearchParams };

/** The screen that the address names behind its `#`: `quotes?datetime=2019`. */
function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const [name = "", query = ""] = hash.slice(1).split("?");
  return { hash, name, filters: new URLSearchParams(query) };
}

/** What this front end lets its readers choose from; a kind that the API has not would not compile. */
const KINDS: readonly IncidentKind[] = ["joint_raid", "air_attack", "ground_fire", "displacement"];

type Loaded<T> = { state: "loading" } | { state: "failed"; reason: string } | { state: "there"; answer: T };

/** Asks once for what a screen shows, and gives up what nobody waits for any more. */
function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  useEffect(() => {
    const controller = new AbortController();
    setLoaded({ state: "loading" });
    ask(controller.signal)
      .then((answer) => setLoaded({ state: "there", answer }))
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        setLoaded({ state: "failed", reason: error instanceof ProblemError ? error.message : String(error) });
      });
    return () => controller.abort();
  }, [key]);
  return loaded;
}

function Screen<T>({ hash, ask, children }: { hash: string; ask: (signal: AbortSignal) => Promise<T>; children: (answer: T) => ReactNode }) {
  const loaded = useAnswer(hash, ask);
  if (loaded.state === "loading") return <p>Loading</p>;
  if (loaded.state === "failed") return <p role="alert">{loaded.reason}</p>;
  return <main data-screen={hash}>{children(loaded.answer)}</main>;
}

function Overview({ answer, filters }: { answer: Answer<typeof overview>; filters: URLSearchParams }) {
  const { data, included, facets, totals, meta } = answer;
  return (
    <>
      <p role="status">{`${meta.returned} of ${meta.matched ?? "many"}`}</p>
      <nav>
        {facets?.kind?.buckets.map((one) => (
          <a key={one.value} href={link("", filters, { kind: one.value })}>{`${one.label} (${one.count}) `}</a>
        ))}
        {facets?.month?.buckets.map((one) => (
          <a key={one.value} href={link("", filters, { datetime: one.value })}>{`${one.label} (${one.count}) `}</a>
        ))}
      </nav>
      <Totals sums={totals ?? []} />
      <Pages name="" filters={filters} next={meta.next_cursor} prev={meta.prev_cursor} />
      <ul>
        {data.map((one) => (
          <li key={one.id} className={one.contested ? "contested" : ""}>
            <a href={`#incident/${one.id}`}>{one.title}</a> <When date={one.date} /> {one.totals.killed?.low}
          </li>
        ))}
      </ul>
      {included.quotes.map((one) => (
        <Quote key={one.id} quote={one} />
      ))}
    </>
  );
}

/** At least and at most so many; nothing where nothing is counted, because that is not 0. */
function Totals({ sums }: { sums: Sum[] }) {
  const counted = sums.filter((one) => one.low !== null);
  const words = counted.map(({ low, high, by }) => `${low}${high === null ? " or more" : high === low ? "" : `–${high}`} ${by["outcome"]?.label ?? ""}`);
  return <p id="totals">{words.join(", ")}</p>;
}

/** The days of an incident, and of what a claim or a quote is about: the same shape. */
function When({ date }: { date: Answer<typeof said>["data"][number]["date"] }) {
  if (!date) return <span>not dated</span>;
  const ends = date.open.map((end) => `, ${end} not stated`).join("");
  return <time title={date.assumed?.reason}>{`${date.earliest ?? "…"} – ${date.latest ?? "…"}${ends}`}</time>;
}

function Quote({ quote }: { quote: Answer<typeof said>["data"][number] }) {
  const { text, speaker, incidents } = quote;
  const bodies = speaker.organizations.map((one) => `${one.role ?? ""} ${one.label}`);
  return (
    <figure>
      <blockquote>{text}</blockquote>
      <figcaption>
        {[speaker.label, ...speaker.roles, ...bodies, ...incidents.map((one) => one.label)].join(" · ")} <When date={quote.date} />
      </figcaption>
    </figure>
  );
}

function Incident({ answer }: { answer: Answer<typeof incident> }) {
  const { data, included } = answer;
  return (
    <article>
      <h1>{data.title}</h1>
      <p>{data.summary}</p>
      <When date={data.date} />
      <p>{data.parent ? `part of ${data.parent.label}` : ""}</p>
      <ul>
        {[...data.children, ...data.related].map((one) => (
          <li key={one.id}>
            <a href={`#incident/${one.id}`}>{one.label}</a>
          </li>
        ))}
        {data.casualties.map((one) => (
          <li key={one.id} className="claim">
            {`${one.low ?? ""} ${one.outcome} ${one.organization?.label ?? ""} ${one.people.map((person) => person.label).join()}: ${one.claimed_by?.label ?? "the article"}`}
          </li>
        ))}
        {included.statements.map((one) => (
          <li key={one.id}>{`${one.by?.label ?? "the article"} ${one.stance}: ${one.gist}`}</li>
        ))}
      </ul>
      {included.quotes.map((one) => (
        <Quote key={one.id} quote={one} />
      ))}
    </article>
  );
}

function Said({ answer, filters }: { answer: Answer<typeof said>; filters: URLSearchParams }) {
  return (
    <>
      <p role="status">{`${answer.meta.returned} of ${answer.meta.matched ?? "many"}`}</p>
      <Pages name="quotes" filters={filters} next={answer.meta.next_cursor} prev={answer.meta.prev_cursor} />
      {answer.data.map((one) => (
        <Quote key={one.id} quote={one} />
      ))}
    </>
  );
}

function Claims({ answer, filters }: { answer: Answer<typeof claims>; filters: URLSearchParams }) {
  return (
    <>
      <p role="status">{`${answer.meta.returned} of ${answer.meta.matched ?? "many"}`}</p>
      <Totals sums={answer.totals ?? []} />
      <Pages name="claims" filters={filters} next={answer.meta.next_cursor} prev={answer.meta.prev_cursor} />
      <ul>
        {answer.data.map((one) => (
          <li key={one.id}>
            {`${one.low ?? "?"} ${one.outcome} · ${one.incident.label} · ${one.claimed_by?.label ?? "the article"} · ${one.organization?.label ?? ""}`}
          </li>
        ))}
      </ul>
    </>
  );
}

function Map({ answer }: { answer: Answer<typeof everywhere> }) {
  const [west = 0, south = 0, east = 1, north = 1] = answer.bbox ?? [];
  return (
    <svg viewBox={`0 0 ${Math.max(east - west, 0.1)} ${Math.max(north - south, 0.1)}`}>
      {answer.features.map(({ id, geometry, properties }) => {
        const [longitude = 0, latitude = 0] = geometry?.coordinates ?? [];
        return geometry && <circle key={id} cx={longitude - west} cy={north - latitude} r={0.05}><title>{properties.title}</title></circle>;
      })}
    </svg>
  );
}

function Pages({ name, filters, next, prev }: { name: string; filters: URLSearchParams; next: string | null; prev: string | null }) {
  return (
    <p>
      {prev !== null && <a href={link(name, filters, { cursor: prev })}>before</a>}{" "}
      {next !== null && <a href={link(name, filters, { cursor: next })}>further</a>}
    </p>
  );
}

function link(name: string, filters: URLSearchParams, changed: Record<string, string>): string {
  return `#${name}?${new URLSearchParams({ ...Object.fromEntries(filters), ...changed })}`;
}

/** The filters that the address has, as the client takes them. */
function filtersOf(query: URLSearchParams): Filters {
  const datetime = query.get("datetime"), cursor = query.get("cursor"), chosen = query.getAll("kind");
  const kind = KINDS.filter((one) => chosen.includes(one));
  return { ...(kind.length ? { kind } : {}), ...(datetime ? { datetime } : {}), ...(cursor ? { cursor } : {}) };
}

function App() {
  const { hash, name, filters } = usePlace();
  const cursor = filters.get("cursor") ?? undefined, chosen = filtersOf(filters);
  const [screen = "", id = ""] = name.split("/");
  switch (screen) {
    case "incident":
      return <Screen key={hash} hash={hash} ask={(signal) => incident(id, signal)}>{(answer) => <Incident answer={answer} />}</Screen>;
    case "quotes":
      return <Screen key={hash} hash={hash} ask={(signal) => said(chosen, signal)}>{(answer) => <Said answer={answer} filters={filters} />}</Screen>;
    case "claims":
      return <Screen key={hash} hash={hash} ask={(signal) => claims(cursor, signal)}>{(answer) => <Claims answer={answer} filters={filters} />}</Screen>;
    case "map":
      return <Screen key={hash} hash={hash} ask={everywhere}>{(answer) => <Map answer={answer} />}</Screen>;
    default:
      return <Screen key={hash} hash={hash} ask={(signal) => overview(chosen, signal)}>{(answer) => <Overview answer={answer} filters={filters} />}</Screen>;
  }
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
