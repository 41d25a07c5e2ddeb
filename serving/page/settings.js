// Where the service is, what it is told, and how the page looks and speaks; kept in this browser.

import { button, fill, h } from "./dom.js";
import { languages, t } from "./words.js";

const KEY = "imgsrv.settings";

export function load() {
  try {
    return { server: "", token: "", language: "", theme: "system", ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return { server: "", token: "", language: "", theme: "system" };
  }
}

export function wear(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function ask(settings) {
  const choice = (name, label, options) => h("label", {}, label,
    h("select", { name }, Object.entries(options).map(([value, text]) => h("option", { value, selected: settings[name] === value }, text))));
  const names = Object.fromEntries(Object.keys(languages).map((code) => [code, new Intl.DisplayNames([code], { type: "language" }).of(code)]));
  const form = h("form", { method: "dialog" },
    h("div", { class: "bar" }, h("h2", {}, t("settings")), h("span", { class: "space" }), button("close", t("close"), () => dialog.close())),
    h("label", {}, t("server"), h("input", { name: "server", type: "url", value: settings.server, placeholder: new URL(".", location.href).href })),
    h("label", {}, t("token"), h("input", { name: "token", type: "password", value: settings.token, autocomplete: "off" }), h("span", { class: "small" }, t("tokenHint"))),
    choice("language", t("language"), { "": t("system"), ...names }),
    choice("theme", t("theme"), { system: t("system"), light: t("light"), dark: t("dark") }),
    h("div", { class: "bar" }, h("span", { class: "space" }), h("button", { class: "strong" }, t("apply"))));
  const dialog = h("dialog", { "aria-label": t("settings") });
  fill(dialog, form);
  form.addEventListener("submit", () => {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(new FormData(form))));
    location.reload();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
