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
  function written(row, index) {
    const value = row.values[index];
    if (value === null || value === undefined || value === "") return MISSING;
    return row.words ? row.words[value] : formats[row.kind](value);
  }

  function describe(data, index, short) {
    const box = element("div", "hs-facts");
    box.appendChild(element("strong", "", data.headings[index]));
    const list = box.appendChild(element("dl", ""));
    data.rows.forEach(function (row) {
      if ((short && !row.tip) || (row.sparse && !row.values[index])) return;
      list.appendChild(element("dt", "", row.head));
      list.appendChild(element("dd", "", written(row, index)));
    });
    return box;
  }

  const POPUP = { className: "hs-popup", minWidth: 250, maxWidth: 250, maxHeight: 340 };

  function talk(map, layers, data) {
    /* Where the labels of areas stand: on paper they are no points of the data. */
    if (data.tops) data.points = data.tops;
    const facts = (short) => (layer) => describe(data, layer.options.at, short);
    layers.bindTooltip(facts(true), { sticky: true, className: "hs-tip", opacity: 1 });
    layers.bindPopup(facts(false), POPUP);
    layers.on("popupopen", () => layers.closeTooltip());
    /* The same popup without the layer, for the buttons of the tables. */
    data.show = function (at) {
      const place = data.points ? L.latLng(data.points[at]) : L.latLngBounds(unpack(data.origin, data.shapes[at]).flat(2));
      const middle = data.points ? place : place.getCenter();
      if (data.points) map.setView(middle, Math.max(map.getZoom(), 15), { animate: false });
      else map.fitBounds(place.pad(1), { maxZoom: 15, animate: false });
      L.popup(POPUP).setLatLng(middle).setContent(describe(data, at, false)).openOn(map);
    };
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

  function tieLegend(layers, key) {
    layers.on("add", () => showLegend(key, true));
    layers.on("remove", () => showLegend(key, false));
    return layers;
  }

  /* Two shadings over each other would mix their colours: switching one on puts the other away. */
  function takeTurns(map, layers) {
    const shadings = (map.hotspotShadings = map.hotspotShadings || []);
    shadings.push(layers);
    layers.on("add", function () {
      /* Later, because the layer control does not look at changes while it handles a click. */
      setTimeout(function () {
        if (!map.hasLayer(layers)) return;
        shadings.forEach((other) => other !== layers && map.hasLayer(other) && map.removeLayer(other));
      }, 0);
    });
  }

  /* One tile of hatching: a rising line from corner to corner, or a level one. */
  const tiles = {};
  function tile(ctx, hatch) {
    const name = JSON.stringify(hatch);
    if (!tiles[name]) {
      const canvas = element("canvas");
      const size = (canvas.width = canvas.height = hatch.spacing);
      const pen = canvas.getContext("2d");
      pen.strokeStyle = hatch.ink;
      pen.lineWidth = 1;
      pen.beginPath();
      if (hatch.rising) {
        for (let k = -1; k <= 1; k += 1) {
          pen.moveTo(k * size - 1, size + 1);
          pen.lineTo((k + 1) * size + 1, -1);
        }
      } else {
        pen.moveTo(0, 0.5);
        pen.lineTo(size, 0.5);
      }
      pen.stroke();
      tiles[name] = ctx.createPattern(canvas, "repeat");
    }
    return tiles[name];
  }

  /* A canvas that hatches classes and numbers bands where the shape is large enough to read them. */
  const Marked = L.Canvas.extend({
    _fillStroke: function (ctx, layer) {
      L.Canvas.prototype._fillStroke.call(this, ctx, layer);
      const look = layer.options;
      if ((!look.hatch && !look.mark) || !layer._rawPxBounds) return;
      const box = layer._rawPxBounds;
      const width = box.max.x - box.min.x;
      ctx.globalAlpha = 1;
      if (look.hatch && width >= 7) {
        ctx.fillStyle = tile(ctx, look.hatch);
        ctx.fill("evenodd");
      }
      if (look.mark && width >= 22) {
        ctx.fillStyle = look.ink;
        ctx.font = "11px Arial, Helvetica, sans-serif";
        ctx.textAlign = "center";
        ctx.textBaseline = "middle";
        ctx.fillText(look.mark, (box.min.x + box.max.x) / 2, (box.min.y + box.max.y) / 2);
      }
    },
  });

  /* All shadings share one canvas: of several over each other only the topmost would hear the pointer. */
  function shade(map, data, layer) {
    const layers = talk(map, L.featureGroup(), data);
    let drawn = false;
    layers.on("add", function () {
      if (drawn) return;
      drawn = true;
      const renderer = (map.hotspotCanvas = map.hotspotCanvas || new Marked({ padding: 0.5 }));
      data.shapes.forEach(function (shape, at) {
        const code = layer.codes[at];
        if (code < 0) return;
        const look = Object.assign({ at: at, smoothFactor: 0, renderer: renderer }, layer.looks[code]);
        layers.addLayer(L.polygon(unpack(data.origin, shape), look));
      });
    });
    takeTurns(map, layers);
    return tieLegend(layers, layer.key);
  }

  function pane(map, name, height) {
    if (!map.getPane(name)) {
      const made = map.createPane(name);
      made.style.zIndex = height;
      made.style.pointerEvents = "none";
    }
    return name;
  }

  /* Lines over the cells, white below dark, so that they are seen on every colour. */
  function outline(map, data, layer) {
    const name = pane(map, "hotspot-" + layer.pane, layer.height);
    const layers = L.featureGroup();
    const renderer = layer.canvas ? L.canvas({ pane: name, padding: 0.5 }) : L.svg({ pane: name, padding: 0.5 });
    const line = { pane: name, renderer: renderer, interactive: false, fill: false, smoothFactor: layer.smooth };
    data.shapes.forEach(function (shape) {
      const parts = unpack(data.origin, shape);
      layer.looks.forEach(function (look) {
        const path = Object.assign({}, line, look);
        layers.addLayer(layer.closed ? L.polygon(parts, path) : L.polyline(parts.flat(), path));
      });
    });
    if (layer.names) names(map, layers, data, name);
    return layer.key ? tieLegend(layers, layer.key) : layers;
  }

  /* Names of background areas, each only while its area is wide enough for it. */
  function names(map, layers, data, paneName) {
    const labels = data.names.map(function (text, at) {
      const icon = L.divIcon({ className: "hs-name", html: element("span", "", text), iconSize: [0, 0] });
      const label = L.marker(data.centres[at], { icon: icon, pane: paneName, interactive: false, keyboard: false });
      layers.addLayer(label);
      return { label: label, need: 6.5 * text.length, box: L.latLngBounds(unpack(data.origin, data.shapes[at]).flat(2)) };
    });
    function fit() {
      if (!map.hasLayer(layers)) return;
      labels.forEach(function (item) {
        const place = item.label.getElement();
        const width = map.latLngToLayerPoint(item.box.getNorthEast()).x - map.latLngToLayerPoint(item.box.getSouthWest()).x;
        if (place) place.style.display = width >= item.need ? "" : "none";
      });
    }
    map.on("zoomend", fit);
    layers.on("add", () => setTimeout(fit, 0));
    document.addEventListener("DOMContentLoaded", fit);
  }

  function markers(map, data, layer) {
    const layers = talk(map, L.featureGroup(), data);
    data.points.forEach(function (point, at) {
      const text = data.numbers[at];
      const size = [Math.max(24, 10 + 7 * text.length), 24];
      /* A dot at the place and the number beside it, so that the cell below can be seen. */
      const look = { className: layer.look, html: element("span", "", text), iconSize: size };
      look.iconAnchor = layer.dot ? [4, 20] : [size[0] / 2, 25];
      const icon = L.divIcon(look);
      /* Where markers overlap, the higher place in the ranking lies on top. */
      const above = (data.points.length - at) * 100;
      const marker = L.marker(point, { at: at, icon: icon, zIndexOffset: above, riseOnHover: true });
      marker.on("add", () => marker.getElement().setAttribute("aria-label", data.headings[at]));
      layers.addLayer(marker);
    });
    return tieLegend(layers, layer.key);
  }

  /* Outlines with a marker each, which tells the facts: what lies inside can still be asked. */
  function areas(map, data, layer) {
    const layers = outline(map, data, layer);
    if (layer.unlabelled) return tieLegend(layers, layer.key);
    layers.addLayer(markers(map, data, layer));
    return layers;
  }

  return { shade: shade, outline: outline, areas: areas, markers: markers, written: written, element: element };
})();
