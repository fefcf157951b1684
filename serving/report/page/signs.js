/* The signs of health: a shape beside every colour, and a word beside every shape. */
const sign = (band, hollow = false) =>
  draw("svg", { class: `sign ${band}${hollow ? " hollow" : ""}`, "aria-hidden": "true" },
    draw("use", { href: `#s-${band}` }));

const health = (band) => make("span", { class: "health" }, sign(band), band);

const trend = ([arrow, words]) =>
  arrow && make("span", { class: "trend", role: "img", title: words, "aria-label": words }, arrow);
