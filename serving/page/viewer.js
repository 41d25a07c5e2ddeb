// One photo at full size: the medium first, the original when it is there; a strip of the 50x50 icons below.

import PhotoSwipe from "./vendor/photoswipe.esm.min.js";
import { button, h, icon, picture } from "./dom.js";
import { day, number, t } from "./words.js";

export function openViewer(project, position) {
  const images = project.shown;
  const viewer = new PhotoSwipe({
    dataSource: images.map((image) => ({
      src: project.url(image, "original"), msrc: project.url(image, "medium"), alt: image.name || "",
      width: image.sizes.original.width, height: image.sizes.original.height,
    })),
    index: position, bgOpacity: 1, loop: false, counter: false, zoom: true, wheelToZoom: true,
    showHideAnimationType: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "fade",
    showAnimationDuration: 180, hideAnimationDuration: 160,
    paddingFn: (size) => ({ top: 56, bottom: images.length > 1 ? 76 : 16, left: size.x > 700 ? 64 : 0, right: size.x > 700 ? 64 : 0 }),
    closeTitle: t("close"), zoomTitle: t("zoom"), arrowPrevTitle: t("previous"), arrowNextTitle: t("next"), errorMsg: t("notShown"),
    closeSVG: icon("close").outerHTML, zoomSVG: icon("zoom").outerHTML,
    arrowPrevSVG: icon("back").outerHTML, arrowNextSVG: icon("next").outerHTML,
  });
  viewer.on("uiRegister", () => {
    viewer.ui.registerElement({ name: "about", order: 5, isButton: false, appendTo: "bar", onInit: (box) => about(viewer, project, images, box) });
    if (images.length > 1) {
      viewer.ui.registerElement({ name: "strip", isButton: false, appendTo: "root", onInit: (box) => strip(viewer, project, images, box) });
    }
  });
  const address = () => history.replaceState(null, "", `#/${project.id}/${images[viewer.currIndex].image_id}`);
  viewer.on("change", address);
  viewer.on("close", () => history.replaceState(null, "", `#/${project.id}`));
  viewer.on("destroy", () => document.querySelectorAll(".rows > li a")[viewer.currIndex]?.focus());
  viewer.init();
  viewer.element.setAttribute("aria-label", project.id);
  address();
}

function about(viewer, project, images, box) {
  const text = h("span", { class: "about" });
  const save = button("download", t("download"), () => project.download(images[viewer.currIndex]));
  const cover = button("star", t("setCover"), () => project.page.attempt(() => project.setCover(images[viewer.currIndex].image_id)));
  const show = () => {
    const image = images[viewer.currIndex];
    const { width, height } = image.sizes.original;
    const facts = [image.name, image.taken_at ? day(image.taken_at) : null, `${number(width)} × ${number(height)}`];
    text.textContent = facts.filter(Boolean).join(" · ");
    box.setAttribute("aria-live", "polite");
  };
  box.append(text, cover, save);
  viewer.on("change", show);
}

function strip(viewer, project, images, box) {
  const near = 40; // icons on either side; thousands would cost more than they show
  const show = () => {
    const at = viewer.currIndex;
    const from = Math.max(0, at - near);
    box.replaceChildren(...images.slice(from, at + near + 1).map((image, offset) => h("button", {
      type: "button", "aria-label": t("photo", { n: number(from + offset + 1), total: number(images.length) }),
      "aria-current": from + offset === at ? "true" : null, onclick: () => viewer.goTo(from + offset),
    }, picture({ src: project.url(image, "game"), alt: "", width: 50, height: 50 }))));
    box.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  };
  viewer.on("change", show);
}
