/* The form of filters: it writes the address, and shows what the address says. */
const fieldsOf = (form) => [...form.elements].filter((field) => field.name);

const showFilters = (form, wanted) => {
  for (const field of fieldsOf(form)) {
    const value = wanted.get(field.name) || "";
    if (field.type === "checkbox") field.checked = value === "1";
    else if (field.value !== value) field.value = value;
  }
};

const onFilters = (form, then) => {
  form.addEventListener("input", () => {
    const changes = fieldsOf(form).map((field) => [
      field.name, field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim(),
    ]);
    stayAt(Object.fromEntries(changes));
    then();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    stayAt(Object.fromEntries([...FILTERS, ...BESIDE].map((key) => [key, ""])));
    then();
  });
};

const onSorting = (table, then) => {
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-sort]");
    if (!button) return;
    stayAt({ sort: address().get("sort") === button.dataset.sort ? "" : button.dataset.sort });
    then();
  });
};

const showSorting = (table, sort) => {
  table.querySelectorAll("button[data-sort]").forEach((button) => {
    const column = button.closest("th");
    const falling = ORDERS[button.dataset.sort][1];
    if (button.dataset.sort !== sort) column.removeAttribute("aria-sort");
    else column.setAttribute("aria-sort", falling ? "descending" : "ascending");
  });
};
