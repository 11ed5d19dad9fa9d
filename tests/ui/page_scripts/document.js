// As much of a document as the page's scripts need to build and paint what the tests look at. No layout, no styles.

class FakeNode {
  constructor(tag) {
    Object.assign(this, { tag, children: [], attributes: {}, dataset: {}, style: {}, text: "", listeners: {} });
  }
  get childNodes() {
    return this.children;
  }
  get firstChild() {
    return this.children[0] ?? null;
  }
  get lastChild() {
    return this.children.at(-1) ?? null;
  }
  get textContent() {
    return this.children.length ? this.children.map((child) => child.textContent).join("") : this.text;
  }
  set textContent(text) {
    Object.assign(this, { text, children: [] });
  }
  append(...nodes) {
    nodes.forEach((node) => this.insertBefore(typeof node === "string" ? Object.assign(new FakeNode("#text"), { text: node }) : node, null));
  }
  insertBefore(node, before) {
    node.remove();
    this.children.splice(before === null ? this.children.length : this.children.indexOf(before), 0, node);
    node.parent = this;
  }
  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
  }
  replaceChildren(...nodes) {
    [...this.children].forEach((child) => child.remove());
    this.append(...nodes);
  }
  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }
  hasAttribute(name) {
    return name in this.attributes;
  }
  toggleAttribute(name, wanted) {
    if (wanted) this.attributes[name] = "";
    else delete this.attributes[name];
  }
  addEventListener(name, act) {
    this.listeners[name] = act;
  }
}

globalThis.document = { createElement: (tag) => new FakeNode(tag), createElementNS: (_space, tag) => new FakeNode(tag) };

const near = (found, wanted, by = 1e-9) => assert.ok(Math.abs(found - wanted) <= by, `${found} is not ${wanted}`);
const ink = { text: "text", muted: "muted", hairline: "hairline", surface: "surface", train: "train", val: "val", crit: "crit", warn: "warn", info: "info" };
