"""What packaging/test counts: no program's end is taken for a success that it does not claim, and no job is lost."""
import contextlib
import io
import sys
import tempfile
import unittest

from tests.support import jobs
from tests.support.jobs import Job, Run

DOCTEST = "[doctest] test cases:  3 |  {} passed |  {} failed | 0 skipped\n"
UNITTEST = "....\nRan 4 tests in 0.1s\n\n{}\n"


class Counting(unittest.TestCase):
    def test_doctest(self):
        self.assertEqual((3, 0), jobs.doctest(0, DOCTEST.format(3, 0)))
        self.assertEqual((2, 1), jobs.doctest(1, DOCTEST.format(2, 1)))
        self.assertEqual((0, 1), jobs.doctest(1, DOCTEST.format(3, 0)), "a leak was found after the last test")
        self.assertEqual((0, 1), jobs.doctest(0, ""), "it did not come to its closing line")

    def test_closing_line(self):
        self.assertEqual((7, 0), jobs.closing_line(0, "7 passed, 0 failed\n"))
        self.assertEqual((6, 1), jobs.closing_line(1, "FAILED a\n6 passed, 1 failed\n"))
        self.assertEqual((0, 1), jobs.closing_line(1, "7 passed, 0 failed\n"))
        self.assertEqual((0, 1), jobs.closing_line(0, "so far 7 passed, 0 failed\n"))

    def test_unittest(self):
        self.assertEqual((4, 0), jobs.unittest(0, UNITTEST.format("OK")))
        self.assertEqual((3, 1), jobs.unittest(1, "FAIL: test_a (x)\n" + UNITTEST.format("FAILED (failures=1)")))
        self.assertEqual((0, 1), jobs.unittest(0, UNITTEST.format("OK (skipped=1)")), "nothing is skipped in silence")
        self.assertEqual((0, 1), jobs.unittest(0, "Ran 0 tests in 0.0s\n\nOK\n"))
        self.assertEqual((0, 1), jobs.unittest(1, UNITTEST.format("OK")))
        self.assertEqual((0, 1), jobs.unittest(1, "Traceback\n"))


class Running(unittest.TestCase):
    def run_all(self, *given):
        with tempfile.TemporaryDirectory() as logs, contextlib.redirect_stdout(io.StringIO()) as printed:
            run = Run(logs)
            well = run.run(given)
        self.assertEqual(well, run.failed == 0)
        return run.passed, run.failed, printed.getvalue()

    def test_what_a_job_leads_to_is_run(self):
        child = Job("a", "child", ["true"], jobs.by_status)
        parent = Job("a", "parent", ["true"], jobs.only_failure, then=lambda: [child, child])
        self.assertEqual((2, 0), self.run_all(parent)[:2])

    def test_what_follows_a_failure_is_not(self):
        parent = Job("a", "parent", ["false"], jobs.only_failure, then=lambda: self.fail("it failed"))
        self.assertEqual((0, 1), self.run_all(parent)[:2])

    def test_both_lanes_and_more_jobs_than_room(self):
        many = [Job("a", f"job{i}", ["true"], jobs.by_status, waits=i % 2 == 0) for i in range(20)]
        self.assertEqual((20, 0), self.run_all(*many)[:2])

    def test_late_is_failed(self):
        passed, failed, printed = self.run_all(Job("a", "late", ["sleep", "60"], jobs.by_status, seconds=0.2))
        self.assertEqual((0, 1), (passed, failed))
        self.assertIn("ended after 0.2 s", printed)

    def test_what_cannot_be_started_is_failed(self):
        passed, failed, printed = self.run_all(Job("a", "none", ["/no/such/program"], jobs.by_status, waits=True),
                                               Job("a", "one", ["true"], jobs.by_status))
        self.assertEqual((1, 1), (passed, failed))
        self.assertIn("it cannot be started", printed)

    def test_each_has_ports_of_its_own(self):
        code = "import os; os.mkdir(os.environ['TEST_PORTS']); import time; time.sleep(0.3)"
        with tempfile.TemporaryDirectory() as folder:
            script = f"import os; os.chdir({folder!r}); " + code
            both = [Job("a", f"job{i}", [sys.executable, "-c", script], jobs.by_status, waits=i == 0) for i in range(2)]
            self.assertEqual((2, 0), self.run_all(*both)[:2])


if __name__ == "__main__":
    unittest.main()
