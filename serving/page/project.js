// One collection: its photos in rows by their aspect ratios, which are known, so nothing moves while they load.

import { button, fill, h, picture, toast } from "./dom.js";
import { number, t } from "./words.js";
import { openViewer } from "./viewer.js";
import { thumbHashToDataURL } from "./vendor/thumbhash.js";

const UNDO = 6000; // milliseconds
const BY_TOUCH = matchMedia("(pointer: coarse)");

export async function showProject(page, id) {
  const list = await page.client.images(id);
  const view = new Project(page, id, list);
  page.project = view;
  view.draw();
}

class Project {
  constructor(page, id, list) {
    Object.assign(this, { page, id, changes: 0, listed: 0, images: list.images, primary: list.primary_image_id, etag: list.etag });
    this.selected = new Set();
    this.selecting = false; // a touch chooses photos rather than opening them
    this.going = new Map(); // deleted here, not yet at the service
  }

  get shown() {
    return this.images.filter((image) => !this.going.has(image.image_id));
  }

  /** The images by their SHA-256; the list is asked for again if something was stored since. */
  async known() {
    if (this.listed !== this.changes) await this.reload().catch(() => {}); // without an answer what is known counts
    return new Map(this.images.filter((image) => image.sha256).map((image) => [image.sha256, image]));
  }

  async reload() {
    const { changes } = this;
    const list = await this.page.client.images(this.id);
    Object.assign(this, { listed: changes, images: list.images, primary: list.primary_image_id, etag: list.etag });
    if (this.page.project === this) this.draw();
  }

  draw() {
    const { main } = this.page;
    const focused = document.activeElement?.closest("[data-image]")?.dataset.image;
    const images = this.shown;
    this.selected = new Set(images.map((image) => image.image_id).filter((image) => this.selected.has(image)));
    if (!images.length) {
      fill(main, this.bar(0), h("div", { class: "empty" }, h("h1", {}, t("emptyProject")), h("p", {}, t(BY_TOUCH.matches ? "addHereByTouch" : "addHere")), ...this.page.adders(true)));
      return;
    }
    const rows = h("ul", { class: this.selecting || this.selected.size ? "rows selecting" : "rows", "aria-label": this.id, "aria-describedby": "position" });
    rows.append(...images.map((image, position) => this.tile(image, position, images.length)));
    fill(main, this.bar(images.length), rows, h("p", { id: "position", class: "unseen" }, t("position")));
    if (focused) rows.querySelector(`[data-image="${CSS.escape(focused)}"] a`)?.focus();
  }

  bar(count) {
    const chosen = [...this.selected];
    if (!chosen.length) {
      const text = t("photos", { n: count, count: number(count) });
      return h("div", { class: "bar" }, h("h1", {}, this.id), h("span", { class: "small" }, text), h("span", { class: "space" }),
        count ? button("check", t("select"), () => { this.selecting = !this.selecting; this.draw(); }, { "aria-pressed": String(this.selecting) }) : null,
        count ? this.page.adders() : null);
    }
    const images = this.shown.filter((image) => this.selected.has(image.image_id));
    const one = images.length === 1 ? images[0] : null;
    return h("div", { class: "bar", role: "toolbar" },
      button("close", t("cancel"), () => { this.stopSelecting(); this.draw(); }),
      h("h1", { class: "chosen" }, t("selected", { n: chosen.length })), h("span", { class: "space" }),
      one ? button("star", t("setCover"), () => this.page.attempt(() => this.setCover(one.image_id))) : null,
      button("up", t("first"), () => this.page.attempt(() => this.moveFirst(chosen))),
      button("link", t("copyUrl"), () => copy(images.map((image) => this.url(image, "original")).join("\n"))),
      button("code", t("copyHtml"), () => copy(images.map((image) => this.html(image)).join("\n"))),
      button("download", t("download"), () => images.forEach((image) => this.download(image))),
      button("trash", t("deletePhotos"), () => this.remove(chosen), { class: "danger" }));
  }

  tile(image, position, total) {
    const { width, height } = image.sizes.thumb;
    const id = image.image_id;
    const name = image.name || t("photo", { n: number(position + 1), total: number(total) });
    const thumb = picture({ src: this.url(image, "thumb"), alt: name, width, height, loading: position < 40 ? "eager" : "lazy" });
    if (image.placeholder) {
      thumb.style.backgroundImage = `url(${thumbHashToDataURL(Uint8Array.from(atob(image.placeholder), (c) => c.charCodeAt(0)))})`;
    }
    const link = h("a", { href: `#/${this.id}/${id}`, draggable: "false" }, thumb);
    const check = h("input", { type: "checkbox", "aria-label": `${t("select")}: ${name}`, onchange: () => this.select(id, check.checked) });
    check.checked = this.selected.has(id);
    const badge = id === this.primary ? h("span", { class: "badge" }, t("cover")) : null;
    const tile = h("li", { "data-image": id, draggable: "true", style: { "--ratio": width / height } }, link, check, badge);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      if (this.selecting || this.selected.size) this.select(id, !this.selected.has(id));
      else openViewer(this, position);
    });
    link.addEventListener("keydown", (event) => this.key(event, position));
    this.draggable(tile, id);
    return tile;
  }

  stopSelecting() {
    this.selected.clear();
    this.selecting = false;
  }

  select(id, chosen) {
    if (chosen) this.selected.add(id);
    else this.selected.delete(id);
    this.draw();
  }

  /** Arrows go from photo to photo; with Alt they move the photo itself. */
  key(event, position) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -4, ArrowDown: 4 }[event.key];
    const tiles = [...document.querySelectorAll(".rows > li")];
    if (event.key === " ") {
      event.preventDefault();
      const id = tiles[position].dataset.image;
      this.select(id, !this.selected.has(id));
    } else if (step && event.altKey && Math.abs(step) === 1) {
      event.preventDefault();
      const images = this.shown.map((image) => image.image_id);
      const to = position + step;
      if (to >= 0 && to < images.length) this.page.attempt(() => this.place(images[position], to));
    } else if (step) {
      event.preventDefault();
      tiles[Math.max(0, Math.min(tiles.length - 1, position + step))].querySelector("a").focus();
    }
  }

  draggable(tile, id) {
    tile.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/x-image", id);
      event.dataTransfer.effectAllowed = "move";
      tile.classList.add("dragged");
    });
    tile.addEventListener("dragend", () => tile.classList.remove("dragged"));
    tile.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.includes("text/x-image")) return;
      event.preventDefault();
      tile.classList.toggle("after", event.offsetX > tile.clientWidth / 2);
      tile.classList.add("over");
    });
    for (const kind of ["dragleave", "drop"]) tile.addEventListener(kind, () => tile.classList.remove("over"));
    tile.addEventListener("drop", (event) => {
      const moved = event.dataTransfer.getData("text/x-image");
      if (!moved || moved === id) return;
      event.preventDefault();
      const rest = this.shown.map((image) => image.image_id).filter((other) => other !== moved);
      this.page.attempt(() => this.place(moved, rest.indexOf(id) + (tile.classList.contains("after") ? 1 : 0)));
    });
  }

  /** Puts an image at a position among the others. */
  async place(id, position) {
    const rest = this.images.filter((image) => image.image_id !== id);
    const moved = this.images.find((image) => image.image_id === id);
    await this.page.client.setOrder(this.id, [id], position ? rest[position - 1].image_id : null);
    rest.splice(position, 0, moved);
    this.images = rest;
    this.draw();
    this.page.say(t("moved", { name: moved.name || id, n: number(position + 1), total: number(rest.length) }));
  }

  async moveFirst(ids) {
    const order = this.images.map((image) => image.image_id).filter((id) => ids.includes(id));
    await this.page.client.setOrder(this.id, order);
    await this.reload();
  }

  async setCover(id) {
    this.primary = (await this.page.client.setCover(this.id, id)).primary_image_id;
    this.stopSelecting();
    this.draw();
    toast(t("coverSet"));
  }

  /** Takes photos out of sight at once, and out of the service when the time to undo is over. */
  remove(ids) {
    const finish = () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", finish);
      this.page.attempt(async () => {
        for (let from = 0; from < ids.length; from += 100) await this.page.client.delete(this.id, ids.slice(from, from + 100));
        this.images = this.images.filter((image) => !ids.includes(image.image_id));
        ids.forEach((id) => this.going.delete(id));
        await this.reload();
      }, () => this.restore(ids));
    };
    ids.forEach((id) => this.going.set(id, finish));
    this.stopSelecting();
    this.draw();
    const timer = setTimeout(finish, UNDO);
    window.addEventListener("pagehide", finish);
    const undo = () => {
      clearTimeout(timer);
      window.removeEventListener("pagehide", finish);
      this.restore(ids);
    };
    toast(t("deleted", { n: ids.length }), { label: t("undo"), run: undo, milliseconds: UNDO });
  }

  restore(ids) {
    ids.forEach((id) => this.going.delete(id));
    if (this.page.project === this) this.draw();
  }

  url(image, size) {
    return this.page.client.url(image.urls[size]);
  }

  html(image) {
    const sizes = ["thumb", "medium", "original"].filter((size) => image.sizes[size]);
    const set = sizes.map((size) => `${this.url(image, size)} ${image.sizes[size].width}w`).join(", ");
    const { width, height } = image.sizes.medium;
    const alt = (image.name || "").replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
    return `<img src="${this.url(image, "medium")}" srcset="${set}" sizes="100vw" width="${width}" height="${height}" alt="${alt}" loading="lazy">`;
  }

  download(image) {
    const url = new URL(this.url(image, "original"));
    url.searchParams.set("download", image.name || "");
    h("a", { href: url.href, download: image.name || "" }).click();
  }
}

async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast(t("copied"));
}
