/* The page around the map: layer list, tables, focus, printing. */
(function () {
  "use strict";

  const { element, written } = hotspotMap;
  const ROWS = 200;
  /* A longer list of layers would cover the map: it opens when asked. */
  const LISTED = 7;

  /* After the whole page has run, so that layers added later are in the list too. */
  function layerSwitch(map, list) {
    document.addEventListener("DOMContentLoaded", function () {
      const items = list();
      if (!items.length) return;
      const narrow = map.getContainer().clientWidth < 560;
      const collapsed = narrow || items.length > LISTED;
      /* Popups open upwards, so an open list stands in their way at the top. */
      const place = { collapsed: collapsed, position: narrow ? "topright" : "bottomright" };
      const control = L.control.layers({}, {}, place);
      /* One by one, because an object by name would lose one of two layers that are called the same. */
      items.forEach((item) => (item.overlay ? control.addOverlay(item.layer, item.name) : control.addBaseLayer(item.layer, item.name)));
      control.addTo(map);
      const box = control.getContainer();
      box.setAttribute("aria-label", "Layers");
      box.setAttribute("role", "group");
      box.addEventListener("keydown", function (event) {
        if (event.key !== "Escape" || !collapsed) return;
        control.collapse();
        box.querySelector(".leaflet-control-layers-toggle").focus();
      });
    });
  }

  /* Buttons of the tables: show the shape, put the focus into its popup, and give it back on closing. */
  function showButtons(map) {
    let opener = null;
    document.addEventListener("click", function (event) {
      const button = event.target.closest && event.target.closest("button[data-show]");
      if (!button) return;
      map.getContainer().scrollIntoView({ block: "nearest" });
      window[button.dataset.show].show(Number(button.dataset.at));
      opener = button;
    });
    map.on("popupopen", function (event) {
      const content = event.popup.getElement().querySelector(".leaflet-popup-content");
      content.setAttribute("tabindex", "-1");
      content.setAttribute("role", "group");
      const heading = content.querySelector("strong");
      if (heading) content.setAttribute("aria-label", heading.textContent);
      const active = document.activeElement;
      if (active && active.closest(".hs-number, .hs-label, button[data-show]")) {
        if (!active.dataset.show) opener = active;
        /* Later, because a popup that moves the map would scroll the page to the old place. */
        setTimeout(() => content.focus({ preventScroll: true }), 0);
      }
    });
    /* Leaflet itself hears the key only while the focus is on the map's own box. */
    map.getContainer().addEventListener("keydown", (event) => event.key === "Escape" && map.closePopup());
    map.on("popupclose", function (event) {
      const held = event.popup.getElement();
      const inside = held && held.contains(document.activeElement);
      if (opener && inside && document.contains(opener)) opener.focus();
      opener = null;
    });
  }

  function pick(details, data) {
    const row = data.rows.find((each) => each.words);
    const chosen = element("select");
    const add = (value, text) => (chosen.appendChild(element("option", "", text)).value = value);
    add("", "All");
    if (row) row.words.forEach((text, code) => row.values.includes(code) && add(String(code), text));
    const label = details.appendChild(element("label", "", "Show "));
    label.appendChild(chosen);
    if (!row) label.hidden = true;
    const lead = data.rows.find((each) => each.lead);
    const order = data.headings.map((_, at) => at);
    const rank = (at) => (lead.values[at] === null ? -Infinity : lead.values[at]);
    if (lead) order.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a)));
    return { chosen: chosen, list: () => order.filter((at) => chosen.value === "" || row.values[at] === Number(chosen.value)) };
  }

  function tableRow(details, data, whole, sparse, at) {
    const line = element("tr");
    const head = line.appendChild(element("th"));
    head.scope = "row";
    const button = head.appendChild(element("button", "", data.headings[at]));
    button.type = "button";
    button.dataset.show = details.dataset.every;
    button.dataset.at = at;
    whole.forEach((row) => line.appendChild(element("td", "", written(row, at))));
    if (sparse.length) {
      const parts = sparse.filter((row) => row.values[at]).map((row) => row.head + " " + written(row, at));
      line.appendChild(element("td", "", parts.join("; ") || "none"));
    }
    return line;
  }

  /* A table of all shapes from the map's own data, so that the file does not hold them twice. */
  function everyTable(details) {
    const data = window[details.dataset.every];
    const name = details.querySelector("summary").textContent;
    const whole = data.rows.filter((row) => !row.sparse);
    const sparse = data.rows.filter((row) => row.sparse);
    const { chosen, list } = pick(details, data);
    const said = details.appendChild(element("p", "hs-fine"));
    said.setAttribute("role", "status");
    const steps = details.appendChild(element("p"));
    const back = steps.appendChild(element("button", "", "Previous " + ROWS));
    const on = steps.appendChild(element("button", "", "Next " + ROWS));
    back.type = on.type = "button";
    const wide = details.appendChild(element("div", "hs-wide"));
    wide.tabIndex = 0;
    wide.setAttribute("role", "region");
    wide.setAttribute("aria-label", "Table: " + name);
    const table = wide.appendChild(element("table"));
    table.appendChild(element("caption", "", name));
    const heads = table.appendChild(element("thead")).appendChild(element("tr"));
    const titles = [details.dataset.first].concat(whole.map((row) => row.head), sparse.length ? ["By category"] : []);
    titles.forEach((text) => (heads.appendChild(element("th", "", text)).scope = "col"));
    const body = table.appendChild(element("tbody"));
    let start = 0;
    function fill() {
      const all = list();
      const part = all.slice(start, start + ROWS);
      body.replaceChildren(...part.map((at) => tableRow(details, data, whole, sparse, at)));
      const count = all.length.toLocaleString("en-GB");
      said.textContent = part.length ? "Rows " + (start + 1) + " to " + (start + part.length) + " of " + count : "No rows";
      /* Not disabled, which would lose the focus. */
      back.setAttribute("aria-disabled", String(start === 0));
      on.setAttribute("aria-disabled", String(start + ROWS >= all.length));
    }
    const move = (step) => {
      if (start + step < 0 || start + step >= list().length) return;
      start += step;
      fill();
    };
    back.addEventListener("click", () => move(-ROWS));
    on.addEventListener("click", () => move(ROWS));
    chosen.addEventListener("change", () => ((start = 0), fill()));
    fill();
  }

  /* Paper gets the map as it stands on the screen, scaled to the sheet, and an open key. */
  function printing(map) {
    const sheet = [800, 520];
    const side = document.querySelector(".hs-side details");
    let open = true;
    const root = document.documentElement.style;
    function measure() {
      const box = map.getContainer();
      const width = box.clientWidth;
      const height = box.clientHeight;
      if (!width || !height || window.matchMedia("print").matches) return;
      root.setProperty("--hs-width", width + "px");
      root.setProperty("--hs-height", height + "px");
      root.setProperty("--hs-zoom", String(Math.min(sheet[0] / width, sheet[1] / height)));
      map.invalidateSize();
    }
    measure();
    new ResizeObserver(measure).observe(map.getContainer());
    window.addEventListener("beforeprint", function () {
      open = side ? side.open : true;
      if (side) side.open = true;
    });
    window.addEventListener("afterprint", () => side && (side.open = open));
  }

  function north(map) {
    const control = L.control({ position: "topleft" });
    control.onAdd = function () {
      const box = element("div", "hs-north");
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", "North is up");
      const arrow = box.appendChild(element("span", "", "\u25b2"));
      arrow.setAttribute("aria-hidden", "true");
      box.appendChild(element("span", "", "N")).setAttribute("aria-hidden", "true");
      return box;
    };
    control.addTo(map);
  }

  function dress(map, page) {
    const container = map.getContainer();
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", page.label);
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      map._zoomAnimated = map._fadeAnimated = false;
      map.options.inertia = false;
    }
    const side = document.querySelector(".hs-side details");
    if (side && window.matchMedia("(max-width: 700px)").matches) side.open = false;
    document.querySelectorAll("[data-legend]").forEach((section) => (section.hidden = true));
    map.attributionControl.setPrefix(page.credit);
    page.credits.forEach((text) => map.attributionControl.addAttribution(text));
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    north(map);
    printing(map);
    if (page.bounds) map.fitBounds(page.bounds, { padding: [14, 14], maxZoom: 17, animate: false });
    showButtons(map);
    document.querySelectorAll("details[data-every]").forEach(function (details) {
      details.addEventListener("toggle", () => everyTable(details), { once: true });
    });
  }

  Object.assign(hotspotMap, { layerSwitch: layerSwitch, dress: dress });
})();
