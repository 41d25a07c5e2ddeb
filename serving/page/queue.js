// The uploads of this browser: at most three at a time, kept in IndexedDB until they are done, so that they go on after
// a reload; they wait while the network is away, and a file that is there already is not sent.

const AT_ONCE = 3;
const FINAL = new Set(["done", "already"]);

class Cancelled extends Error {
  name = "Cancelled";
}

export class Queue extends EventTarget {
  constructor(client) {
    super();
    this.client = client;
    this.items = [];
    this.running = 0;
    window.addEventListener("online", () => this.resume());
    window.addEventListener("offline", () => this.changed());
  }

  /** Takes up what an earlier visit left. */
  async restore() {
    const all = await store("readonly", (items) => items.getAll()).catch(() => []);
    for (const kept of all.sort((one, other) => one.place - other.place)) { // a batch goes on in its order
      if (kept.server === this.client.base) this.items.push({ ...kept, state: "queued", sent: 0 });
    }
    this.next();
  }

  /** Adds files to a project; `known` gives its images by their SHA-256, by which a file that is there is found. */
  async add(project, files, known) {
    const batch = crypto.randomUUID();
    const now = Date.now();
    const items = [...files].map((file, position) => ({
      place: 1000 * now + position, id: crypto.randomUUID(), key: crypto.randomUUID(), server: this.client.base, batch, project, file, state: "queued", sent: 0,
    }));
    this.items.push(...items);
    this.changed();
    const there = await known();
    for (const item of items) {
      const image = there.get(await digest(item.file));
      if (image) Object.assign(item, { state: "already", image });
      else await this.keep(item);
    }
    this.next();
  }

  /** Sends a file although it is there already. */
  async anyway(item) {
    item.state = "queued";
    await this.keep(item);
    this.next();
  }

  retry(...items) {
    for (const item of items) Object.assign(item, { state: "queued", error: null, sent: 0 });
    this.next();
  }

  retryAll() {
    this.retry(...this.items.filter((item) => item.state === "failed"));
  }

  cancel(item) {
    item.abort?.abort(new Cancelled());
    this.drop(item);
  }

  clear() {
    this.items.filter((item) => FINAL.has(item.state)).forEach((item) => this.drop(item));
  }

  count(state) {
    return this.items.filter((item) => item.state === state).length;
  }

  get busy() {
    return this.items.some((item) => !FINAL.has(item.state) && item.state !== "failed");
  }

  resume() {
    this.items.filter((item) => item.state === "waiting").forEach((item) => { item.state = "queued"; });
    this.next();
  }

  next() {
    for (const item of this.items) {
      if (this.running >= AT_ONCE || !navigator.onLine) break;
      if (item.state === "queued") this.run(item);
    }
    this.changed();
  }

  async run(item) {
    this.running += 1;
    Object.assign(item, { state: "sending", began: performance.now(), from: 0, abort: new AbortController() });
    try {
      item.image = await this.client.upload(item.project, item.file, {
        key: item.key, signal: item.abort.signal, previous: item.url,
        began: (url) => { item.url = url; this.keep(item); },
        progress: (sent) => { this.progressed(item, sent); },
      });
      item.state = "done";
      this.dispatchEvent(new CustomEvent("stored", { detail: item }));
      await this.forget(item);
      this.finishBatch(item);
    } catch (error) {
      if (error.name !== "Cancelled") this.failed(item, error);
    } finally {
      this.running -= 1;
      this.next();
    }
  }

  failed(item, error) {
    if (error.status === 404 || error.status === 410) item.url = null; // the upload in parts is gone: begin anew
    const away = error.status === 0 && !navigator.onLine;
    Object.assign(item, { state: away ? "waiting" : "failed", error: error.message, status: error.status });
  }

  progressed(item, sent) {
    if (!item.from) item.from = item.url ? sent : 0.5; // what was there before this run is no speed
    item.sent = sent;
    const seconds = (performance.now() - item.began) / 1000;
    item.speed = seconds > 0.5 ? (sent - item.from) / seconds : 0;
    if (sent >= item.file.size) item.state = "storing";
    this.changed();
  }

  /** Puts a batch that has ended into the order of its files, the first of a new project as its cover, however they arrived. */
  async finishBatch({ batch, project }) {
    const all = this.items.filter((item) => item.batch === batch);
    const stored = all.filter((item) => item.state === "done").map((item) => item.image.image_id);
    if (stored.length < 2 || all.some((item) => !FINAL.has(item.state) && item.state !== "failed")) return;
    const ids = new Set(stored);
    const { images, primary_image_id: cover } = await this.client.images(project);
    const listed = images.map((image) => image.image_id);
    const before = listed.slice(0, listed.findIndex((id) => ids.has(id))).at(-1) ?? null;
    await this.client.setOrder(project, stored, before).catch(() => {});
    if (before === null && cover !== stored[0] && ids.has(cover)) await this.client.setCover(project, stored[0]).catch(() => {});
    this.dispatchEvent(new CustomEvent("ordered", { detail: project }));
  }

  drop(item) {
    this.items = this.items.filter((other) => other !== item);
    this.forget(item);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  keep({ id, place, key, server, batch, project, file, url }) {
    return store("readwrite", (items) => items.put({ id, place, key, server, batch, project, file, url })).catch(() => {});
  }

  forget({ id }) {
    return store("readwrite", (items) => items.delete(id)).catch(() => {});
  }
}

/** The SHA-256 of a file in hexadecimal; nothing where the browser has no means to tell. */
async function digest(file) {
  if (!crypto.subtle || file.size > 200e6) return null;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

let opened;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("imgsrv", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("uploads", { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function store(mode, work) {
  const transaction = (await database()).transaction("uploads", mode);
  const request = work(transaction.objectStore("uploads"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
  });
}
