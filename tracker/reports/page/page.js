"use strict";
// Sorts, filters and unfolds the tables. Without it they are whole, and in the order of the report.
(() => {
  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  const keyOf = (row, place) => {
    const cell = row.cells[place];
    return cell.dataset.sort ?? cell.textContent.trim();
  };

  // Rows with nothing to compare come last in either direction; equal ones keep the order of the report.
  const sorted = (rows, place, numbers, direction) => {
    const keyed = rows.map((row) => [keyOf(row, place), row]);
    const compare = numbers ? (a, b) => Number(a) - Number(b) : words.compare;
    return keyed
      .sort(([a], [b]) => (a === "") - (b === "") || (a === "" ? 0 : direction * compare(a, b)))
      .map(([, row]) => row);
  };

  const sortable = (table) => {
    const headings = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const original = [...body.rows];
    headings.forEach((heading, place) => {
      const numbers = heading.dataset.sort === "number";
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const first = numbers ? "descending" : "ascending";
        const other = numbers ? "ascending" : "descending";
        const order = heading.getAttribute("aria-sort") === first ? other : first;
        headings.forEach((each) => each.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", order);
        body.append(...sorted(original, place, numbers, order === "ascending" ? 1 : -1));
      });
    });
  };

  const element = (name, properties) => Object.assign(document.createElement(name), properties);

  const foldable = (sheet, table) => {
    const all = Number(sheet.dataset.rows);
    const short = Number(sheet.dataset.short);
    const title = sheet.querySelector("h3").textContent;
    const rows = [...table.tBodies[0].rows];
    const text = new Map(rows.map((row) => [row, row.textContent.toLocaleLowerCase()]));
    const filter = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    const label = element("label", { textContent: "Find " });
    filter.setAttribute("aria-label", `Find in: ${title}`);
    label.append(filter);
    const said = element("span", { role: "status" });
    const unfold = element("button", { type: "button" });
    const tools = element("div", { className: "tools" });
    tools.append(label, said, unfold);
    sheet.querySelector(".scroll").before(tools);

    let folded = true;
    const show = () => {
      const wanted = filter.value.trim().toLocaleLowerCase();
      let found = 0;
      for (const row of rows) {
        row.hidden = !text.get(row).includes(wanted);
        found += !row.hidden;
      }
      sheet.classList.toggle("short", folded && wanted === "");
      said.textContent = wanted ? `${found} of ${all} rows` : `${folded ? short : all} of ${all} rows`;
      unfold.textContent = folded ? `Show all ${all} rows` : `Show ${short} rows`;
      unfold.hidden = wanted !== "";
    };
    filter.addEventListener("input", show);
    unfold.addEventListener("click", () => {
      folded = !folded;
      show();
    });
    show();
  };

  for (const sheet of document.querySelectorAll(".sheet")) {
    const table = sheet.querySelector("table");
    if (!table) continue;
    if (table.tBodies[0].rows.length > 1) sortable(table);
    if (Number(sheet.dataset.rows) > Number(sheet.dataset.short)) foldable(sheet, table);
  }
  document.documentElement.classList.add("scripted");

  // On paper nothing can be opened.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((details) => (details.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));
})();
