// All collections: a cover, a name and a count each.

import { fill, h, picture } from "./dom.js";
import { day, number, t } from "./words.js";

export async function showCollections(page) {
  const { client, main } = page;
  const grid = h("ul", { class: "collections" });
  const form = start(page);
  fill(main, h("h1", { class: "unseen" }, t("collections")), grid, h("div", { class: "more" }));
  const more = main.lastChild;
  let following;
  const load = async () => {
    const answer = await client.projects(following);
    following = answer.next;
    grid.append(...answer.projects.map((project) => card(client, project)));
    const button = h("button", { type: "button", onclick: () => page.attempt(load) }, t("more"));
    fill(more, following ? button : null);
  };
  await load();
  if (!grid.children.length) {
    fill(main, h("div", { class: "empty" }, h("h1", {}, t("emptyService")), h("p", {}, t("emptyServiceHint")), form));
  } else {
    grid.append(h("li", { class: "new" }, form));
  }
}

function card(client, project) {
  const id = project.project_id;
  const cover = picture({ src: client.url(project.cover_url), alt: "", width: 400, height: 300, loading: "lazy" });
  const count = t("photos", { n: project.image_count, count: number(project.image_count) });
  return h("li", {}, h("a", { href: `#/${id}` }, cover,
    h("span", { class: "name" }, id), h("span", { class: "small" }, `${count} · ${day(project.updated_at)}`)));
}

function start(page) {
  const name = h("input", { name: "project", required: true, pattern: "[A-Za-z0-9_\\-]{1,64}", autocomplete: "off", spellcheck: "false",
    placeholder: t("name"), "aria-label": t("name"), title: t("nameHint") });
  const onsubmit = (event) => {
    event.preventDefault();
    location.hash = `#/${name.value}`;
  };
  return h("form", { class: "start", onsubmit }, name, h("button", { class: "strong" }, t("newProject")));
}
