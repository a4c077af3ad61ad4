"""The page in a browser, through the real server: from upload to report, and what goes wrong.

Every test also holds that no page says an error on its console and asks nobody but its server, and
leaves pictures of what it saw in .pytest_cache/pages.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import Server, wait_for
from tiny_firm import CASE

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = playwright.expect
expect.set_options(timeout=30_000)  # on a busy machine
Page = playwright.Page

SLOW = 600_000  # ms that a plan may take on a busy machine
TEXT = "The case as text (TOML)"
PICTURES = Path(__file__).parents[2] / ".pytest_cache" / "pages"


@pytest.fixture
def chromium(browser) -> Iterator:
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip
        started = driver.chromium.launch(executable_path=browser.program, args=flags)
        yield started
        started.close()


@pytest.fixture
def visit(chromium, request) -> Iterator[Callable[..., Page]]:
    """Open the page of a server as one more person; what must not happen is looked for at the end.

    Words in `said` may stand on the console: refusals that a test provokes.
    """
    wrong: list[str] = []
    pages: list[Page] = []

    def open_page(server: Server, path: str = "", *, said: str = "", **settings) -> Page:
        settings.setdefault("viewport", {"width": 1280, "height": 900})
        page = chromium.new_context(**settings).new_page()
        page.set_default_timeout(60_000)

        def hear(message) -> None:
            if message.type == "error" and not (said and said in message.text):
                wrong.append(f"console: {message.text}")

        def see(request) -> None:
            if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
                wrong.append(f"request: {request.url}")

        page.on("console", hear)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("request", see)
        page.goto(f"{server.url}{path}")
        pages.append(page)
        return page

    yield open_page
    for number, page in enumerate(pages, start=1):
        keep(page, f"{request.node.name}-{number}")
    assert wrong == []


def keep(page: Page, name: str) -> None:
    """A picture of the whole page as it stands."""
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def server(serve, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve(tmp_path_factory.mktemp("page") / "runs")


def upload(page: Page, name: str, text: str) -> None:
    label = "Upload a case: .toml or .xlsx"
    page.get_by_label(label).set_input_files(
        {"name": name, "mimeType": "application/toml", "buffer": text.encode()}
    )
    expect(page.get_by_text("candidates beside")).to_be_visible()


def plan(page: Page, effort: str) -> None:
    page.get_by_label("How long to search").select_option(effort)
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_role("heading", name=re.compile("^Planning"))).to_be_visible()


def find_serious(page: Page) -> list[str]:
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def hold_sound(page: Page, name: str) -> None:
    """What is looked at has no serious finding and is no wider than the screen."""
    keep(page, name)
    assert find_serious(page) == []
    wide, screen = page.locator("html").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= screen


def read_value(page: Page) -> str:
    expect(page.locator(".busy")).to_have_count(0)
    return page.locator(".figures").first.inner_text()


@pytest.fixture(scope="module")
def made(server: Server, planned: Path) -> str:
    """Name of a run in the folder of the server."""
    shutil.copytree(planned, server.folder / "tiny-9")
    return "tiny-9"


@pytest.mark.slow
def test_from_upload_to_report_and_back_to_the_plan(visit, server: Server) -> None:
    page = visit(server)
    page.get_by_label("You are").fill("Ada")
    upload(page, "exporter.toml", CASE.replace("price = 45.0", "price = 90.0"))
    page.get_by_label("Launch teams").fill("3")
    page.get_by_label("Launch teams").press("Tab")
    expect(page.get_by_label(TEXT)).to_have_value(re.compile("^teams = 3$", re.M))
    page.get_by_role("tab", name="Markets").click()
    page.get_by_label("Search markets").fill("czec")
    page.get_by_role("button", name="Must enter Czechia").click()
    expect(page.get_by_text("1 of 3 markets; 2 must be entered")).to_be_visible()
    plan(page, "quick")
    expect(page.locator("progress")).to_be_visible()
    page.wait_for_url("**/#/run/exporter-1", timeout=SLOW)
    folder = server.folder / "exporter-1"
    assert json.loads((folder / "plan.json").read_text())["effort"] == "quick"
    assert "teams = 3" in (folder / "case.toml").read_text()

    # The report, in a frame that is of no origin.
    page.get_by_role("tab", name="Report").click()
    report = page.frame_locator("iframe")
    expect(report.get_by_role("heading", name="Where", exact=True)).to_be_visible()
    expect(report.locator("#map svg, #map canvas").first).to_be_visible()

    # What if: with the keyboard, by drag, another mode, one more, one less.
    page.get_by_role("tab", name="The plan").click()
    expect(page.get_by_text("All are kept.")).to_be_visible(timeout=SLOW)
    plain = read_value(page)
    pin = page.locator("[data-pin=CZE]")
    begun = pin.get_attribute("aria-valuetext")
    pin.press("ArrowLeft")
    assert pin.get_attribute("aria-valuetext") != begun
    expect(page.locator(".figures").first).not_to_contain_text("the same")
    assert read_value(page) != plain
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".figures").first).to_contain_text("the same")
    line = page.locator(".track").first.bounding_box()
    mark = page.locator(".pin").first
    at = mark.bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + 9)
    page.mouse.down()
    page.mouse.move(line["x"] + 0.99 * line["width"], at["y"] + 9, steps=5)
    page.mouse.up()
    expect(mark).to_have_attribute("aria-valuetext", "2026Q2")
    expect(page.locator(".figures").first).not_to_contain_text("the same")
    page.get_by_role("button", name="Back to the plan").click()
    page.get_by_label("Way of entering Czechia").select_option("online")
    expect(page.locator(".figures").first).not_to_contain_text("the same")
    page.get_by_role("button", name="Back to the plan").click()
    expect(page.locator(".figures").first).to_contain_text("the same")
    page.get_by_role("button", name="Drop Czechia").click()
    expect(page.get_by_text("markets that must be entered")).to_be_visible()
    page.get_by_role("button", name="Enter Czechia again").click()
    expect(page.get_by_text("All are kept.")).to_be_visible()

    # All others planned around a change.
    pin.press("ArrowLeft")
    page.get_by_role("button", name="Plan the rest anew").click()
    page.wait_for_url("**/#/case/tiny-changed")
    expect(page.get_by_label(TEXT)).to_have_value(re.compile(r"^fixed = .*CZE", re.M))
    page.go_back()

    # The plan against what happened.
    page.get_by_role("tab", name="Against what happened").click()
    page.get_by_role("button", name="Add a figure").click()
    page.get_by_label("Figure of row 1").fill("29000")
    page.get_by_label("Figure of row 1").press("Tab")
    page.get_by_role("button", name="Hold the plan against it").click()
    expect(page.get_by_text("As of 2024Q4")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("cell", name="29.0 k")).to_be_visible()
    assert (folder / "track.json").is_file() and (folder / "actuals.csv").is_file()


@pytest.mark.slow
def test_a_run_is_cancelled_outlives_its_server_and_is_compared(
    visit, server, serve, made, tiny: Path
) -> None:
    page = visit(server, said="Failed to load resource")
    upload(page, "poorer.toml", tiny.read_text("utf-8").replace("capital = 4e6", "capital = 3e6"))
    plan(page, "thorough")
    expect(page.get_by_text("no schedule can be worth more")).to_be_visible(timeout=SLOW)
    name = page.url.rpartition("/")[2]
    server.kill()
    expect(page.get_by_text("The server does not answer").first).to_be_visible()
    again = serve(server.folder)
    page.goto(f"{again.url}#/job/{name}")
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop and keep the best so far").click()
    page.wait_for_url(f"**/#/run/{name}", timeout=SLOW)
    expect(page.get_by_text("The search was ended early")).to_be_visible()
    assert json.loads((server.folder / name / "plan.json").read_text())["status"] == "partial"
    server.process, server.port = again.process, again.port

    page.goto(f"{again.url}#/")
    page.get_by_label(f"Compare {made}").check()
    page.get_by_label(f"Compare {name}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row", name=re.compile(r"limits.capital"))).to_contain_text("3,000,000")
    expect(page.get_by_text(re.compile("entr(y is|ies are) the same in both"))).to_be_visible()
    page.get_by_role("button", name="Value the others there").click()
    expect(page.get_by_text(re.compile("own plan, risk of too little cash"))).to_be_visible(
        timeout=SLOW
    )


@pytest.mark.slow
def test_a_job_that_dies_is_shown_and_started_again(visit, server: Server) -> None:
    page = visit(server)
    upload(page, "again.toml", CASE)
    plan(page, "thorough")
    page.get_by_role("button", name="End without an answer").click()
    expect(page.get_by_text("The process has died")).to_be_visible()
    page.get_by_role("button", name="Start again").click()
    expect(page.locator("progress")).to_be_visible()
    page.get_by_role("button", name="End without an answer").click()
    expect(page.get_by_text("The process has died")).to_be_visible()


@pytest.mark.slow
def test_every_view_is_sound_in_light_and_dark_and_on_a_phone(visit, server, made) -> None:
    for scheme, width in (("light", 1280), ("dark", 375)):
        page = visit(server, color_scheme=scheme, viewport={"width": width, "height": 800})
        expect(page.get_by_role("link", name=made, exact=True)).to_be_visible()
        hold_sound(page, f"{scheme}-home")
        upload(page, "sound.toml", CASE)
        hold_sound(page, f"{scheme}-case")
        page.get_by_role("tab", name="Markets").click()
        expect(page.get_by_role("button", name="Must enter Germany")).to_be_visible()
        hold_sound(page, f"{scheme}-markets")
        page.goto(f"{server.url}#/run/{made}")
        expect(page.get_by_text("All are kept.")).to_be_visible(timeout=SLOW)
        hold_sound(page, f"{scheme}-run")
        for tab in ("Against what happened", "Files"):
            page.get_by_role("tab", name=tab).click()
            hold_sound(page, f"{scheme}-{tab}")
        page.goto(f"{server.url}#/compare/{made},{made}")
        expect(page.get_by_role("heading", name="Entry by entry")).to_be_visible()
        hold_sound(page, f"{scheme}-compare")


def test_a_fault_stands_at_its_field_and_two_people_do_not_overwrite_each_other(
    visit, server: Server
) -> None:
    ada = visit(server, said="409")
    upload(ada, "shared.toml", CASE)
    price = ada.get_by_label("Price of one unit")
    price.fill("5")
    price.press("Tab")
    fault = ada.locator("#field-product-price-fault")
    expect(fault).to_contain_text("price 5 is below unit_cost 22")
    expect(price).to_have_attribute("aria-invalid", "true")
    line = next(k for k, row in enumerate(CASE.splitlines(), 1) if row.startswith("price"))
    expect(ada.locator(".text pre .bad")).to_have_text(f"▸{line}")
    ada.get_by_role("button", name="Plan it").click()
    expect(ada.get_by_text("Mend what is marked first.")).to_be_visible()
    text = ada.get_by_label(TEXT)
    text.fill(text.input_value().replace("price = 5 ", "price = 46 "))
    expect(fault).to_be_hidden()
    expect(price).to_have_value("46")

    bob = visit(server, "#/case/shared")
    expect(bob.get_by_label("Price of one unit")).to_have_value("46")
    bob.get_by_label("Launch teams").fill("7")
    bob.get_by_label("Launch teams").press("Tab")
    file = server.folder / ".page/cases/shared/shared.toml"
    wait_for(lambda: "teams = 7" in file.read_text(), 20)
    ada.get_by_label("Launch teams").fill("3")
    ada.get_by_label("Launch teams").press("Tab")
    expect(ada.get_by_text("Somebody else has changed this case")).to_be_visible()
    assert "teams = 7" in file.read_text()
    ada.get_by_role("button", name="Keep mine as a new case").click()
    ada.wait_for_url("**/#/case/shared-2")
    expect(ada.get_by_label("Launch teams")).to_have_value("3")
    assert "teams = 7" in file.read_text()


def test_text_of_a_file_is_shown_as_text(visit, server: Server) -> None:
    nasty = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page = visit(server)
    upload(page, "nasty.toml", CASE.replace("Three neighbours", nasty))
    expect(page.get_by_role("heading", name=nasty)).to_be_visible()
    page.goto(f"{server.url}#/")
    expect(page.get_by_role("link", name=nasty)).to_be_visible()
    assert page.locator("main img, main script").count() == 0
