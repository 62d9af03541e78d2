# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report's page in a browser: headless Chromium, from a file, without a network."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import sync_playwright
from remat.report import Report, report_of, svg
from report_steps import hostile, plan, problem


@pytest.fixture(scope="module")
def browser():
    """Chromium as the system has it; Playwright would bring another one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("Chromium is not installed (Debian package chromium; tools/check installs it)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path)
        yield found
        found.close()


def _whole() -> Report:
    """A report with every section."""
    report = report_of(problem(), plan())
    points = [
        {"peak": 384, "cost": 30, "bound": 26, "price": None},
        {"peak": 404, "cost": 20, "bound": 20, "price": 0.5},
    ]
    curve = {"strategy": "by hand", "floor": 380, "smallest_peak": 384, "points": points}
    side = {
        **dict.fromkeys(("peak", "temporaries", "arguments", "outputs", "peak_live"), 300),
        **dict.fromkeys(("alias", "products", "held", "peak_step"), 1),
        **{"flops": None, "time_us": 3.0, "steps": 9, "live": [[0, 1], [1, 300], [2, 5]]},
        "at_peak": [report.document["plain"]["timeline"]["at_peak"][0]],
        "buffers": 1,
    }
    measured = {
        **{"target": "h100", "title": "an H100", "compiler": "XLA", "devices": 1},
        **{"scope": "total", "plain": side, "planned": side},
        "trials": [],
    }
    more = {"curve": curve, "floor": 380, "measured": measured}
    return Report(report.document | more).with_rival("another", 500, 25)


class _Opened:
    """A page in a browser, with all that it complains of and asks for."""

    def __init__(self, browser, report, tmp_path, **options):
        path = tmp_path / "report.html"
        report.html(path)
        self.complaints, self.asked = [], []
        self.page = browser.new_page(**options)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())
        self.url = path.as_uri()

    def column(self, table, index):
        return self.page.eval_on_selector_all(
            f"{table} tbody tr:not([hidden])",
            f"rows => rows.map(row => row.cells[{index}].textContent)",
        )

    def colour(self, selector, what="backgroundColor"):
        return self.page.eval_on_selector(selector, f"one => getComputedStyle(one).{what}")


@pytest.fixture
def opened(browser, tmp_path):
    found = []

    def open_(report=None, **options):
        found.append(_Opened(browser, report or _whole(), tmp_path, **options))
        return found[-1]

    yield open_
    for one in found:
        one.page.close()
        assert one.complaints == []
        assert [url for url in one.asked if not url.startswith("data:")] == [one.url]


def test_every_section_is_shown(opened):
    page = opened().page
    heads = page.eval_on_selector_all("section > h2", "all => all.map(one => one.textContent)")
    assert heads == [
        *("Summary", "Memory over time", "Who is live at the peak", "Kept and recomputed"),
        *("What a budget costs", "What the compiler says", "Compared with", "How to read this"),
    ]
    for link in page.locator("nav a").all():
        assert page.locator(link.get_attribute("href")).is_visible()
    boxes = page.eval_on_selector_all("svg", "all => all.map(one => one.getBBox().width)")
    assert len(boxes) == 6
    assert all(width > 500 for width in boxes)


def test_names_of_the_program_run_nothing(opened):
    page = opened(report_of(hostile(), plan())).page
    assert page.locator("img").count() == 0
    assert page.locator("h1").text_content().startswith("Memory of </script><script>alert(1)")


def test_a_report_without_a_plan(opened):
    page = opened(report_of(problem())).page
    assert page.locator("[data-timeline]").count() == 1
    assert page.locator("#values").count() == 0


@pytest.mark.parametrize("scheme, other", [("light", "dark"), ("dark", "light")])
def test_the_theme_is_the_systems_until_the_button_says_otherwise(opened, scheme, other):
    one = opened(color_scheme=scheme)
    papers = {"light": "rgb(251, 251, 250)", "dark": "rgb(20, 23, 27)"}
    assert one.colour("body") == papers[scheme]
    button = one.page.locator("#theme")
    assert button.text_content() == f"{other.capitalize()} theme"
    button.focus()
    one.page.keyboard.press("Enter")
    assert one.colour("body") == papers[other]
    assert button.text_content() == f"{scheme.capitalize()} theme"
    one.page.keyboard.press("Space")
    assert one.colour("body") == papers[scheme]


_CONTRAST = """() => {
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => {
      const share = one / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/^rgba\\(0, 0, 0, 0\\)$/.test(colour)) return colour;
    }
  };
  const worst = [];
  const texts = "p, dt, dd, small, td, th, a, summary, label, svg text";
  for (const one of document.querySelectorAll(texts)) {
    if (!one.textContent.trim() || !one.checkVisibility()) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(one.closest("svg") ? style.fill : style.color), light(behind(one))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) worst.push(`${one.tagName} ${one.textContent.slice(0, 20)} ${ratio}`);
  }
  return worst;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(opened, scheme):
    assert opened(color_scheme=scheme).page.evaluate(_CONTRAST) == []


def test_the_keyboard_reaches_everything_and_shows_where_it_is(opened):
    one = opened()
    reached = []
    for _ in range(80):
        one.page.keyboard.press("Tab")
        found = one.page.evaluate(
            """() => {
              const at = document.activeElement, style = getComputedStyle(at);
              const outlined = at.matches("input[type=radio]") || style.outlineStyle === "solid";
              return [at.tagName, at.id || at.className || at.textContent.slice(0, 20), outlined];
            }"""
        )
        if found[0] == "BODY":
            break
        reached.append(found)
    assert reached[0][:2] == ["A", "skip"]
    assert reached[1][:2] == ["BUTTON", "theme"]
    assert all(outlined for _, _, outlined in reached), reached
    tags = [tag for tag, _, _ in reached]
    assert tags.count("SUMMARY") == 6
    assert "INPUT" in tags
    assert [name for _, name, _ in reached].count("plot wide") == 2


def test_sorting_by_keyboard(opened):
    one = opened()
    table = "#choices"
    assert one.column(table, 0) == ["a", "b"]
    head = one.page.locator(f"{table} th >> nth=3")
    head.locator("button").focus()
    one.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert one.column(table, 3) == ["8 units", "2 units"]
    one.page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert one.column(table, 3) == ["2 units", "8 units"]
    one.page.locator(f"{table} th >> nth=0 >> button").click()
    assert head.get_attribute("aria-sort") is None
    assert one.column(table, 0) == ["a", "b"]


def test_filtering_by_keyboard(opened):
    one = opened()
    page = one.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter"
    page.keyboard.type("Net SECOND")
    assert one.column("#choices", 0) == ["b"]
    assert page.locator("#shown").text_content() == "1 of 2 values"
    page.locator("#filter").fill("")
    page.locator("input[name=fate][value='']").focus()
    page.keyboard.press("ArrowRight")
    assert one.column("#choices", 0) == ["b"]
    page.keyboard.press("ArrowRight")
    assert one.column("#choices", 0) == ["a"]
    assert one.column("#choices", 2) == ["runs twice"]


def test_groups_are_switched_by_keyboard(opened):
    page = opened().page
    shown = "() => [...document.querySelectorAll('[data-view]')].filter(v => !v.hidden).length"
    assert page.evaluate(shown) == 1
    page.locator("input[name=group][value=kind]").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(shown) == 1
    assert page.locator("[data-view=value]").is_visible()


def test_the_cursor_of_a_chart(opened):
    page = opened().page
    plot = page.locator("[data-timeline=planned]")
    plot.focus()
    readout = page.locator("#at-planned")
    assert "step 5 of 8, demo.grad model.py:7 Net/grad/grad: 404 B live" in readout.text_content()
    assert readout.locator("li").first.text_content() == "100 B w (parameters)"
    assert "40 B a (recomputed) model.py:3" in readout.text_content()
    page.keyboard.press("ArrowLeft")
    assert plot.get_attribute("aria-valuenow") == "4"
    assert plot.get_attribute("aria-valuetext").endswith("304 B live")
    page.keyboard.press("End")
    assert plot.get_attribute("aria-valuenow") == "7"
    page.keyboard.press("p")
    assert plot.get_attribute("aria-valuenow") == "5"
    assert page.locator("#at-plain").is_hidden()
    page.locator("[data-timeline=plain] svg").hover()
    assert page.locator("#at-plain").is_visible()


def test_the_cursor_is_where_the_chart_is(opened, monkeypatch):
    """However wide its margins: at the first step the cursor stands on the left end of the axes."""
    monkeypatch.setattr(svg, "_LEFT", 200)
    monkeypatch.setitem(svg.PLOT, "left", 200)
    page = opened(_whole()).page
    plot = page.locator("[data-timeline=planned]")
    plot.focus()
    page.keyboard.press("Home")
    assert plot.locator(".cursor").get_attribute("x1") == "200"
    assert plot.locator("line.grid").first.get_attribute("x1") == "200"


def test_without_scripts_nothing_is_missing(browser, tmp_path):
    path = tmp_path / "report.html"
    _whole().html(path)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#theme").is_hidden()
    assert page.locator(".filters").is_hidden()
    assert all(view.is_visible() for view in page.locator("[data-view]").all())
    assert page.locator("#choices tbody tr").count() == 2
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_narrow_screen_does_not_scroll_sideways(opened, width):
    page = opened(viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
