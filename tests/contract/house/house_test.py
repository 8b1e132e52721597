#!/usr/bin/env python3
"""The tidy test is itself tested: each case is a small house with one defect, named for it, and must be caught."""
import pathlib
import subprocess
import tempfile
import unittest

import house_rules
import house_symbols

HEADER = "// What it is.\n#pragma once\n"


def errors_in(files, rule):
    """The findings of one rule in a house made of `files` ({path: text})."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            target = pathlib.Path(root, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        return list(rule(house_rules.Tree(root)))


class Arrows(unittest.TestCase):
    def refuse(self, path, included):
        self.assertEqual(1, len(errors_in({path: HEADER + f"#include {included}\n"}, house_rules.arrows)), included)

    def accept(self, path, included):
        self.assertEqual([], errors_in({path: HEADER + f"#include {included}\n"}, house_rules.arrows), included)

    def test_core_never_names_hal(self):
        self.refuse("core/spec/a.cpp", '"hal/host/clock.hpp"')

    def test_hal_never_names_the_program(self):
        self.refuse("hal/host/a.cpp", '"firmware_images/phalarope/options.hpp"')

    def test_a_lower_engine_room_never_names_a_higher_one(self):
        self.refuse("core/engine/base/a.hpp", '"core/engine/turn/fence.hpp"')
        self.refuse("core/engine/lanes/a.hpp", '"core/engine/evidence/recorder.hpp"')

    def test_an_engine_room_never_names_what_stands_above_the_rooms(self):
        self.refuse("core/engine/turn/a.hpp", '"core/engine/audio_link.hpp"')

    def test_the_engine_never_names_replay(self):
        self.refuse("core/engine/evidence/a.hpp", '"core/replay/record_source.hpp"')

    def test_rooms_beside_each_other_never_name_each_other(self):
        self.refuse("core/replay/a.cpp", '"core/spec/parser.hpp"')
        self.refuse("core/telemetry/a.cpp", '"core/spec/parser.hpp"')
        self.refuse("core/replay/a.cpp", '"core/telemetry/catalogue.hpp"')

    def test_an_unknown_engine_room_has_no_place_in_the_order(self):
        self.refuse("core/engine/cellar/a.hpp", '"core/engine/base/event.hpp"')

    def test_core_links_no_device_library(self):
        self.refuse("core/replay/a.cpp", "<alsa/asoundlib.h>")

    def test_a_library_header_stays_out_of_headers(self):
        self.refuse("hal/audio/a.hpp", "<alsa/asoundlib.h>")

    def test_the_product_never_names_tests(self):
        self.refuse("hal/audio/a.cpp", '"tests/sim/world/fake_microphone.hpp"')

    def test_arrows_downwards_are_fine(self):
        self.accept("core/engine/evidence/a.hpp", '"core/engine/base/event.hpp"')
        self.accept("core/engine/engine.hpp", '"core/engine/evidence/recorder.hpp"')
        self.accept("core/replay/a.hpp", '"core/engine/engine.hpp"')
        self.accept("core/telemetry/a.hpp", '"core/replay/record_source.hpp"')
        self.accept("hal/audio/a.cpp", "<alsa/asoundlib.h>")
        self.accept("firmware_images/phalarope/a.cpp", '"hal/host/clock.hpp"')


class Heart(unittest.TestCase):
    def refuse(self, code):
        self.assertNotEqual([], errors_in({"core/engine/base/a.hpp": HEADER + code + "\n"}, house_rules.engine_words), code)

    def test_words_of_the_outer_world_are_refused(self):
        for code in ("std::function<void()> f;", "throw 1;", "double x = 0;", "std::vector<int> v;", "std::mutex m;",
                     "#include <iostream>", "auto t = std::chrono::steady_clock::now();", "int r = rand();"):
            self.refuse(code)

    def test_comments_and_texts_may_use_them(self):
        code = '// a double look; std::mutex would wait\nconst char* x = "throw";\n'
        self.assertEqual([], errors_in({"core/engine/base/a.hpp": HEADER + code}, house_rules.engine_words))

    def test_other_rooms_may_use_them(self):
        self.assertEqual([], errors_in({"hal/audio/a.hpp": HEADER + "double gain = 1.0;\n"}, house_rules.engine_words))


class Lengths(unittest.TestCase):
    def findings(self, lines):
        return errors_in({"core/spec/a.hpp": HEADER + "int x;\n" * (lines - 2)}, house_rules.lengths)

    def test_a_file_of_600_lines_gets_a_second_look_and_601_is_refused(self):
        self.assertEqual([], self.findings(400))
        self.assertEqual([True], [finding.second_look for finding in self.findings(600)])
        self.assertEqual([False], [finding.second_look for finding in self.findings(601)])

    def test_a_line_of_121_columns_is_refused(self):
        self.assertEqual([], errors_in({"core/spec/a.hpp": "/" * 120 + "\n"}, house_rules.lengths))
        self.assertEqual(1, len(errors_in({"core/spec/a.hpp": "/" * 121 + "\n"}, house_rules.lengths)))

    def test_a_function_longer_than_a_screen_is_refused(self):
        for head in ("int f(int a) {", "int f(int a,\n      int b) {", "S::S(int a)\n    : a_(a) {"):
            body = "  use(1);\n" * (70 - head.count("\n") - 2)
            fits, long = f"{head}\n{body}}}\n", f"{head}\n{body}  use(2);\n}}\n"
            self.assertEqual([], errors_in({"hal/host/a.cpp": fits}, house_rules.function_lengths), head)
            self.assertEqual(1, len(errors_in({"hal/host/a.cpp": long}, house_rules.function_lengths)), head)

    def test_a_member_function_longer_than_a_screen_is_refused(self):
        text = "class A {\n  void f() const {\n" + "    if (x) {\n    }\n" * 40 + "  }\n};\n"
        self.assertEqual(1, len(errors_in({"hal/host/a.hpp": text}, house_rules.function_lengths)))


class Texts(unittest.TestCase):
    def test_a_file_without_a_top_comment_is_refused(self):
        self.assertEqual(1, len(errors_in({"hal/host/a.hpp": "#pragma once\n"}, house_rules.top_comments)))
        self.assertEqual(1, len(errors_in({"hal/host/a.cpp": "#include <array>\n"}, house_rules.top_comments)))

    def test_a_body_is_told_by_its_header(self):
        files = {"hal/host/a.hpp": HEADER, "hal/host/a.cpp": '#include "hal/host/a.hpp"\n'}
        self.assertEqual([], errors_in(files, house_rules.top_comments))

    def test_a_header_without_pragma_once_is_refused(self):
        self.assertEqual(1, len(errors_in({"hal/host/a.hpp": "// What it is.\n"}, house_rules.top_comments)))

    def test_unfinished_work_is_refused_unless_it_names_its_issue(self):
        for mark in ("FIX" + "ME", "X" + "XX", "TO" + "DO: later"):
            self.assertEqual(1, len(errors_in({"hal/host/a.hpp": f"// {mark}\n"}, house_rules.unfinished)), mark)
        self.assertEqual([], errors_in({"hal/host/a.hpp": "// TO" + "DO(#12): because\n"}, house_rules.unfinished))

    def test_a_path_of_one_machine_is_refused(self):
        self.assertEqual(1, len(errors_in({"hal/host/a.hpp": '// see /home/someone/x\n'}, house_rules.unfinished)))

    def test_a_test_that_asserts_nothing_is_refused(self):
        text = "// What it is.\nTEST(A, B) {\n  run();\n}\n"
        self.assertEqual(1, len(errors_in({"tests/unit/hal/a.cpp": text}, house_rules.tests_that_assert)))

    def test_tests_of_a_room_that_is_gone_are_refused(self):
        files = {"tests/unit/engine/attic/a.cpp": HEADER, "tests/unit/hal/host/b.cpp": HEADER, "hal/host/b.hpp": HEADER}
        self.assertEqual(["tests/unit/engine/attic/a.cpp"],
                         [finding.path for finding in errors_in(files, house_rules.test_mirrors)])


class SyncNames(unittest.TestCase):
    RELEASE = "// SYNC(full): why\nx.store(1, std::memory_order_release);\n"
    ACQUIRE = "// SYNC(full): pairs\ny = x.load(std::memory_order_acquire);\n"

    def findings(self, text):
        return errors_in({"core/engine/lanes/a.hpp": HEADER + text}, house_rules.sync_pairs)

    def test_a_pair_is_fine(self):
        self.assertEqual([], self.findings(self.RELEASE + "\n" * 20 + self.ACQUIRE))

    def test_a_release_without_its_acquire_is_refused(self):
        self.assertEqual(1, len(self.findings(self.RELEASE)))

    def test_an_acquire_without_its_release_is_refused(self):
        self.assertEqual(1, len(self.findings(self.ACQUIRE)))

    def test_names_that_differ_are_no_pair(self):
        self.assertEqual(2, len(self.findings(self.RELEASE + "\n" * 20 + self.ACQUIRE.replace("full", "empty"))))

    def test_a_memory_order_without_a_name_is_refused(self):
        self.assertEqual(1, len(self.findings("x.store(1, std::memory_order_release);\n")))

    def test_a_name_without_a_twin_is_refused(self):
        files = {"core/engine/lanes/a.hpp": HEADER + self.RELEASE + self.ACQUIRE}
        self.assertEqual(1, len(errors_in(files, house_rules.sync_twins)))
        files["tests/model/README.md"] = "| SYNC(full) | ItemIsStoredRelaxed |\n"
        self.assertEqual([], errors_in(files, house_rules.sync_twins))


class Rooms(unittest.TestCase):
    def test_a_room_without_readme_is_refused(self):
        files = {"hal/host/a.hpp": HEADER, "hal/README.md": "line\n" * 8}
        self.assertEqual(["hal/host/README.md"], [finding.path for finding in errors_in(files, house_rules.readmes)])

    def test_a_readme_of_two_lines_is_refused(self):
        files = {"hal/README.md": "line\n" * 2}
        self.assertEqual(["hal/README.md"], [finding.path for finding in errors_in(files, house_rules.readmes)])

    def test_a_folder_beside_the_card_is_refused(self):
        files = {"scripts/a.sh": "x", "build/x": "x", ".git/x": "x", "dev": "x"}
        self.assertEqual(["scripts"], [finding.path for finding in errors_in(files, house_rules.top_level)])


class Symbols(unittest.TestCase):
    """Objects are compiled here, so that the test sees what a compiler really emits."""

    def check(self, code, allowed="abort | * | the end\n"):
        with tempfile.TemporaryDirectory() as root:
            source, built = pathlib.Path(root, "a.cpp"), pathlib.Path(root, "engine.dir", "engine", "a.cpp.o")
            listed = pathlib.Path(root, "calls.txt")
            built.parent.mkdir(parents=True)
            source.write_text(code, "utf-8")
            listed.write_text(allowed, "utf-8")
            subprocess.run(["c++", "-O2", "-c", source, "-o", built], check=True)
            return [finding for finding in house_symbols.check_symbols([str(built)], str(listed))]

    def refuse(self, code, word):
        findings = [finding for finding in self.check(code) if word in finding.text]
        self.assertTrue(findings, f"{word} went unseen in: {code}")
        self.assertEqual("core/engine/a.cpp", findings[0].path)

    def test_taking_memory_is_seen(self):
        self.refuse("#include <cstdlib>\nvoid* f() { return std::malloc(8); }", "malloc")
        self.refuse("int* f() { return new int[8]; }", "operator new")
        self.refuse("void f(int* x) { delete x; }", "operator delete")

    def test_waiting_is_seen(self):
        self.refuse("#include <mutex>\nvoid f(std::mutex& m) { m.lock(); }", "pthread_mutex_lock")
        self.refuse("int g(); int f() { static int x = g(); return x; }", "__cxa_guard_acquire")

    def test_throwing_is_seen(self):
        self.refuse("void f() { throw 1; }", "__cxa_throw")

    def test_printing_clocks_and_system_calls_are_seen(self):
        self.refuse("#include <iostream>\nvoid f() { std::cout << 1; }", "std::ostream::operator<<")
        self.refuse("#include <ctime>\nvoid f(timespec* t) { clock_gettime(CLOCK_MONOTONIC, t); }", "clock_gettime")
        self.refuse("#include <unistd.h>\nvoid f() { (void)!write(1, \"\", 1); }", "write")

    def test_what_no_list_knows_is_refused(self):
        self.refuse("extern \"C\" int somebody_else(); int f() { return somebody_else(); }", "somebody_else")

    def test_the_list_is_bound_to_its_object(self):
        code = "#include <unistd.h>\nvoid f() { (void)!write(1, \"\", 1); }"
        self.assertEqual([], self.check(code, "write | core/engine/a.cpp | a reason\n"))
        errors = [finding for finding in self.check(code, "write | core/engine/b.cpp | a reason\n") if not finding.second_look]
        self.assertEqual(1, len(errors))

    def test_a_line_without_a_reason_is_refused(self):
        with self.assertRaises(ValueError):
            self.check("int f() { return 1; }", "write | * |\n")


if __name__ == "__main__":
    unittest.main()
