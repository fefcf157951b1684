/* Where the reader is: the view, the filters and the account, all in the address. */
const FILTERS = ["q", "csm", "segment", "block", "band", "cell", "quadrant", "due", "arr", "flag"];
const BESIDE = ["sort", "owner", "late", "waits"];

const address = () => new URLSearchParams(location.hash.slice(1));

const linkTo = (changes, from = address()) => {
  for (const [key, value] of Object.entries(changes)) {
    if (value) from.set(key, value);
    else from.delete(key);
  }
  return `#${from}`;
};

const goTo = (changes) => {
  location.hash = linkTo(changes);
};

/* For typing: no step back for every letter. */
const stayAt = (changes) => history.replaceState(null, "", linkTo(changes));
