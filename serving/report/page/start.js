/* The page as a whole: reads its data, then shows what the address asks for. */
const pageTitle = document.title;

const showAccount = async (book, id) => {
  const place = book.accounts.id.indexOf(id);
  const target = byId("account");
  document.body.classList.toggle("one", place >= 0);
  if (place < 0) {
    target.replaceChildren();
    document.title = pageTitle;
    return;
  }
  const panel = await panelOf(book, place);
  if (address().get("account") !== id) return;
  const back = make("p", { class: "back" },
    make("a", { href: linkTo({ account: "" }) }, "Back to the list"));
  target.replaceChildren(back, accountPage(book, place, panel));
  document.title = `${book.accounts.name[place]} · ${pageTitle}`;
  byId("account-name").focus({ preventScroll: true });
  window.scrollTo(0, 0);
};

const started = (book) => {
  const form = byId("filters");
  const list = byId("list-table");
  const part = (key) => ({ body: byId(`${key}-body`), more: byId(`${key}-more`), about: byId(`${key}-print`) });
  const drawList = inSteps(part("list"));
  const drawTasks = inSteps(part("tasks"));
  let last = "";
  let left = "";

  const showLists = (wanted) => {
    const places = chosen(book, wanted);
    const view = viewOf(wanted);
    if (view === "tasks") {
      const tasks = waiting(wanted) ? book.waits : book.tasks;
      const found = tasksOf(tasks, places, wanted);
      drawTasks(found, taskRow(book, tasks));
      const all = counted(tasks.account.length, tasks === book.waits ? "waiting task" : "task");
      byId("shown").textContent = `${count(found.length)} of all ${all} shown`;
    } else {
      const sort = sortOf(book, wanted);
      drawList(ordered(places, book.accounts, sort), accountRow(book));
      showSorting(list, sort);
      byId("shown").textContent =
        `${count(places.length)} of all ${counted(book.total, "account")} shown`;
    }
  };

  const show = async () => {
    const wanted = address();
    const id = wanted.get("account") || "";
    wanted.delete("account");
    showView(viewOf(wanted));
    showFilters(form, wanted);
    if (wanted.toString() !== last || !document.body.dataset.ready) showLists(wanted);
    last = wanted.toString();
    await showAccount(book, id);
    if (!id && left) {
      const back = linkTo({ account: left });
      const link = [...document.querySelectorAll("main tbody a")].find((a) => a.hash === back);
      if (link) link.focus();
    }
    left = id;
    document.body.dataset.ready = String(book.total);
    document.body.dataset.shown = location.hash;
  };

  onFilters(form, show);
  onSorting(list, show);
  window.addEventListener("hashchange", show);
  return show();
};

if (byId("book")) {
  unpack("book").then(started).catch((error) => {
    const words = make("p", { class: "notes", role: "alert" },
      `This page could not be opened: ${error.message}. It needs a browser of 2023 or later.`);
    byId("account").replaceChildren(words);
    throw error;
  });
}
