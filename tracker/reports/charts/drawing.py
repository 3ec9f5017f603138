"""A picture: an Altair chart with its words, as PNG or SVG. The same chart always gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from tracker.domain.errors import ConfigError

if TYPE_CHECKING:
    import altair as alt

MISSING = "pictures need an extra that is not installed; run: pip install 'influence-tracker[charts]'"


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture. `description` says in words what it shows, for those who cannot see it."""

    kind: str
    title: str
    chart: alt.VConcatChart
    notes: tuple[str, ...]
    """The lines under the picture, which are drawn in it too."""
    description: str

    def spec(self) -> dict[str, Any]:
        """The chart as Vega-Lite says it, with its data."""
        spec: dict[str, Any] = self.chart.to_dict()
        return spec

    def svg(self) -> str:
        """The picture as SVG text. Names the fonts of the theme, and holds none."""
        return _converter().vegalite_to_svg(self.spec())

    def png(self, scale: float = 2.0) -> bytes:
        """The picture as PNG; `scale` 2 is for print, 1 for a screen."""
        return png_of(self.svg(), scale)


def png_of(svg: str, scale: float = 2.0) -> bytes:
    """The PNG of a picture that is SVG already."""
    return _converter().svg_to_png(svg, scale=scale)


def require_charts() -> None:
    """Raises ConfigError unless the libraries that draw are installed."""
    try:
        import altair
        import vl_convert
    except ImportError as error:
        raise ConfigError(MISSING) from error
    del altair, vl_convert


class _Converter:
    """vl-convert with our fonts."""

    def __init__(self) -> None:
        import vl_convert

        with as_file(files("tracker.reports.charts") / "fonts") as folder:
            vl_convert.register_font_directory(str(folder))
        self._library = vl_convert

    def vegalite_to_svg(self, spec: dict[str, Any]) -> str:
        svg: str = self._library.vegalite_to_svg(spec)
        return svg

    def svg_to_png(self, svg: str, scale: float) -> bytes:
        png: bytes = self._library.svg_to_png(svg, scale=scale)
        return png


@lru_cache(maxsize=1)
def _converter() -> _Converter:
    require_charts()
    return _Converter()
