/* One row of the list of accounts. */
const reasonsOf = (accounts, place) => [
  accounts.cap[place] && make("p", { class: "cap" }, accounts.cap[place]),
  items(accounts.reasons[place]),
  !accounts.cap[place] && accounts.reasons[place].length === 0 && "–",
];

const nextOf = (accounts, place) =>
  accounts.play[place]
    ? [
        accounts.play[place],
        accounts.play_note[place] && sub(accounts.play_note[place]),
        accounts.because[place] && sub(`because: ${accounts.because[place]}`),
      ]
    : "–";

const whoOf = (accounts, place) => [
  make("span", { class: "rank" }, String(place + 1)),
  make("a", { href: linkTo({ account: accounts.id[place] }) }, name(accounts.name[place])),
  sub(
    name(accounts.shown_id[place]),
    accounts.csm[place] && [" · ", name(accounts.csm[place])],
    ` · ${accounts.block_words[place]}`,
  ),
];

const dueOf = (accounts, place) => [
  accounts.deadline[place] || "–",
  accounts.deadline[place] && sub(accounts.deadline_day[place]),
];

const accountRow = (book) => (place) => {
  const { accounts } = book;
  const near = accounts.near[place] ? " near" : "";
  return make("tr", { "data-row": place },
    make("th", { scope: "row", class: "who" }, whoOf(accounts, place)),
    book.money && make("td", { class: "number arr" }, accounts.arr_text[place] || "–"),
    book.terms && make("td", { class: `due${near}` }, dueOf(accounts, place)),
    make("td", { class: "state" }, health(accounts.band[place]), " ", trend(accounts.trend[place]),
      sub(accounts.odds[place] || accounts.score[place])),
    make("td", { class: "place" }, accounts.standing[place], sub(accounts.maturity[place])),
    make("td", { class: "why" }, reasonsOf(accounts, place)),
    make("td", { class: "todo" }, nextOf(accounts, place)),
  );
};
