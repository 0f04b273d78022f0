#!/usr/bin/env python3
"""Lists the clips in gst-foxapi's cache, plays, copies, pins, forgets and checks
them, and takes them to another machine (docs/clips.md).

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import sys
import time

# No __pycache__ beside the installed module, which may have been moved with this
sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path += [HERE, os.path.join(HERE, "..", "share", "gst-foxapi"), "@PKGDATADIR@"]
from foxapitool import (  # noqa: E402
    Failure, N_, PACKAGE_VERSION, UsageError, _, main, open_file, print_row,
    read_options, visible)

FORMAT = "gst-foxapi clip"
VERSION = 1
MAX_BYTES = 32 * 1024 * 1024
DIGEST = re.compile(r"[0-9a-f]{64}")
PIECE = 1024 * 1024


def default_directory():
    """Where elements with a URI keep their clips if nothing else is said."""
    cache = os.environ.get("XDG_CACHE_HOME")
    if not cache:
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("FOXAPI_CLIP_CACHE") or os.path.join(
        cache, "gst-foxapi")


def shown(text):
    """A word of the command line"""
    return visible(text) or '""'


@contextlib.contextmanager
def new_file(path):
    """Written beside, synced, and renamed. An error is of the file that was asked
    for."""
    temporary = f"{path}.new-{secrets.token_hex(4)}"
    try:
        with open(temporary, "xb", opener=lambda name, flags: os.open(
                name, flags, 0o600)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == temporary:
            error.filename = path
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def remove(path):
    """Whatever is there, but for a directory that has something in it"""
    with contextlib.suppress(FileNotFoundError):
        try:
            os.unlink(path)
        except IsADirectoryError:
            os.rmdir(path)


def read_request(path):
    """The digest of the clip that a request has brought, and its task, or ''"""
    with open_file(path) as file:
        digest, _newline, task = file.read(1024).decode("utf-8").partition("\n")
    if not DIGEST.fullmatch(digest):
        raise ValueError("no digest")
    return digest, task.rstrip("\n")


@contextlib.contextmanager
def locked(directory):
    """The lock that elements take while they change what is known of a clip."""
    with open(os.path.join(directory, ".lock"), "ab", opener=lambda name, _: (
            os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def copy(source, target, digest=None):
    """Copies a file. With a digest its bytes have to be those."""
    checksum = hashlib.sha256()
    with open_file(source) as file, new_file(target) as out:
        while piece := file.read(PIECE):
            checksum.update(piece)
            out.write(piece)
        if digest and checksum.hexdigest() != digest:
            raise Failure(_("%s is damaged, and was not copied.") %
                          visible(source))


class Clip:
    """One clip: its file, what is known of it, and the requests that lead to it, with
    their tasks."""

    def __init__(self, directory, digest, leading=None):
        self.directory = directory
        self.digest = digest
        self.leading = leading or {}
        self.path = os.path.join(directory, digest + ".mp4")
        self.known_path = os.path.join(directory, digest + ".json")
        self.fault = None
        self.size = 0
        try:
            with open_file(self.known_path) as file:
                self.known = json.loads(file.read(MAX_BYTES))
            if (not isinstance(self.known, dict)
                    or self.known.get("format") != FORMAT
                    or self.known.get("version") != VERSION):
                raise ValueError(_("another version of gst-foxapi made it"))
        except (OSError, ValueError, RecursionError) as error:
            self.known = self.describe_anew()
            self.fault = _("its metadata is lost: %s") % error
        try:
            with open_file(self.path) as file:
                self.size = os.fstat(file.fileno()).st_size
                self.known.setdefault("kept", int(os.fstat(file.fileno()).st_mtime))
            self.has_file = True
        except OSError as error:
            self.has_file = False
            self.fault = _("its file is lost: %s") % error.strerror

    def describe_anew(self):
        """As an element does it when it plays a clip that has no metadata"""
        known = {"format": FORMAT, "version": VERSION, "digest": self.digest,
                 "requests": sorted(self.leading)}
        tasks = [task for task in self.leading.values() if task]
        return {**known, "task_id": tasks[0]} if tasks else known

    def get(self, field, kind=str):
        """A field of what is known, or None."""
        value = self.known.get(field)
        return value if type(value) is kind else None

    @property
    def requests(self):
        """Identities of the requests that led here."""
        return [text for text in self.get("requests", list) or []
                if isinstance(text, str) and DIGEST.fullmatch(text)]

    def request_path(self, identity):
        """Of the file that leads from a request to a clip."""
        return os.path.join(self.directory, identity + ".request")

    def write_known(self):
        """What is known, changed."""
        with new_file(self.known_path) as file:
            file.write(json.dumps(self.known, ensure_ascii=False,
                                  indent=2).encode() + b"\n")

    def describe_time(self, field):
        """A time of the metadata"""
        try:
            return time.strftime("%Y-%m-%d %H:%M", time.localtime(
                self.known[field]))
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return _("unknown")

    def show(self):
        """Prints it."""
        print(f"foxapi://clips/{self.digest}" if self.has_file else self.digest)
        if self.fault:
            print_row(_("fault"), visible(self.fault))
        print_row(_("prompt"), visible(self.get("prompt") or ""))
        print_row(_("model"), visible(self.get("model") or ""))
        if self.get("seed", int) is not None:
            print_row(_("seed"), self.known["seed"])
        print_row(_("size"), f"{self.size / 1e6:.1f} MB" + (
            _(", pinned") if self.get("pinned", bool) else ""))
        print_row(_("kept"), self.describe_time("kept"))
        if self.get("uses", int):
            print_row(_("uses"), _("%(number)d, the last one %(time)s") % {
                "number": self.known["uses"],
                "time": self.describe_time("used")})
        print_row(_("task"), visible(self.get("task_id") or ""))

    def to_json(self):
        """What --json says of it."""
        return {"digest": self.digest, "file": self.path, "size": self.size,
                "fault": self.fault, "pinned": bool(self.get("pinned", bool)),
                **{field: self.get(field) for field in (
                    "prompt", "model", "service", "task_id")},
                **{field: self.get(field, int) for field in (
                    "seed", "kept", "used", "uses")}}

    def mend(self, anew):
        """Writes the metadata, if that is to be written, and the requests that
        should lead here, and lead nowhere. Returns the paths."""
        mended = [self.known_path] if anew else []
        if anew:
            self.write_known()
        for path in map(self.request_path, self.requests):
            try:
                read_request(path)
            except (OSError, ValueError):
                with new_file(path) as file:
                    file.write(f"{self.digest}\n{self.get('task_id') or ''}\n"
                               .encode())
                mended.append(path)
        return mended

    def check(self):
        """Reads it, and says whether its bytes are those of its digest."""
        if not self.has_file:
            print(f"{self.digest}: {self.fault}.", _("To remove what is left of it: "
                  "foxapi-clips forget %s") % self.digest[:8])
            return False
        checksum = hashlib.sha256()
        with open_file(self.path) as file:
            while piece := file.read(PIECE):
                checksum.update(piece)
        whole = checksum.hexdigest() == self.digest
        print(f"{self.digest}:", _("whole") if whole else _("damaged"))
        if whole:
            with locked(self.directory):
                mended = self.mend(anew=self.fault is not None)
            for path in mended:
                print(_("%s was lost, and is written anew.") % visible(path))
        return whole

    def need_file(self):
        """For what cannot be done without."""
        if not self.has_file:
            raise Failure(f"{self.digest}: {visible(self.fault)}")

    def pin(self, pinned):
        """Pinned, it is never evicted."""
        self.need_file()
        with locked(self.directory):
            self.known = Clip(self.directory, self.digest, self.leading).known
            self.known["pinned"] = pinned
            self.write_known()

    def forget(self):
        """Removes it, and first of all what leads to it."""
        with locked(self.directory):
            for identity in {*self.requests, *self.leading}:
                with contextlib.suppress(OSError, ValueError):
                    if read_request(self.request_path(identity))[0] != self.digest:
                        continue
                remove(self.request_path(identity))
            remove(self.path)
            remove(self.known_path)
        print(_("%s is forgotten: the next start with the same request submits "
                "it again, and the service charges for it.") % self.digest)

    def take_to(self, directory):
        """Brings it into another cache, where it is compared again before it is
        played. What leads to it is written last."""
        self.need_file()
        other = Clip(directory, self.digest)
        copy(self.path, other.path, self.digest)
        with locked(directory):
            known = {**self.known, "requests": sorted(
                {*self.requests, *other.requests})}
            known.pop("verified", None)
            known.update({field: other.known[field] for field in (
                "pinned", "uses", "used") if field in other.known})
            other.known = known
            other.mend(anew=True)
        print(_("%(clip)s is in %(folder)s.") % {
            "clip": self.digest, "folder": visible(directory)})


class LostRequest(Clip):
    """A request that had a clip, and does not tell which"""

    def __init__(self, directory, identity):
        super().__init__(directory, identity, {identity: ""})
        self.fault = _("%s is of no use, and leads to no clip") % visible(
            self.request_path(identity))

    def check(self):
        """The clip that it belongs to may have mended it."""
        try:
            return bool(read_request(self.request_path(self.digest)))
        except (OSError, ValueError):
            return super().check()


def read_clips(directory):
    """The one that was used last comes first; what is not whole, last."""
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        names = []
    leading = {}
    lost = []
    for name in names:
        identity, suffix = name[:64], name[64:]
        if not DIGEST.fullmatch(identity):
            continue
        if suffix in (".mp4", ".json"):
            leading.setdefault(identity, {})
        elif suffix == ".request":
            try:
                digest, task = read_request(os.path.join(directory, name))
                leading.setdefault(digest, {})[identity] = task
            except (OSError, ValueError):
                lost.append(LostRequest(directory, identity))
    clips = [Clip(directory, digest, requests)
             for digest, requests in leading.items()]
    return sorted(clips + lost, key=lambda clip: (
        clip.fault is not None, not clip.has_file, -(clip.get("used", int) or 0),
        clip.digest))


def choose(clips, words):
    """The clips of these digests, or of their first digits, or URIs. All, if
    there are none."""
    chosen = []
    for word in words:
        start = word.removeprefix("foxapi://clips/").removesuffix(".mp4").lower()
        if len(start) < 4:
            raise Failure(_("%s is too short: give at least four digits of the "
                            "digest.") % shown(word))
        found = [clip for clip in clips if clip.digest.startswith(start)]
        if not found:
            raise Failure(_("No clip begins with %s. foxapi-clips lists the "
                            "clips.") % visible(word))
        if len(found) > 1:
            raise Failure(_("More than one clip begins with %s. Give more digits "
                            "of the digest.") % visible(word))
        if found[0] not in chosen:
            chosen.append(found[0])
    return chosen if words else clips


def play(clip):
    """Hands over to a player."""
    clip.need_file()
    environment = dict(os.environ, FOXAPI_CLIP_CACHE=clip.directory)
    player = ["gst-play-1.0", "--videosink=autovideosink",
              "--audiosink=autoaudiosink", f"foxapi://clips/{clip.digest}"]
    sys.stdout.flush()
    try:
        os.execvpe(player[0], player, environment)
    except FileNotFoundError as error:
        raise Failure(_("gst-play-1.0 is not installed (Debian: "
                        "gstreamer1.0-plugins-base-apps).")) from error


def save(clip, path):
    """As a file, but not in place of one."""
    clip.need_file()
    if not os.path.basename(path):
        raise Failure(_("%s is no name of a file.") % shown(path))
    if os.path.lexists(path):
        raise Failure(_("%s exists already. Name another file.") % visible(path))
    copy(clip.path, path, clip.digest)


def take_all(clips, source, target):
    """Brings clips from one directory into another one. Returns the exit status."""
    if not clips:
        raise Failure(_("There is no clip in %s.") % visible(source))
    os.makedirs(target, 0o700, exist_ok=True)
    if os.path.samefile(source, target):
        raise Failure(_("%s is the cache itself. Name another folder.") %
                      visible(target))
    status = 0
    for clip in clips:
        try:
            clip.take_to(target)
        except Failure as error:
            print(error, file=sys.stderr)
            status = 1
    return status


def act(name, words, directory):
    """One command other than the list. Returns the exit status."""
    if name == "import":
        if not os.path.isdir(words[0]):
            raise Failure(_("There is no directory %s.") % shown(words[0]))
        return take_all(read_clips(words[0]), words[0], directory)
    clips = read_clips(directory)
    if name == "export":
        if not words[0]:
            raise Failure(_("There is no directory %s.") % shown(words[0]))
        return take_all(choose(clips, words[1:]), directory, words[0])
    if name == "copy":
        save(choose(clips, words[:1])[0], words[1])
    elif name == "play":
        play(choose(clips, words)[0])
    elif name == "check":
        if not clips:
            print(_("There is no clip in %s.") % visible(directory))
        return 0 if all([clip.check() for clip in choose(clips, words)]) else 1
    else:
        for clip in choose(clips, words):
            if name == "forget":
                clip.forget()
            else:
                clip.pin(name == "pin")
    return 0


# Of each command: its arguments, and their least and greatest number
COMMANDS = {
    "play": ("DIGEST", 1, 1),
    "copy": ("DIGEST FILE", 2, 2),
    "pin": ("DIGEST…", 1, None),
    "unpin": ("DIGEST…", 1, None),
    "forget": ("DIGEST…", 1, None),
    "check": ("[DIGEST…]", 0, None),
    "export": ("FOLDER [DIGEST…]", 1, None),
    "import": ("FOLDER", 1, 1),
}
HELP = N_("""Usage:
  foxapi-clips [-d DIRECTORY] [--json]
  foxapi-clips [-d DIRECTORY] COMMAND …

Without a command: lists the clips in the cache, the most recently used first.

  play DIGEST                play a clip with gst-play-1.0
  copy DIGEST FILE           save a clip as a file
  pin DIGEST…                protect clips from eviction
  unpin DIGEST…              undo that
  forget DIGEST…             remove clips: the next start with the same request
                             pays for a new one
  check [DIGEST…]            compare all clips, or these, with their digests
  export FOLDER [DIGEST…]    copy all clips, or these, into a folder
  import FOLDER              copy the clips of such a folder into the cache

Options:
  -d, --directory=DIRECTORY  The clip cache
  -h, --help                 Show this help
  --json                     Print the list as a JSON array
  --version                  Print the version

DIGEST is the digest of a clip, or at least its first four digits. The default
DIRECTORY is %s.""")


def read_command_line(arguments):
    """Its options, and the words behind them"""
    found, words = read_options(arguments, "d:h", [
        "directory=", "help", "json", "version"])
    options = {name: value for name, value in found}
    if not options.keys().isdisjoint(("-h", "--help", "--version")):
        return options, words
    named = options.get("--directory", options.get("-d"))
    options["-d"] = default_directory() if named is None else named
    # An import makes the directory.
    if named is not None and not os.path.isdir(named) and not (
            named and words[:1] == ["import"]):
        raise Failure(_("There is no directory %s.") % shown(named))
    if not words:
        return options, words
    if "--json" in options:
        raise UsageError(_("The option --json is for the list of clips."))
    if words[0] not in COMMANDS:
        raise UsageError(_("There is no command %(word)s. The commands are "
                           "%(commands)s.") % {"word": shown(words[0]),
                                               "commands": ", ".join(COMMANDS)})
    takes, least, most = COMMANDS[words[0]]
    if not least <= len(words) - 1 <= (most or len(words)):
        raise UsageError(_("The command is: %s") %
                         f"foxapi-clips {words[0]} {takes}")
    return options, words


def run(arguments):
    """The list, or one of the commands. Returns the exit status."""
    options, words = read_command_line(arguments)
    if "-h" in options or "--help" in options:
        print(_(HELP) % default_directory())
        return 0
    if "--version" in options:
        print("foxapi-clips", PACKAGE_VERSION)
        return 0
    if words:
        return act(words[0], words[1:], options["-d"])
    clips = read_clips(options["-d"])
    if "--json" in options:
        print(json.dumps([clip.to_json() for clip in clips], indent=2))
        return 0
    for clip in clips:
        clip.show()
    if not clips:
        print(_("There is no clip in %s.") % visible(options["-d"]))
    return 0


if __name__ == "__main__":
    main("foxapi-clips", run)
