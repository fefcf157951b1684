/* The views of the page: one is shown at a time, as the address says. */
const VIEWS = ["accounts", "tasks", "head", "money", "operations"];

const viewOf = (wanted) =>
  VIEWS.find((view) => view === wanted.get("view") && byId(`view-${view}`)) || "accounts";

const showView = (view) => {
  document.querySelectorAll("[data-view]").forEach((part) => {
    part.hidden = part.dataset.view !== view;
  });
  document.querySelectorAll("nav a[data-tab]").forEach((tab) => {
    if (tab.dataset.tab === view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
    tab.setAttribute("href", linkTo({ view: tab.dataset.tab, account: "" }));
  });
  byId("filters").hidden = !["accounts", "tasks"].includes(view);
  document.querySelectorAll("[data-only]").forEach((part) => {
    part.hidden = part.dataset.only !== view;
  });
};
