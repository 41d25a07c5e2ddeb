// The API as a module: problems are exceptions, uploads tell their progress and are stored once however often they
// are tried. Large files go in parts (tus 1.0.0), for which `window.tus` must be there (tus-js-client).

export class Problem extends Error {
  /** An answer that is no success: `status`, the problem's `type`, and its `detail` as the message. */
  constructor(status, body) {
    super(body?.detail || body?.message || `The server answered ${status || "nothing"}.`);
    this.status = status;
    this.type = body?.type || "";
    this.retryAfter = 0;
  }
}

export class Client {
  /** `base` is the service's URL, `token` what it was given to send, if anything. */
  constructor(base, token = "") {
    this.base = base.endsWith("/") ? base : `${base}/`;
    this.token = token;
    this.known = null;
  }

  /** The absolute URL of one that an answer has, which begins with a slash, or of one of the service's own. */
  url(relative) {
    return new URL(relative, this.base).href;
  }

  headers(more = {}) {
    return this.token ? { Authorization: `Bearer ${this.token}`, ...more } : more;
  }

  async ask(method, path, body, headers = {}) {
    const json = body === undefined ? {} : { "Content-Type": "application/json" };
    let response;
    try {
      response = await fetch(this.url(path), {
        method, headers: this.headers({ ...json, ...headers }), body: body && JSON.stringify(body),
        keepalive: method !== "GET", // a delete goes out although the page is being left
      });
    } catch {
      throw new Problem(0);
    }
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw this.problem(response.status, answer, response.headers.get("retry-after"));
    return { ...answer, etag: response.headers.get("etag") };
  }

  problem(status, body, retryAfter) {
    const problem = new Problem(status, body);
    problem.retryAfter = Number(retryAfter) || 0;
    return problem;
  }

  async limits() {
    this.known ??= await this.ask("GET", "limits");
    return this.known;
  }

  projects(after) {
    return this.ask("GET", after || "projects?limit=60");
  }

  images(project) {
    return this.ask("GET", `projects/${project}/images`);
  }

  setCover(project, image) {
    return this.ask("PUT", `projects/${project}/primary/${image}`);
  }

  setOrder(project, images, after = null, etag = null) {
    return this.ask("PUT", `projects/${project}/order`, { image_ids: images, after }, etag ? { "If-Match": etag } : {});
  }

  delete(project, images) {
    return this.ask("POST", `projects/${project}/images/delete`, { image_ids: images });
  }

  deleteProject(project) {
    return this.ask("DELETE", `projects/${project}`);
  }

  /**
   * Stores a file; resolves to the image. `options`: `key` (the same for each try of one upload), `progress(bytes)`,
   * `signal`, `previous` (the URL of an upload in parts that was begun), `began(url)`.
   */
  async upload(project, file, options = {}) {
    const limits = await this.limits();
    if (file.size > limits.max_upload_bytes) {
      throw new Problem(413, { detail: `The file is larger than ${limits.max_upload_bytes} bytes.` });
    }
    const inParts = file.size > Math.min(limits.max_request_bytes, 2 * limits.chunk_bytes);
    return inParts ? this.uploadInParts(project, file, limits.chunk_bytes, options) : this.uploadWhole(project, file, options);
  }

  uploadWhole(project, file, { key, progress = () => {}, signal }) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const form = new FormData();
      form.append("file", file, file.name);
      request.open("POST", this.url(`projects/${project}/images`));
      for (const [name, value] of Object.entries(this.headers(key ? { "Idempotency-Key": key } : {}))) {
        request.setRequestHeader(name, value);
      }
      request.responseType = "json";
      request.upload.onprogress = (event) => progress(Math.min(event.loaded, file.size));
      request.onload = () => {
        const { status, response } = request;
        if (status === 200 || status === 201) resolve(response);
        else reject(this.problem(status, response, request.getResponseHeader("Retry-After")));
      };
      request.onerror = () => reject(new Problem(0));
      request.onabort = () => reject(signal.reason);
      signal?.addEventListener("abort", () => request.abort());
      request.send(form);
    });
  }

  uploadInParts(project, file, chunk, { progress = () => {}, signal, previous, began = () => {} }) {
    return new Promise((resolve, reject) => {
      const upload = new window.tus.Upload(file, {
        endpoint: this.url(`projects/${project}/uploads`),
        uploadUrl: previous || null,
        chunkSize: chunk,
        retryDelays: [0, 1000, 3000, 5000],
        headers: this.headers(),
        metadata: { filename: file.name },
        storeFingerprintForResuming: false,
        onUploadUrlAvailable: () => began(upload.url),
        onProgress: (sent) => progress(sent),
        onSuccess: ({ lastResponse }) => {
          const image = lastResponse.getHeader("Upload-Image-Id");
          this.ask("GET", `projects/${project}/images/${image}/info`).then(resolve, reject);
        },
        onError: (error) => {
          const response = error.originalResponse;
          let body = null;
          try {
            body = JSON.parse(response?.getBody() || "null");
          } catch { /* not one of ours */ }
          reject(this.problem(response?.getStatus() || 0, body, response?.getHeader("Retry-After")));
        },
      });
      signal?.addEventListener("abort", () => upload.abort(signal.reason?.name === "Cancelled").then(() => reject(signal.reason)));
      upload.start();
    });
  }
}
