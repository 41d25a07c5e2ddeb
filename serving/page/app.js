// The page: which view the address names, the header, and what every view shares.

import { Client } from "./client.js";
import { showCollections } from "./collections.js";
import { button, fill, h, toast } from "./dom.js";
import { showProject } from "./project.js";
import { Queue } from "./queue.js";
import * as settings from "./settings.js";
import { showUploads } from "./uploads.js";
import { openViewer } from "./viewer.js";
import { speak, t } from "./words.js";

const chosen = settings.load();
settings.wear(chosen.theme);
speak(chosen.language);

const client = new Client(chosen.server || new URL(".", location.href).href, chosen.token);
const queue = new Queue(client);
const page = { client, queue, main: document.getElementById("main"), project: null, adders, attempt, say };

/** Runs a change; what the service says against it is shown, and `undo` takes back what the page showed already. */
async function attempt(change, undo = () => {}) {
  try {
    await change();
  } catch (error) {
    undo();
    toast(error.status === 0 ? t("unreachable") : error.message);
  }
}

/** Says something to who listens rather than looks. */
function say(message) {
  const note = h("span", { class: "unseen" }, message);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 3000);
}

/** The buttons that add photos to the project that is shown; where nothing else is, the camera's has its name, too. */
function adders(text = false) {
  const pick = (more) => {
    const input = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif,.tif,.tiff", multiple: true, ...more });
    input.addEventListener("change", () => add(input.files));
    input.click();
  };
  return [
    button("camera", t("camera"), () => pick({ capture: "environment", multiple: false }), { text, class: "touch" }),
    button("add", t("add"), () => pick({}), { text: true, class: "strong" }),
  ];
}

function add(files) {
  const pictures = [...files].filter((file) => file.type.startsWith("image/") || /\.(heic|heif|avif|tiff?)$/i.test(file.name));
  if (pictures.length && page.project) queue.add(page.project.id, pictures, page.project.known.bind(page.project));
}

function header(project) {
  const home = h("a", { href: "#/", class: "home" }, t("collections"));
  const back = project ? h("a", { href: "#/", class: "icon", "aria-label": t("collections") }, button("back", "").firstChild) : null;
  fill(document.getElementById("header"), back, home, h("span", { class: "space" }),
    button("settings", t("settings"), () => settings.ask(chosen)));
}

async function show() {
  const [, id, image] = location.hash.match(/^#\/([\w-]{1,64})(?:\/([\w-]{1,64}))?$/) || [];
  if (page.project?.id === id && id) return;
  page.project = null;
  header(id);
  document.title = id ? `${id} · ${t("collections")}` : t("collections");
  fill(page.main, h("p", { class: "loading" }, t("loading")));
  try {
    await (id ? showProject(page, id) : showCollections(page));
    const position = page.project?.shown.findIndex((one) => one.image_id === image) ?? -1;
    if (position >= 0) openViewer(page.project, position);
  } catch (error) {
    const text = error.status === 0 ? t("unreachable") : error.message;
    fill(page.main, h("div", { class: "empty" }, h("h1", {}, text),
      h("div", {}, h("button", { type: "button", onclick: show }, t("retryView")), " ",
        [401, 403].includes(error.status) ? h("button", { type: "button", class: "strong", onclick: () => settings.ask(chosen) }, t("settings")) : null)));
  }
}

function takeDrops() {
  const veil = h("div", { id: "veil", hidden: true });
  document.body.append(veil);
  const isFiles = (event) => event.dataTransfer?.types.includes("Files") && page.project;
  let depth = 0;
  const cover = (on) => {
    depth = on ? depth : 0;
    veil.hidden = !on;
    veil.textContent = page.project ? t("drop", { project: page.project.id }) : "";
  };
  window.addEventListener("dragenter", (event) => { if (isFiles(event)) { depth += 1; cover(true); } });
  window.addEventListener("dragleave", (event) => { if (isFiles(event) && (depth -= 1) <= 0) cover(false); });
  window.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
  window.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    cover(false);
    add(event.dataTransfer.files);
  });
  window.addEventListener("paste", (event) => { if (!event.target.closest?.("input")) add(event.clipboardData.files); });
}

let reloading;
const refresh = ({ detail }) => {
  const id = detail.project || detail;
  clearTimeout(reloading);
  const shown = page.project;
  if (shown?.id !== id) return;
  shown.changes += 1;
  reloading = setTimeout(() => attempt(() => shown.reload()), 150);
};
queue.addEventListener("stored", refresh);
queue.addEventListener("ordered", refresh);
window.addEventListener("hashchange", show);
window.addEventListener("beforeunload", (event) => { if (queue.busy && !("indexedDB" in window)) event.preventDefault(); });
const connection = () => document.body.classList.toggle("offline", !navigator.onLine);
window.addEventListener("online", () => { connection(); if (!page.project) show(); });
window.addEventListener("offline", () => { connection(); toast(t("networkAway")); });

document.getElementById("skip").textContent = t("skip");
connection();
takeDrops();
showUploads(queue);
queue.restore();
show();
