#!/usr/bin/env python3
"""Lists the paid tasks that gst-foxapi has recorded, fetches the video of one,
shows its status, or forgets it (docs/task-store.md).

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import errno
import fcntl
import json
import os
import shlex
import shutil
import sys
import time

# No __pycache__ beside the installed module, which may have been moved with this
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path += [HERE, os.path.join(HERE, "..", "share", "gst-foxapi"), "@PKGDATADIR@"]
from foxapitool import (  # noqa: E402
    Failure, N_, PACKAGE_VERSION, UsageError, _, main, open_file, print_row,
    read_options, visible)

FORMAT = "gst-foxapi task"
VERSION = 1
SUFFIX = ".task"
LIFETIME = 24 * 60 * 60
MAX_BYTES = 64 * 1024
SERVICE = "https://api.foxapi.cc"
COMMANDS = ("fetch", "status", "forget")


def default_directory():
    """Where the element keeps its records if nothing else is said."""
    state = os.environ.get("XDG_STATE_HOME")
    if not state:
        state = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "gst-foxapi")


def is_locked(file, operation):
    """Whether a living process holds the record. Where there are no locks,
    nobody can know."""
    try:
        fcntl.flock(file, operation | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EWOULDBLOCK, errno.EAGAIN)
    return False


class Record:
    """One file of the store."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-len(SUFFIX)]
        self.fault = None
        self.held = False
        self.entry = {}
        try:
            with open_file(path) as file:
                self.entry = json.loads(file.read(MAX_BYTES))
                self.held = is_locked(file, fcntl.LOCK_SH)
        except (OSError, ValueError, RecursionError) as error:
            self.fault = _("%(file)s cannot be read: %(error)s") % {
                "file": path, "error": error}
            return
        if (not isinstance(self.entry, dict)
                or self.entry.get("format") != FORMAT):
            self.fault = _("%s is not a record of gst-foxapi") % path
        elif self.entry.get("version") != VERSION:
            self.fault = _("%s is of another version of gst-foxapi") % path
        elif not (self.get("identity") and type(self.created) is int):
            self.fault = _("%s lacks fields that a record needs") % path
        if self.fault:
            self.entry = {}

    def get(self, field):
        """A text of the record, or None."""
        value = self.entry.get(field)
        return value if isinstance(value, str) else None

    @property
    def task_id(self):
        """None: the file is an intent."""
        return self.get("task_id")

    @property
    def created(self):
        """In seconds."""
        return self.entry.get("created")

    def describe_time(self):
        """When, to compare with the console, and how long ago."""
        try:
            local = time.strftime("%Y-%m-%d %H:%M:%S %z",
                                  time.localtime(self.created))
        except (ValueError, OverflowError, OSError):
            return _("unknown")
        age = time.time() - self.created
        if age < 0:
            return _("%s (in the future: a clock was wrong)") % local
        if age >= 7200:
            return local + _(" (%d h ago)") % (age // 3600)
        if age >= 120:
            return local + _(" (%d min ago)") % (age // 60)
        return local + _(" (%d s ago)") % age

    def advise(self):
        """A sentence for a person, and the command for it, if there is one."""
        if self.held:
            return _("Wait: a running pipeline is working on this task."), \
                "status" if self.task_id else None
        if self.task_id is None:
            return _("The answer was lost, and the service may have charged the "
                     "request: look for a charge of that time and model in the "
                     "console of your account. To submit the request again, and "
                     "to pay for it, forget it first:"), "forget"
        if time.time() - self.created > LIFETIME:
            return _("Start the same pipeline again, or fetch the video, at no "
                     "new charge. Results live 24 hours, so it may be gone:"), \
                "fetch"
        return _("Start the same pipeline again, or fetch the video, at no new "
                 "charge:"), "fetch"

    def show(self, place):
        """Prints it. The command can be pasted; @place ends it."""
        if self.fault:
            print(visible(self.fault))
            return
        print(visible(self.task_id or _("(no task id)")))
        print_row(_("time"), self.describe_time())
        print_row(_("model"), visible(self.get("model") or ""))
        print_row(_("prompt"), visible(self.get("prompt") or ""))
        print_row(_("service"), visible(self.get("service") or ""))
        print_row(_("name"), visible(self.name))
        advice, command = self.advise()
        print_row(_("next"), advice)
        if command:
            print(visible(f"  foxapi-tasks {command} "
                          f"{shlex.quote(self.task_id or self.name)}{place}"))

    def to_json(self):
        """What --json says of it."""
        fields = ("task_id", "model", "prompt", "service")
        return {**{field: self.get(field) for field in fields},
                "created": self.created, "name": self.name, "file": self.path,
                "held": self.held, "fault": self.fault}


def read_records(directory):
    """The newest first; files that are no records, last."""
    records = [Record(os.path.join(directory, name))
               for name in sorted(os.listdir(directory))
               if name.endswith(SUFFIX)]
    return sorted(records, key=lambda record: (
        record.fault is not None, -(record.created or 0)))


def forget(records, words):
    """Removes the records of a task, or of this name."""
    name = os.path.basename(words).removesuffix(SUFFIX)
    found = [record for record in records if not record.fault
             and (record.task_id == words or record.name == name)]
    if not found:
        raise Failure(_("There is no record of %s. foxapi-tasks lists the "
                        "records.") % visible(words))
    for record in found:
        shown = visible(record.task_id or record.name)
        try:
            with open_file(record.path) as file:
                if is_locked(file, fcntl.LOCK_EX):
                    raise Failure(_("%s is not forgotten: a running pipeline is "
                                    "working on it.") % shown)
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(
                        os.path.dirname(record.path),
                        ".new-" + os.path.basename(record.path)))
                os.unlink(record.path)
        except OSError as error:
            raise Failure(_("%(task)s is not forgotten: %(error)s.") % {
                "task": shown, "error": error.strerror}) from error
        print(_("%s is forgotten: the next start with the same request submits "
                "it again, and the service charges for it.") % shown)


def generate(records, options):
    """Has foxapi-generate fetch a task's video, or tell its status: the key goes
    its way alone. A file, which may be planted, does not choose the service."""
    service = os.environ.get("FOXAPI_BASE_URL") or SERVICE
    for record in records:
        if record.name == options.id and not record.task_id and record.held:
            raise Failure(_("%s has no task yet: a running pipeline waits for the "
                            "answer to its submission.") % visible(record.name))
        if record.name == options.id and not record.task_id:
            raise Failure(_("%(name)s has no task: the answer to its submission was "
                            "lost. Look for a charge of its time in the console "
                            "of your account, then run foxapi-tasks forget "
                            "%(name)s.") % {"name": visible(record.name)})
        made_at = record.get("service")
        if (record.task_id == options.id
                and service.rstrip("/").removesuffix("/v1") != made_at):
            raise Failure(_("The task is at %(its)s, not at %(ours)s. Set "
                            "FOXAPI_BASE_URL to its address if you trust that "
                            "service.") % {"its": visible(made_at or "?"),
                                           "ours": visible(service)})
    program = shutil.which("foxapi-generate", path=os.pathsep.join(
        [HERE, os.environ.get("PATH", os.defpath)]))
    if program is None:
        raise Failure(_("foxapi-generate is not there. It is installed with "
                        "foxapi-tasks."))
    words = [program, "--task-id=" + options.id]
    # Whoever asks for a status wants to know now.
    words += (["--status", "--task-timeout=20"] if options.command == "status"
              else ["--task-store=" + options.directory])
    words += ["--force"] if options.force else []
    words += ["--output=" + options.output] if options.output else []
    words += ["--json"] if options.json else []
    sys.stdout.flush()
    os.execv(program, words)


class Options:
    """The command line"""

    json = force = False
    text = output = command = id = None

    def __init__(self, arguments):
        found, words = read_options(arguments, "fho:", [
            "force", "help", "json", "output=", "version"])
        for name, value in found:
            if name in ("-h", "--help"):
                self.text = _(HELP) % default_directory()
            elif name == "--version":
                self.text = "foxapi-tasks " + PACKAGE_VERSION
            elif name == "--json":
                self.json = True
            elif name in ("-f", "--force"):
                self.force = True
            else:
                self.output = value
        if self.text is None:
            self.read_words(words)

    def read_words(self, words):
        """Command, id, directory"""
        if words and words[0] in COMMANDS:
            self.command = words.pop(0)
            if not words or not words[0]:
                raise UsageError(_("%s needs the id of a task. foxapi-tasks lists "
                                   "the tasks.") % self.command)
            self.id = words.pop(0)
        elif words and "/" not in words[0] and not os.path.isdir(words[0]):
            raise UsageError(_("%s is neither a command (fetch, status, forget) "
                               "nor a directory.") % visible(words[0]))
        if self.command != "fetch" and (self.output is not None or self.force):
            raise UsageError(_("The options --output and --force are for fetch."))
        if len(words) > 1:
            raise UsageError(_("Unexpected argument: %s.") % visible(words[1]))
        self.is_default = not words
        self.directory = words[0] if words else default_directory()


HELP = N_("""Usage:
  foxapi-tasks [--json] [DIRECTORY]
  foxapi-tasks fetch [-o FILE] [-f] [--json] ID [DIRECTORY]
  foxapi-tasks status [--json] ID [DIRECTORY]
  foxapi-tasks forget ID [DIRECTORY]

Lists the paid tasks whose video has not been delivered yet, the newest first.

  fetch    wait for a task and save its video, at no new charge
  status   ask the service how far a task is
  forget   remove a record: the next start with the same request pays again

Options:
  -h, --help          Show this help
  -o, --output=FILE   The video's file
  -f, --force         Replace that file if it exists
  --json              Print JSON: the records as an array, or the events
  --version           Print the version

ID is the id of a task, or the name of a record without one. DIRECTORY is the
task store; the default is %s.
fetch and status need FOXAPI_API_KEY, and have the exit statuses of
foxapi-generate. Forgetting a task neither cancels it nor gives money back.""")


def run(arguments):
    """The list, or one of the commands"""
    options = Options(arguments)
    if options.text is not None:
        print(options.text)
        return
    shown = visible(options.directory)
    try:
        records = read_records(options.directory)
    except FileNotFoundError as error:
        # A task can be fetched by its id on another machine, too.
        if not options.is_default or options.command == "forget":
            raise Failure(_("There is no directory %s.") % shown) from error
        records = []
    if options.command == "forget":
        forget(records, options.id)
    elif options.command:
        generate(records, options)
    elif options.json:
        print(json.dumps([record.to_json() for record in records], indent=2))
    else:
        for record in records:
            record.show("" if options.is_default
                        else " " + shlex.quote(options.directory))
        if not records:
            print(_("No paid task is waiting in %s.") % shown)


if __name__ == "__main__":
    main("foxapi-tasks", run)
