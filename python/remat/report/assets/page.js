"use strict";
// Adds to a page that is whole without it: the theme, sorting, filtering, a cursor on charts.
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The theme: the system's, until the button says otherwise.
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const label = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; label(); });
  system.addEventListener("change", label);
  label();

  // Sorting: a button in each head; numbers by data-value, largest first.
  const value = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b), "en", { numeric: true }));
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      const sorter = document.createElement("button");
      sorter.type = "button";
      sorter.append(...head.childNodes);
      head.append(sorter);
      sorter.addEventListener("click", () => {
        const number = head.classList.contains("number");
        const down = head.ariaSort ? head.ariaSort === "ascending" : number;
        all("th", table).forEach((other) => { other.removeAttribute("aria-sort"); });
        head.ariaSort = down ? "descending" : "ascending";
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row, place) => [value(row, column), place, row]);
        rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1]);
        body.append(...rows.map((entry) => entry[2]));
      });
    });
  }

  // One view of several.
  for (const group of all("[data-switch]")) {
    const views = all(`[data-${group.dataset.switch}]`, group.parentElement);
    const show = () => {
      const chosen = group.querySelector("input:checked").value;
      for (const view of views) view.hidden = view.dataset.view !== chosen;
    };
    group.hidden = false;
    group.addEventListener("change", show);
    show();
  }

  // The filter of the values.
  const filter = document.getElementById("filter");
  if (filter) {
    const rows = [...document.getElementById("choices").tBodies[0].rows];
    const texts = rows.map((row) => `${row.textContent} ${row.cells[5].title}`.toLowerCase());
    const apply = () => {
      const wanted = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const fate = document.querySelector("input[name=fate]:checked").value;
      let shown = 0;
      rows.forEach((row, i) => {
        row.hidden = !(wanted.every((word) => texts[i].includes(word))
          && (!fate || row.cells[2].dataset.fate === fate));
        shown += row.hidden ? 0 : 1;
      });
      document.getElementById("shown").textContent = `${shown} of ${rows.length} values`;
    };
    const box = filter.closest(".filters");
    box.hidden = false;
    box.addEventListener("input", apply);
    box.addEventListener("change", apply);
    apply();
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) {
        event.preventDefault();
        filter.focus();
      }
    });
  }

  // The cursor of the charts over time.
  const data = JSON.parse(document.getElementById("data").textContent);
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const bytes = (count) => {
    let unit = 0;
    for (; count >= 1000 && unit < 4; unit += 1) count /= 1024;
    return `${Number(count.toPrecision(3))} ${units[unit]}`;
  };
  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };
  const { left, right, width } = data.plot;
  for (const plot of all("[data-timeline]")) {
    const line = data.timelines[plot.dataset.timeline];
    const readout = document.getElementById(`at-${plot.dataset.timeline}`);
    const [mark, drawing] = [plot.querySelector(".cursor"), plot.querySelector("svg")];
    const most = Number(plot.dataset.xMax);
    const count = line.step.length;
    if (!count) continue;
    let at = -1;
    const move = (index) => {
      at = Math.max(0, Math.min(count - 1, index));
      const step = line.step[at];
      const x = left + (line.cost[at] / most) * (width - left - right);
      mark.setAttribute("x1", x);
      mark.setAttribute("x2", x);
      mark.removeAttribute("hidden");
      let [total, made] = [0, null];
      const seen = new Set();
      const live = [];
      line.value.forEach((one, i) => {
        const row = data.values[one];
        const again = seen.has(one);
        seen.add(one);
        if (line.begin[i] === step && row[3] !== "argument") made = row;
        if (line.begin[i] <= step && step < line.end[i]) {
          total += row[1];
          live.push([row[1], again ? "recomputed" : row[2], row]);
        }
      });
      live.sort((a, b) => b[0] - a[0]);
      const where = made ? `, ${made[3]} ${made[4]}` : "";
      const said = `step ${step} of ${line.steps}${where}: ${bytes(total)} live`;
      const list = document.createElement("ol");
      for (const [size, kind, row] of live.slice(0, 8)) {
        list.append(element("li", `${bytes(size)} ${row[0]} (${kind}) ${row[4]}`.trim()));
      }
      readout.replaceChildren(element("p", said), list);
      readout.hidden = false;
      plot.setAttribute("aria-valuenow", step);
      plot.setAttribute("aria-valuetext", said);
    };
    const nearest = (x) => {
      const cost = ((x - left) / (width - left - right)) * most;
      let found = 0;
      while (found + 1 < count && line.cost[found + 1] <= cost) found += 1;
      return found;
    };
    const peak = line.step.indexOf(line.peak_step);
    plot.tabIndex = 0;
    plot.setAttribute("role", "slider");
    plot.setAttribute("aria-label", `${plot.dataset.name}: memory at a step`);
    plot.setAttribute("aria-valuemin", 0);
    plot.setAttribute("aria-valuemax", line.steps - 1);
    plot.setAttribute("aria-valuenow", line.peak_step);
    plot.addEventListener("focus", () => { if (at < 0) move(peak); });
    plot.addEventListener("pointermove", (event) => {
      const box = drawing.getBoundingClientRect();
      move(nearest(((event.clientX - box.left) / box.width) * width));
    });
    const keys = {
      ArrowRight: () => at + 1, ArrowLeft: () => at - 1, ArrowUp: () => at + 1,
      ArrowDown: () => at - 1, PageUp: () => at + 10, PageDown: () => at - 10,
      Home: () => 0, End: () => count - 1, p: () => peak, P: () => peak,
    };
    plot.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(keys[event.key]());
    });
  }
})();
