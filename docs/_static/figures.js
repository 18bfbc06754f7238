"use strict";
// Draws each figure from the JSON beside it, in the colours of the page.
(() => {
  const places = [...document.querySelectorAll(".plot")];
  if (!places.length) return;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => {
    const chosen = document.body.dataset.theme;
    return chosen === "dark" || (chosen !== "light" && system.matches);
  };
  const darkened = new Map(
    Object.entries(PALETTE.light).map(([role, colour]) => [colour, PALETTE.dark[role]]),
  );

  const recoloured = (value) => {
    if (typeof value === "string") return darkened.get(value) ?? value;
    if (Array.isArray(value)) return value.map(recoloured);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, recoloured(part)]));
  };

  const draw = () => {
    for (const place of places) {
      const figure = JSON.parse(place.nextElementSibling.textContent);
      const { data, layout } = isDark() ? recoloured(figure) : figure;
      Plotly.react(place, data, layout, { displayModeBar: false, responsive: true });
    }
  };

  const script = document.createElement("script");
  script.src = new URL("plotly.js", document.currentScript.src);
  script.onload = () => {
    draw();
    system.addEventListener("change", draw);
    new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-theme"] });
  };
  document.head.append(script);
})();
