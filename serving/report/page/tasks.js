/* What is to do over all accounts, by due date. */
const waiting = (wanted) => wanted.get("waits") === "1";

const taskRow = (book, tasks) => (place) => {
  const { accounts } = book;
  const account = tasks.account[place];
  return make("tr", { class: tasks.late[place] ? "late" : null, "data-task": place },
    make("td", { class: "when" }, tasks.due[place] || (tasks === book.waits ? "when a hand is free" : "no date"),
      tasks.late[place] && make("b", { class: "overdue" }, tasks.late[place])),
    make("th", { scope: "row", class: "who" },
      make("a", { href: linkTo({ account: accounts.id[account] }) }, name(accounts.name[account])),
      sub(accounts.csm[account] && [name(accounts.csm[account]), " · "],
        accounts.block_words[account])),
    make("td", { class: "todo" }, tasks.action[place],
      tasks.why[place] && sub(`because: ${tasks.why[place]}`)),
    make("td", { class: "owner" }, tasks.owner[place], sub(tasks.state[place])),
  );
};

const tasksOf = (tasks, places, wanted) => {
  const inside = new Set(places);
  const late = wanted.get("late") === "1";
  const owner = wanted.get("owner");
  const found = [];
  for (let place = 0; place < tasks.account.length; place += 1) {
    if (
      inside.has(tasks.account[place]) &&
      (!late || tasks.late[place]) &&
      (!owner || tasks.owner[place] === owner)
    ) found.push(place);
  }
  return found;
};
