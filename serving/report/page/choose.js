/* Which accounts fit the filters, and in what order they stand. */
const same = (column) => (accounts, wanted) => (place) => accounts[column][place] === wanted;

const DEADLINES = {
  passed: (days) => days < 0,
  30: (days) => days >= 0 && days <= 30,
  90: (days) => days >= 0 && days <= 90,
  180: (days) => days >= 0 && days <= 180,
};

const wordsOf = (accounts) => {
  if (!accounts.words) {
    const { name, id, csm, segment, standing, cap, reasons, play, flags } = accounts;
    accounts.words = name.map((text, place) =>
      [text, id[place], csm[place], segment[place], standing[place], cap[place], play[place]]
        .concat(reasons[place], flags[place])
        .join("\n")
        .toLowerCase(),
    );
  }
  return accounts.words;
};

const FITS = {
  q: (accounts, wanted) => {
    const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    const words = wordsOf(accounts);
    return (place) => parts.every((part) => words[place].includes(part));
  },
  csm: (accounts, wanted) => (place) => accounts.csm[place] === (wanted === "-" ? "" : wanted),
  segment: same("segment"),
  block: same("block"),
  band: same("band"),
  cell: (accounts, wanted) => (place) => accounts.cell[place] === (wanted === "-" ? "" : wanted),
  quadrant: same("quadrant"),
  due: (accounts, wanted) => {
    const near = DEADLINES[wanted] || (() => true);
    return (place) => accounts.days[place] !== null && near(accounts.days[place]);
  },
  arr: (accounts, wanted) => (place) => accounts.arr[place] >= Number(wanted),
  flag: (accounts, wanted) => (place) => accounts.flags[place].includes(wanted),
};

/* Column, and whether the largest stands first; accounts without a value stand last. */
const ORDERS = {
  arr: ["arr", true],
  leave: ["p", true],
  grow: ["grow", true],
  due: ["days", false],
  health: ["health", false],
  name: ["name", false],
};

const compared = (left, right) =>
  typeof left === "string" ? left.localeCompare(right) : left - right;

const ordered = (places, accounts, sort) => {
  if (!ORDERS[sort]) return places;
  const [column, falling] = ORDERS[sort];
  const values = accounts[column];
  const known = places.filter((place) => values[place] !== null);
  const unknown = places.filter((place) => values[place] === null);
  const sign = falling ? -1 : 1;
  known.sort((a, b) => sign * compared(values[a], values[b]) || a - b);
  return known.concat(unknown);
};

const chosen = (book, wanted) => {
  const { accounts } = book;
  const tests = FILTERS.filter((key) => wanted.get(key)).map((key) =>
    FITS[key](accounts, wanted.get(key)),
  );
  const places = [];
  for (let place = 0; place < book.total; place += 1) {
    if (tests.every((fits) => fits(place))) places.push(place);
  }
  return places;
};

const sortOf = (book, wanted) =>
  wanted.get("sort") || (book.growing.includes(wanted.get("cell")) ? "grow" : "");
