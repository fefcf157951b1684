/* Long lists, drawn a part at a time: more comes when the reader gets near the end. */
const STEP = 60;
const ON_PAPER = 300;

const inSteps = ({ body, more, about }) => {
  let places = [];
  let makeRow = null;
  let drawn = 0;

  const extend = (until) => {
    const added = [];
    for (; drawn < Math.min(until, places.length); drawn += 1) added.push(makeRow(places[drawn]));
    body.append(...added);
    more.hidden = drawn >= places.length;
    more.textContent = `Show more (${count(drawn)} of ${count(places.length)} are drawn)`;
  };

  more.addEventListener("click", () => {
    const last = body.lastElementChild;
    extend(drawn + STEP);
    const next = last && last.nextElementSibling && last.nextElementSibling.querySelector("a");
    if (next) next.focus({ preventScroll: true });
  });
  new IntersectionObserver((seen) => {
    if (seen.some((entry) => entry.isIntersecting)) extend(drawn + STEP);
  }, { rootMargin: "600px" }).observe(more);

  window.addEventListener("beforeprint", () => {
    if (!body.closest("[data-view]").hidden) extend(ON_PAPER);
    about.textContent =
      drawn < places.length ? `${count(drawn)} of ${count(places.length)} are printed.` : "";
  });

  return (found, row) => {
    places = found;
    makeRow = row;
    drawn = 0;
    body.replaceChildren();
    extend(STEP);
  };
};
