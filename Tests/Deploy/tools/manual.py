"""mastra-gateway(1), written from what the program says of its commands."""

import json

from support.program import run

HEADER = r"""
.\" Written by Tests/Deploy/tools/manual.py from the program's help.
.TH MASTRA\-GATEWAY 1 "" "mastra\-gateway" "User commands"
.SH NAME
mastra\-gateway \- gateway for OpenTelemetry traces to Mastra
""".lstrip()

FOOTER = r"""
.SH EXIT STATUS
.TP
.B 0
Done, or stopped by a signal.
.TP
.B 64
Wrong usage of the command line.
.TP
.B 65
A file cannot be read or is no request; a queue is damaged.
.TP
.B 69
The gateway cannot start, or cannot be reached; \fBdoctor\fR has found something that fails.
.TP
.B 74
The disk does not keep what it is given.
.TP
.B 75
The queue directory is in use, or a drain was interrupted.
.TP
.B 78
The configuration or the queue directory cannot be used, or the limits add up to more memory than there is.
.SH SIGNALS
.TP
.B SIGTERM, SIGINT
Stop taking requests, deliver what is held, end. A second one ends at once.
.TP
.B SIGHUP
Read the configuration again, with the files of tokens and of TLS. All of it is taken, or nothing where a part cannot be used; settings
of the scope restart wait for the next start.
.SH SEE ALSO
.BR mastra\-gateway (5)
""".lstrip()


def escaped(text):
    """As roff reads it: a hyphen is a hyphen, and no line begins with a control character."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in ".'" else text


def names(argument):
    """`--to` VALUE, or a positional argument's name."""
    if argument["kind"] == "positional":
        return r"\fI" + escaped(argument["valueName"].upper()) + r"\fR"
    words = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]
    value = rf" \fI{escaped(argument['valueName'].upper())}\fR" if argument["kind"] == "option" else ""
    return r"\fB" + escaped(", ".join(words)) + r"\fR" + value


def sentence(argument):
    text = argument.get("abstract", "").rstrip(".")
    default = f" (default: {argument['defaultValue']})" if "defaultValue" in argument else ""
    return escaped(text + default + ".")


def command(description, parents):
    """A command with its options; settings stand in section 5."""
    title = escaped(" ".join([*parents, description["commandName"]]))
    lines = [f".SS {title}", escaped(description["abstract"])]
    if "discussion" in description:
        lines += [".PP", escaped(description["discussion"])]
    arguments = [argument for argument in description["arguments"] if argument["shouldDisplay"]]
    if any(argument.get("sectionTitle") == "Settings" for argument in arguments):
        lines += [".PP", r"Takes the settings of \fBmastra\-gateway\fR(5) as flags."]
    for argument in arguments:
        if argument.get("sectionTitle") == "Settings" or argument["valueName"] in ("version", "help"):
            continue
        lines += [".TP", names(argument), sentence(argument)]
    below = [*parents, description["commandName"]]
    for each in description.get("subcommands", []):
        lines += command(each, below)
    return lines


def page():
    help = json.loads(run("--experimental-dump-help").stdout)["command"]
    lines = [".SH SYNOPSIS", r".B mastra\-gateway", r"[\fICOMMAND\fR] [\fIOPTIONS\fR]"]
    lines += [".SH DESCRIPTION", escaped(help["abstract"]), ".PP", escaped(help["discussion"]), ".SH COMMANDS"]
    for each in help["subcommands"]:
        if each["commandName"] != "help":
            lines += command(each, [])
    return HEADER + "\n".join(lines) + "\n" + FOOTER
