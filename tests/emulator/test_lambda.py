"""Functions in real runtime processes: cold, warm, frozen, killed; what each failure looks like."""

import asyncio
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from service import Service
from waiting import eventually

from emulator import limits
from emulator.event import Request
from emulator.gateway import Gateway, Throttled, arrive
from emulator.lambda_runtime import LambdaRuntime
from emulator.process import Deployment
from stack.functions import Function
from stack.routing import Route
from stack.template import Template

CODE = """
import base64, os, sys, threading, time
from pathlib import Path

def own(name):
    return Path(os.environ["ROOT"], name)

def tell(event, context):
    names = ("HOME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "ROOT", "GREETING")
    seen = {name: os.environ.get(name) for name in names}
    return {"statusCode": 200, "body": str(os.getpid()), "headers": {"content-type": "text/plain"} | {
        f"x-{name}": value for name, value in seen.items() if value is not None} | {
        "x-remaining": context.get_remaining_time_in_millis(), "x-request": context.aws_request_id}}

def meet(event, context):
    own("meeting").mkdir(exist_ok=True)
    own(f"meeting/{os.getpid()}").touch()
    while len(list(own("meeting").iterdir())) < 2:
        time.sleep(0.01)
    return str(os.getpid())

def hold(event, context):
    while not own("go").exists():
        time.sleep(0.01)
    own("gone").write_text(str(os.getpid()))

def beat():
    with own("beats").open("ab", buffering=0) as file:
        while True:
            file.write(b".")
            time.sleep(0.01)

def start(event, context):
    threading.Thread(target=beat, daemon=True).start()

def hang(event, context):
    time.sleep(600)

def crash(event, context):
    os._exit(3)

def fail(event, context):
    raise ValueError("a secret")

def large(event, context):
    return {"statusCode": 200, "body": base64.b64encode(bytes(7_000_000)).decode(), "isBase64Encoded": True}

def unserializable(event, context):
    return object()
"""


def function(name: str, module: str = "desk") -> Function:
    environment = {"ROOT": "/mnt/data/tree", "GREETING": "hello"}
    timeout = 1 if name == "hang" else 900
    return Function(name, f"{module}.{name}", timeout, 256, environment, "/mnt/data", (Route("GET", f"/{name}"),))


NAMES = ("tell", "meet", "hold", "start", "hang", "crash", "fail", "large", "unserializable")
FUNCTIONS = (*(function(name) for name in NAMES), function("absent"), function("broken", "broken"))


class Desk:
    """A gateway over real processes; `ask` one request, `ask_all` several at once."""

    def __init__(self, code: Path, storage: Path) -> None:
        self.tree = storage / "tree"
        self.tree.mkdir()
        self.loop = asyncio.new_event_loop()
        self.runtime = LambdaRuntime(Deployment(code, storage), concurrency=2)
        self.gateway = Gateway(Template(FUNCTIONS), self.runtime)

    def ask(self, path):
        return self.loop.run_until_complete(self.gateway.answer(Request("GET", path)))

    def ask_all(self, *paths):
        async def run():
            return await asyncio.gather(*(self.gateway.answer(Request("GET", path)) for path in paths))

        return self.loop.run_until_complete(run())

    def pids(self, name):
        return self.runtime.pids(next(f for f in FUNCTIONS if f.logical_id == name))

    def eventually(self, holds):
        """Whether it holds at some moment, while the server goes on."""
        return eventually(lambda: self.loop.run_until_complete(asyncio.sleep(0.01)) or holds())

    def close(self):
        self.loop.run_until_complete(self.runtime.stop())
        self.loop.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    code = tmp_path_factory.mktemp("code")
    (code / "desk.py").write_text(CODE)
    (code / "broken.py").write_text("import nothing_of_this_name\n")
    desk = Desk(code, tmp_path_factory.mktemp("storage"))
    yield desk
    desk.close()


def states(pid):
    """The letters that the kernel gives a process's threads: R, S, T (stopped), Z; X for one that is no more."""
    try:
        return {
            (task / "stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()
        }
    except (FileNotFoundError, ProcessLookupError):
        return {"X"}


def error(response):
    return response.status, json.loads(response.body)


INTERNAL_ERROR = (500, {"message": "Internal Server Error"})


def test_a_second_request_finds_the_process_of_the_first_one(desk):
    assert desk.ask("/tell").body == desk.ask("/tell").body


def test_function_sees_the_templates_variables_alone(desk):
    headers = dict(desk.ask("/tell").headers)
    assert headers["x-greeting"] == "hello"
    assert headers["x-root"] == str(desk.tree)
    assert headers["x-aws_lambda_function_memory_size"] == "256"
    assert headers["x-aws_lambda_function_name"] == "tell"
    assert "x-home" not in headers
    assert 0 < int(headers["x-remaining"]) <= 900_000
    assert headers["x-request"] == headers["apigw-requestid"]


def test_requests_at_once_run_in_a_process_each_up_to_the_limit(desk):
    answers = desk.ask_all(*["/meet"] * 4)
    assert sorted(answer.status for answer in answers) == [200, 200, 503, 503]
    assert len({answer.body for answer in answers if answer.status == 200}) == 2
    assert {answer.body for answer in answers if answer.status == 503} == {b'{"message":"Service Unavailable"}'}
    assert desk.ask_all(*["/meet"] * 2)[0].status == 200


def test_reserved_concurrency_is_the_limit_of_its_function(desk):
    (meet,) = (function for function in FUNCTIONS if function.logical_id == "meet")
    event, arrival = b"{}", arrive()

    async def run():
        alone = replace(meet, concurrency=0)
        with pytest.raises(Throttled):
            await desk.runtime.invoke(alone, event, arrival)

    desk.loop.run_until_complete(run())


def test_a_process_is_frozen_between_requests(desk):
    beats = desk.tree / "beats"
    assert desk.ask("/start").status == 200
    (pid,) = desk.pids("start")
    assert eventually(lambda: states(pid) == {"T"})
    before = beats.stat().st_size
    time.sleep(0.3)
    assert beats.stat().st_size == before
    desk.ask("/start")
    assert beats.stat().st_size > before


def test_a_function_that_outlives_its_timeout_is_killed(desk):
    assert error(desk.ask("/hang")) == INTERNAL_ERROR
    assert desk.pids("hang") == []


@pytest.mark.parametrize("name", ["crash", "fail", "large", "unserializable", "absent", "broken"])
def test_whatever_goes_wrong_in_a_process_is_the_same_500(desk, name):
    response = desk.ask(f"/{name}")
    assert error(response) == INTERNAL_ERROR
    assert error(desk.ask(f"/{name}")) == INTERNAL_ERROR


def test_a_process_that_dies_between_requests_is_replaced(desk):
    first = int(desk.ask("/tell").body)
    os.kill(first, signal.SIGKILL)
    assert desk.eventually(lambda: first not in desk.pids("tell"))
    answer = desk.ask("/tell")
    assert answer.status == 200
    assert int(answer.body) != first


def test_an_init_that_takes_too_long_is_a_500(desk, monkeypatch):
    monkeypatch.setattr(limits, "INIT_TIMEOUT", 0.001)
    for pid in desk.pids("fail"):
        os.kill(pid, signal.SIGKILL)
    assert error(desk.ask("/fail")) == INTERNAL_ERROR


def test_invocation_goes_on_when_the_gateway_stops_waiting(desk, monkeypatch):
    monkeypatch.setattr(limits, "INTEGRATION_TIMEOUT", 0.05)
    assert error(desk.ask("/hold")) == (503, {"message": "Service Unavailable"})
    (desk.tree / "go").touch()
    assert desk.eventually((desk.tree / "gone").exists)
    assert [int((desk.tree / "gone").read_text())] == desk.pids("hold")


def test_frozen_processes_do_not_outlive_a_server_that_is_killed(tmp_path):
    with Service(tmp_path / "storage", "--mode", "lambda") as service:
        service.client.get("/healthz")
        pid = next(json.loads(line)["pid"] for line in service.log.splitlines() if "cold start" in line)
        assert eventually(lambda: states(pid) == {"T"})
        service.kill()
        assert eventually(lambda: states(pid) <= {"X", "Z"})
