/* Small charts: a line over time, with what happened marked on it. */
const WIDE = 480;
const HIGH = 96;

const across = (share) => 4 + share * (WIDE - 8);

const lineThrough = (points, top) =>
  points
    .map(([x, value], place) =>
      `${place ? "L" : "M"}${across(x).toFixed(1)} ${(HIGH - 6 - (value / top) * (HIGH - 16)).toFixed(1)}`)
    .join("");

const lineChart = (chart) => {
  const top = chart.top || Math.max(1, ...chart.lines.flatMap((line) => line.points.map((p) => p[1])));
  return make("figure", { class: "line" },
    draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": chart.words },
      draw("line", { class: "base", x1: 0, x2: WIDE, y1: HIGH - 5.5, y2: HIGH - 5.5 }),
      chart.marks.map(([x, text]) =>
        draw("line", { class: "event", x1: across(x), x2: across(x), y1: 2, y2: HIGH - 6 },
          draw("title", {}, text))),
      chart.lines.map((line, place) =>
        draw("path", { class: `curve c${place}`, d: lineThrough(line.points, top) }))),
    make("figcaption", {}, make("span", {}, chart.from), make("span", {}, chart.words),
      make("span", {}, chart.to)));
};

const happened = (marks) =>
  marks.length > 0 && make("p", { class: "fine" }, `On it: ${marks.map(([, text]) => text).join("; ")}.`);

const sectionOf = (section) =>
  titled(section.title,
    facts(section.facts),
    items(section.lines),
    section.charts.map((chart) => [lineChart(chart), happened(chart.marks)]));
