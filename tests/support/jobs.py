"""Runs commands side by side and counts what they pass: two lanes, the processors' and that of tests that mostly wait.

A lane starts its jobs in order as soon as it has room; the jobs that follow one (the tests of a build) have their own place
in the order. A job's outcome is one line; the end of its log follows where something failed.
"""
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

PROCESSORS = len(os.sched_getaffinity(0))


@dataclasses.dataclass
class Job:
    """One command. `count` reads (exit status, log) into (passed, failed); None: only a failure is counted."""
    layer: str
    name: str
    command: list
    count: callable
    waits: bool = False         # mostly waits: runs in the lane beside the processors'
    processors: int = 1
    seconds: int = 1200         # then it is killed, with all that it started, and has failed
    then: callable = None       # the jobs that come after it, once it has done well
    environment: dict = dataclasses.field(default_factory=dict)


# How a log is counted. A program that does not come to its closing line has failed, whatever it printed before.

def by_status(status, _):
    return (1, 0) if status == 0 else (0, 1)


def only_failure(status, _):
    return (0, 0) if status == 0 else (0, 1)


def doctest(status, log):
    found = re.findall(r"test cases: *(\d+) *\| *(\d+) passed *\| *(\d+) failed", log)
    if not found:
        return 0, 1
    cases, _, bad = map(int, found[-1])
    return (0, 1) if status != 0 and bad == 0 else (cases - bad, bad)


def closing_line(status, log):
    found = re.findall(r"^(\d+) passed, (\d+) failed$", log, re.M)
    if not found:
        return 0, 1
    passed, failed = map(int, found[-1])
    return (0, 1) if status != 0 and failed == 0 else (passed, failed)


def unittest(status, log):
    """Python's unittest; a skipped test is a failed one."""
    ran = re.findall(r"^Ran (\d+) tests?", log, re.M)
    bad = len(re.findall(r"^(?:FAIL|ERROR): ", log, re.M))
    if not ran or "skipped=" in log or (bad == 0 and (int(ran[-1]) == 0 or status != 0)):
        return 0, 1
    return max(int(ran[-1]) - bad, 0), bad


class Run:
    def __init__(self, logs):
        self.logs = pathlib.Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.passed = self.failed = 0
        self.layers = {}            # name → [first start, last end, processor seconds]
        self.changed = threading.Condition()
        self.queue = []             # [(place, Job)], in order
        self.busy = {False: 0, True: 0}
        self.running = set()        # pids, each the leader of a process group
        self.slots = set(range(100))

    def run(self, jobs):
        """Runs all jobs and those that follow them; True if nothing failed. A signal also ends what was started."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        with self.changed:
            self.queue = [((i,), job) for i, job in enumerate(jobs)]
            try:
                while self.queue or any(self.busy.values()):
                    if entry := next((entry for entry in self.queue if self.busy[entry[1].waits] < PROCESSORS), None):
                        self.queue.remove(entry)
                        self.busy[entry[1].waits] += entry[1].processors
                        threading.Thread(target=self.work, args=entry, daemon=True).start()
                    else:
                        self.changed.wait()
            finally:
                self.end_all()
        return self.failed == 0

    def end_all(self):
        """Ends what still runs: first by SIGTERM, since a build ends its compilers itself."""
        for ending, patience in ((signal.SIGTERM, 1), (signal.SIGKILL, 0)):
            for pid in self.running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, ending)
            time.sleep(patience if self.running else 0)

    def work(self, place, job):
        with self.changed:
            slot = min(self.slots)
            self.slots.remove(slot)
        passed, failed, more = 0, 1, []
        try:
            began = time.monotonic()
            try:
                status, used = self.execute(job, slot)
            except OSError as error:
                self.log_of(job).write_text(f"it cannot be started: {error}\n")
                status, used = 127, 0
            ended = time.monotonic()
            text = self.log_of(job).read_text(errors="replace")
            passed, failed = job.count(status, text)
            if failed == 0 and job.then:
                more = job.then()
            with self.changed:
                layer = self.layers.setdefault(job.layer, [began, ended, 0])
                self.layers[job.layer] = [min(layer[0], began), max(layer[1], ended), layer[2] + used]
                print(f"{job.name:<34} {passed:5} passed {failed:3} failed {ended - began:6.0f} s, {used:5.0f} s of processor",
                      flush=True)
                if failed:
                    print("".join(f"    {line}\n" for line in text.splitlines()[-60:]), end="", flush=True)
        finally:
            with self.changed:
                self.slots.add(slot)
                self.passed += passed
                self.failed += failed
                self.busy[job.waits] -= job.processors
                self.queue += [((*place, i), one) for i, one in enumerate(more)]
                self.queue.sort(key=lambda entry: entry[0])
                self.changed.notify()

    def log_of(self, job):
        return self.logs / f"{job.name}.log"

    def execute(self, job, slot):
        """Runs the command; its exit status and the seconds of processor that it and its children used."""
        # What computes gives way to what waits, whose peers have time limits. Each job has ports of its own.
        ports = 10000 + 200 * slot
        environment = {**os.environ, **job.environment, "TEST_PORTS": f"{ports}-{ports + 199}"}
        command = list(map(str, job.command if job.waits else ["nice", "-n", "5", *job.command]))
        with open(self.log_of(job), "wb") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                     start_new_session=True)
        with self.changed:
            self.running.add(child.pid)
        late = threading.Timer(job.seconds, self.end_late, [job, child.pid])
        late.start()
        _, status, usage = os.wait4(child.pid, 0)
        late.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        with self.changed:
            self.running.discard(child.pid)
        return child.returncode, usage.ru_utime + usage.ru_stime

    def end_late(self, job, pid):
        with self.changed:
            if pid in self.running:
                with open(self.log_of(job), "a") as log:
                    log.write(f"\nended after {job.seconds} s\n")
                os.killpg(pid, signal.SIGKILL)

    def times(self):
        """A line for each layer. They overlap: a layer's time goes from its first start to its last end."""
        return [f"{name:<12} {ended - began:6.0f} s, {used:6.0f} s of processor" for name, (began, ended, used) in self.layers.items()]
