/* One account: where it stands, why, and what to do. */
const titled = (title, ...content) =>
  content.flat().some(isThere) && make("section", {}, make("h3", {}, title), content);

const reasonGroup = (group) =>
  titled(group.title,
    make("ul", { class: "reasons" }, group.reasons.map(([part, text]) =>
      make("li", {}, make("span", { class: "part" }, part), text))));

const howTo = (how) => how && [
  items(how.steps, true),
  how.success && make("p", {}, make("b", {}, "It worked when: "), how.success),
  how.never && make("p", { class: "never" }, make("b", {}, "Do not: "), how.never),
];

const playCard = (book) => (play) =>
  make("article", { class: "play" },
    make("p", { class: "slot" }, play.head, play.late && [" · ", make("b", {}, play.late)]),
    make("h4", {}, play.action),
    play.why && make("p", {}, make("b", {}, "Because: "), play.why),
    howTo(book.how[play.play]));

const width = (part, share) => {
  part.style.width = `${share}%`;
  return part;
};

const piece = (kind, share) => width(make("i", { class: kind }), share);

const barOf = (bar) =>
  make("li", { class: bar.whole ? "whole" : null }, bar.label,
    bar.whole
      ? make("i", {}, piece("", bar.low), piece("reach", bar.value - bar.low),
          make("i", { class: "point" }), piece("reach", bar.high - bar.value))
      : make("i", {}, piece("fill", bar.value)),
    make("b", {}, bar.text),
    bar.why && make("span", { class: "because" }, bar.why));

const facts = (pairs) =>
  pairs.length > 0 && make("dl", { class: "facts" }, pairs.map(([what, text]) =>
    make("div", {}, make("dt", {}, what), make("dd", {}, text))));

const titleOf = (book, place) => {
  const { accounts } = book;
  const soft = [accounts.standing[place], accounts.odds[place] || accounts.score[place],
    accounts.arr_text[place] && `${book.currency} ${accounts.arr_text[place]}`.trim()];
  return make("header", {},
    make("h2", { tabindex: "-1", id: "account-name" },
      make("span", { class: "rank" }, `${place + 1}`), name(accounts.name[place])),
    make("p", {}, health(accounts.band[place]), " ", trend(accounts.trend[place]), " ",
      make("span", { class: "soft" }, soft.filter(Boolean).join(" · "))));
};

const sections = (panel, titles) => {
  const found = panel.sections.filter((section) => titles.includes(section.title));
  return found.length > 0 && make("div", { class: "sections" }, found.map(sectionOf));
};

const accountPage = (book, place, panel) => {
  const { accounts } = book;
  return make("article", { class: "panel", "aria-labelledby": "account-name" },
    titleOf(book, place),
    make("p", { class: "story" }, panel.story),
    accounts.flags[place].length > 0 && make("p", { class: "flags" },
      make("b", {}, "For a person to look at: "), `${accounts.flags[place].join("; ")}.`),
    sections(panel, ["Who it is", "The tie", "How it uses the product"]),
    make("div", { class: "two" },
      make("div", {},
        accounts.cap[place] && titled("A cap limits its health", make("p", {}, accounts.cap[place])),
        panel.reasons.map(reasonGroup),
        sections(panel, ["Roadblocks", "Limits to value: what it asks for", "Room to grow",
          "Its goals"])),
      titled("What to do",
        panel.plays.length ? panel.plays.map(playCard(book))
          : make("p", { class: "soft" }, panel.held.length ? "Nothing can begin this week."
            : "No play is proposed."),
        panel.held.length > 0 && make("div", { class: "soft" },
          make("p", {}, make("b", {}, "Waits until its owner has a hand free:")),
          items(panel.held)))),
    sections(panel, ["The estimate", "What changed since the last scoring",
      "What would help, by the estimate", "How health and maturity went"]),
    titled("The numbers",
      make("div", { class: "numbers" },
        make("ul", { class: "bars" }, panel.bars.map(barOf)), facts(panel.facts))));
};
