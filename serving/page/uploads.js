// The panel of uploads: below the photos, never over them; a row for each file.

import { button, fill, h } from "./dom.js";
import { bytes, t } from "./words.js";

const rows = new Map();

export function showUploads(queue) {
  const panel = document.getElementById("uploads");
  const status = h("h2", {});
  const all = button("retry", t("retryAll"), () => queue.retryAll(), { text: true });
  const clear = button("check", t("clear"), () => queue.clear(), { text: true });
  const list = h("ul", {});
  panel.setAttribute("aria-label", t("uploads"));
  fill(panel, h("div", { class: "bar" }, status, all, clear), list);
  const draw = () => {
    panel.hidden = !queue.items.length;
    status.textContent = summary(queue);
    all.hidden = !queue.count("failed");
    clear.hidden = !queue.count("done") && !queue.count("already");
    for (const [item, row] of rows) if (!queue.items.includes(item)) { URL.revokeObjectURL(row.preview); rows.delete(item); }
    const shown = [...queue.items].sort((one, other) => (other.state === "failed") - (one.state === "failed")); // what asks for something is seen
    const elements = shown.map((item) => update(queue, item));
    if (elements.some((element, position) => element !== list.children[position]) || elements.length !== list.children.length) {
      fill(list, elements); // only then: it takes the focus away
    }
  };
  let asked = false; // at most one drawing a frame
  queue.addEventListener("change", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  });
  draw();
}

function summary(queue) {
  const left = queue.items.filter((item) => ["queued", "sending", "storing", "waiting"].includes(item.state)).length;
  if (left && !navigator.onLine) return t("networkAway");
  if (left) return t("uploading", { n: left });
  const failed = queue.count("failed");
  if (failed) return t("failed", { n: failed });
  return queue.count("done") || !queue.count("already") ? t("uploaded", { n: queue.count("done") }) : t("already");
}

function update(queue, item) {
  let row = rows.get(item);
  if (!row) {
    row = make(queue, item);
    rows.set(item, row);
  }
  const { state } = item;
  row.element.dataset.state = state;
  row.progress.value = state === "done" ? 1 : item.file.size ? item.sent / item.file.size : 0;
  row.progress.hidden = !["queued", "sending", "storing", "waiting"].includes(state);
  row.text.textContent = said(item);
  row.retry.hidden = state !== "failed";
  row.anyway.hidden = state !== "already";
  row.cancel.hidden = state === "done";
  return row.element;
}

function said(item) {
  const { state } = item;
  if (state === "failed") return item.error;
  if (state === "sending" && item.speed) {
    return t("sending", { done: bytes(item.sent), total: bytes(item.file.size), speed: bytes(item.speed) });
  }
  return { queued: navigator.onLine ? t("queued") : t("waiting"), sending: bytes(item.file.size), storing: t("storing"),
    done: t("done"), already: t("already"), waiting: t("waiting") }[state];
}

function make(queue, item) {
  const { file } = item;
  const preview = URL.createObjectURL(file);
  const picture = h("img", { src: preview, alt: "", width: 40, height: 40, onerror: (event) => { event.target.classList.add("none"); } });
  const progress = h("progress", { max: 1, "aria-label": file.name });
  const text = h("span", { class: "state" });
  const retry = button("retry", t("retry"), () => queue.retry(item));
  const anyway = h("button", { type: "button", class: "plain", onclick: () => queue.anyway(item) }, t("uploadAnyway"));
  const cancel = button("close", t("cancel"), () => queue.cancel(item));
  const words = h("div", { class: "words" }, h("span", { class: "name", title: file.name }, file.name), text, progress);
  return { element: h("li", {}, picture, words, anyway, retry, cancel), progress, text, retry, anyway, cancel, preview };
}
