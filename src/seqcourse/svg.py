"""matplotlib's SVG in a third of its bytes: the same picture, said once.

matplotlib writes the whole style of every mark and every letter, each in groups of its own, and
clips what lies within. Here what follows each other in one style shares it, the figure's commonest
style stands at its root, and ids are the figure's own. Numbers stay where they are, absolute and
rounded alike: how a picture is built must not depend on a last digit, which differs between
processors, so that two runs can be compared number by number.
"""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape
from itertools import groupby
from xml.etree import ElementTree

_FONT = "DejaVu Sans"
_INITIAL = {
    "fill": "#000000",
    "stroke": "none",
    "stroke-width": "1",
    "stroke-linecap": "butt",
    "stroke-linejoin": "round",  # at matplotlib's root
    "stroke-dasharray": "none",
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "opacity": "1",
    "text-anchor": "start",
    "font-size": "11px",  # at ours
    "font-family": _FONT,
    "font-style": "normal",
    "font-weight": "400",
    "image-rendering": "auto",
}
_COMMON = ("fill", "stroke-width", "stroke-linecap", "text-anchor")  # what the root may say
_STROKE = tuple(name for name in _INITIAL if name.startswith("stroke-"))
_TEXT = ("text-anchor", "font-size", "font-family", "font-style", "font-weight")
_NEAR = 0.3  # of a point: so far beyond its frame a thing may reach unclipped


def lean(text: str, label: str, prefix: str, quote: str = '"') -> str:
    """A figure's SVG as one short element, whose size a page knows before it draws it.

    Args:
        text: the file that matplotlib writes.
        label: what is seen in it, for who cannot see it.
        prefix: of its ids; another for each figure of a page.
        quote: round attributes, one of ' and ".
    """
    return _Lean(text, prefix, quote).picture(label)


Style = dict[str, str]


@dataclass(frozen=True)
class _Mark:
    """Something painted: its tag and attributes, and all of its style that matters."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    style: tuple[tuple[str, str], ...]
    clip: str = ""
    inside: str = ""
    box: tuple[float, float, float, float] | None = field(default=None, compare=False)

    def paint(self) -> str:
        """The one opaque colour it is painted with: such marks may change places."""
        style = dict(self.style)
        if self.tag == "image" or any("opacity" in name for name in style):
            return ""
        colours = {style["fill"], style["stroke"]} - {"none"}
        (colour,) = colours if len(colours) == 1 else {""}
        return "" if colour.startswith("url") else colour


class _Lean:
    def __init__(self, text: str, prefix: str, quote: str) -> None:
        self.root = ElementTree.fromstring(text)
        self.prefix, self.quote = prefix, quote
        self.ids: dict[str, str] = {}
        self.named: dict[str, ElementTree.Element] = {}
        for node in self.root.iter():
            node.tag = node.tag.partition("}")[2] or node.tag
            for key in [key for key in node.attrib if "}" in key]:
                node.set(key.partition("}")[2], node.attrib.pop(key))  # xlink:href
            if "id" in node.attrib:
                self.named[node.attrib["id"]] = node
        self.uses = Counter(node.get("href", "")[1:] for node in self.root.iter("use"))

    def picture(self, label: str) -> str:
        marks = _joined(_sorted(self._marks(self.root, _INITIAL)))
        common = {name: _commonest(marks, name) for name in _COMMON}
        body = self._write(marks, common)
        defs = "".join(map(self._definition, self.ids))
        # Points of 1/72 inch become CSS pixels of 1/96; a narrow page shrinks the whole.
        width, height = (
            str(round(float(self.root.attrib[side].removesuffix("pt")) * 96 / 72))
            for side in ("width", "height")
        )
        different = {name: value for name, value in common.items() if value != _INITIAL[name]}
        style = {"max-width": "100%", "height": "auto", "stroke-linejoin": "round"} | different
        root = {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "aria-label": label,
            "width": width,
            "height": height,
            "viewBox": self.root.attrib["viewBox"],
            "style": f"{_css(style)};font:11px {_FONT},sans-serif",
        }
        return self._tag("svg", root, (f"<defs>{defs}</defs>" if defs else "") + body)

    # --- Reading -------------------------------------------------------------------------------

    def _marks(self, node: ElementTree.Element, above: Style, clip: str = "") -> Iterator[_Mark]:
        for child in node:
            tag = child.tag
            if tag in ("defs", "metadata"):
                continue
            style = above | _style(child)
            within = _target(child.get("clip-path", "")) or clip
            if tag == "g" and "transform" not in child.attrib:
                yield from self._marks(child, style, within)
            elif tag == "g":
                yield from self._moved(child, style, within)
            elif tag == "path":
                yield from self._path(child.get("d", ""), (0.0, 0.0), style, within)
            elif tag == "rect":  # a fraction's line
                x, y, width, height = (
                    float(child.attrib[k]) for k in ("x", "y", "width", "height")
                )
                around = f"M{x} {y}L{x + width} {y}L{x + width} {y + height}L{x} {y + height}z"
                yield from self._path(around, (0.0, 0.0), style, within)
            elif tag == "use":
                yield from self._use(child, style, within)
            elif tag == "text":
                yield self._text(child, style, within)
            elif tag == "image":
                yield self._image(child, style, within)
            else:
                raise ValueError(f"lean knows no <{tag}>.")

    def _moved(self, node: ElementTree.Element, style: Style, clip: str) -> Iterator[_Mark]:
        """A formula: matplotlib moves a group that holds one text, and perhaps lines."""
        move = _short(node.attrib["transform"])
        for mark in self._marks(node, style):
            if any(name == "transform" for name, _ in mark.attributes):
                raise ValueError("lean knows no transform within another.")
            yield replace(
                mark, attributes=(*mark.attributes, ("transform", move)), clip=clip, box=None
            )

    def _path(self, d: str, at: tuple[float, float], style: Style, clip: str) -> Iterator[_Mark]:
        d, box, corners = _path(d, at)
        if corners <= 2:
            style = style | {"fill": "none"}
        shown = _relevant(style, shape=True, joined=corners > 2)
        if shown["fill"].startswith("url"):  # hatched
            shown["fill"] = f"url(#{self._id(_target(shown['fill']))})"
        if d and (shown["fill"], shown["stroke"]) != ("none", "none"):
            yield self._mark("path", {"d": d}, shown, clip, box)

    def _use(self, node: ElementTree.Element, style: Style, clip: str) -> Iterator[_Mark]:
        name = node.attrib["href"][1:]
        path = self.named[name]
        style |= _style(path)
        x, y = (float(node.get(axis, "0")) for axis in "xy")
        _, box, corners = _path(path.attrib["d"])
        # A tick is shorter than the name of one.
        if self.uses[name] == 1 or corners == 2:
            yield from self._path(path.attrib["d"], (x, y), style, clip)
            return
        place = {"href": f"#{self._id(name)}", "x": _number(x), "y": _number(y)}
        box = (box[0] + x, box[1] + y, box[2] + x, box[3] + y)
        yield self._mark("use", place, _relevant(style, shape=True, joined=True), clip, box)

    def _text(self, node: ElementTree.Element, style: Style, clip: str) -> _Mark:
        attributes: Style = {k: _short(node.attrib[k]) for k in ("x", "y") if k in node.attrib}
        if "transform" in node.attrib:
            move = _short(node.attrib["transform"])
            if not move.startswith("rotate(0 "):
                attributes["transform"] = move
        words = node.text or ""
        inside = escape(words.strip() if len(node) else words, quote=False)
        for look, parts in groupby(node, lambda part: (part.get("style", ""), part.get("y"))):
            # Each letter of a formula has its place; those in a row share the rest.
            letters = list(parts)
            line = {"x": " ".join(_short(part.attrib["x"]) for part in letters)}
            line |= {"y": _short(look[1])} if look[1] else {}
            own = _style(letters[0])
            # The size stays, even if it is that of all text: a page may let other texts grow.
            said = {k: v for k, v in own.items() if v != style[k] or k == "font-size"}
            if said:
                line["style"] = _css(said)
            words = "".join(escape(part.text or "", quote=False) for part in letters)
            inside += self._tag("tspan", line, words)
        return self._mark("text", attributes, _relevant(style, shape=False), clip, None, inside)

    def _image(self, node: ElementTree.Element, style: Style, clip: str) -> _Mark:
        attributes: Style = {k: _short(node.attrib[k]) for k in ("x", "y") if k in node.attrib}
        attributes |= {key: node.attrib[key] for key in ("width", "height")}
        if "transform" in node.attrib:
            attributes["transform"] = _short(node.attrib["transform"])
        attributes["href"] = _repacked(node.attrib["href"])
        kept = {name: style[name] for name in ("opacity", "image-rendering")}
        shown = {name: value for name, value in kept.items() if value != _INITIAL[name]}
        return _Mark("image", tuple(attributes.items()), tuple(shown.items()), clip)

    def _mark(
        self,
        tag: str,
        attributes: Style,
        style: Style,
        clip: str,
        box: tuple[float, float, float, float] | None,
        inside: str = "",
    ) -> _Mark:
        if box and clip:
            reach = 0.0 if style["stroke"] == "none" else float(style["stroke-width"]) / 2
            frame = self.named[clip][0].attrib
            x, y, width, height = (float(frame[key]) for key in ("x", "y", "width", "height"))
            low_x, low_y, high_x, high_y = box
            inner = min(low_x - x, low_y - y, x + width - high_x, y + height - high_y) - reach
            clip = "" if inner > -_NEAR else clip
        return _Mark(tag, tuple(attributes.items()), tuple(style.items()), clip, inside, box)

    # --- Writing -------------------------------------------------------------------------------

    def _write(self, marks: Iterable[_Mark], common: Style) -> str:
        def said(mark: _Mark) -> tuple[tuple[str, str], ...]:
            default = _INITIAL | common
            return tuple((k, v) for k, v in mark.style if v != default[k])

        text = ""
        for clip, clipped in groupby(marks, lambda mark: mark.clip):
            parts = [(style, list(group)) for style, group in groupby(clipped, said)]
            around = {"clip-path": f"url(#{self._id(clip)})"} if clip else {}
            alone = len(parts) == 1
            written = "".join(
                self._group(dict(style), group, around if alone else {}) for style, group in parts
            )
            text += written if alone or not around else self._tag("g", around, written)
        return text

    def _group(self, style: Style, marks: list[_Mark], around: Style) -> str:
        # A group's opacity would be that of the whole; these stay with each.
        apart = ("opacity", "image-rendering")
        own: Style = {name: style.pop(name) for name in apart if name in style}
        outside = around | ({"style": _css(style)} if style else {})
        alone = len(marks) == 1 and not (around and "transform" in dict(marks[0].attributes))
        text = ""
        for mark in marks:
            attributes = dict(mark.attributes)
            said = own | style if alone else own
            attributes |= (around if alone else {}) | ({"style": _css(said)} if said else {})
            text += self._tag(mark.tag, attributes, mark.inside)
        return text if alone or not outside else self._tag("g", outside, text)

    def _definition(self, name: str) -> str:
        node = self.named[name]
        own = {"id": self.ids[name]}
        if node.tag == "path":
            return self._tag("path", own | {"d": _path(node.attrib["d"])[0]})
        return self._copy(node, own)

    def _copy(self, node: ElementTree.Element, own: Style) -> str:
        inside = "".join(self._copy(child, {}) for child in node)
        said = {key: _short(value) for key, value in node.attrib.items() if key != "id"}
        return self._tag(node.tag, own | said, inside)

    def _id(self, name: str) -> str:
        return self.ids.setdefault(name, f"{self.prefix}-{len(self.ids)}")

    def _tag(self, tag: str, attributes: Style, inside: str = "") -> str:
        q = self.quote
        start = f"<{tag}" + "".join(f" {k}={q}{escape(v)}{q}" for k, v in attributes.items())
        return f"{start}>{inside}</{tag}>" if inside else f"{start}/>"


def _sorted(marks: Iterable[_Mark]) -> Iterator[_Mark]:
    """What is painted one after another in one opaque colour, each style together.

    Such marks may change places: wherever they meet, they paint the same.
    """
    for colour, run in groupby(marks, _Mark.paint):
        by_style: dict[object, list[_Mark]] = {}
        for mark in run:
            like = (mark.style, mark.clip, mark.tag) if colour else len(by_style)
            by_style.setdefault(like, []).append(mark)
        for group in by_style.values():
            yield from group


def _joined(marks: Iterable[_Mark]) -> list[_Mark]:
    """Lines of one opaque style as one path."""
    done: list[_Mark] = []
    for mark in marks:
        last = done[-1] if done else None
        if (
            last
            and mark.tag == last.tag == "path"
            and mark.style == last.style
            and mark.clip == last.clip
            and dict(mark.style)["fill"] == "none"
            and mark.paint()
        ):
            d = dict(last.attributes)["d"] + dict(mark.attributes)["d"]
            done[-1] = replace(last, attributes=(("d", d),))
        else:
            done.append(mark)
    return done


def _commonest(marks: Iterable[_Mark], name: str) -> str:
    found = Counter(dict(mark.style).get(name) for mark in marks)
    found.pop(None, None)
    return str(found.most_common(1)[0][0]) if found else _INITIAL[name]


def _relevant(style: Style, *, shape: bool, joined: bool = True) -> Style:
    """Of a whole style what is seen of a shape, or of a text; each property in its place."""
    style = dict(style)
    if style["stroke"] == "none":
        style = {k: v for k, v in style.items() if k not in _STROKE}
    elif not joined:
        style["stroke-linejoin"] = _INITIAL["stroke-linejoin"]
    for name in _TEXT if shape else ():
        del style[name]
    if style["fill"] == "none":
        style.pop("fill-opacity")
    painted = [side for side in ("fill", "stroke") if style[side] != "none"]
    if style["opacity"] != "1" and len(painted) == 1 and shape:
        # The same, and a property that neighbours can share.
        (side,) = painted
        whole = float(style["opacity"]) * float(style[f"{side}-opacity"])
        style[f"{side}-opacity"], style["opacity"] = f"{whole:g}", "1"
    needed = ("fill", "stroke", *_COMMON)
    return {k: v for k, v in style.items() if v != _INITIAL[k] or k in needed}


def _style(node: ElementTree.Element) -> Style:
    """A node's own style, without what says nothing and with values as `_INITIAL` has them."""
    parts = (part.partition(":") for part in node.get("style", "").split(";") if part.strip())
    said = {name.strip(): value.strip() for name, _, value in parts}
    said.pop("stroke-dashoffset", None)
    if "font-family" in said:
        names = [name.strip(" '\"") for name in said["font-family"].split(",")]
        said["font-family"] = ",".join(
            name for i, name in enumerate(names) if i == 0 or names[0] != _FONT
        )
    strange = said.keys() - _INITIAL.keys()
    if strange:
        raise ValueError(f"lean knows no {', '.join(sorted(strange))}.")
    return said


def _css(style: Style) -> str:
    return ";".join(f"{name}:{value}" for name, value in style.items())


def _target(reference: str) -> str:
    return reference.removeprefix("url(#").removesuffix(")")


def _number(value: float) -> str:
    """To a tenth of a point, which is less than a screen shows."""
    return f"{round(value, 1) + 0:g}"


def _short(text: str) -> str:
    """An attribute with such numbers; of a matrix, what scales stays finer."""
    if text.startswith("matrix("):
        parts = text.removeprefix("matrix(").removesuffix(")").split()
        numbers = [f"{float(part):.4g}" for part in parts[:4]] + [*map(_short, parts[4:])]
        return f"matrix({' '.join(numbers)})"
    text = re.sub(r"-?\d+\.\d+", lambda number: _number(float(number[0])), text)
    return re.sub(r"\(-0\b(?!\.)", "(0", text)


def _path(
    d: str, at: tuple[float, float] = (0.0, 0.0)
) -> tuple[str, tuple[float, float, float, float], int]:
    """A path moved to a place, in short; the box of its points; how many these are."""
    short = ""
    points: list[tuple[float, float]] = []
    for letter, numbers in re.findall(r"([MLQCz])([^MLQCz]*)", d):
        values = [float(value) + at[i % 2] for i, value in enumerate(numbers.split())]
        points += zip(values[::2], values[1::2], strict=True)
        short += letter + " ".join(map(_number, values))
    xs, ys = zip(*points, strict=True) if points else ((0.0,), (0.0,))
    return short, (min(xs), min(ys), max(xs), max(ys)), len(points)


def _repacked(address: str) -> str:
    """A bitmap's address with the same pixels: by a palette where its colours are few."""
    import numpy as np
    from PIL import Image

    head, _, data = address.partition(",")
    if head != "data:image/png;base64":
        return address
    packed = base64.b64decode(data)
    pixels = np.asarray(Image.open(io.BytesIO(packed)).convert("RGBA"))
    colours, which = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    best = packed
    if len(colours) <= 256:
        small = io.BytesIO()
        image = Image.fromarray(which.reshape(pixels.shape[:2]).astype(np.uint8), "P")
        image.putpalette(colours[:, :3].tobytes(), "RGB")
        clear = {"transparency": colours[:, 3].tobytes()} if colours[:, 3].min() < 255 else {}
        image.save(small, "png", optimize=True, **clear)
        best = min(packed, small.getvalue(), key=len)
    return f"{head},{base64.b64encode(best).decode()}"
