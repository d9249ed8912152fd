"""Starts everything with one command and ends it with one key: `python -m bot`.

`python -m bot serve` runs the app alone, where Rasa is started by somebody else; `python -m bot train` only trains.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from starlette.types import ASGIApp

from actions.router import PATH as ACTIONS_PATH
from api.config import Environment, SecretMissing, SecretUnfit, load_master_key
from api.db.migrate import upgrade
from api.db.sealing import WrongMasterKey
from bot import rasa_server
from bot.processes import Child, StartRefused, die_with_parent, finished, free_port, fresh, is_free, tail
from bot.settings import LOOPBACK, BotSettings, load_action_secret

ROOT: Final = Path(__file__).resolve().parents[1]
GRACEFUL: Final = 3
"""Seconds that open requests have when the app is told to end; a child has longer (`bot.processes`)."""
_RASA_PORT: Final = 5005
_READY_WITHIN: Final = 300.0
_WARM_UP: Final[Sequence[Mapping[str, str]]] = (
    {"text": "你好"},
    {"text": "老板不给工资怎么办"},
    {"payload": '{"act": "screen"}'},
    {"payload": '{"act": "cancel"}'},
)


# ---- the app alone


class Server(uvicorn.Server):
    """uvicorn that tells the app's open streams to end before it waits for them."""

    def __init__(self, config: uvicorn.Config, *, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        self._closing.set()
        await super().shutdown(sockets)


def serve(settings: BotSettings) -> None:
    """Serve the app until told to stop."""
    from bot.app import create_app  # noqa: PLC0415 - models and frameworks take seconds that the supervisor need not spend

    app = create_app(settings)
    Server(server_config(app, settings), closing=app.closing).run()


def server_config(app: ASGIApp, settings: BotSettings) -> uvicorn.Config:
    """Return how the app is served. Left alone, uvicorn believes whatever a caller on this machine says of its address."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(each) for each in settings.trusted_proxies],
        timeout_graceful_shutdown=GRACEFUL,
    )


# ---- everything


class Supervisor:
    """Prepares what is missing, starts Rasa and the app, and stays until it is told to go."""

    def __init__(self, settings: BotSettings, console: Console) -> None:
        self._settings = settings
        self._console = console
        self._logs = settings.var / "log"

    async def run(self) -> None:
        """Do it all. Raises StartRefused."""
        _require_free(self._settings.host, self._settings.port)
        self._logs.mkdir(parents=True, exist_ok=True)
        load_master_key(self._settings)
        load_action_secret(self._settings)
        await self._model()
        rasa_port = free_port(_RASA_PORT, host=LOOPBACK)
        rasa, app = self._rasa(rasa_port), self._app(rasa_port)
        try:
            await rasa.start()  # it takes a while to come up, and needs nothing of what follows until its first turn
            await self._prepare()
            with self._step("Starting Rasa and the app"):
                await app.start()
                await self._until_ready((rasa, app))
            with self._step("Warming up"):
                await self._warm_up()
            self._tell()
            async with asyncio.TaskGroup() as group:
                group.create_task(rasa.keep(tell=self._warn))
                group.create_task(app.keep(tell=self._warn))
        finally:
            # Whatever cancels us again meanwhile, no child stays.
            await asyncio.shield(asyncio.gather(rasa.end(), app.end()))

    async def _prepare(self) -> None:
        await self._index()
        await self._triage()
        with self._step("Applying database migrations"):
            await upgrade(self._settings.database)

    async def _index(self) -> None:
        from knowledge_base.build import needs_build  # noqa: PLC0415 - see serve()
        from knowledge_base.engines.choice import Engines  # noqa: PLC0415

        settings = self._settings
        engines = Engines(settings.vectors_engine)
        if not needs_build(settings.knowledge, embedder_spec=settings.embedder, engines=engines):
            self._console.print("[green]✓[/] Knowledge index is up to date")
            return
        await self._command("Building the knowledge index (first time: a few minutes)", "build")

    async def _triage(self) -> None:
        """Prepare the classifier of matters if what it learns from has changed since."""
        from knowledge_base.triage_learned import note_of, sources  # noqa: PLC0415 - see serve()

        note = note_of(self._settings.triage)
        wanted = sources(ROOT / "nlu_data" / "triage", self._settings.embedder)
        if self._settings.triage.exists() and note.exists() and note.read_text(encoding="utf-8") == wanted:
            self._console.print("[green]✓[/] Triage model is up to date")
            return
        await self._command("Preparing the triage model", "triage", "train")
        note.write_text(wanted, encoding="utf-8")

    async def _command(self, title: str, *arguments: str) -> None:
        """Run a command of the knowledge base, which shows its own progress."""
        settings = self._settings
        where = ("--home", str(settings.knowledge), "--model", settings.embedder)
        command = [sys.executable, "-m", "knowledge_base", *arguments, *where]
        self._console.print(f"… {title}")
        began = time.monotonic()
        # By the environment: an address may hold a password, and anybody may list the arguments of processes.
        environment = {**os.environ, "LEGAL_AID_VECTORS": settings.vectors_engine}
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment)
        if await finished(process):
            msg = f"That failed; see above, or run: {' '.join(command)}"
            raise StartRefused(msg)
        self._console.print(f"[green]✓[/] {title} ({time.monotonic() - began:.0f} s)")

    async def train(self) -> None:
        """Train the dialogue model if its sources changed. Raises StartRefused."""
        self._logs.mkdir(parents=True, exist_ok=True)
        await self._model()

    async def _model(self) -> None:
        """Train into a folder of its own and move the model when it is whole: an interrupted run leaves nothing."""
        model = rasa_server.model_path(ROOT)
        if model.exists():
            self._console.print("[green]✓[/] Dialogue model is up to date")
            return
        if not rasa_server.executable(ROOT).exists():
            msg = f"{rasa_server.executable(ROOT)} is missing: run `make setup` first."
            raise StartRefused(msg)
        model.parent.mkdir(parents=True, exist_ok=True)
        for left in model.parent.glob("training-*"):
            shutil.rmtree(left, ignore_errors=True)
        scratch = model.parent / f"training-{uuid.uuid4().hex[:8]}"
        log = fresh(self._logs / "rasa-train.log")
        with self._step("Training the dialogue model (about two minutes)"), log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *rasa_server.train_command(ROOT, models=scratch.relative_to(ROOT)),
                cwd=ROOT,
                env=rasa_server.environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
            failed = await finished(process)
            trained = next(scratch.glob("*.tar.gz"), None)
            if failed or trained is None:
                msg = f"Rasa could not be trained:\n{tail(log)}"
                raise StartRefused(msg)
            trained.replace(model.with_name(trained.name))
            shutil.rmtree(scratch, ignore_errors=True)
        if not rasa_server.model_path(ROOT).exists():
            msg = "The dialogue files changed while they were learnt from. Start again."
            raise StartRefused(msg)

    def _rasa(self, port: int) -> Child:
        tracker = ROOT / rasa_server.TRACKER
        tracker.parent.mkdir(parents=True, exist_ok=True)
        return Child(
            name="Rasa",
            command=rasa_server.run_command(ROOT, port=port),
            environment=rasa_server.environment(
                os.environ,
                action_url=self._address + ACTIONS_PATH,
                secret=load_action_secret(self._settings),
            ),
            log=fresh(self._logs / "rasa.log"),
            folder=ROOT,
        )

    def _app(self, rasa_port: int) -> Child:
        return Child(
            name="The app",
            command=[sys.executable, "-m", "bot", "serve"],
            environment={
                **os.environ,
                "LEGAL_AID_RASA_URL": f"http://{LOOPBACK}:{rasa_port}",
                "LEGAL_AID_SIMULATORS": str(self._simulates).lower(),
            },
            log=fresh(self._logs / "app.log"),
            folder=ROOT,
        )

    @property
    def _simulates(self) -> bool:
        """Whether channels can be tried without an account: in development, unless told otherwise."""
        settings = self._settings
        told = "simulators" in settings.model_fields_set
        return settings.simulators if told else settings.environment is Environment.DEVELOPMENT

    async def _until_ready(self, children: Sequence[Child]) -> None:
        """Wait until every part answers. Raises StartRefused when a child ends, or it takes too long."""
        late = time.monotonic() + _READY_WITHIN
        missing = "the app"
        async with self._client() as client:
            while time.monotonic() < late:
                for child in children:
                    if child.process is not None and child.process.returncode is not None:
                        msg = f"{child.name} ended while starting:\n{tail(child.log)}"
                        raise StartRefused(msg)
                with contextlib.suppress(httpx.HTTPError, ValueError):
                    answer = await client.get("/readyz")
                    if answer.is_success:
                        return
                    parts = answer.json()["parts"].items()
                    missing = ", ".join(f"{name} ({part['code']})" for name, part in parts if not part["ready"])
                await asyncio.sleep(0.3)
        msg = f"Not ready after {_READY_WITHIN:.0f} s: {missing}. See {self._logs}."
        raise StartRefused(msg)

    async def _warm_up(self) -> None:
        """Take a real conversation through every part: first turns cost seconds, and no citizen should wait for them."""
        async with self._client() as client:
            opened = (await client.post("/api/v1/conversations", json={"channel": "web"})).raise_for_status().json()
            headers = {"Authorization": f"Bearer {opened['token']}"}
            for number, message in enumerate((*_WARM_UP, *_WARM_UP)):
                body = {"client_id": f"warm-up-{number}", **message}
                path = f"/api/v1/conversations/{opened['id']}/messages"
                (await client.post(path, json=body, headers=headers)).raise_for_status()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._address, timeout=30, trust_env=False)

    @property
    def _address(self) -> str:
        host = LOOPBACK if self._settings.host == "0.0.0.0" else self._settings.host  # noqa: S104 - read, not bound
        return f"http://{host}:{self._settings.port}"

    def _warn(self, text: str) -> None:
        self._console.print(f"[yellow]{text}[/]")

    def _tell(self) -> None:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_row("Demo page", f"{self._address}/")
        table.add_row("Staff console", f"{self._address}/staff")
        file = self._settings.staff_file
        if file.exists():
            table.add_row("Staff login", f"names and passwords in {file}:")
            for line in file.read_text(encoding="utf-8").splitlines():
                if not line.startswith("#"):
                    name, password, *_ = line.split("\t")
                    table.add_row("", f"{name}  {password}")
        if self._simulates:
            table.add_row("Telegram", "make sim-telegram, in another terminal")
            table.add_row("WeChat", "make sim-wechat, in another terminal")
        table.add_row("Logs", str(self._logs))
        self._console.print("\n[bold green]Ready.[/] Ctrl-C ends everything.\n")
        self._console.print(table, highlight=False)

    @contextlib.contextmanager
    def _step(self, title: str) -> Iterator[None]:
        """Show that something long goes on, and how long it took."""
        began = time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"… {title}")
        with self._console.status(title):
            yield
        self._console.print(f"[green]✓[/] {title} ({time.monotonic() - began:.0f} s)")


def _require_free(host: str, port: int) -> None:
    if not is_free(host, port):
        msg = f"Port {port} is taken. Choose another with the PORT variable, for example: PORT={port + 1} make run"
        raise StartRefused(msg)


async def _supervised(work: Coroutine[Any, Any, None], console: Console) -> None:
    """Do the work until it ends or SIGINT or SIGTERM ends it."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        console.print("\nEnded.")


def _settings() -> BotSettings:
    """Read the settings, or name those that cannot be used; their values may be secrets and are not repeated."""
    try:
        return BotSettings()
    except ValidationError as unfit:
        faults = unfit.errors(include_input=False, include_url=False)
        msg = "\n".join(f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}" for each in faults)
        raise StartRefused(msg) from None


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m bot", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=("run", "serve", "train", "wechat", "recording"), default="run")
    parser.add_argument("more", nargs=argparse.REMAINDER, help="of wechat and recording: --help tells")
    given = parser.parse_args()
    what: str = given.what
    if given.more and what not in ("wechat", "recording"):
        parser.error(f"{what} takes nothing more")
    os.chdir(ROOT)
    console = Console(highlight=False, stderr=what == "serve")
    refusals: list[Exception] = []
    try:
        settings = _settings()
        if what == "serve":
            serve(settings)
            return 0
        if what == "wechat":
            from bot.channels.wechat.command import run  # noqa: PLC0415 - see serve()

            run(given.more, settings=settings, console=console)
            return 0
        if what == "recording":
            from bot.channels.phone.command import run as fetch  # noqa: PLC0415 - see serve()

            fetch(given.more, settings=settings, console=console)
            return 0
        supervisor = Supervisor(settings, console)
        asyncio.run(_supervised(supervisor.run() if what == "run" else supervisor.train(), console))
    except* (StartRefused, SecretMissing, SecretUnfit, WrongMasterKey) as refused:
        refusals.extend(refused.exceptions)
    for each in refusals:
        console.print(f"[bold red]✗[/] {escape(str(each))}", soft_wrap=True)
    return 2 if refusals else 0


if __name__ == "__main__":
    sys.exit(main())
