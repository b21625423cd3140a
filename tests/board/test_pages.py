"""What a page costs whoever comes first."""

import subprocess
import sys


def test_the_first_page_waits_for_no_template() -> None:
    """In a new process: all were read and compiled before anybody could ask."""
    code = (
        "from jinja2 import PackageLoader\n"
        "from service.board.pages import Look, Pages\n"
        "PackageLoader.get_source = None\n"
        "print(Pages().writer(Look('en', 'auto', '/session', '')).whole('sign_in.html', wrong=False))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "</html>" in ended.stdout
