#!/usr/bin/env python3
"""The timeline page, clicked through in a headless browser: browser_test.py PHALAROPE BUILD SOURCE.

Exit 77 (skipped) where no Chromium or no demo speech is installed. PHALAROPE_TIMELINE_SHOTS=<folder> keeps pictures.
"""
import functools
import json
import os
import pathlib
import subprocess
import sys
import unittest

import check_trace
from chromium import Browser, find_chromium

PROGRAM, BUILD, SOURCE = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
PAGE_PARTS = SOURCE / "core" / "replay" / "page"
PURE_PARTS = ("timeline_table.js", "timeline_query.js", "timeline_wave.js", "timeline_why.js")
PAGE_BYTES_MAX = 1_000_000  # without its sound
SKIPPED = 77


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False)


@functools.cache
def demo():
    """One demo for all tests: its folder."""
    folder = BUILD / "browser-demo"
    answer = run("demo", "--output", folder, "--json")
    if answer.returncode == 2 and "pocketsphinx-testdata" in answer.stderr + answer.stdout:
        print("skipped: the demo's speech is not installed")
        sys.exit(SKIPPED)
    assert answer.returncode == 0, answer.stderr
    return folder


class PageTest(unittest.TestCase):
    browser = None

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(find_chromium(), BUILD)

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()

    def open(self, path, **how):
        page = self.browser.open(path.as_uri() if isinstance(path, pathlib.Path) else path, **how)
        page.wait_until("document.documentElement.dataset.ready === 'true'")
        page.settle()
        self.addCleanup(lambda: self.assertEqual(page.complaints, []))
        return page

    def shot(self, page, name):
        if (folder := os.environ.get("PHALAROPE_TIMELINE_SHOTS")):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(pathlib.Path(folder) / f"{name}.png")

    @staticmethod
    def stage(page):
        return page.run("""(() => { const box = document.getElementById("over").getBoundingClientRect();
            return {x: box.x, y: box.y, width: box.width, height: box.height}; })()""")

    @staticmethod
    def text(page, selector):
        return page.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def search(self, page, text):
        page.key("/")
        page.run("document.getElementById('text').select()")
        page.type(text)
        page.key("Enter", text="\r")

    # ---- the pure parts -------------------------------------------------------------------------------------
    def test_the_pure_parts_do_what_they_say(self):
        page = self.browser.open("about:blank")
        parts = "\n".join((PAGE_PARTS / name).read_text("ascii") for name in PURE_PARTS)
        test = (pathlib.Path(__file__).parent / "pure_test.js").read_text("ascii")
        held = page.run(f"({test[test.index('(parts)'):]})({json.dumps(parts)})")
        self.assertGreaterEqual(held, 30)

    # ---- one recording --------------------------------------------------------------------------------------
    def test_the_page_opens_small_and_without_a_server(self):
        path = demo() / "timeline.html"
        page = self.open(path)
        sound = page.run("[...document.querySelectorAll('script[id^=sound]')].reduce((sum, one) => "
                         "sum + one.textContent.length, 0)")
        self.assertLess(path.stat().st_size - sound, PAGE_BYTES_MAX)
        self.assertEqual(page.run("performance.getEntriesByType('resource').length"), 0)
        self.assertIn("6", self.text(page, "#figures"))
        self.shot(page, "demo")

    def test_an_event_is_chosen_with_the_keyboard_and_says_why(self):
        page = self.open(demo() / "timeline.html")
        self.search(page, "kind:abort")
        self.assertEqual(self.text(page, "#count"), "1 of 2")
        self.assertIn("abort", self.text(page, "#said"))
        self.assertIn("recognition partial", self.text(page, ".chain"))
        event = json.loads(self.text(page, "#detail pre"))
        self.assertEqual((event["kind"], event["reason"]), ("abort", "cancelled"))
        self.assertEqual(event["wall_ns"] % 1_000_000, 0)
        page.run("document.activeElement.blur()")
        page.key("]")
        self.assertEqual(self.text(page, "#count"), "2 of 2")
        page.key("]")
        self.assertEqual(self.text(page, "#count"), "1 of 2", "behind the last stands the first")
        page.key("[")
        self.assertEqual(self.text(page, "#count"), "2 of 2")
        self.shot(page, "why")
        page.key("Escape")
        self.assertEqual(page.run("document.getElementById('text').value"), "")

    def test_a_click_on_a_cause_goes_there(self):
        page = self.open(demo() / "timeline.html")
        self.search(page, "kind:fence_applied")
        before = self.text(page, "#detail h3")
        page.click_on("#detail .chain li:first-child button")
        self.assertNotEqual(self.text(page, "#detail h3"), before)
        self.assertRegex(page.run("location.hash"), r"^#a\d+$")

    def test_a_diamond_is_clicked_in_the_picture(self):
        page = self.open(demo() / "timeline.html")
        stage = self.stage(page)
        self.search(page, "kind:turn_open reason:x")  # matches nothing; the picture stays
        page.key("Escape")
        page.run("document.getElementById('over').scrollIntoView()")
        stage = self.stage(page)
        row = page.run("document.querySelector('#list .entry time').textContent")
        self.assertEqual(row, "0.000")
        page.click(stage["x"] + 122 + 1, stage["y"] + stage["height"] - 8 - 5 * 14 + 9)
        self.assertEqual(self.text(page, "#detail h3"), "connected")

    def test_wheel_keys_drag_and_shift_drag_move_the_view(self):
        page = self.open(demo() / "timeline.html")
        stage = self.stage(page)
        middle = (stage["x"] + stage["width"] / 2, stage["y"] + 100)
        shown = functools.partial(self.text, page, "#span")
        self.assertEqual(shown(), "")
        page.wheel(*middle, -480)
        self.assertIn("shown", shown())
        page.key("0")
        self.assertEqual(shown(), "")
        page.key("+")
        zoomed = shown()
        page.key("ArrowRight")
        self.assertEqual(shown(), zoomed, "moving does not zoom")
        page.key("0")
        page.drag(stage["x"] + 400, stage["y"] + 60, stage["x"] + 500, stage["y"] + 60, modifiers=8)
        self.assertIn("shown", shown())
        page.click_on("#fit")
        self.assertEqual(shown(), "")

    def test_filters_and_the_list(self):
        page = self.open(demo() / "timeline.html")
        page.run("(() => { const pick = document.getElementById('node'); pick.value = [...pick.options].find("
                 "one => one.text.startsWith('synthesiser')).value; pick.dispatchEvent(new Event('change')); })()")
        page.settle()
        entries = page.run("[...document.querySelectorAll('.entry .where')].map(one => one.textContent)")
        self.assertTrue(entries)
        self.assertTrue(all("synthesiser" in entry for entry in entries), entries)
        self.assertLess(len(entries), 60, "only what is seen is in the page")
        page.run("document.getElementById('list').focus()")
        page.key("End")
        self.assertRegex(self.text(page, "#count"), r"^([\d,]+) of \1$")

    def test_sound_plays_and_the_cursor_follows(self):
        page = self.open(demo() / "timeline.html")
        self.assertEqual(page.run("document.querySelectorAll('#track-buttons button').length"), 3)
        self.search(page, "kind:playback_started")
        page.click_on("#track-buttons button:nth-child(3)")
        self.assertEqual(page.run("document.getElementById('sound').value"), "played")
        from_time = self.text(page, "#clock")
        page.wait_until(f"parseFloat(document.getElementById('clock').textContent) > {float(from_time[:-2])} + 0.3")
        page.key(" ")
        page.wait_until("document.getElementById('play-word').textContent === 'Play'")
        stopped = self.text(page, "#clock")
        page.settle()
        self.assertEqual(self.text(page, "#clock"), stopped)

    def test_every_control_has_a_name(self):
        page = self.open(demo() / "timeline.html")
        nameless = page.run("""[...document.querySelectorAll("button, select, input, [tabindex]")].filter(one =>
            !(one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.textContent.trim() ||
              (one.labels && one.labels.length))).map(one => one.outerHTML)""")
        self.assertEqual(nameless, [])

    def test_a_small_dark_screen_has_no_sideways_scroll(self):
        page = self.open(demo() / "timeline.html", width=380, height=800, dark=True, touch=True)
        self.search(page, "abort")
        self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 380)
        self.assertTrue(page.run("matchMedia('(prefers-color-scheme: dark)').matches"))
        self.shot(page, "small-dark")

    # ---- what a recording says ------------------------------------------------------------------------------
    def test_hostile_text_stays_text(self):
        pictures = BUILD / "browser-pictures"
        pictures.mkdir(exist_ok=True)
        unit = BUILD.parents[2] / "tests" / "unit_replay"
        if not unit.exists():
            self.skipTest("unit_replay, which writes the hostile page, is not built")
        subprocess.run([unit, "--gtest_filter=Timeline.*"], check=True, capture_output=True,
                       env=os.environ | {"PHALAROPE_TIMELINE_OUT": str(pictures)})
        page = self.open(pictures / "hostile.html")
        self.search(page, "kind:recognition_final")
        self.assertIn("<script>alert(1)</script>", self.text(page, "#detail blockquote"))
        self.assertIn("<script>alert(1)</script>", self.text(page, "#turns"))
        self.assertEqual(page.run("document.querySelectorAll('script').length"), 6)
        self.assertEqual(page.run("document.querySelectorAll('#detail script, #turns script, #list script').length"), 0)

    # ---- two recordings -------------------------------------------------------------------------------------
    def test_a_recording_against_itself_has_no_difference(self):
        path = BUILD / "same.html"
        answer = run("timeline", demo() / "recording", "--against", demo() / "recording", "--html", path)
        self.assertEqual((answer.returncode, answer.stdout), (0, "0 differences\n"))
        self.assertIn("The same decisions", self.text(self.open(path), "#verdict"))

    def test_two_recordings_show_their_first_difference(self):
        other = BUILD / "browser-other"
        clip = SOURCE / "does-not-exist.wav"
        self.assertNotEqual(run("talk", "--wav", clip, "--recording", other).returncode, 0)
        speech = demo() / "answer.wav"  # what the board said, said to it: another conversation
        run("talk", "--json", "--wav", speech, "--recording", other)
        path = BUILD / "difference.html"
        answer = run("timeline", demo() / "recording", "--against", other, "--html", path)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertRegex(answer.stdout, r"^\d+ differences\nfirst: ")
        page = self.open(path)
        self.assertIn("differences", self.text(page, "#verdict"))
        page.click_on("#verdict button")
        self.assertIn("Differs", self.text(page, "#detail"))
        self.assertGreater(page.run("document.querySelectorAll('#differences button').length"), 1)
        self.shot(page, "difference")

    def test_sound_may_stand_beside_the_page(self):
        path = BUILD / "beside.html"
        self.assertEqual(run("timeline", demo() / "recording", "--html", path, "--audio", "beside").returncode, 0)
        self.assertTrue((BUILD / "beside.played.opus").exists())
        page = self.open(path)
        page.run("document.getElementById('sound').value = 'played'")
        page.click_on("#play")
        page.wait_until("parseFloat(document.getElementById('clock').textContent) > 0.3")
        page.key(" ")
        self.assertEqual(page.run("document.getElementById('said').textContent"), "", "no word of a sound that fails")

    def test_the_trace_holds_what_importers_ask(self):
        path = BUILD / "trace.json"
        self.assertEqual(run("timeline", demo() / "recording", "--perfetto", path).returncode, 0)
        self.assertEqual(check_trace.check(path), [])


if __name__ == "__main__":
    if find_chromium() is None:
        print("skipped: no Chromium is installed")
        sys.exit(SKIPPED)
    BUILD.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
