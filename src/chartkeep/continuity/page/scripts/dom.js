// Elements. What a chart says is only ever set as text: nothing in it becomes markup.
"use strict";

/** Make an element: "div.card", its attributes and listeners if any, and what is inside it. */
function el(tag, ...rest) {
  return furnish(document.createElement(tag.split(".")[0]), tag, rest);
}

/** Make an element of a drawing. */
function svg(tag, ...rest) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag.split(".")[0]), tag, rest);
}

function furnish(node, tag, rest) {
  const [facts, ...inside] = rest[0]?.constructor === Object ? rest : [{}, ...rest];
  const classes = tag.split(".").slice(1);
  if (classes.length) node.classList.add(...classes);
  for (const [name, value] of Object.entries(facts)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...inside.flat(4).filter((each) => each !== "" && each != null && each !== false));
  return node;
}

const byId = (id) => document.getElementById(id);

/** Put pieces of text side by side, with a sign between those that say something. */
function joined(pieces, sign = " · ") {
  return pieces.filter(Boolean).join(sign);
}
