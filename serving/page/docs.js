// The API's documentation: a viewer of its schema, served from here, with what it lacks for keyboards and screen readers.

const LEVELS = { title: 1, "opblock-tag": 2, servers: 3 };

const dark = matchMedia("(prefers-color-scheme: dark)");
const wear = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", wear);
wear();

/** A path is text: a link inside the button that opens its operation could not be reached by keyboard. */
const plainPaths = ({ React }) => ({ wrapComponents: { DeepLink: () => ({ text }) => React.createElement("span", {}, text) } });

/** Names landmarks and fields, lets the keyboard reach what scrolls, and numbers headings without a gap. */
function complete() {
  document.querySelector(".information-container")?.setAttribute("role", "banner");
  const scheme = document.querySelector(".scheme-container");
  scheme?.setAttribute("role", "region");
  scheme?.setAttribute("aria-label", "Server and token");
  for (const field of document.querySelectorAll("select:not([aria-label])")) {
    const row = field.closest("tr[data-param-name]")?.dataset.paramName;
    const name = row || field.closest(".response-content-type, .content-type-wrapper, .servers, .body-param-content-type")?.className || "choice";
    field.setAttribute("aria-label", name.replace(/[-_]/g, " "));
  }
  for (const box of document.querySelectorAll("pre:not([tabindex])")) box.tabIndex = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const kind = Object.keys(LEVELS).find((name) => heading.classList.contains(name));
    const level = kind ? LEVELS[kind] : 3;
    if (heading.ariaLevel !== String(level)) heading.ariaLevel = level;
  }
}

window.SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null, plugins: [plainPaths] });
new MutationObserver(complete).observe(document.getElementById("docs"), { childList: true, subtree: true });
