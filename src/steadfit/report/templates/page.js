"use strict";
// Draws each figure from the JSON beside it: in the light colours it was made with, or in the dark
// ones by putting each dark colour where its light one stands.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const { light: from, dark: to } = JSON.parse(document.getElementById("palette").textContent);
  const darkened = new Map(Object.keys(from).map((role) => [from[role], to[role]]));
  const figures = [...document.querySelectorAll(".plot")].map((place) => ({
    place,
    figure: JSON.parse(place.nextElementSibling.textContent),
  }));

  const recoloured = (value) => {
    if (typeof value === "string") return darkened.get(value) ?? value;
    if (Array.isArray(value)) return value.map(recoloured);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, recoloured(part)]));
  };

  // Pictures keep their proportions, so that on a narrow screen they need less height.
  const height = (place, layout) =>
    layout.yaxis?.scaleanchor ? layout.height * Math.min(1, place.clientWidth / 640) : layout.height;

  const draw = (isDark, width) => {
    for (const { place, figure } of figures) {
      if (place.closest("details:not([open])")) continue; // has no width until it is opened
      const { data, layout } = isDark ? recoloured(figure) : structuredClone(figure);
      const sized = {
        ...layout,
        height: height(place, layout),
        width: width(place),
        autosize: width(place) === undefined,
      };
      Plotly.react(place, data, sized, { displayModeBar: false, responsive: true });
    }
  };

  // Paper is light, and narrower than most windows: the style sheet's 660 pixels.
  const drawForPaper = () => {
    const shrink = Math.min(1, 640 / document.querySelector("main").clientWidth);
    draw(false, (place) => Math.floor(place.clientWidth * shrink));
  };
  const drawForScreen = () => draw(dark.matches, () => undefined);
  drawForScreen();
  dark.addEventListener("change", drawForScreen);
  for (const fold of document.querySelectorAll("details")) {
    fold.addEventListener("toggle", drawForScreen);
  }
  addEventListener("beforeprint", drawForPaper);
  addEventListener("afterprint", drawForScreen);
})();
