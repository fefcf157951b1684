/* Small charts: a line over time, with what happened marked on it. */
const WIDE = 480;
const HIGH = 96;

const across = (share) => 4 + share * (WIDE - 8);

/* Without places of their own the values stand at equal distances. */
const placesOf = (chart) =>
  chart.xs || chart.ys.map((_, place) => place / Math.max(1, chart.ys.length - 1));

const lineThrough = (chart, top) => {
  const xs = placesOf(chart);
  return chart.ys
    .map((value, place) => {
      const high = HIGH - 6 - (value / top) * (HIGH - 16);
      return `${place ? "L" : "M"}${across(xs[place]).toFixed(1)} ${high.toFixed(1)}`;
    })
    .join("");
};

const lineChart = (chart) =>
  make("figure", { class: "line" },
    draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": chart.words },
      draw("line", { class: "base", x1: 0, x2: WIDE, y1: HIGH - 5.5, y2: HIGH - 5.5 }),
      chart.marks.map(([x, text]) =>
        draw("line", { class: "event", x1: across(x), x2: across(x), y1: 2, y2: HIGH - 6 },
          draw("title", {}, text))),
      draw("path", { class: "curve", d: lineThrough(chart, chart.top || Math.max(1, ...chart.ys)) })),
    make("figcaption", {}, make("span", {}, chart.from), make("span", { class: "said" }, chart.words),
      make("span", {}, chart.to)));

const happened = (marks) =>
  marks.length > 0 && make("p", { class: "fine" }, `On it: ${marks.map(([, text]) => text).join("; ")}.`);

const sectionOf = (section) =>
  titled(section.title,
    facts(section.facts),
    items(section.lines),
    section.charts.map((chart) => [lineChart(chart), happened(chart.marks)]));
