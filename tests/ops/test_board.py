"""The board in a real browser over real Kafka: languages, themes, keyboard, screen reader, failure."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from service.demo.broker import Broker
from tests.ops.board import SCRIPT, Site, ago, board, chromium, site, watched

PATHS = ["/", "/ticket?id=paused-1", "/ticket?id=nobody", "/desks", "/partitions"]
PATIENCE = 60_000  # ms: a broker, a service and a browser on a busy machine


@pytest.fixture(scope="module")
def here(kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(kafka, tmp_path_factory.mktemp("board")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en-GB", "zh-CN"])
def test_no_page_breaks_a_rule_of_accessibility_or_of_its_own_policy(
    here: Site, browser: Browser, lang: str, scheme: str
) -> None:
    context = browser.new_context(base_url=here.url, locale=lang, color_scheme=scheme)  # type: ignore[arg-type]
    page, said = watched(context)
    for path in PATHS:
        page.goto(path)
        expect(page.locator("#pulse")).to_have_class("pulse live", timeout=PATIENCE)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    unknown = "Failed to load resource: the server responded with a status of 404 (Not Found)"
    assert [line for line in said if line != unknown] == []  # of the ticket that nobody knows
    context.close()


def test_languages_and_themes_follow_the_browser_and_then_the_choice(here: Site, browser: Browser) -> None:
    context = browser.new_context(base_url=here.url, locale="zh-CN", color_scheme="dark")
    page, _ = watched(context)
    page.goto("/")

    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = paper()
    expect(page.locator("h1")).to_have_text("未结工单")
    page.get_by_role("link", name="浅色").click()
    expect(page.locator("html[data-theme=light]")).to_be_attached()  # a click does not wait for the answer
    assert paper() != dark
    page.get_by_role("link", name="English").click()
    expect(page.locator("h1")).to_have_text("Open tickets")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert paper() != dark
    context.close()


def test_the_nearest_deadline_comes_first_and_no_id_becomes_markup(here: Site, browser: Browser) -> None:
    page, said = watched(browser.new_context(base_url=here.url))
    page.goto("/")
    expect(page.locator("#rows th a")).to_have_text(
        ["risky-1", "breached-1", SCRIPT, "running-1", "over-1", "paused-1"]
    )
    expect(page.locator("#rows tr.section")).to_have_count(3)
    assert said == []
    page.context.close()


def test_a_ticket_comes_breaks_and_goes_without_a_reload_and_is_told_to_a_screen_reader(
    here: Site, browser: Browser
) -> None:
    page, said = watched(browser.new_context(base_url=here.url))
    page.goto("/")
    page.evaluate("window.loadedOnce = true")
    here.publish(ago("live-1", "received", 29.9))
    row = page.locator("#rows tr", has_text="live-1")
    expect(row.locator(".what")).to_contain_text("at risk", timeout=PATIENCE)
    first = row.locator("[data-due]").inner_text()
    expect(row.locator("[data-due]")).not_to_have_text(first)  # it counts down
    expect(row.locator(".what")).to_contain_text("breached", timeout=PATIENCE)
    expect(page.locator("#news")).to_have_text("live-1: response breached")
    assert page.locator("[aria-live=polite]").count() == 1  # countdowns are not read out
    here.publish(ago("live-1", "withdrawn", 0))
    expect(row).to_have_count(0, timeout=PATIENCE)
    assert page.evaluate("window.loadedOnce")
    assert said == []
    page.context.close()


def test_filters_are_in_the_address_and_survive_a_reload(here: Site, browser: Browser) -> None:
    page, _ = watched(browser.new_context(base_url=here.url))
    page.goto("/")
    page.get_by_label("Channel").select_option("email")
    expect(page.locator("#rows th a")).to_have_text(["risky-1"])
    assert page.url == f"{here.url}/?channel=email"
    page.reload()
    expect(page.get_by_label("Channel")).to_have_value("email")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("#rows th a")).to_have_count(6)
    page.context.close()


def test_everything_can_be_done_with_the_keyboard(here: Site, browser: Browser) -> None:
    page, _ = watched(browser.new_context(base_url=here.url))
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.locator("#rows th a").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#rows th a").nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator("#rows th a").last).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("risky-1")
    page.context.close()


def test_a_ticket_shows_its_arithmetic_its_announcements_and_no_reference_to_people(
    here: Site, browser: Browser
) -> None:
    page, _ = watched(browser.new_context(base_url=here.url))
    page.goto("/ticket?id=over-1")
    expect(page.get_by_role("region", name="Arithmetic")).to_contain_text(
        "has passed and the clock has not ended"
    )
    announced = page.locator("table", has_text="Announcements").locator("tbody tr")
    expect(announced).to_have_count(5)  # four breaches, and that nobody touches it
    expect(announced.filter(has_text="not announced yet")).to_have_count(0)
    assert "C1" not in page.content()
    page.context.close()


def test_a_ticket_names_the_codes_that_were_made_fit(here: Site, browser: Browser) -> None:
    page, said = watched(browser.new_context(base_url=here.url))
    page.goto("/ticket?id=running-1")
    timeline = page.locator("table", has_text="Timeline")
    expect(timeline).to_contain_text("Priority: made fit", timeout=PATIENCE)
    expect(page.get_by_role("region", name="Arithmetic")).to_contain_text("data.priority: made fit")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert said == []
    page.context.close()


def test_without_motion_nothing_moves_and_without_script_the_list_is_there(
    here: Site, browser: Browser
) -> None:
    page, _ = watched(browser.new_context(base_url=here.url, reduced_motion="reduce"))
    page.goto("/")
    moving = page.evaluate(
        """() => { const row = document.querySelector("#rows tr.ticket"); row.classList.add("fresh");
           return getComputedStyle(row.firstElementChild).animationName; }"""
    )
    assert moving == "none"
    page.context.close()
    page, _ = watched(browser.new_context(base_url=here.url, java_script_enabled=False))
    page.goto("/")
    expect(page.locator("#rows th a")).to_have_count(6)
    expect(page.locator("noscript p")).to_be_visible()
    page.context.close()


def test_with_a_token_people_sign_in_and_scripts_never_see_the_cookie(here: Site, browser: Browser) -> None:
    token = here.directory / "token"
    token.write_text("correct horse", encoding="utf-8")
    with board(here.env | {"SLA_HTTP_TOKEN_FILE": str(token)}) as client:
        page, said = watched(browser.new_context(base_url=str(client.base_url)))
        page.goto("/?state=running")
        assert Axe().run(page).violations_count == 0
        page.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Token").fill("correct horse")
        page.keyboard.press("Enter")
        expect(page.locator("#pulse")).to_have_class("pulse live", timeout=PATIENCE)
        assert "sla_board" not in page.evaluate("document.cookie")
        assert [line for line in said if "403" not in line] == []
        page.context.close()


def test_partitions_show_their_owner_and_what_it_does(here: Site, browser: Browser) -> None:
    page, _ = watched(browser.new_context(base_url=here.url))
    page.goto("/partitions")
    expect(page.locator("tbody tr")).to_have_count(3)
    for row in page.locator("tbody tr").all():
        expect(row).to_have_text(re.compile(r"127\.0\.0\.1\s+running\s+–\s+0\s+100 %"), timeout=PATIENCE)
    page.context.close()


def test_when_kafka_is_silent_it_says_how_old_the_data_are(here: Site, browser: Browser) -> None:
    page, _ = watched(browser.new_context(base_url=here.url))
    page.goto("/")
    expect(page.locator("#pulse")).to_have_class("pulse live", timeout=PATIENCE)
    (node,) = here.kafka.nodes
    node.freeze()
    try:
        expect(page.locator("#age")).to_be_visible(timeout=PATIENCE)
        said = re.fullmatch(r"data (\d+) s old", page.locator("#age").inner_text())
        assert said
        expect(page.locator("#age")).not_to_have_text(said[0], timeout=PATIENCE)  # it counts on
        expect(page.locator("#age")).to_have_text(re.compile(r"^data \d+ s old$"))
        expect(page.locator("#notices")).to_contain_text("may have changed since", timeout=PATIENCE)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    finally:
        node.thaw()
    expect(page.locator("#pulse")).to_have_class("pulse live", timeout=PATIENCE)
    expect(page.locator("#age")).to_be_hidden()
    page.context.close()
