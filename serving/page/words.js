// What the page says. A language is a file in lang/ that is named here.

import en from "./lang/en.js";
import de from "./lang/de.js";

export const languages = { en, de };
let language = "en";

export function speak(wanted) {
  const first = [wanted, ...navigator.languages.map((name) => name.split("-")[0])].find((name) => name in languages);
  language = first || "en";
  document.documentElement.lang = language;
}

/** The sentence `key`, with {names} put in; a list of two is one for 1 and one for other numbers `n`. */
export function t(key, values = {}) {
  let text = languages[language][key] ?? languages.en[key] ?? key;
  if (Array.isArray(text)) text = new Intl.PluralRules(language).select(values.n) === "one" ? text[0] : text[1];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const number = (value) => new Intl.NumberFormat(language).format(value);

export function bytes(value) {
  const unit = value < 1e6 ? "kilobyte" : "megabyte";
  const amount = unit === "kilobyte" ? value / 1e3 : value / 1e6;
  const digits = amount < 10 && unit === "megabyte" ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: digits }).format(amount);
}

export function day(text) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(text));
}
