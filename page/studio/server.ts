// The server: questions, answers, and jobs as they change.

export interface Answers {
  units?: Record<string, string>; up?: string; reverse?: string[]; swap?: string[]; rate_hz?: number | null;
  subject?: string | null; mass_kg?: number | null; height_m?: number | null;
}
export interface Dropped { id: string; name: string; bytes: number; at: number; answers: Answers; job: number }
export interface Doubt { stream: string; channels: string[]; kind: string; message: string; remedy: string }
export interface Offer { label: string; answer: Answers; ask: string }
export interface StreamAbout {
  name: string; kind: string; channels: string[]; units: Record<string, number>; frame: Record<string, string>;
  measured_hz: number; missing: number; start_s: number; stop_s: number; filter: string;
}
export interface About {
  recording: string; subject: string; known: Record<string, unknown>; duration_s: number;
  streams: StreamAbout[]; events: Record<string, number>; doubts: Doubt[];
}
export interface Described { file: Dropped; state: string; error: string; described: About | null; offers: Offer[][] }
export interface DatasetAbout {
  name: string; recordings: number; subjects: number; streams: Record<string, number>; labels: string[];
}
export interface RecordingAbout { name: string; subject: string; duration_s: number; streams: string[] }
export interface ModelAbout {
  name: string; kind: string; method: string; given: string[]; want: string[]; made: string; card: string;
}
export interface Job {
  id: number; kind: string; state: string; asked: Record<string, unknown>; attempts: number; stopping: boolean;
  doing: string; done: number; total: number; error: string; at: number; seconds: number; began?: number | null;
  files: string[]; page: string; result: Record<string, unknown>;
}
export interface WordAbout { word: string; at: number }
export interface Curve { step: number[]; loss: (number | null)[]; previews: number[] }

export class Refusal extends Error {}

export const ENDED = ["done", "failed", "cancelled"];

async function answered(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  const text = await response.text();
  let said: unknown = null;
  try {
    said = JSON.parse(text);
  } catch {
    throw new Refusal(`the studio answered what is not understood (${response.status}).`);
  }
  if (!response.ok) throw new Refusal((said as { error?: string }).error ?? `refused (${response.status}).`);
  return said;
}

async function asked(path: string, options: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Refusal("the studio does not answer; is it still running?");
  }
  return answered(response);
}

export async function get<T>(path: string): Promise<T> {
  return (await asked(path, {})) as T;
}

export async function put<T>(path: string, body: unknown, method = "PUT"): Promise<T> {
  const headers = { "content-type": "application/json" };
  return (await asked(path, { method, headers, body: JSON.stringify(body) })) as T;
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  if (body === undefined) return (await asked(path, { method: "POST" })) as T;
  return put<T>(path, body, "POST");
}

/** The largest file that the studio takes, bytes. */
export async function largest(): Promise<number> {
  return 1e6 * (await get<{ file_mb: number }>("/api/about")).file_mb;
}

/** Send a file; one that is too large is not begun with, since nobody would hear the refusal. */
export async function drop<T>(path: string, file: Blob, most: number): Promise<T> {
  if (file.size > most) throw new Refusal(`it is larger than ${Math.round(most / 1e6)} MB, which is the most.`);
  const headers = { "content-type": "application/octet-stream" };
  try {
    return (await asked(path, { method: "POST", headers, body: file })) as T;
  } catch (error) {
    const whole = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
    if (whole) throw error;
    throw new Refusal("it was changed or moved while it was read; drop it again.");
  }
}

export async function remove(path: string): Promise<void> {
  await asked(path, { method: "DELETE" });
}

/** The token of the link, exchanged for a cookie and taken out of sight. */
export async function enter(): Promise<void> {
  const found = /^#token=([\w-]+)$/.exec(location.hash);
  if (found === null) return;
  history.replaceState(null, "", "#recordings");
  await asked("/api/session", { method: "POST", headers: { authorization: `Bearer ${found[1] ?? ""}` } });
}

type Listener = (job: Job) => void;

/** Jobs as they change; a page that is reloaded hears of all recent ones again. */
export class Board {
  readonly jobs = new Map<number, Job>();
  private readonly listeners = new Set<Listener>();

  listen(lost: (is: boolean) => void): void {
    const source = new EventSource("/api/events");
    source.addEventListener("job", (event) => { this.put(JSON.parse(String(event.data)) as Job); });
    source.addEventListener("open", () => { lost(false); });
    source.addEventListener("error", () => { lost(true); });
  }

  put(job: Job): void {
    const known = this.jobs.get(job.id);
    if (known !== undefined && ENDED.includes(known.state) && !ENDED.includes(job.state)) return;
    this.jobs.set(job.id, job);
    for (const listener of [...this.listeners]) listener(job);
  }

  on(listener: Listener, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }

  newest(kinds: string[]): Job[] {
    return [...this.jobs.values()].filter((job) => kinds.includes(job.kind)).sort((a, b) => b.id - a.id);
  }

  /** A job once it has ended. */
  async ended(first: Job): Promise<Job> {
    this.put(first);
    return new Promise((resolve) => {
      const life = new AbortController();
      const look = (job: Job): void => {
        if (job.id !== first.id || !ENDED.includes(job.state)) return;
        life.abort();
        resolve(job);
      };
      this.on(look, life.signal);
      look(this.jobs.get(first.id) ?? first);
    });
  }
}
