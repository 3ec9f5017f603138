"""A picture's SVG made fit to stand in a page: no style of its own, no script, no id that another picture has."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

_REFERENCE = re.compile(r"url\(\s*['\"]?#([^)'\"]+)['\"]?\s*\)")
_UNFIT = frozenset({"script", "style", "foreignObject", "iframe", "image", "a", "animate", "set"})
_UNSAID = frozenset({"role", "aria-label", "aria-roledescription", "aria-hidden"})
"""Vega describes every axis and mark; the figure's description says it once, in a sentence."""


def embedded(svg: str, name: str, title: str) -> str:
    """The SVG as an element of a page that allows no inline style; ids begin with `name`, `title` says what it is.

    Raises ValueError for text that is no SVG.
    """
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise ValueError("an SVG with a document type is not taken")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"no SVG: {error}") from error
    _drop_unfit(root)
    for element in root.iter():
        _clean(element, name)
    for size in ("width", "height"):
        root.attrib.setdefault(size, "100%")
    root.attrib.pop("class", None)
    root.set("role", "img")
    root.set("aria-label", title)
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _drop_unfit(element: ElementTree.Element) -> None:
    for child in list(element):
        if child.tag.rpartition("}")[2] in _UNFIT:
            element.remove(child)
        else:
            _drop_unfit(child)


def _clean(element: ElementTree.Element, name: str) -> None:
    style = element.attrib.pop("style", "")
    for declaration in style.split(";"):
        key, colon, value = declaration.partition(":")
        if colon:
            element.set(key.strip(), value.strip())
    for key, value in list(element.attrib.items()):
        bare = key.rpartition("}")[2]
        if bare in _UNSAID or bare.lower().startswith("on"):
            del element.attrib[key]
        elif bare == "id":
            element.set(key, f"{name}-{value}")
        elif bare == "href":
            if value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            else:
                del element.attrib[key]
        elif "url(" in value:
            element.set(key, _REFERENCE.sub(lambda found: f"url(#{name}-{found[1]})", value))
