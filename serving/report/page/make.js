/* Elements made of text alone: nothing that an account is called can become markup. */
const SVG = document.querySelector("svg").namespaceURI;
const isThere = (child) => child !== null && child !== undefined && child !== false && child !== "";

const filled = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (isThere(value)) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(isThere));
  return element;
};
const make = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

const byId = (id) => document.getElementById(id);
const name = (text) => make("bdi", {}, text);
const sub = (...children) => make("span", { class: "sub" }, ...children);
const items = (texts, ordered = false) =>
  texts.length > 0 && make(ordered ? "ol" : "ul", {}, texts.map((text) => make("li", {}, text)));
const count = (number) => number.toLocaleString("en-US");
const counted = (number, one) => `${count(number)} ${one}${number === 1 ? "" : "s"}`;
