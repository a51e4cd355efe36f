// Learners × exercises: one table, or several beside each other when that shows more at once.

const SIGNS = {
  p: ["✓", "passed"], f: ["✗", "not yet"], s: ["»", "skipped"], n: ["?", "no verdict"], "-": ["·", "not attempted"],
};

function make(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export class Grid {
  constructor(place, mask) {
    this.place = place;
    this.mask = mask; // only the instructor can hide a nickname
    this.learners = new Map();
    this.rows = new Map();
    this.exercises = [];
    this.hands = new Set();
    this.shape = "";
    new ResizeObserver(() => this.draw()).observe(place);
  }

  update(data) {
    if (data.full) {
      this.learners.clear();
      this.shape = "";
    }
    this.exercises = data.exercises;
    for (const one of data.learners) this.learners.set(one.id, one);
    const hands = new Set(data.hands.map((one) => one.learner));
    const moved = [...hands, ...this.hands].filter((id) => hands.has(id) !== this.hands.has(id));
    this.hands = hands;
    if (this.draw()) return;
    for (const one of data.learners) this.fill(one);
    for (const id of moved) if (this.learners.has(id)) this.fill(this.learners.get(id));
  }

  // How many tables: as many as there is width for, and no more than the learners need.
  layout() {
    const em = parseFloat(getComputedStyle(this.place).fontSize);
    const width = this.place.clientWidth;
    const columns = this.exercises.length;
    const fitting = Math.max(1, Math.floor((this.place.clientHeight - 2.2 * em) / (1.64 * em)));
    const widest = Math.max(1, Math.floor(width / ((5 + 2.6 * columns) * em)));
    const count = Math.min(widest, Math.max(1, Math.ceil(this.learners.size / fitting)));
    const column = Math.min(7.6, Math.max(2.5, (width / count / em - 9) / columns - 0.2));
    const roomy = column > 5.6; // then there is room for words
    const wide = width / count < (4 + 2.6 * columns) * em;
    // Rows grow into the height that is left.
    const rows = Math.max(1, Math.ceil(this.learners.size / count));
    const row = Math.min(2.3, Math.max(1.55, (this.place.clientHeight / em - 2.4) / rows - 0.1));
    return { count, roomy, wide, row: `${row.toFixed(2)}rem`, column: `${column.toFixed(2)}rem` };
  }

  // Build the tables anew if their shape changed; say whether that was so.
  draw() {
    const { count, roomy, wide, row, column } = this.layout();
    this.place.style.setProperty("--row", row);
    this.place.style.setProperty("--column", column);
    this.place.style.setProperty("--tables", count);
    const shape = [count, roomy, wide, this.learners.size, ...this.exercises.map((one) => one.name)].join();
    if (shape === this.shape) return false;
    this.shape = shape;
    if (!this.learners.size) {
      this.rows.clear();
      this.place.replaceChildren(make("p", "empty", "Nobody has joined yet."));
      return true;
    }
    const kept = document.activeElement?.dataset?.name;
    const top = this.place.scrollTop;
    this.rows.clear();
    const ordered = [...this.learners.values()].sort((a, b) => a.id - b.id);
    const each = Math.ceil(ordered.length / count);
    const tables = [];
    for (let start = 0; start < ordered.length; start += each) {
      const some = ordered.slice(start, start + each);
      tables.push(this.table(some, `${roomy ? "roomy" : ""} ${wide ? "wide" : ""}`));
    }
    this.place.replaceChildren(...tables);
    this.place.scrollTop = top;
    for (const one of ordered) this.fill(one);
    if (kept) this.place.querySelector(`[data-name="${Number(kept)}"]`)?.focus();
    return true;
  }

  table(learners, className) {
    const table = make("table", className.trim());
    const caption = make("caption", "sr", `Learners ${learners[0].id} to ${learners.at(-1).id}`);
    const head = make("tr");
    const corner = make("th", "", "Learner");
    corner.scope = "col";
    head.append(corner);
    for (const one of this.exercises) {
      const cell = make("th", "", one.label);
      cell.scope = "col";
      cell.title = `${one.name}: ${one.title}`;
      cell.append(make("span", "sr", ` ${one.name}`));
      head.append(cell);
    }
    const body = make("tbody");
    for (const one of learners) {
      const row = make("tr");
      const name = make("th");
      name.scope = "row";
      row.append(name);
      for (let k = 0; k < this.exercises.length; k += 1) row.append(make("td"));
      body.append(row);
      this.rows.set(one.id, { row, name, cells: [], label: "" });
    }
    const top = make("thead");
    top.append(head);
    table.append(caption, top, body);
    return table;
  }

  fill(one) {
    const known = this.rows.get(one.id);
    if (!known) return;
    const up = this.hands.has(one.id);
    const label = `${one.name}\n${one.masked}\n${up}\n${one.left}`;
    if (known.label !== label) {
      known.label = label;
      this.nameCell(known.name, one, up);
    }
    known.row.classList.toggle("left", one.left);
    one.cells.forEach((code, place) => {
      if (known.cells[place] === code) return;
      known.cells[place] = code;
      const letter = code[0];
      const times = code.slice(1);
      const [sign, word] = SIGNS[letter] ?? SIGNS["-"];
      const cell = make("span", `cell ${letter === "-" ? "none" : letter}`, `${sign}${times}`);
      cell.append(make("span", "word", ` ${word}`));
      known.row.children[place + 1].replaceChildren(cell);
    });
  }

  nameCell(cell, one, up) {
    cell.className = up ? "up" : "";
    cell.title = one.name;
    const before = cell.querySelector("button") === document.activeElement && cell.querySelector("button");
    cell.replaceChildren();
    if (up) cell.append(make("span", "hand", "▲ "), make("span", "sr", "hand raised: "));
    if (one.left) cell.append("(left) ");
    if (!this.mask) {
      cell.append(one.name);
      return;
    }
    const button = make("button", "", one.name);
    button.type = "button";
    button.dataset.name = one.id;
    button.setAttribute("aria-label", one.masked ? `${one.name}: show the nickname` : `${one.name}: hide the nickname`);
    button.addEventListener("click", () => this.mask(one.id, !one.masked));
    cell.append(button);
    if (before) button.focus();
  }
}
