"""What packaging/test runs: the layers, the builds that they need, and in which order. `run_tests.py [all | LAYER...]`"""
import atexit
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from tests.support.jobs import PROCESSORS, Job, Run, by_status, closing_line, doctest, only_failure, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = pathlib.Path("build/test")
LAYERS = ["style", "structure", "unit", "transcripts", "fuzz", "threads", "interop", "faults", "web", "container"]


def build(layer, preset, targets, then):
    """A failed build counts as a failed test."""
    steps = f"cmake --preset {preset} && cmake --build --preset {preset} -j {PROCESSORS} --target {' '.join(targets)}"
    return Job(layer, f"build-{preset}", ["bash", "-c", steps], only_failure, processors=PROCESSORS, seconds=7200, then=then)


def python(layer, file, name=None, **options):
    return Job(layer, name or f"{layer}-{file.stem}", [sys.executable, file], unittest, **options)


def programs(folder, pattern):
    return sorted(path for path in pathlib.Path(folder).glob(pattern) if path.is_file() and os.access(path, os.X_OK))


def seeds(target):
    """The inputs that a fuzz target begins with."""
    files = sorted(pathlib.Path("tests/fuzz/seeds", target.removeprefix("fuzz_")).glob("*"))
    return [f"-seed_inputs={','.join(map(str, files))}"] if files else []


def scratch():
    """Where stores of tests lie: in memory where there is room, since a disk's syncs are most of what they wait for. Those of
    tests/faults stay on the disk."""
    memory = pathlib.Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30:
        folder = tempfile.mkdtemp(prefix="mailstead-run-", dir=memory)
        os.chmod(folder, 0o755)  # Postfix has users of its own
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return {"TMPDIR": folder}
    return {}


class Plan:
    def __init__(self, arguments):
        self.in_memory = scratch()
        self.named = arguments and arguments != ["all"]
        self.everything = arguments == ["all"]
        self.layers = arguments if self.named else LAYERS

    def wants(self, *layers):
        return any(layer in self.layers for layer in layers)

    def jobs(self):
        """In the order in which they start: first what others wait for or what waits itself."""
        jobs = []
        if self.wants("structure"):
            jobs += [python("structure", file, file.stem, waits=True) for file in sorted(pathlib.Path("tests/structure").glob("test_*.py"))]
        if self.wants("style"):
            jobs.append(self.format())
        if self.wants("interop", "faults", "web"):
            jobs.append(build("build", "release", ["mailstead", "dkim_program", "spf_program"], self.with_server))
        if self.wants("container"):
            jobs += self.container()
        if self.wants("unit", "transcripts", "fuzz"):
            jobs.append(build("build", "asan", self.sanitized_targets(), self.sanitized))
        if self.wants("threads"):
            jobs.append(build("build", "tsan", ["threads", *(["all"] if self.everything else [])], self.threads))
        if self.wants("style"):
            configure = "cmake --preset release && exec tests/support/tidy"
            jobs.append(Job("style", "clang-tidy", ["bash", "-c", configure + (" --all" if self.everything else "")], by_status,
                            processors=PROCESSORS, seconds=7200))
        return jobs

    def format(self):
        sources = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], capture_output=True, text=True, check=True).stdout.split()
        return Job("style", "clang-format", ["clang-format-19", "--dry-run", "-Werror", *sources], by_status)

    def with_server(self):
        jobs = [python(layer, file, waits=True, environment=self.in_memory if layer == "interop" else self.long_attacks())
                for layer in ["faults", "interop"] if self.wants(layer) for file in sorted(pathlib.Path("tests", layer).glob("test_*.py"))]
        if self.wants("web"):
            npm = "cd tests/web && { [ -d node_modules ] || npm ci --no-audit --no-fund; }"
            jobs.append(Job("web", "npm", ["bash", "-c", npm], only_failure, waits=True,
                            then=lambda: [python("web", file, waits=True) for file in sorted(pathlib.Path("tests/web").glob("test_*.py"))]))
        return jobs

    def long_attacks(self):
        return {"MAILSTEAD_BUDGET_SECONDS": "60"} if self.everything else {}

    def attacks(self, preset):
        """By night, strangers and neighbours attack the servers with sanitizers, too: whatever the attackers' luck, no race, no
        leak. Such a server cannot be confined (a leak is looked for by tracing), and what it takes is not judged."""
        if not self.everything:
            return []
        environment = {"MAILSTEAD_BIN": str(ROOT / "build" / preset / "mailstead"), "MAILSTEAD_SANITIZED": "1",
                       "MAILSTEAD_SERVER_CONFINE": "false"}
        return [python("faults", pathlib.Path("tests/faults", f"{name}.py"), f"{preset}-faults-{name}", waits=True, environment=environment)
                for name in ["test_budgets", "test_neighbours"]]

    def sanitized_targets(self):
        return ["all"] if self.wants("unit", "transcripts") else ["fuzzers"]

    def sanitized(self):
        jobs = self.attacks("asan")
        if self.wants("transcripts"):
            jobs.append(Job("transcripts", "transcripts", ["build/asan/tests/transcripts/transcripts"], closing_line, waits=True,
                            environment=self.in_memory))
        if self.wants("unit"):
            jobs += [Job("unit", file.name, [file], doctest, environment=self.in_memory) for file in programs("build/asan/tests/unit", "unit_*")]
        if self.wants("fuzz"):
            seconds = os.environ.get("MAILSTEAD_FUZZ_SECONDS", "60" if self.everything else "5")
            jobs += [Job("fuzz", file.name, [file, *seeds(file.name), f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=1024",
                                             f"-artifact_prefix={LOGS}/", "-print_final_stats=1"], by_status, seconds=2400)
                     for file in programs("build/asan/tests/fuzz", "fuzz_*")]
        return jobs

    def threads(self):
        return [Job("threads", "tsan-transcripts", ["build/tsan/tests/transcripts/transcripts", "--no-vanishing"], closing_line, waits=True,
                    environment=self.in_memory),
                *(Job("threads", f"tsan-{file.name}", [file], doctest, environment=self.in_memory)
                  for file in programs("build/tsan/tests/unit", "unit_*")), *self.attacks("tsan")]

    def container(self):
        named = os.environ.get("MAILSTEAD_CONTAINER_ENGINE")
        for engine in [named] if named else ["docker", "podman"]:
            if shutil.which(engine) and subprocess.run([engine, "info"], capture_output=True, check=False).returncode == 0:
                break
        else:
            if not self.named and not named:
                print("container: LEFT OUT, since no engine answers (docker, podman, or what MAILSTEAD_CONTAINER_ENGINE names)")
                return []
            engine = named or "docker"
        return [python("container", pathlib.Path("tests/container/test_container.py"), "container", waits=True, seconds=3600,
                       environment={"MAILSTEAD_CONTAINER_ENGINE": engine})]


def main(arguments):
    if unknown := [layer for layer in arguments if layer not in LAYERS and arguments != ["all"]]:
        sys.exit(f"no layer: {' '.join(unknown)} (there are: all {' '.join(LAYERS)})")
    began = time.monotonic()
    plan = Plan(arguments)
    run = Run(LOGS)
    well = run.run(plan.jobs())
    print("\n".join(["", *run.times(), f"{'in all':<12} {time.monotonic() - began:6.0f} s"]))
    print(f"{run.passed} passed, {run.failed} failed")
    sys.exit(not well)


if __name__ == "__main__":
    os.chdir(ROOT)
    main(sys.argv[1:])
