// Elements without a framework: h("button", { class: "plain", onclick }, "Text"), and the icons of the page.

const PATHS = {
  add: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 17a4 4 0 100-8 4 4 0 000 8z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  close: "M6 6l12 12M18 6L6 18",
  download: "M12 4v11m0 0l-4-4m4 4l4-4M5 20h14",
  link: "M10 14a4 4 0 005.700 0l3-3A4 4 0 0013 5.300l-1 1M14 10a4 4 0 00-5.700 0l-3 3A4 4 0 0011 18.700l1-1",
  code: "M8 8l-4 4 4 4M16 8l4 4-4 4",
  next: "M9 5l7 7-7 7",
  retry: "M4 12a8 8 0 1 0 2.500-5.800M4 4v4.500h4.500",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 9.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5zM8 19.500a2.500 2.500 0 100-5 2.500 2.500 0 000 5z",
  star: "M12 4l2.500 5.100 5.600.800-4 3.900.900 5.600-5-2.600-5 2.600.900-5.600-4-3.900 5.600-.800z",
  trash: "M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13",
  zoom: "M10.500 17a6.500 6.500 0 100-13 6.500 6.500 0 000 13zM20 20l-4.900-4.900",
  up: "M12 19V6m0 0l-5 5m5-5l5 5",
};

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([property, text]) => element.style.setProperty(property, text));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon; `label` is what it is called, and shown where there is room. */
export function button(name, label, onclick, more = {}) {
  const { text = false, ...attributes } = more;
  return h("button", { type: "button", "aria-label": text ? null : label, title: text ? null : label, onclick, ...attributes },
    icon(name), text ? h("span", {}, label) : null);
}

/** A picture that is asked for again when there was no answer: of many at once a service may start only so many functions. */
export function picture(attributes) {
  const image = h("img", { decoding: "async", ...attributes });
  let tries = 0;
  image.addEventListener("error", () => {
    if (tries === 5) return;
    setTimeout(() => { image.src = attributes.src; }, 500 * 2 ** tries * (1 + Math.random()));
    tries += 1;
  });
  return image;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
  return element;
}

export function toast(message, action) {
  const box = document.getElementById("toasts");
  const note = h("div", { class: "toast" }, h("span", {}, message));
  const end = () => note.remove();
  if (action) note.append(h("button", { type: "button", class: "plain", onclick: () => { action.run(); end(); } }, action.label));
  box.append(note);
  setTimeout(end, action?.milliseconds || 5000);
  return end;
}
