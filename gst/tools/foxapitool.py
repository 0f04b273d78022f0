"""What foxapi-clips and foxapi-tasks have in common: how they read files, take options,
and speak to people.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import contextlib
import errno
import getopt
import locale
import os
import stat
import sys
import unicodedata

DOMAIN = "gst-foxapi"
LOCALEDIR = "@LOCALEDIR@"
PACKAGE_VERSION = "@PACKAGE_VERSION@"


class Failure(Exception):
    """A sentence that ends the command."""


class UsageError(Failure):
    """The command line is wrong."""


def N_(text):
    """Marks a text that is translated where it is used."""
    return text


def _(text):
    """In the user's language"""
    return locale.dgettext(DOMAIN, text)


def visible(text):
    """A text with everything that a terminal could take for a command, or that
    would hide or turn around what follows, as an escape."""
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char)[0] == "C"
        or unicodedata.category(char) in ("Zl", "Zp") else char
        for char in text)


def print_row(label, text):
    """A line of the list. Chinese characters are two columns wide."""
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1
                for char in label)
    print(f"  {label}{' ' * max(1, 9 - width)}{text}")


def open_file(path):
    """Refuses what could block, symbolic links, and files that another user may have
    planted, as the elements do (foxapistore.c, foxapi_store_is_trusted)."""
    descriptor = os.open(
        path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    parent = os.stat(os.path.dirname(path) or ".")
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, _("not a file"))
    if (status.st_uid not in (os.geteuid(), parent.st_uid)
            and parent.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        os.close(descriptor)
        raise OSError(errno.EPERM, _("another user's file"))
    return os.fdopen(descriptor, "rb")


def read_options(arguments, short, long):
    """The command line: its options, as pairs, and the words behind them"""
    try:
        return getopt.gnu_getopt(arguments, short, long)
    except getopt.GetoptError as error:
        option = ("--" if len(error.opt) > 1 else "-") + visible(error.opt)
        raise UsageError((
            _("The option %s needs a value.")
            if error.msg.endswith("requires argument")
            else _("There is no option %s, or it takes no value.")) %
            option) from error


def call(program, run):
    """The exit status: that of run, or of what it raises."""
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
        return status or 0
    except UsageError as error:
        print(error, _('Try "%s --help".') % program, sep="\n", file=sys.stderr)
        return 2
    except Failure as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        pass
    except OSError as error:
        print(f"{visible(str(error.filename or 'stdout'))}: {error.strerror}",
              file=sys.stderr)
    return 1


def main(program, run):
    """Runs a program, and ends the process."""
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_ALL, "")
    locale.bindtextdomain(DOMAIN, os.environ.get("FOXAPI_LOCALEDIR", LOCALEDIR))
    # A locale that cannot show a prompt gets escapes.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        getattr(sys, name).reconfigure(errors="backslashreplace")
    try:
        status = call(program, run)
    except KeyboardInterrupt:
        status = 130
    # Not once more at the exit, which would have a traceback.
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(status)
