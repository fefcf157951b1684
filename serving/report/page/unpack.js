/* The data of the page: compressed JSON in blocks, opened when it is needed. */
const bytesOf = (text) => {
  const signs = atob(text);
  const bytes = new Uint8Array(signs.length);
  for (let place = 0; place < signs.length; place += 1) bytes[place] = signs.charCodeAt(place);
  return bytes;
};

const unpack = async (id) => {
  const packed = new Blob([bytesOf(byId(id).textContent)]).stream();
  const stream = packed.pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

/* Blocks hold columns; a panel is one place of all of them. */
const panelAt = (block, place) => {
  const panel = {};
  for (const [key, column] of Object.entries(block)) panel[key] = column[place];
  panel.sections = Object.values(block.sections).map((column) => column[place]).filter(Boolean);
  return panel;
};

const opened = new Map();
const panelOf = async (book, place) => {
  const block = Math.floor(place / book.panels_each);
  if (!opened.has(block)) opened.set(block, unpack(`panels-${block}`));
  return panelAt(await opened.get(block), place % book.panels_each);
};
