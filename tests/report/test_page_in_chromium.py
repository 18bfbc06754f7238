"""The page as a browser shows it: no request, no error, no overflow, in light and in dark."""

import csv
import io
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from report.made import Case
from steadfit.data import Dataset, read
from steadfit.recipe import Recipe
from steadfit.report import page
from steadfit.report.palette import DARK, LIGHT
from steadfit.report.voice import COMMAND_LINE
from steadfit.study.design import Design
from steadfit.study.run import run_study
from steadfit.training import RecipeLearner

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no chromium on the PATH, so the page was not looked at")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Seen:
    """A page open in the browser, with all it asked for and complained of."""

    def __init__(self, browser: Browser, file: Path) -> None:
        self.page: Page = browser.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.goto(file.as_uri())

    def expect_colour(self, selector: str, property: str, colour: str) -> None:
        """Wait until the first such element has the colour; fails after ten seconds."""
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        self.expect(
            """([selector, property, colour]) => {
                const element = document.querySelector(selector);
                return element && getComputedStyle(element).getPropertyValue(property) === colour;
            }""",
            [selector, property, f"rgb({red}, {green}, {blue})"],
        )

    def expect(self, condition: str, argument: object = None) -> None:
        """Wait until the condition holds; fails after ten seconds.

        Asked again from here: the browser's own waiting evaluates text within the page, which
        the page's policy forbids.
        """
        end = time.monotonic() + 10
        while not self.page.evaluate(condition, argument):
            assert time.monotonic() < end, f"never came to hold: {condition}"
            self.page.wait_for_timeout(50)

    def expect_scheme(self, palette: dict[str, str]) -> None:
        """Page and figures are in these colours."""
        self.expect_colour("body", "background-color", palette["paper"])
        self.expect_colour(".plot .xtick text", "fill", palette["muted"])


@pytest.mark.parametrize("which", ["digits", "hundred_classes", "hostile", "numbers"])
def test_no_request_no_error_no_overflow_in_light_and_dark(
    which: str, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
):
    case: Case = request.getfixturevalue(f"{which}_case")
    file = tmp_path / "report.html"
    file.write_text(page(case, COMMAND_LINE), "utf-8")
    seen = Seen(browser, file)
    for width, scheme, palette in ((420, "dark", DARK), (1280, "light", LIGHT)):
        seen.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.expect_scheme(palette)
        seen.expect(
            """[...document.querySelectorAll('.plot')].every(
                plot => plot.querySelector('.xy') || plot.closest('details:not([open])')
            )"""
        )
        fits = f"document.documentElement.scrollWidth <= {width}"
        seen.expect(fits)  # plotly lays out anew after a resize
    assert seen.errors == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [file.as_uri()]
    assert seen.page.evaluate("window.hurt") is None
    seen.page.close()


@pytest.fixture
def seen(browser: Browser, tmp_path: Path, digits_case: Case) -> Iterator[Seen]:
    file = tmp_path / "report.html"
    file.write_text(page(digits_case, COMMAND_LINE), "utf-8")
    seen = Seen(browser, file)
    yield seen
    seen.page.close()


def test_paper_is_light_and_no_figure_is_wider_than_it(seen: Seen):
    seen.page.emulate_media(color_scheme="dark")
    seen.expect_scheme(DARK)
    seen.page.evaluate(
        """addEventListener("beforeprint", () => {
            const figures = [...document.querySelectorAll(".plot .main-svg")];
            window.widest = Math.max(...figures.map((figure) => figure.clientWidth));
            window.fill = document.querySelector(".plot .xtick text").style.fill;
        })"""
    )
    seen.page.pdf(format="A4")
    assert seen.page.evaluate("window.widest") <= 660
    red, green, blue = (int(LIGHT["muted"][i : i + 2], 16) for i in (1, 3, 5))
    assert seen.page.evaluate("window.fill") == f"rgb({red}, {green}, {blue})"
    seen.expect_scheme(DARK)  # again, once printed


def test_no_verdict_is_cut_on_a_usual_screen(seen: Seen):
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    seen.expect(
        """(() => {
            const scroll = document.querySelector(".scroll");
            const words = [...scroll.querySelectorAll("td.words.spare span")];
            const right = scroll.getBoundingClientRect().right;
            return scroll.scrollWidth <= scroll.clientWidth && words.length > 3 &&
                words.every((word) => word.getBoundingClientRect().right <= right) &&
                document.documentElement.scrollWidth <= 1280;
        })()"""
    )


def test_the_policy_stops_a_script_and_a_request_that_got_in(seen: Seen):
    seen.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.hurt = 1";
            document.body.append(script);
            const image = document.createElement("img");
            image.src = "http://127.0.0.1:9/x.png";
            document.body.append(image);
        }"""
    )
    seen.page.wait_for_timeout(100)
    assert seen.page.evaluate("window.hurt") is None
    assert len(seen.errors) == 2
    assert all("Content Security Policy" in error for error in seen.errors)


NAMES = (
    '" onload="window.hurt=1',
    "<script>window.hurt=1</script>",
    "javascript:window.hurt=1",
    "</script><img src=x onerror=window.hurt=1>",
    "<a href='javascript:window.hurt=1'>x</a>",
)


def classified(folder: Path) -> Dataset:
    """A series a row; columns and classes have names that would run, were they taken for code."""
    header = csv_line([*NAMES, "label"])
    rows = [csv_line([*map(str, range(i, i + 5)), NAMES[i % 5]]) for i in range(60)]
    (folder / f"{NAMES[2]}.csv").write_text(header + "".join(rows))
    return read(folder / f"{NAMES[2]}.csv", kind="series")


def forecast(folder: Path) -> Dataset:
    """Columns to forecast, and series, with such names."""
    header = csv_line(["series", *NAMES])
    rows = [csv_line([NAMES[i // 40], *map(str, range(i, i + 5))]) for i in range(200)]
    (folder / "f.csv").write_text(header + "".join(rows))
    return read(folder / "f.csv", horizon=2, series="series", target=list(NAMES))


def texts(folder: Path) -> Dataset:
    """Texts, words and all, of such names."""
    header = csv_line([NAMES[0], "label"])
    rows = [csv_line([f"{NAMES[i % 5]} {i}", NAMES[i % 3]]) for i in range(60)]
    (folder / "t.csv").write_text(header + "".join(rows))
    return read(folder / "t.csv", text=NAMES[0])


def csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


@pytest.mark.parametrize("made", [classified, forecast, texts])
def test_no_name_in_the_data_runs(
    made: Callable[[Path], Dataset], browser: Browser, tmp_path: Path
) -> None:
    """A whole study of them. A script that the policy alone had stopped would be an error."""
    recipe = Recipe().model_with(name="recurrent", hidden=3).training_with(epochs=1)
    design = Design(folds=2, repetitions=1, samples=2, references=False)
    done = run_study(
        made(tmp_path), RecipeLearner(recipe), ["l2"], tmp_path / "run", design, processes=1
    )
    file = tmp_path / "report.html"
    text = page(done, COMMAND_LINE)
    assert "window.hurt" in text, "the names are shown"
    file.write_text(text, "utf-8")
    seen = Seen(browser, file)
    seen.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    seen.expect("[...document.querySelectorAll('.plot')].every(p => p.querySelector('svg'))")
    for element in seen.page.query_selector_all(".plot"):
        element.hover()
    addresses = "[...document.querySelectorAll('a')].map(a => a.href.baseVal ?? a.href)"
    assert not [one for one in seen.page.evaluate(addresses) if "script" in one.lower()]
    events = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
    assert not [name for name in seen.page.evaluate(events) if name.startswith("on")]
    assert seen.page.evaluate("window.hurt") is None
    assert seen.errors == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [file.as_uri()]
    seen.page.close()


def test_a_folded_figure_is_drawn_when_it_is_opened(browser: Browser, tmp_path: Path):
    recipe = Recipe().model_with(name="convnet", width=0.1).training_with(epochs=1)
    design = Design(folds=2, repetitions=1, samples=2, references=False)
    done = run_study(
        read("digits", limit=60), RecipeLearner(recipe), [], tmp_path, design, processes=1
    )
    file = tmp_path / "report.html"
    file.write_text(page(done, COMMAND_LINE), "utf-8")
    seen = Seen(browser, file)
    seen.page.set_viewport_size({"width": 390, "height": 900})
    maps = "[...document.querySelectorAll('details')].find(one => one.querySelector('.plot') && "
    maps += "JSON.parse(one.querySelector('script').textContent).data.length === 5)"
    folded = f"{maps}.querySelector('.plot')"
    assert seen.page.evaluate(f"{folded}.childElementCount") == 0
    seen.page.evaluate(f"{maps}.open = true")
    seen.expect(f"{folded}.clientWidth > 300 && {folded}.querySelectorAll('.hm').length === 5")
    assert seen.errors == []
    seen.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_that_decides(scheme, seen: Seen):
    seen.page.emulate_media(color_scheme=scheme)
    seen.page.set_viewport_size({"width": 390, "height": 900})
    seen.expect(
        """(() => {
            const scroll = document.querySelector(".scroll");
            const row = [...scroll.querySelectorAll("tbody tr")][2];
            const shown = [...row.children].filter(cell => cell.offsetParent !== null);
            const words = shown.map(cell => cell.innerText).join(" ").replace(/\\s+/g, " ");
            return scroll.scrollWidth <= scroll.clientWidth &&
                ["augment=1", "−14% [−31, +3]", "96%", "probably better"].every(
                    part => words.includes(part));
        })()"""
    )
