/* Draws hotspot's layers. Text from data is only ever set as text, never as markup. */
const hotspotMap = (function () {
  "use strict";

  const MISSING = "not recorded";
  const group = (value, most) => value.toLocaleString("en-GB", { maximumFractionDigits: most });
  const formats = {
    text: (value) => String(value),
    count: (value) => group(value, 0),
    amount: (value) => group(value, Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0),
    score: (value) => value.toFixed(2),
    chance: (value) => (value < 0.001 ? "under 0.001" : value.toFixed(3)),
    percent: (value) => group(value, value < 10 ? 1 : 0) + " %",
  };

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* A row is {head, kind, values, words?, tip?}; with words, a value is an index into them. */
  function describe(heading, rows, index, short) {
    const box = element("div", "hs-facts");
    box.appendChild(element("strong", "", heading));
    const list = box.appendChild(element("dl", ""));
    rows.forEach(function (row) {
      if (short && !row.tip) return;
      const value = row.values[index];
      if (row.sparse && !value) return;
      let text = MISSING;
      if (value !== null && value !== undefined && value !== "") {
        text = row.words ? row.words[value] : formats[row.kind](value);
      }
      list.appendChild(element("dt", "", row.head));
      list.appendChild(element("dd", "", text));
    });
    return box;
  }

  function talk(layers, data) {
    const facts = (short) => (layer) =>
      describe(data.headings[layer.options.at], data.rows, layer.options.at, short);
    layers.bindTooltip(facts(true), { sticky: true, className: "hs-tip", opacity: 1 });
    layers.bindPopup(facts(false), { className: "hs-popup", minWidth: 250, maxWidth: 250, maxHeight: 340 });
    layers.on("popupopen", () => layers.closeTooltip());
    return layers;
  }

  /* Shapes travel as whole millionths of a degree, each vertex as its step from the one before. */
  function unpack(origin, shape) {
    return shape.map((part) =>
      part.map(function (ring) {
        let lat = origin[0];
        let lon = origin[1];
        const out = [];
        for (let k = 0; k < ring.length; k += 2) {
          lat += ring[k];
          lon += ring[k + 1];
          out.push([lat / 1e6, lon / 1e6]);
        }
        return out;
      })
    );
  }

  function showLegend(key, shown) {
    document.querySelectorAll('[data-legend="' + key + '"]').forEach(function (section) {
      section.hidden = !shown;
    });
  }

  /* Two shadings over each other would mix their colours: switching one on puts the other away. */
  function takeTurns(map, layers, key) {
    const shadings = (map.hotspotShadings = map.hotspotShadings || []);
    shadings.push(layers);
    layers.on("add", function () {
      showLegend(key, true);
      /* Later, because the layer control does not look at changes while it handles a click. */
      setTimeout(function () {
        if (!map.hasLayer(layers)) return;
        shadings.forEach((other) => other !== layers && map.hasLayer(other) && map.removeLayer(other));
      }, 0);
    });
    layers.on("remove", () => showLegend(key, false));
  }

  function shade(map, data, layer) {
    const layers = talk(L.featureGroup(), data);
    let drawn = false;
    layers.on("add", function () {
      if (drawn) return;
      drawn = true;
      data.renderer = data.renderer || L.canvas({ padding: 0.5 });
      data.shapes.forEach(function (shape, at) {
        const code = layer.codes[at];
        if (code < 0) return;
        const look = Object.assign({ at: at, smoothFactor: 0, renderer: data.renderer }, layer.looks[code]);
        layers.addLayer(L.polygon(unpack(data.origin, shape), look));
      });
    });
    takeTurns(map, layers, layer.key);
    return layers;
  }

  function boundary(map, data) {
    const name = "hotspot-boundary";
    if (!map.getPane(name)) {
      const pane = map.createPane(name);
      pane.style.zIndex = 450;
      pane.style.pointerEvents = "none";
    }
    const layers = L.featureGroup();
    const renderer = L.svg({ pane: name, padding: 0.5 });
    const line = { pane: name, renderer: renderer, interactive: false, fill: false, smoothFactor: 0.5 };
    data.shapes.forEach(function (shape) {
      const rings = unpack(data.origin, shape);
      layers.addLayer(L.polygon(rings, Object.assign({ color: "#ffffff", weight: 4, opacity: 0.8 }, line)));
      layers.addLayer(L.polygon(rings, Object.assign({ color: "#111111", weight: 2 }, line)));
    });
    return layers;
  }

  function numbers(map, data) {
    const layers = talk(L.featureGroup(), data);
    data.points.forEach(function (point, at) {
      const text = data.numbers[at];
      const size = [Math.max(24, 10 + 7 * text.length), 24];
      /* A dot at the place and the number beside it, so that the cell below can be seen. */
      const look = { className: "hs-number", html: element("span", "", text), iconSize: size, iconAnchor: [4, 20] };
      const icon = L.divIcon(look);
      /* Where markers overlap, the higher place in the ranking lies on top. */
      const above = (data.points.length - at) * 100;
      const marker = L.marker(point, { at: at, icon: icon, zIndexOffset: above, riseOnHover: true });
      marker.on("add", () => marker.getElement().setAttribute("aria-label", data.headings[at]));
      layers.addLayer(marker);
    });
    layers.on("add", () => showLegend("locations", true));
    layers.on("remove", () => showLegend("locations", false));
    return layers;
  }

  /* After the whole page has run, so that layers added later are in the list too. */
  function layerSwitch(map, list) {
    document.addEventListener("DOMContentLoaded", function () {
      const overlays = {};
      const bases = {};
      list().forEach(function (item) {
        (item.overlay ? overlays : bases)[item.name] = item.layer;
      });
      const narrow = map.getContainer().clientWidth < 560;
      /* Popups open upwards, so an open list stands in their way at the top. */
      const place = { collapsed: narrow, position: narrow ? "topright" : "bottomright" };
      const control = L.control.layers(bases, overlays, place).addTo(map);
      control.getContainer().setAttribute("aria-label", "Layers");
      control.getContainer().setAttribute("role", "group");
    });
  }

  function dress(map, page) {
    const container = map.getContainer();
    container.setAttribute("role", "region");
    container.setAttribute("aria-label", page.label);
    const side = document.querySelector(".hs-side details");
    if (side && window.matchMedia("(max-width: 700px)").matches) side.open = false;
    document.querySelectorAll("[data-legend]").forEach((section) => (section.hidden = true));
    map.attributionControl.setPrefix(page.credit);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    map.invalidateSize();
    map.fitBounds(page.bounds, { padding: [14, 14], maxZoom: 17, animate: false });
    new ResizeObserver(() => map.invalidateSize()).observe(container);
  }

  return { shade: shade, boundary: boundary, numbers: numbers, layerSwitch: layerSwitch, dress: dress };
})();
