"""An environment that is killed in the middle of an upload takes nothing with it that was answered for."""

import asyncio
import json
import os
import signal
from itertools import cycle, islice
from pathlib import Path

from photos import photo

from core.sizes import STANDARD
from emulator.event import Request
from emulator.gateway import Gateway
from emulator.lambda_runtime import LambdaRuntime
from emulator.process import Deployment
from stack import template

ROOT = Path(__file__).parents[2]
MOMENTS = [0.001, 0.01, 0.03, 0.08]  # seconds into an upload that takes about a tenth of one
TRIES = 50  # each moment once, and again until one was within an upload


def upload():
    picture = photo(2400, 1800)
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + picture + b"\r\n--b--\r\n"
    headers = [("content-type", "multipart/form-data; boundary=b")]
    return Request("POST", "/projects/p/images", headers=headers, body=form)


def test_killing_an_environment_in_an_upload_loses_nothing(tmp_path):
    served = template.load(ROOT / "template.yaml", {"Public": "yes", "Bucket": "no"})
    runtime = LambdaRuntime(Deployment(ROOT, tmp_path))
    gateway = Gateway(served, runtime)
    uploading = next(function for function in served.functions if function.logical_id == "UploadImage")

    async def killed_after(seconds):
        request = asyncio.ensure_future(gateway.answer(upload()))
        await asyncio.sleep(seconds)
        for pid in runtime.pids(uploading):
            os.kill(pid, signal.SIGKILL)
        return await request

    async def run():
        try:
            answers = []
            for seconds in islice(cycle(MOMENTS), TRIES):
                if len(answers) >= 2 * len(MOMENTS) and any(answer.status == 500 for answer in answers):
                    break
                answers.append(await gateway.answer(upload()))  # a whole one, which leaves a warm environment
                answers.append(await killed_after(seconds))
            listed = await gateway.answer(Request("GET", "/projects/p/images"))
            fetched = {}
            for entry in json.loads(listed.body)["images"]:
                for size in STANDARD:
                    url = Request("GET", f"/projects/p/images/{entry['image_id']}", f"size={size}")
                    fetched[entry["image_id"], size] = (await gateway.answer(url)).status
            return answers, fetched
        finally:
            await runtime.stop()

    answers, fetched = asyncio.run(run())
    assert {answer.status for answer in answers[::2]} == {201}
    assert {answer.status for answer in answers[1::2]} <= {201, 500}
    assert 500 in {answer.status for answer in answers[1::2]}
    stored = {json.loads(answer.body)["image_id"] for answer in answers if answer.status == 201}
    assert stored <= {image for image, _ in fetched}
    assert set(fetched.values()) == {200}
